//! Values on their way from one codec to another: Erlang's external term format and JSON.
//!
//! Nothing is guessed: what the other side has no form for is refused, with a reason that quotes nothing.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use clap::ValueEnum;
use larder::Term;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::json::MAX_DEPTH;
use crate::literal::{self, Otp};

/// From which codec to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Recode {
    /// Terms of Erlang's become JSON.
    #[value(name = "etf:json")]
    EtfToJson,
    /// JSON becomes terms of Erlang's.
    #[value(name = "json:etf")]
    JsonToEtf,
}

impl Recode {
    /// The value in the other codec; else why it has no form there. Atoms are written as this release of Erlang does.
    pub(crate) fn apply(self, value: &[u8], otp: Otp) -> Result<Bytes, String> {
        match self {
            Self::EtfToJson => {
                let term = literal::from_etf(value).map_err(|_| "is not in Erlang's external term format")?;
                let json = to_json(&term, MAX_DEPTH)?;
                Ok(serde_json::to_vec(&json).map_err(|_| "has no JSON form")?.into())
            }
            Self::JsonToEtf => {
                let Read(term) = serde_json::from_slice(value).map_err(|error| match error.is_data() {
                    true => format!("{}, so it would not be kept", first_words(&error)),
                    false => "is no JSON".to_owned(),
                })?;
                Ok(literal::to_etf(&term, otp).map_err(|_| "is too large for a term")?.into())
            }
        }
    }
}

/// What a refusal of ours says, without where it happened.
fn first_words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line").next().unwrap_or_default().to_owned()
}

fn to_json(term: &Term, depth: usize) -> Result<Value, &'static str> {
    if let Some(name) = term.as_atom() {
        return Ok(match name {
            "nil" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            name => name.into(),
        });
    }
    if let Some(float) = term.as_f64() {
        return Number::from_f64(float).map(Value::Number).ok_or("holds a float without a JSON form");
    }
    if let Some(number) = term.as_i64() {
        return Ok(number.into());
    }
    if let Some(number) = term.as_u64() {
        return Ok(number.into());
    }
    if term.as_bytes().is_some() {
        return term.as_text().map(Value::from).ok_or("holds a binary that is not UTF-8");
    }
    let inside = || depth.checked_sub(1).ok_or("is nested deeper than any service could read as JSON");
    if let Some(pairs) = term.as_map() {
        let depth = inside()?;
        return to_object(pairs, depth);
    }
    if let Some(elements) = term.as_list().or_else(|| term.as_tuple()) {
        let depth = inside()?;
        if term.as_list().is_some()
            && let Some(pairs) = keywords(elements)
        {
            return to_object(pairs.into_iter(), depth);
        }
        let elements = elements.iter().map(|element| to_json(element, depth));
        return elements.collect::<Result<Vec<_>, _>>().map(Value::Array);
    }
    Err(if term.as_improper().is_some() {
        "holds an improper list"
    } else if term.as_bits().is_some() {
        "holds bits that are no whole bytes"
    } else if term.has_opaque() {
        "holds a fun, pid, port or reference"
    } else {
        "holds an integer beyond 64 bits"
    })
}

/// The pairs of a keyword list, each of its names once.
fn keywords(elements: &[Term]) -> Option<Vec<(&Term, &Term)>> {
    let pair = |element: &'_ Term| matches!(element.as_tuple(), Some([name, _]) if name.as_atom().is_some());
    if elements.is_empty() || !elements.iter().all(pair) {
        return None;
    }
    let pairs: Vec<_> = elements
        .iter()
        .filter_map(|element| match element.as_tuple() {
            Some([name, value]) => Some((name, value)),
            _ => None,
        })
        .collect();
    let names: BTreeMap<_, _> = pairs.iter().map(|(name, _)| (name.as_atom(), ())).collect();
    (names.len() == pairs.len()).then_some(pairs)
}

fn to_object<'t>(pairs: impl Iterator<Item = (&'t Term, &'t Term)>, depth: usize) -> Result<Value, &'static str> {
    let mut object = Map::new();
    for (key, value) in pairs {
        let name =
            key.as_atom().or_else(|| key.as_text()).ok_or("holds a map whose keys are not all texts or atoms")?;
        if object.insert(name.to_owned(), to_json(value, depth)?).is_some() {
            return Err("holds a map with a text and an atom of one name as keys");
        }
    }
    Ok(Value::Object(object))
}

