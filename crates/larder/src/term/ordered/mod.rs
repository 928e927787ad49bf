//! Terms as bytes that sort, byte by byte, as the terms do. `docs/format.md` describes the bytes.
//!
//! A term is its tag, its own bytes, and then its children, each in the same form: the order of two
//! encodings is decided where that of the terms is. No encoding is the beginning of another one, and
//! none begins with 0x00 or 0xFF, which are left to whoever joins encodings.

mod number;
mod text;

#[cfg(test)]
mod tests;

use crate::error::{Error, ErrorKind, Result};

use super::{Kind, Repr, Term, View, etf};

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
            out.push(match opaque.kind() {
                Kind::Reference => REFERENCE,
                Kind::Fun => FUN,
                Kind::Port => PORT,
                _ => PID,
            });
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

/// A term whose children are not all read.
struct Open {
    shape: Shape,
    children: Vec<Term>,
    in_key: bool,
}

enum Shape {
    Tuple {
        size: usize,
    },
    Map {
        size: usize,
        /// Where the last key's bytes lie, and where those of the one being read start.
        last_key: Option<(usize, usize)>,
        key_start: usize,
    },
    List {
        tail: bool,
    },
}

impl Open {
    /// Whether the next child stands in a key of a map.
    fn next_in_key(&self) -> bool {
        self.in_key || matches!(self.shape, Shape::Map { size, .. } if self.children.len() < size)
    }
}

/// Reads the first term, and tells the length of its bytes. Accepts only what [`write`] writes.
pub(crate) fn read(bytes: &[u8]) -> Result<(Term, usize)> {
    read_checked(bytes).ok_or_else(|| {
        Error::new(ErrorKind::Corrupt, "the stored term's bytes are damaged, or were not written by this library")
    })
}

fn read_checked(bytes: &[u8]) -> Option<(Term, usize)> {
    let mut at = 0;
    let mut stack: Vec<Open> = Vec::new();
    loop {
        let in_key = stack.last().is_some_and(Open::next_in_key);
        let tag = *bytes.get(at)?;
        at += 1;
        let mut done = match tag {
            BITS => {
                let (read, last_bits, length) = text::read(bytes.get(at..)?, 0)?;
                at += length;
                read_bits(&read, last_bits)?
            }
            ATOM => {
                let (name, end, length) = text::read(bytes.get(at..)?, 0)?;
                at += length;
                let name = std::str::from_utf8(&name).ok()?;
                Term::atom(name).ok().filter(|_| end == WHOLE)?
            }
            REFERENCE..=PID => {
                let (read, end, length) = text::read(bytes.get(at..)?, 0)?;
                at += length;
                let kind = match tag {
                    REFERENCE => Kind::Reference,
                    FUN => Kind::Fun,
                    PORT => Kind::Port,
                    _ => Kind::Pid,
                };
                let whole = end == WHOLE && etf::opaque_kind(&read) == Some(kind);
                whole.then(|| Term::opaque(kind, &read))?
            }
            TUPLE | MAP => {
                let (size, length) = number::read_size(bytes.get(at..)?)?;
                at += length;
                let size = usize::try_from(size).ok()?;
                if size == 0 {
                    if tag == TUPLE { Term::tuple(Vec::new()) } else { Term::sorted_map(Vec::new()) }
                } else {
                    let shape = if tag == TUPLE {
                        Shape::Tuple { size }
                    } else {
                        size.checked_mul(2)?;
                        Shape::Map { size, last_key: None, key_start: at }
                    };
                    stack.push(Open {
                        shape,
                        // A damaged size must not allocate what its bytes do not hold.
                        children: Vec::with_capacity(size.min(64).min(bytes.len() - at)),
                        in_key,
                    });
                    continue;
                }
            }
            LIST => {
                match stack.last_mut().map(|open| &mut open.shape) {
                    Some(Shape::List { tail }) if *tail => *tail = false,
                    _ => stack.push(Open { shape: Shape::List { tail: false }, children: Vec::new(), in_key }),
                }
                continue;
            }
            NIL => Term::empty_list(),
            _ => {
                let (tag, marked) = match tag {
                    KEY_INTEGER | KEY_FLOAT => {
                        let number = *bytes.get(at)?;
                        at += 1;
                        (number, Some(tag))
                    }
                    tag => (tag, None),
                };
                let (number, length) = number::read(tag, bytes.get(at..)?)?;
                at += length;
                let needed = in_key.then_some(match number.kind() {
                    Kind::Integer => KEY_INTEGER,
                    _ => KEY_FLOAT,
                });
                if marked != needed {
                    return None;
                }
                number
            }
        };
        // The term is whole: it may complete those it stands in.
        loop {
            let Some(open) = stack.last_mut() else {
                return Some((done, at));
            };
            match &mut open.shape {
                Shape::Tuple { size } => {
                    open.children.push(done);
                    if open.children.len() < *size {
                        break;
                    }
                    done = Term::tuple(stack.pop()?.children);
                }
                Shape::Map { size, last_key, key_start } => {
                    if open.children.len() < *size {
                        let last = last_key.map(|(start, end)| &bytes[start..end]);
                        if last.is_some_and(|last| last >= &bytes[*key_start..at]) {
                            return None;
                        }
                        *last_key = Some((*key_start, at));
                        *key_start = at;
                    }
                    open.children.push(done);
                    if open.children.len() < *size * 2 {
                        break;
                    }
                    done = Term::sorted_map(stack.pop()?.children);
                }
                Shape::List { tail } => {
                    if !*tail {
                        *tail = true;
                        open.children.push(done);
                        break;
                    }
                    let mut children = stack.pop()?.children;
                    done = if tag == NIL && matches!(&done.0, Repr::List(more) if more.is_empty()) {
                        Term::list(children)
                    } else {
                        children.push(done);
                        Term(Repr::Improper(children.into()))
                    };
                }
            }
        }
    }
}

fn read_bits(bytes: &[u8], last_bits: u8) -> Option<Term> {
    if last_bits == WHOLE {
        return Some(bytes.into());
    }
    let last = *bytes.last()?;
    if !(1..WHOLE).contains(&last_bits) || last << last_bits != 0 {
        return None;
    }
    Some(Term(Repr::Bits(bytes.into(), last_bits)))
}
