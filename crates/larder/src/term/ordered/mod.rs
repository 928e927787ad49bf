//! Terms as bytes that sort, byte by byte, as the terms do. `docs/format.md` describes the bytes.
//!
//! A term is its tag, its own bytes, and then its children, each in the same form: the order of two
//! encodings is decided where that of the terms is. No encoding is the beginning of another one, and
//! none begins with 0x00 or 0xFF, which are left to whoever joins encodings.

mod number;
mod read;
mod text;

#[cfg(test)]
mod tests;

use super::{Kind, Term, View};

pub(crate) use self::read::read;
#[cfg(feature = "redis")]
pub(crate) use self::read::read_text;

/// A number in the key of a map comes after one of these.
const KEY_INTEGER: u8 = 0x0E;
const KEY_FLOAT: u8 = 0x0F;
// From 0x10 on: the numbers.
const ATOM: u8 = 0xA0;
const REFERENCE: u8 = 0xA1;
const FUN: u8 = 0xA2;
const PORT: u8 = 0xA3;
const PID: u8 = 0xA4;
const TUPLE: u8 = 0xB0;
const MAP: u8 = 0xB1;
const NIL: u8 = 0xB2;
const LIST: u8 = 0xB3;
const BITS: u8 = 0xB4;

/// The end of a text that is whole bytes. A bitstring ends with the number of bits in its last byte.
const WHOLE: u8 = 8;

/// Terms that are still to be written.
enum Rest<'a> {
    Row(&'a [Term], bool),
    List(&'a [Term], Option<&'a Term>, bool),
}

/// Appends the bytes of a binary, without a term of it.
pub(crate) fn write_binary(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(BITS);
    text::write(bytes, WHOLE, 0, out);
}

/// Appends the bytes of a term.
pub(crate) fn write(term: &Term, out: &mut Vec<u8>) {
    let mut rest = Vec::new();
    write_one(term, false, out, &mut rest);
    while let Some(next) = rest.pop() {
        match next {
            Rest::Row(terms, in_key) => {
                if let Some((term, others)) = terms.split_first() {
                    if !others.is_empty() {
                        rest.push(Rest::Row(others, in_key));
                    }
                    write_one(term, in_key, out, &mut rest);
                }
            }
            Rest::List(terms, tail, in_key) => match (terms.split_first(), tail) {
                (Some((term, others)), tail) => {
                    out.push(LIST);
                    rest.push(Rest::List(others, tail, in_key));
                    write_one(term, in_key, out, &mut rest);
                }
                (None, Some(tail)) => write_one(tail, in_key, out, &mut rest),
                (None, None) => out.push(NIL),
            },
        }
    }
}

/// Writes a term but for its children, which it adds to the rest.
fn write_one<'a>(term: &'a Term, in_key: bool, out: &mut Vec<u8>, rest: &mut Vec<Rest<'a>>) {
    match term.view() {
        View::Integer(_) | View::Big(_) if in_key => out.push(KEY_INTEGER),
        View::Float(_) if in_key => out.push(KEY_FLOAT),
        _ => {}
    }
    match term.view() {
        View::Integer(value) => number::write_small(value < 0, value.unsigned_abs(), out),
        View::Big(value) => number::write_big(value, out),
        View::Float(value) => number::write_float(value, out),
        View::Atom(name) => {
            out.push(ATOM);
            text::write(name.as_bytes(), WHOLE, 0, out);
        }
        View::Bits(bytes, last_bits) => {
            out.push(BITS);
            text::write(bytes, last_bits, 0, out);
        }
        View::Opaque(opaque) => {
            out.push(opaque_tag(opaque.kind()));
            text::write(opaque.bytes(), WHOLE, 0, out);
        }
        View::Tuple(elements) => {
            out.push(TUPLE);
            number::write_size(elements.len() as u64, out);
            rest.push(Rest::Row(elements, in_key));
        }
        View::Map(keys, values) => {
            out.push(MAP);
            number::write_size(keys.len() as u64, out);
            rest.push(Rest::Row(values, in_key));
            rest.push(Rest::Row(keys, true));
        }
        View::List(elements, tail) => rest.push(Rest::List(elements, tail, in_key)),
    }
}

fn opaque_tag(kind: Kind) -> u8 {
    match kind {
        Kind::Reference => REFERENCE,
        Kind::Fun => FUN,
        Kind::Port => PORT,
        _ => PID,
    }
}

/// The length of the first term's bytes, without reading it: `None` when they are not whole. What it
/// accepts [`read`] may still refuse.
pub(crate) fn skip(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut open: u64 = 1;
    while open > 0 {
        let tag = *bytes.get(at)?;
        at += 1;
        match tag {
            BITS | ATOM | REFERENCE..=PID => {
                at += text::skip(bytes.get(at..)?, 0)?;
                open -= 1;
            }
            NIL => open -= 1,
            LIST => open = open.checked_add(1)?,
            TUPLE | MAP => {
                let (size, length) = number::read_size(bytes.get(at..)?)?;
                at += length;
                let children = if tag == MAP { size.checked_mul(2)? } else { size };
                open = (open - 1).checked_add(children)?;
            }
            KEY_INTEGER | KEY_FLOAT => {}
            _ => {
                at += number::skip(tag, bytes.get(at..)?)?;
                open -= 1;
            }
        }
    }
    Some(at)
}
