//! A pattern as a walk over keys in order: what matches, and where to go on.

use std::borrow::Cow;

use crate::key::{read_arity, write_arity};
use crate::term::{Term, ordered};

use super::shape::Bindings;
use super::{Part, Pattern, Tail};

/// How the records of a listing are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Path {
    /// One key, read directly.
    Point,
    /// A range of keys in order, or an index: it costs about what it finds.
    Index,
    /// Every key of the namespace, or of the database, is a candidate.
    Scan,
}

/// What a walk over keys in order does with the key it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The pattern matches it.
    Match,
    /// It does not match; the next one may.
    Next,
    /// It does not match, nor does any key before these bytes.
    Seek(Vec<u8>),
    /// Neither it nor any key after it matches.
    Done,
}

/// Greater than every first byte of a term, so greater than all that begins with what stands before it.
const AFTER_EVERY_TERM: u8 = 0xff;

impl Pattern {
    /// The bytes before which no key matches, as [`Key::as_bytes`](crate::Key::as_bytes) orders them.
    pub fn start(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        self.begin(self.parts.len().max(1), &mut bytes);
        bytes
    }

    /// The first bytes that a match of so many parts can have.
    fn begin(&self, arity: usize, bytes: &mut Vec<u8>) {
        write_arity(arity, bytes);
        for part in &self.parts {
            let Part::Exact(part) = part else { break };
            bytes.extend_from_slice(part);
        }
    }

    /// The bytes that every key begins with that it matches, and no other key, where there are such: all holes are single
    /// parts behind all fixed ones, or every key matches.
    #[cfg(feature = "memory")]
    pub(crate) fn prefix(&self) -> Option<Vec<u8>> {
        let mut holes = self.parts.iter().skip_while(|part| matches!(part, Part::Exact(_)));
        match self.tail {
            Tail::End if holes.all(|part| *part == Part::Any) => Some(self.start()),
            Tail::Rest(None) if self.parts.is_empty() => Some(Vec::new()),
            _ => None,
        }
    }

    /// How a backend that keeps keys in order finds the matches: an index where all holes stand behind all fixed
    /// parts, or a part is fixed ahead of the first hole; else a scan of the namespace.
    ///
    /// A hole in the middle costs one seek for each different part that stands there.
    pub fn path(&self) -> Path {
        match self.parts.first() {
            _ if self.is_fixed() => Path::Point,
            Some(Part::Exact(_)) => Path::Index,
            _ if self.parts.iter().all(|part| *part == Part::Any) => Path::Index,
            _ => Path::Scan,
        }
    }

    /// Judges the key that a walk in order stands on, given its [`Key::as_bytes`](crate::Key::as_bytes), and says
    /// where to go on. Bytes that are no key are passed over.
    pub fn step(&self, key: &[u8]) -> Step {
        match self.judge(key) {
            // What is no key can lie behind all that a seek names; a walk that went back to it would not end.
            Step::Seek(to) if to.as_slice() <= key => Step::Next,
            step => step,
        }
    }

    fn judge(&self, key: &[u8]) -> Step {
        let Some((arity, body)) = read_arity(key) else { return Step::Next };
        let fixed = self.parts.len();
        if self.tail == Tail::Nothing || (arity > fixed && self.tail == Tail::End) {
            return Step::Done;
        }
        if arity < fixed {
            return Step::Seek(self.start());
        }
        let head = key.len() - body.len();
        let mut bindings = Bindings::default();
        // Where the bytes up to and including the last hole end: beyond them lies the next value of that hole.
        let mut hole_end = None;
        let mut at = head;
        for (index, part) in self.parts.iter().enumerate() {
            let Some(length) = ordered::skip(&key[at..]) else { return Step::Next };
            let (stands, end) = (&key[at..at + length], at + length);
            let fits = match part {
                Part::Any => true,
                Part::Variable(number) => bindings.bind(*number, Cow::Borrowed(stands)),
                Part::Like(shape) => match ordered::read(stands) {
                    Ok((term, _)) => shape.matches(&term, &mut bindings),
                    Err(_) => return Step::Next,
                },
                Part::Exact(exact) => match stands.cmp(exact.as_slice()) {
                    std::cmp::Ordering::Equal => {
                        at = end;
                        continue;
                    }
                    std::cmp::Ordering::Less => {
                        return Step::Seek([&key[..at], exact].concat());
                    }
                    std::cmp::Ordering::Greater => return self.beyond(arity, &key[..hole_end.unwrap_or(0)]),
                },
            };
            if !fits && index + 1 < arity {
                return Step::Seek([&key[..end], &[AFTER_EVERY_TERM]].concat());
            }
            if !fits {
                return Step::Next;
            }
            hole_end = Some(end);
            at = end;
        }
        match self.tail {
            Tail::Rest(Some(number)) => match rest(&key[at..]) {
                Some(rest) if bindings.bind_term(number, &rest) => Step::Match,
                _ => Step::Next,
            },
            _ => Step::Match,
        }
    }

    /// Where to go on when all matches that begin with these bytes, the last hole's value at their end, are passed.
    fn beyond(&self, arity: usize, passed: &[u8]) -> Step {
        if !passed.is_empty() {
            return Step::Seek([passed, &[AFTER_EVERY_TERM]].concat());
        }
        if self.tail == Tail::End {
            return Step::Done;
        }
        let mut bytes = Vec::new();
        self.begin(arity + 1, &mut bytes);
        Step::Seek(bytes)
    }
}

fn rest(mut bytes: &[u8]) -> Option<Term> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let (part, length) = ordered::read(bytes).ok()?;
        parts.push(part);
        bytes = &bytes[length..];
    }
    Some(Term::list(parts))
}