/// A term read from JSON.
struct Read(Term);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading).map(Self)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Term;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Term, E> {
        Ok(Term::nil())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Term, E> {
        Ok(Term::from(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Term, E> {
        Ok(Term::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Term, E> {
        Ok(Term::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Term, E> {
        // So is an integer of more digits read, and some of them lost.
        if value.abs() >= 9_223_372_036_854_775_808.0 {
            return Err(E::custom("holds a number beyond 64 bits"));
        }
        Term::float(value).map_err(|_| E::custom("holds a number beyond 64 bits"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Term, E> {
        Ok(Term::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Term, A::Error> {
        let mut list = Vec::new();
        while let Some(Read(element)) = elements.next_element()? {
            list.push(element);
        }
        Ok(Term::list(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Term, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((name, Read(value))) = pairs.next_entry::<String, _>()? {
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("holds an object that has a name twice"));
            }
        }
        Ok(Term::map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn etf(literal: &str) -> Vec<u8> {
        literal::to_etf(&literal.parse().unwrap(), Otp::Otp26).unwrap()
    }

    fn json(literal: &str) -> Result<String, String> {
        Recode::EtfToJson.apply(&etf(literal), Otp::Otp26).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    fn term(json: &str) -> Result<String, String> {
        Recode::JsonToEtf
            .apply(json.as_bytes(), Otp::Otp26)
            .map(|bytes| literal::write(&literal::from_etf(&bytes).unwrap()))
    }

    #[test]
    fn a_term_becomes_the_json_that_a_type_reads_as_it_read_the_term() {
        for (literal, text) in [
            ("%{\"x\" => nil, name: \"Zoë\", age: 7}", r#"{"age":7,"name":"Zoë","x":null}"#),
            (
                "{%{__struct__: MyApp.User, id: 1}, [at: 1.5, ok: true]}",
                r#"[{"__struct__":"Elixir.MyApp.User","id":1},{"at":1.5,"ok":true}]"#,
            ),
            ("[18446744073709551615, -9223372036854775808, -0.0]", "[18446744073709551615,-9223372036854775808,-0.0]"),
            ("[[], {}, %{}, \"\", :ok, false, [a: 1, a: 2]]", r#"[[],[],{},"","ok",false,[["a",1],["a",2]]]"#),
        ] {
            assert_eq!(json(literal).as_deref(), Ok(text), "{literal}");
        }
    }

    #[test]
    fn json_becomes_a_term_and_the_same_json_again() {
        for (text, literal) in [
            (r#"{"a":[1,2.5,"x"],"b":{"c":null}}"#, r#"%{"a" => [1, 2.5, "x"], "b" => %{"c" => nil}}"#),
            ("[true,false,18446744073709551615,-1]", "[true, false, 18446744073709551615, -1]"),
            ("\"nil\"", "\"nil\""),
        ] {
            assert_eq!(term(text).as_deref(), Ok(literal));
            assert_eq!(json(literal).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_has_no_form_on_the_other_side_is_refused_and_not_quoted() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        for (literal, why) in [
            ("<<255>>", "not UTF-8"),
            ("<<1::size(3)>>", "no whole bytes"),
            ("[1 | 2]", "improper"),
            ("18446744073709551616", "beyond 64 bits"),
            ("%{1 => 2}", "not all texts or atoms"),
            ("%{\"secret\" => 1, secret: 2}", "of one name"),
            (&deep[..], "nested deeper"),
        ] {
            let refused = json(literal).unwrap_err();
            assert!(refused.contains(why) && !refused.contains("secret"), "{literal}: {refused}");
        }
        assert!(Recode::EtfToJson.apply(b"{}", Otp::Otp26).unwrap_err().contains("is not in Erlang's"));
        for (text, why) in [
            ("{\"secret\":1,\"secret\":2}", "a name twice"),
            ("18446744073709551616", "beyond 64 bits"),
            ("{\"secret\":", "is no JSON"),
            (&deep[..], "is no JSON"),
            ("", "is no JSON"),
        ] {
            let refused = term(text).unwrap_err();
            assert!(refused.contains(why) && !refused.contains("secret"), "{refused}");
        }
    }
}
