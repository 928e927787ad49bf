//! Whose sessions they are.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::term::Term;

/// Whose session it is: an account, as a text of the application's own.
///
/// Any Unicode is fine, and no character means anything. Ids of different types meet in one text: a JSON string is
/// itself, an integer is its decimal digits, anything else its canonical JSON (members in the order of their names,
/// no spaces). So 42, `"42"` and `Principal::of(42)` are one principal. It is a part of a key: `Debug` does not show it.
///
/// ```
/// use larder::sessions::Principal;
/// use serde_json::json;
///
/// assert_eq!(Principal::from_json(&json!(42)), Principal::of("42"));
/// assert_eq!(Principal::from_json(&json!("42")), Principal::of(42));
/// assert_eq!(Principal::from_json(&json!({"b": [1, "x"], "a": null})).as_str(), r#"{"a":null,"b":[1,"x"]}"#);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Principal(String);

impl Principal {
    /// The principal of an id, by its text.
    pub fn of(id: impl ToString) -> Self {
        Self(id.to_string())
    }

    /// The principal of an id that stands in JSON.
    pub fn from_json(id: &Value) -> Self {
        match id {
            Value::String(text) => Self(text.clone()),
            other => {
                let mut text = String::new();
                write_canonical(other, &mut text);
                Self(text)
            }
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The members of an object are sorted here: whether serde_json keeps them sorted is a feature that any crate of a
/// build can switch.
pub(super) fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Array(elements) => {
            text.push('[');
            for (place, element) in elements.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_canonical(element, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (place, (name, member)) in members.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_canonical(member, text);
            }
            text.push('}');
        }
        leaf => text.push_str(&leaf.to_string()),
    }
}

impl From<&Principal> for Term {
    fn from(principal: &Principal) -> Self {
        Self::from(principal.as_str())
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Principal")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_of_every_type_have_one_text() {
        for (id, text) in [
            (json!(42), "42"),
            (json!(-7), "-7"),
            (json!(u64::MAX), "18446744073709551615"),
            (json!("a:*{}\u{1F600}"), "a:*{}\u{1F600}"),
            (json!(""), ""),
            (json!(true), "true"),
            (json!(1.5), "1.5"),
            (json!(["x", 1]), r#"["x",1]"#),
            (json!({"\"": {"z": 1, "y": 2}}), r#"{"\"":{"y":2,"z":1}}"#),
        ] {
            assert_eq!(Principal::from_json(&id).as_str(), text);
        }
    }

    #[test]
    fn debug_shows_no_id() {
        assert_eq!(format!("{:?}", Principal::of("ann")), "Principal");
    }
}
