//! A record as a line of JSON, read and written: what `import` and `export` move.
//!
//! `{"namespace":…,"key":[…],"value":…,"expires_at":…}`, with `value_base64` or `value_term` where the stored bytes are
//! not a JSON text on one line. Parts of keys are texts, whole numbers below 2^53, and `{"term":"…"}` for the rest.

use std::fmt::{self, Write as _};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use larder::{Key, Namespace, Term, Ttl};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::exit::Failure;
use crate::json;
use crate::lines::LONGEST;
use crate::literal;
use crate::value::{Codec, Coding};

/// The first line of every export.
pub(crate) const HEADER: &str = r#"{"larder":1}"#;

/// Checks the first line of an import.
pub(crate) fn check_header(line: &[u8]) -> Result<(), Failure> {
    #[derive(Deserialize)]
    struct Header {
        larder: u64,
    }
    match serde_json::from_slice::<Header>(line) {
        Ok(Header { larder: 1 }) if is_object(line) => Ok(()),
        Ok(_) if is_object(line) => {
            Err(Failure::usage("this was written by a newer larder: its first line names another version than 1"))
        }
        _ => Err(Failure::usage(format!("this is no export of larder: its first line is not {HEADER}"))),
    }
}

/// A record that a line describes.
pub(crate) struct Line {
    /// Its namespace, where the line names one.
    pub(crate) namespace: Option<Namespace>,
    pub(crate) key: Key,
    pub(crate) value: Bytes,
    pub(crate) end: Option<End>,
}

/// When a record ends, as a line says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Never,
    At(Timestamp),
    After(Duration),
}

impl End {
    /// The ttl from now; `None` where the end has passed.
    pub(crate) fn ttl(self, now: Timestamp) -> Option<Ttl> {
        match self {
            Self::Never => Some(Ttl::Never),
            Self::After(duration) => Some(Ttl::After(duration)),
            Self::At(end) => {
                let left = Duration::try_from(end.duration_since(now)).ok()?;
                (!left.is_zero()).then_some(Ttl::After(left))
            }
        }
    }

    /// The moment it names, if it names one.
    pub(crate) fn moment(self) -> Option<Timestamp> {
        match self {
            Self::At(end) => Some(end),
            Self::Never | Self::After(_) => None,
        }
    }

    /// When a record ends of which so much remains now.
    pub(crate) fn after(ttl: Ttl, now: Timestamp) -> Self {
        let Ttl::After(left) = ttl else { return Self::Never };
        let end = SignedDuration::try_from(left).ok().and_then(|left| now.checked_add(left).ok());
        Self::At(end.unwrap_or(Timestamp::MAX))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    namespace: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    key: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    value: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    value_base64: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    value_term: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    expires_at: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    ttl_ms: Option<&'a RawValue>,
    /// Printed by `get --version`; tells nothing that the value does not.
    #[serde(borrow, default, deserialize_with = "present", rename = "version")]
    _version: Option<&'a RawValue>,
}

/// A member that is there, for `null` is a value like any other.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

const MEMBERS: &str = "namespace, key, value, value_base64, value_term, expires_at, ttl_ms";

/// Reads lines, and remembers the last namespace, which most of them share.
pub(crate) struct Reader {
    otp: literal::Otp,
    last: Option<(String, Namespace)>,
}

impl Reader {
    /// Writes the terms of `value_term` as this release does.
    pub(crate) fn new(otp: literal::Otp) -> Self {
        Self { otp, last: None }
    }

    /// Reads a line. What is wrong with it is told without quoting it.
    pub(crate) fn read(&mut self, line: &[u8]) -> Result<Line, String> {
        let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
        let members: Members<'_> = serde_json::from_str(text).map_err(|error| wrong(&error))?;
        if !is_object(line) {
            return Err(NO_OBJECT.to_owned());
        }
        let key = key(members.key.ok_or("`key` is missing")?.get()).map_err(|failure| failure.text().to_owned())?;
        let namespace = members.namespace.map(|raw| self.namespace(raw.get())).transpose()?;
        let value = self.value(&members)?;
        let end = match (members.expires_at, members.ttl_ms) {
            (Some(_), Some(_)) => return Err("`expires_at` and `ttl_ms` exclude each other".to_owned()),
            (Some(raw), None) => Some(expires_at(raw.get())?),
            (None, Some(raw)) => {
                let millis = raw.get().parse().map_err(|_| "`ttl_ms` is not a whole number of milliseconds")?;
                Some(End::After(Duration::from_millis(millis)))
            }
            (None, None) => None,
        };
        Ok(Line { namespace, key, value, end })
    }

