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
pub(super) fn read(stored: &Bytes) -> Option<Box<Body>> {
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
    Some(Box::new(Body { id, principal, created, seen, until, idle, device, address, fields }))
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
        let (mut number, mut length) = (0_u64, 0);
        for byte in self.0.bytes().take_while(u8::is_ascii_digit) {
            number = number.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
            length += 1;
        }
        // JSON writes no zero before other digits.
        let is_number = length == 1 || length > 1 && !self.0.starts_with('0');
        self.0 = self.0.get(length..)?;
        is_number.then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::super::slot::Slot;
    use super::*;

    const IN_FORM: [&str; 6] = [
        r#"{"v":1,"session":{"id":"AAAAAAAAAAAAAAAAAAAAAA","created":1,"seen":2,"until":3,"idle":4}}"#,
        r#"{"v":1,"session":{"id":"_-0zZ9aAAAAAAAAAAAAAAw","principal":"42","created":1767225600000,"seen":1767225600000,"until":1769817600000,"idle":1800000,"device":"phone","fields":{"theme":"dark"}}}"#,
        r#"{"v":1,"session":{"id":"AAAAAAAAAAAAAAAAAAAAAA","principal":"","created":0,"seen":18446744073709551615,"until":3,"idle":4,"device":"Zoë","address":"203.0.113.7","fields":{}}}"#,
        r#"{"v":1,"session":{"id":"AAAAAAAAAAAAAAAAAAAAAA","created":1,"seen":2,"until":3,"idle":4,"address":"::1","fields":{"a":[1,-2,0.5,1e3,null,true,{"b":"\"\u00EB"}],"":{"":""}}}}"#,
        r#"{"v":1,"session":{"id":"AAAAAAAAAAAAAAAAAAAAAA","created":1,"seen":2,"until":3,"idle":4,"fields": {"a" : 1,"a":2} }}"#,
        r#"{"v":1,"session":{"id":"AAAAAAAAAAAAAAAAAAAAAA","principal":"a:*{}","created":1,"seen":2,"until":3,"idle":4,"fields":{"}}":"}}"}}}"#,
    ];

    /// Whatever this reader accepts, the one of all forms reads as the same. Answers whether it does accept it.
    fn agrees(stored: &[u8]) -> bool {
        let Some(body) = read(&Bytes::copy_from_slice(stored)) else { return false };
        let any = Slot::decode_any(stored).ok();
        assert!(matches!(any, Some(Slot::Session(other)) if other == body), "{}", String::from_utf8_lossy(stored));
        true
    }

    #[test]
    fn what_is_written_is_in_the_form() {
        for text in IN_FORM {
            assert!(agrees(text.as_bytes()), "{text}");
            let slot = Slot::decode_any(text.as_bytes()).unwrap();
            assert!(agrees(&slot.encode().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_was_changed_is_read_as_if_in_any_form() {
        let mut accepted = 0;
        for text in IN_FORM {
            let text = text.as_bytes();
            for place in 0..text.len() {
                let mut less = text.to_vec();
                less.remove(place);
                accepted += usize::from(agrees(&less));
                for byte in *b"\"\\{}[],: 09-eaA\x00\x1f\x7f\xff" {
                    let mut other = text.to_vec();
                    other[place] = byte;
                    accepted += usize::from(agrees(&other));
                    other[place] = text[place];
                    other.insert(place, byte);
                    accepted += usize::from(agrees(&other));
                }
            }
        }
        assert!(accepted > 1000, "{accepted}");
    }

    #[test]
    fn fields_that_cannot_be_read_are_noticed_before_anybody_asks_for_them() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(300), "]".repeat(300));
        let texts = [
            deep.as_str(),
            r#"{"a":"\ud800"}"#,
            r#"{"a":1e999}"#,
            r#"{"a":01}"#,
            r#"{"a":1,}"#,
            r#"{"a":1}}"#,
            r#"{"a":1},"fields":{}"#,
            r#"{"a":1},"device":"b""#,
            r#"{a:1}"#,
            r#"["a"]"#,
            "null",
            "",
            r#"{"a":{"$serde_json::private::RawValue":5}}"#,
            r#"{"a":{"$serde_json::private::Number":"no"}}"#,
        ];
        for fields in texts {
            let text =
                r#"{"v":1,"session":{"id":"AAAAAAAAAAAAAAAAAAAAAA","created":1,"seen":2,"until":3,"idle":4,"fields":"#;
            assert!(!agrees(format!("{text}{fields}}}}}").as_bytes()), "{fields}");
        }
    }
}
