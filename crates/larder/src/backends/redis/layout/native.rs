//! Our own layout: keys that a person can read, and an index of the children of every parent.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;

use crate::error::{Error, Result};
use crate::key::{Key, Part};
use crate::namespace::Namespace;
use crate::sabotage;
use crate::term::{Term, ordered};

use super::{ELSEWHERE, Entry, Foreign, MISSPELT, OPAQUE};

// What a part that is no text begins with.
const INTEGER: u8 = b'#';
const ATOM: u8 = b'@';
/// Alone it is the empty text, which could not be seen otherwise.
const OTHER: u8 = b'~';

// No escape begins with `%i`, so neither does a namespace, nor the key of any record.
const INDEX: &[u8] = b"%index1:last:";
pub(super) const NEVER: &[u8] = b"%index1:last.never:";
/// The pattern of both.
pub(super) const INDEXES: &[u8] = b"%index1:last*";

pub(super) fn spell(space: &Namespace, key: &Key) -> Result<Vec<u8>> {
    if key.has_opaque() {
        return Err(Error::invalid("a key cannot hold a fun, pid, port or reference"));
    }
    // As `prefix` of its parts, which are not made into terms for it.
    let mut out = prefix(space, &[]);
    key.show_parts(|part| {
        out.push(b':');
        match part {
            Part::Text(text) => write_bytes(text, &mut out),
            Part::Other(term) => write(&term, &mut out),
        }
    });
    Ok(out)
}

/// A namespace and the parts behind it.
pub(super) fn prefix(space: &Namespace, parts: &[Term]) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    write(&space.term(), &mut out);
    for part in parts {
        out.push(b':');
        write(part, &mut out);
    }
    out
}

pub(super) fn read(space: &Namespace, stored: &[u8]) -> Result<Key, Foreign> {
    let rest = stored.strip_prefix(prefix(space, &[]).as_slice()).and_then(|rest| rest.strip_prefix(b":"));
    let parts = rest.ok_or(ELSEWHERE)?.split(|byte| *byte == b':').map(read_part);
    Key::new(parts.collect::<Result<Vec<Term>, Foreign>>()?).map_err(|_| MISSPELT)
}

/// The entry of a key of two parts or more.
pub(super) fn entry(stored: &[u8]) -> Option<Entry> {
    let last = stored.iter().rposition(|byte| *byte == b':')?;
    let (parent, member) = (&stored[..last], &stored[last + 1..]);
    parent.contains(&b':').then(|| Entry {
        index: [INDEX, parent].concat().into(),
        never: Some([NEVER, parent].concat().into()),
        member: Bytes::copy_from_slice(member),
    })
}

/// The indexes of the children of a parent.
///
/// What ends by itself stands first: a record may be put there that never ended before, whose other entry then stays.
pub(super) fn indexes(parent: &[u8]) -> Vec<Vec<u8>> {
    vec![[INDEX, parent].concat(), [NEVER, parent].concat()]
}

/// Where it stands whether the indexes of a namespace, spelled, are whole.
///
/// Its name begins as theirs do and ends in a part without a spelling, so it is no parent's: whoever removes all indexes
/// by their beginning, or all of a namespace, removes this as well.
pub(in crate::backends::redis) fn mark(space: &[u8]) -> Vec<u8> {
    [INDEX, space, b":"].concat()
}

/// Who makes the indexes of a namespace whole at the moment.
pub(in crate::backends::redis) fn lock(space: &[u8]) -> Vec<u8> {
    [INDEX, space, b"::lock"].concat()
}

/// The namespace whose mark this is.
pub(in crate::backends::redis) fn marked(stored: &[u8]) -> Option<&[u8]> {
    stored.strip_prefix(INDEX)?.strip_suffix(b":").filter(|space| !space.contains(&b':'))
}

/// Whether this is an index, and not what stands beside it under a name that is no parent's.
pub(in crate::backends::redis) fn is_index(stored: &[u8]) -> bool {
    parent(stored).is_some_and(|parent| parent.split(|byte| *byte == b':').all(|part| !part.is_empty()))
}