    fn namespace(&mut self, raw: &str) -> Result<Namespace, String> {
        if let Some((_, namespace)) = self.last.as_ref().filter(|(last, _)| last == raw) {
            return Ok(namespace.clone());
        }
        let Part(term) = serde_json::from_str(raw).map_err(|_| format!("`namespace` is not {PART}"))?;
        let namespace = Namespace::new(term).map_err(|error| error.to_string())?;
        self.last = Some((raw.to_owned(), namespace.clone()));
        Ok(namespace)
    }

    fn value(&self, members: &Members<'_>) -> Result<Bytes, String> {
        match (members.value, members.value_base64, members.value_term) {
            (Some(raw), None, None) => Ok(Bytes::copy_from_slice(raw.get().as_bytes())),
            (None, Some(raw), None) => {
                let bytes = BASE64_STANDARD.decode(text(raw.get(), "value_base64")?);
                Ok(bytes.map_err(|_| "`value_base64` is not base64")?.into())
            }
            (None, None, Some(raw)) => {
                let term = literal::read(&text(raw.get(), "value_term")?);
                let term = term.map_err(|error| format!("`value_term` is no Elixir literal: {error}"))?;
                Ok(literal::to_etf(&term, self.otp).map_err(|error| error.to_string())?.into())
            }
            _ => Err("it needs one of `value`, `value_base64` and `value_term`".to_owned()),
        }
    }
}

/// Reads the JSON form of a key.
pub(crate) fn key(json: &str) -> Result<Key, Failure> {
    let Parts(parts) = serde_json::from_str(json)
        .map_err(|_| Failure::usage(format!("`key` is not an array of parts, each {PART}")))?;
    Ok(Key::new(parts)?)
}

fn expires_at(raw: &str) -> Result<End, String> {
    match &*text(raw, "expires_at")? {
        "never" => Ok(End::Never),
        time => Ok(End::At(
            time.parse().map_err(|_| "`expires_at` is neither a time as `2026-01-31T08:00:00.000Z` nor \"never\"")?,
        )),
    }
}

fn text(raw: &str, member: &str) -> Result<String, String> {
    serde_json::from_str(raw).map_err(|_| format!("`{member}` is not a text"))
}

/// serde takes an array for a struct as well.
fn is_object(json: &[u8]) -> bool {
    json.trim_ascii_start().starts_with(b"{")
}

const NO_OBJECT: &str = "it is no JSON object";

/// Errors of serde_json quote what they met, so they are told anew.
fn wrong(error: &serde_json::Error) -> String {
    let told = error.to_string();
    match error.classify() {
        Category::Data if told.starts_with("unknown field") => format!("it has an unknown member; known are {MEMBERS}"),
        Category::Data if told.starts_with("duplicate field") => "a member stands twice in it".to_owned(),
        Category::Data => NO_OBJECT.to_owned(),
        _ => format!("it is no JSON (column {})", error.column()),
    }
}

const PART: &str = r#"a text, a whole number below 2^53, or {"term":"…"} with an Elixir literal"#;

/// One part of a key.
struct Part(Term);

struct Parts(Vec<Term>);

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}

struct PartVisitor;

