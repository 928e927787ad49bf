//! A living session's record, read where it stands letter by letter as this library writes it.
//!
//! Every request reads one, and to read JSON of any form takes several times as long. What stands in another form is
//! nothing to this reader, and is left to the one that reads all: so it refuses nothing, and what it accepts is what
//! that one would have read.

use bytes::Bytes;

use super::checked::holds_fields;
use super::fields::Fields;
use super::principal::Principal;
use super::slot::Body;

/// The session, if the record is in that form. Its fields are checked, and read when somebody asks for them.
pub(super) fn read(stored: &Bytes) -> Option<Body> {
    let mut rest = Rest(std::str::from_utf8(stored).ok()?);
    rest.pass(r#"{"v":1,"session":{"id":"#)?;
    let id = rest.text()?.parse().ok()?;
    let principal = rest.text_of(r#","principal":"#)?.map(Principal::of);
    let created = rest.number_of(r#","created":"#)?;
    let seen = rest.number_of(r#","seen":"#)?;
    let until = rest.number_of(r#","until":"#)?;
    let idle = rest.number_of(r#","idle":"#)?;
    let device = rest.text_of(r#","device":"#)?.map(str::to_owned);
    let address = rest.text_of(r#","address":"#)?.map(str::to_owned);
    let has_fields = rest.pass(r#","fields":"#).is_some();
    let last = rest.0.strip_suffix("}}")?;
    let fields = match has_fields {
        true if holds_fields(last) => Fields::unread(stored.slice_ref(last.as_bytes())),
        false if last.is_empty() => Fields::new(),
        _ => return None,
    };
    Some(Body { id, principal, created, seen, until, idle, device, address, fields })
}

/// What has not been read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn pass(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// A string without escapes.
    fn text(&mut self) -> Option<&'a str> {
        self.pass("\"")?;
        let end = self.0.bytes().position(|byte| matches!(byte, b'"' | b'\\' | ..b' '))?;
        let (text, rest) = self.0.split_at(end);
        self.0 = rest.strip_prefix('"')?;
        Some(text)
    }

    /// The string of a member that may be missing.
    fn text_of(&mut self, member: &str) -> Option<Option<&'a str>> {
        match self.pass(member) {
            Some(()) => self.text().map(Some),
            None => Some(None),
        }
    }

    fn number_of(&mut self, member: &str) -> Option<u64> {
        self.pass(member)?;
        let end = self.0.bytes().position(|byte| !byte.is_ascii_digit())?;
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        // JSON writes no zero before other digits.
        if digits.len() > 1 && digits.starts_with('0') { None } else { digits.parse().ok() }
    }
}
