//! Finds where a term ends without making it: what opaque terms are kept as.

use super::super::Kind;
use super::*;

/// A reference has up to so many words.
const MAX_REFERENCE_WORDS: u16 = 5;

/// The kind and the length of a reference, fun, port or pid, its tag included.
pub(super) fn opaque(bytes: &[u8]) -> Option<(Kind, usize)> {
    let (&tag, body) = bytes.split_first()?;
    let words = |after: usize| {
        let (count, rest) = body.split_first_chunk::<2>()?;
        let count = u16::from_be_bytes(*count);
        let whole = (1..=MAX_REFERENCE_WORDS).contains(&count);
        let length = atom(rest)?.checked_add(after + usize::from(count) * 4)?;
        whole.then_some((Kind::Reference, 2 + length))
    };
    let node_and = |kind, after| Some((kind, atom(body)? + after));
    let (kind, length) = match tag {
        REFERENCE => node_and(Kind::Reference, 5)?,
        NEW_REFERENCE => words(1)?,
        NEWER_REFERENCE => words(4)?,
        PORT => node_and(Kind::Port, 5)?,
        NEW_PORT => node_and(Kind::Port, 8)?,
        V4_PORT => node_and(Kind::Port, 12)?,
        PID => node_and(Kind::Pid, 9)?,
        NEW_PID => node_and(Kind::Pid, 12)?,
        EXPORT => {
            let module = atom(body)?;
            let function = atom(body.get(module..)?)?;
            let arity = module + function;
            (*body.get(arity)? == SMALL_INTEGER).then_some((Kind::Fun, arity + 2))?
        }
        NEW_FUN => (Kind::Fun, new_fun(body)?),
        FUN => {
            let (free, rest) = body.split_first_chunk::<4>()?;
            // A pid, the module, two numbers, and the variables it closes over.
            let terms = 4 + u64::from(u32::from_be_bytes(*free));
            (Kind::Fun, 4 + skip(rest, terms)?)
        }
        _ => return None,
    };
    (length <= body.len()).then_some((kind, length + 1))
}

/// The length of an atom, its tag included.
fn atom(bytes: &[u8]) -> Option<usize> {
    let length = match *bytes {
        [ATOM | ATOM_UTF8, high, low, ..] => 3 + usize::from(u16::from_be_bytes([high, low])),
        [SMALL_ATOM | SMALL_ATOM_UTF8, length, ..] => 2 + usize::from(length),
        _ => return None,
    };
    (length <= bytes.len()).then_some(length)
}

/// The length of a fun, which it tells itself.
fn new_fun(body: &[u8]) -> Option<usize> {
    const ARITY_UNIQ_INDEX: usize = 1 + 16 + 4;
    let size = u32::from_be_bytes(*body.first_chunk()?) as usize;
    let inside = body.get(4..size)?.get(ARITY_UNIQ_INDEX..)?;
    let (free, rest) = inside.split_first_chunk::<4>()?;
    // The module, two numbers, a pid, and the variables it closes over.
    let terms = 4 + u64::from(u32::from_be_bytes(*free));
    (skip(rest, terms)? == rest.len()).then_some(size)
}

/// The length of so many terms.
fn skip(bytes: &[u8], terms: u64) -> Option<usize> {
    let mut at = 0;
    let mut open = terms;
    while open > 0 {
        let rest = bytes.get(at..)?;
        let (&tag, body) = rest.split_first()?;
        let count = || Some(u64::from(u32::from_be_bytes(*body.first_chunk()?)));
        let long = || usize::try_from(count()?).ok();
        let (length, children) = match tag {
            SMALL_INTEGER => (2, 0),
            INTEGER => (5, 0),
            NEW_FLOAT => (9, 0),
            FLOAT => (32, 0),
            NIL => (1, 0),
            ATOM | ATOM_UTF8 | SMALL_ATOM | SMALL_ATOM_UTF8 => (atom(rest)?, 0),
            STRING => (3 + usize::from(u16::from_be_bytes(*body.first_chunk()?)), 0),
            BINARY => (long()?.checked_add(5)?, 0),
            BIT_BINARY | LARGE_BIG => (long()?.checked_add(6)?, 0),
            SMALL_BIG => (3 + usize::from(*body.first()?), 0),
            SMALL_TUPLE => (2, u64::from(*body.first()?)),
            LARGE_TUPLE => (5, count()?),
            LIST => (5, count()? + 1),
            MAP => (5, count()? * 2),
            // The length of a fun is its own, so that this goes no deeper.
            NEW_FUN => (long()?.checked_add(1)?, 0),
            FUN => (5, 4 + count()?),
            _ => (opaque(rest)?.1, 0),
        };
        if length > rest.len() {
            return None;
        }
        at += length;
        open = (open - 1).checked_add(children)?;
    }
    Some(at)
}
