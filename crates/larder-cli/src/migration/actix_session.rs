//! What actix-session's Redis store writes: under the session's key, a JSON object of texts that are JSON themselves.
//!
//! larder-actix-session keeps the same texts, letter by letter.

use std::collections::BTreeMap;

use larder::sessions::Fields;
use serde_json::Value;

/// The characters of a session key.
pub(super) const ID: usize = 64;

/// The state; `None` where this is none.
pub(super) fn read(value: &[u8]) -> Option<Fields> {
    let state: BTreeMap<String, String> = serde_json::from_slice(value).ok()?;
    Some(state.into_iter().map(|(name, text)| (name, Value::String(text))).collect())
}

/// What a text says, as larder-actix-session reads it to index by it: a number that would be rounded stays a text.
pub(super) fn shown(stored: &Value) -> Value {
    let Value::String(text) = stored else { return stored.clone() };
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Number(number)) if number.to_string() != *text => stored.clone(),
        Ok(value) => value,
        Err(_) => stored.clone(),
    }
}
