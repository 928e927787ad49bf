//! The state of a session, as actix-session holds it and as it is stored.
//!
//! The framework's values are JSON texts. They are stored as texts, letter by letter: a number that serde_json cannot
//! hold, or the order of an object's members, is none of ours to change.

use std::collections::HashMap;

use larder::sessions::Fields;
use larder::sessions::adapter::Trace;
use larder::{Error, ErrorKind, Result};
use serde_json::Value;

/// The name of the entry that [`SessionStore`](crate::SessionStore) hides in the state of every session it loads.
///
/// By it an update knows which session it was and what the request has changed. It is never stored. Leave it alone.
pub const HIDDEN: &str = "larder.trace";

type State = HashMap<String, String>;

/// What is stored, and what was hidden.
pub(crate) fn stored(mut state: State) -> Result<(Fields, Option<Trace>)> {
    let trace = state.remove(HIDDEN).map(|text| hidden(&text)).transpose()?;
    Ok((state.into_iter().map(|(name, text)| (name, Value::String(text))).collect(), trace))
}

/// The trace that was hidden.
pub(crate) fn hidden(text: &str) -> Result<Trace> {
    let value = serde_json::from_str(text)
        .map_err(|_| Error::new(ErrorKind::Invalid, "the hidden entry of a session was changed"))?;
    Trace::from_json(&value)
}

/// What the framework is to hold.
pub(crate) fn shown(fields: &Fields, trace: &Trace) -> State {
    let fields = fields.iter().map(|(name, value)| (name.to_owned(), text(value)));
    fields.chain([(HIDDEN.to_owned(), trace.to_json().to_string())]).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // Nothing of ours writes that.
        other => other.to_string(),
    }
}

/// What the texts say, for whoever indexes by it. A number that JSON's usual reader would round stays the text it is,
/// so that two ids are never one principal.
pub(crate) fn read(fields: &Fields) -> Fields {
    let value = |stored: &Value| {
        let Value::String(text) = stored else { return stored.clone() };
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Number(number)) if number.to_string() != *text => stored.clone(),
            Ok(value) => value,
            Err(_) => stored.clone(),
        }
    };
    fields.iter().map(|(name, stored)| (name.to_owned(), value(stored))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_stored_letter_by_letter() {
        let texts = [r#""a""#, "1e400", "340282366920938463463374607431768211455", r#"{"b":1,"a":2}"#, "no JSON", ""];
        let state: State = texts.iter().enumerate().map(|(n, text)| (n.to_string(), (*text).to_owned())).collect();
        let (fields, trace) = stored(state.clone()).unwrap_or_default();
        assert!(trace.is_none());
        let back: State = fields.iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
        assert_eq!(back, state);
    }

    #[test]
    fn large_ids_are_two_principals() {
        let ids = ["340282366920938463463374607431768211455", "340282366920938463463374607431768211454"];
        let fields: Fields = ids.iter().map(|id| ((*id).to_owned(), Value::String((*id).to_owned()))).collect();
        for id in ids {
            assert_eq!(read(&fields).json(id).and_then(Value::as_str), Some(id));
        }
    }
}