/// Beyond it, numbers have been through a double somewhere and may be another number now.
const EXACT: u64 = 1 << 53;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PART)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Part, E> {
        Ok(Part(text.into()))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Part, E> {
        if number < EXACT { Ok(Part(number.into())) } else { Err(E::custom(PART)) }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Part, E> {
        if number.unsigned_abs() < EXACT { Ok(Part(number.into())) } else { Err(E::custom(PART)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part, A::Error> {
        match map.next_entry::<String, String>()? {
            Some((name, written)) if name == "term" && map.next_key::<String>()?.is_none() => {
                literal::read(&written).map(Part).map_err(A::Error::custom)
            }
            _ => Err(A::Error::custom(PART)),
        }
    }
}

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PartsVisitor;
        impl<'de> Visitor<'de> for PartsVisitor {
            type Value = Parts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Parts, A::Error> {
                let mut terms = Vec::with_capacity(8);
                while let Some(Part(term)) = parts.next_element()? {
                    terms.push(term);
                }
                Ok(Parts(terms))
            }
        }
        deserializer.deserialize_seq(PartsVisitor)
    }
}

/// Writes lines of one namespace.
pub(crate) struct Writer {
    /// What every line begins with.
    head: String,
    coding: Coding,
    exact: bool,
}

impl Writer {
    pub(crate) fn new(namespace: &Namespace, coding: Coding) -> Self {
        let mut head = r#"{"namespace":"#.to_owned();
        write_part(&namespace.term(), &mut head);
        head.push_str(r#","key":"#);
        Self { head, coding, exact: true }
    }

    /// The same for people and their tools, who would rather have a JSON value as such than each of its line breaks.
    pub(crate) fn readable(mut self) -> Self {
        self.exact = false;
        self
    }

    /// Writes a record, without a line break; `None` leaves a member out.
    pub(crate) fn write(&self, key: &Key, value: Option<&[u8]>, end: Option<End>, line: &mut String) {
        line.push_str(&self.head);
        write_key(key, line);
        if let Some(value) = value {
            self.write_value(value, line);
        }
        match end {
            None => {}
            Some(End::At(time)) => _ = write!(line, r#","expires_at":"{time:.3}""#),
            Some(End::Never) => line.push_str(r#","expires_at":"never""#),
            Some(End::After(left)) => _ = write!(line, r#","ttl_ms":{}"#, left.as_millis()),
        }
        line.push('}');
    }

    /// Writes a value so that [`Reader`] makes the very same bytes of it.
    fn write_value(&self, value: &[u8], line: &mut String) {
        match self.coding.codec {
            Codec::Json | Codec::Raw => {
                let text = json::check(value).ok().map(|text| (text, json::on_one_line(text)));
                if let Some((_, on_one_line)) = text.filter(|(text, on_one_line)| !self.exact || text == on_one_line) {
                    line.push_str(r#","value":"#);
                    line.push_str(&on_one_line);
                    return;
                }
            }
            Codec::Etf => {
                if let Some(written) = self.as_literal(value) {
                    line.push_str(r#","value_term":"#);
                    write_text(&written, line);
                    return;
                }
            }
        }
        line.push_str(r#","value_base64":""#);
        BASE64_STANDARD.encode_string(value, line);
        line.push('"');
    }

    /// The literal of a value that is written again as the very same ETF, and fits into a line.
    fn as_literal(&self, value: &[u8]) -> Option<String> {
        let term = literal::from_etf(value).ok()?;
        if literal::to_etf(&term, self.coding.otp).ok()? != value {
            return None;
        }
        let written = literal::write(&term);
        (written.len() <= LONGEST / 8).then_some(written)
    }
}

/// Writes the JSON form of a key.
pub(crate) fn write_key(key: &Key, line: &mut String) {
    line.push('[');
    for (index, part) in key.parts().iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        write_part(part, line);
    }
    line.push(']');
}

fn write_part(part: &Term, line: &mut String) {
    if let Some(text) = part.as_text() {
        write_text(text, line);
    } else if let Some(number) = part.as_i64().filter(|number| number.unsigned_abs() < EXACT) {
        let _ = write!(line, "{number}");
    } else {
        line.push_str(r#"{"term":"#);
        write_text(&literal::write(part), line);
        line.push('}');
    }
}

/// Writes a JSON string.
pub(crate) fn write_text(text: &str, line: &mut String) {
    line.push_str(&serde_json::to_string(text).expect("a text has a JSON form"));
}

#[cfg(test)]
mod tests;
