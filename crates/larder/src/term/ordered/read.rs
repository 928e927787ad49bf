use crate::error::{Error, ErrorKind, Result};

use super::super::{Kind, Repr, Term, etf};
use super::*;

/// So much room is made for a term's children before they are seen.
const ROOM: usize = 64;

/// Reads the first term, and tells the length of its bytes. Accepts only what [`write`] writes.
pub(crate) fn read(bytes: &[u8]) -> Result<(Term, usize)> {
    read_checked(bytes).ok_or_else(|| {
        Error::new(ErrorKind::Corrupt, "the stored term's bytes are damaged, or were not written by this library")
    })
}

/// The first term, where it is whole bytes: those, and the length of what stands for them.
#[cfg(feature = "redis")]
pub(crate) fn read_text(bytes: &[u8]) -> Option<(std::borrow::Cow<'_, [u8]>, usize)> {
    let (text, length) = read_whole(bytes.strip_prefix(&[BITS])?)?;
    Some((text, length + 1))
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
        /// Whether the next term is the rest of the list.
        rest: bool,
    },
}

impl Open {
    /// Whether the next child stands in a key of a map.
    fn next_in_key(&self) -> bool {
        self.in_key || matches!(self.shape, Shape::Map { size, .. } if self.children.len() < size)
    }
}

fn read_checked(bytes: &[u8]) -> Option<(Term, usize)> {
    let (&tag, body) = bytes.split_first()?;
    match tag {
        TUPLE | MAP | LIST => read_nested(bytes),
        _ => read_leaf(tag, body, false).map(|(term, length)| (term, length + 1)),
    }
}

fn read_nested(bytes: &[u8]) -> Option<(Term, usize)> {
    let mut at = 0;
    let mut stack: Vec<Open> = Vec::new();
    loop {
        let in_key = stack.last().is_some_and(Open::next_in_key);
        let (&tag, body) = bytes.get(at..)?.split_first()?;
        at += 1;
        let mut done = match tag {
            TUPLE | MAP => {
                let (size, length) = number::read_size(body)?;
                at += length;
                match open(tag, usize::try_from(size).ok()?, at, in_key)? {
                    Start::Open(open) => {
                        stack.push(open);
                        continue;
                    }
                    Start::Whole(term) => term,
                }
            }
            LIST => {
                match stack.last_mut().map(|open| &mut open.shape) {
                    Some(Shape::List { rest }) if *rest => *rest = false,
                    _ => stack.push(Open { shape: Shape::List { rest: false }, children: Vec::new(), in_key }),
                }
                continue;
            }
            _ => {
                let (term, length) = read_leaf(tag, body, in_key)?;
                at += length;
                term
            }
        };
        // The term is whole: it may be the last one of those it stands in.
        loop {
            let Some(open) = stack.last_mut() else {
                return Some((done, at));
            };
            if !attach(open, done, &bytes[..at])? {
                break;
            }
            done = close(stack.pop()?);
        }
    }
}

enum Start {
    Open(Open),
    Whole(Term),
}

/// Begins a tuple or a map whose children come next.
fn open(tag: u8, size: usize, at: usize, in_key: bool) -> Option<Start> {
    let shape = match (tag, size) {
        (TUPLE, 0) => return Some(Start::Whole(Term::tuple(Vec::new()))),
        (_, 0) => return Some(Start::Whole(Term::sorted_map(Vec::new()))),
        (TUPLE, size) => Shape::Tuple { size },
        (_, size) => {
            size.checked_mul(2)?;
            Shape::Map { size, last_key: None, key_start: at }
        }
    };
    Some(Start::Open(Open { shape, children: Vec::with_capacity(size.min(ROOM)), in_key }))
}

/// Adds a child, with which the bytes end. Whether it was the last one.
fn attach(open: &mut Open, child: Term, bytes: &[u8]) -> Option<bool> {
    let is_last = match &mut open.shape {
        Shape::Tuple { size } => open.children.len() + 1 == *size,
        Shape::Map { size, last_key, key_start } => {
            if open.children.len() < *size {
                let last = last_key.map(|(start, end)| &bytes[start..end]);
                if last.is_some_and(|last| last >= &bytes[*key_start..]) {
                    return None;
                }
                *last_key = Some((*key_start, bytes.len()));
                *key_start = bytes.len();
            }
            open.children.len() + 1 == *size * 2
        }
        Shape::List { rest } => std::mem::replace(rest, true),
    };
    open.children.push(child);
    Some(is_last)
}

fn close(open: Open) -> Term {
    let mut children = open.children;
    match open.shape {
        Shape::Tuple { .. } => Term::tuple(children),
        Shape::Map { .. } => Term::sorted_map(children),
        Shape::List { .. } => match children.pop() {
            // What ends a list here is never a list that has elements.
            Some(tail) if tail.as_list().is_none() => {
                children.push(tail);
                Term(Repr::Improper(children.into()))
            }
            _ => Term::list(children),
        },
    }
}

/// Reads what has no children, after its tag.
fn read_leaf(tag: u8, body: &[u8], in_key: bool) -> Option<(Term, usize)> {
    match tag {
        BITS => {
            let (bytes, last_bits, length) = text::read(body, 0)?;
            Some((read_bits(&bytes, last_bits)?, length))
        }
        ATOM => {
            let (name, length) = read_whole(body)?;
            Some((Term::atom(std::str::from_utf8(&name).ok()?).ok()?, length))
        }
        REFERENCE..=PID => {
            let (bytes, length) = read_whole(body)?;
            let kind = etf::opaque_kind(&bytes).filter(|kind| opaque_tag(*kind) == tag)?;
            Some((Term::opaque(kind, &bytes), length))
        }
        NIL => Some((Term::empty_list(), 0)),
        KEY_INTEGER | KEY_FLOAT if in_key => {
            let (&number, body) = body.split_first()?;
            let (number, length) = number::read(number, body)?;
            let needed = if number.kind() == Kind::Float { KEY_FLOAT } else { KEY_INTEGER };
            (tag == needed).then_some((number, length + 1))
        }
        _ if !in_key => number::read(tag, body),
        _ => None,
    }
}

/// Reads a text that cannot end within a byte.
fn read_whole(body: &[u8]) -> Option<(std::borrow::Cow<'_, [u8]>, usize)> {
    let (bytes, end, length) = text::read(body, 0)?;
    (end == WHOLE).then_some((bytes, length))
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