/// Whether a stored key is one of a record in a namespace, spelled.
pub(in crate::backends::redis) fn is_of(space: &[u8], stored: &[u8]) -> bool {
    let rest = stored.strip_prefix(space).and_then(|rest| rest.strip_prefix(b":"));
    rest.is_some_and(|rest| rest.split(|byte| *byte == b':').all(|part| read_part(part).is_ok()))
}

/// The parent whose children an index lists.
pub(super) fn parent(index: &[u8]) -> Option<&[u8]> {
    index.strip_prefix(INDEX).or_else(|| index.strip_prefix(NEVER))
}

fn write(term: &Term, out: &mut Vec<u8>) {
    if let Some(text) = term.as_bytes() {
        write_bytes(text, out);
    } else if let Some(integer) = term.as_i128() {
        out.push(INTEGER);
        write!(out, "{integer}").expect("a vector takes every write");
    } else if let Some(name) = term.as_atom() {
        out.push(ATOM);
        write_text(name.as_bytes(), out);
    } else {
        out.push(OTHER);
        let mut bytes = Vec::new();
        ordered::write(term, &mut bytes);
        out.extend_from_slice(URL_SAFE_NO_PAD.encode(bytes).as_bytes());
    }
}

fn write_bytes(text: &[u8], out: &mut Vec<u8>) {
    match text.first() {
        None => out.push(OTHER),
        Some(first @ (&INTEGER | &ATOM | &OTHER)) => {
            escape(*first, out);
            write_text(&text[1..], out);
        }
        Some(_) => write_text(text, out),
    }
}

fn write_text(text: &[u8], out: &mut Vec<u8>) {
    // Most texts are nothing else.
    let plain = text.iter().take_while(|byte| byte.is_ascii() && !is_escaped(char::from(**byte))).count();
    out.extend_from_slice(&text[..plain]);
    for chunk in text[plain..].utf8_chunks() {
        for character in chunk.valid().chars() {
            let mut bytes = [0; 4];
            let bytes = character.encode_utf8(&mut bytes).as_bytes();
            if is_escaped(character) {
                bytes.iter().for_each(|byte| escape(*byte, out));
            } else {
                out.extend_from_slice(bytes);
            }
        }
        chunk.invalid().iter().for_each(|byte| escape(*byte, out));
    }
}

/// What separates parts, escapes, means something in a pattern or to a cluster, or cannot be seen or pasted.
fn is_escaped(character: char) -> bool {
    if (character == ':' && sabotage::is_off("separators")) || (character.is_ascii() && sabotage::is_off("globs")) {
        return matches!(character, ':' | '%') && !sabotage::is_off("separators");
    }
    matches!(character, ':' | '%' | '*' | '?' | '[' | ']' | '\\' | '^' | '{' | '}' | '"' | '\'' | '`')
        || character.is_control()
        || character.is_whitespace()
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

/// The term that a part spells; it has one spelling, so any other one is refused.
fn read_part(part: &[u8]) -> Result<Term, Foreign> {
    let term = decode(part).ok_or(MISSPELT)?;
    if term.has_opaque() {
        return Err(OPAQUE);
    }
    let mut spelled = Vec::with_capacity(part.len());
    write(&term, &mut spelled);
    if spelled == part { Ok(term) } else { Err(MISSPELT) }
}

fn decode(part: &[u8]) -> Option<Term> {
    Some(match part.split_first()? {
        (&OTHER, []) => Term::from(""),
        (&OTHER, digits) => {
            let bytes = URL_SAFE_NO_PAD.decode(digits).ok()?;
            let (term, length) = ordered::read(&bytes).ok()?;
            (length == bytes.len()).then_some(term)?
        }
        (&INTEGER, digits) => Term::from(std::str::from_utf8(digits).ok()?.parse::<i128>().ok()?),
        (&ATOM, name) => Term::atom(std::str::from_utf8(&unescape(name)?).ok()?).ok()?,
        _ => Term::from(unescape(part)?),
    })
}

fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(*rest.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            byte => *byte,
        });
    }
    Some(bytes)
}
