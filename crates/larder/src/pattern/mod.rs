//! A key with holes, and which keys it matches.

mod shape;
mod walk;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::key::{Key, write_arity};
use crate::term::{Term, ordered};

use shape::Shape;
pub use walk::{Path, Step};

/// Makes a [`Pattern`]: parts as in [`key!`](crate::key!), `_` for one part, `$1`, `$2` … for variables and `..` at
/// the end for zero or more further parts.
///
/// A part given as a value stands for itself alone, whatever it holds: what a visitor typed never becomes a hole.
/// Holes inside a compound part are written as Erlang does, by [`Pattern::from_term`] or [`str::parse`].
///
/// ```
/// use larder::{key, pattern};
///
/// let id = 42;
/// let sessions = pattern!["user", id, "session", _];
/// assert!(sessions.matches(&key!["user", 42, "session", "f3"]));
/// assert!(!sessions.matches(&key!["user", 42, "session", "f3", "draft"]));
/// assert!(pattern!["user", ..].matches(&key!["user"]));
/// assert!(pattern![$1, $1].matches(&key!["a", "a"]));
/// assert!(!pattern![$1, $1].matches(&key![1, "1"]));
/// ```
#[macro_export]
macro_rules! pattern {
    (@ [$($part:expr),*] ..) => { $crate::Pattern::of_parts(vec![$($part),*], true) };
    (@ [$($part:expr),*]) => { $crate::Pattern::of_parts(vec![$($part),*], false) };
    (@ [$($part:expr),*] _ $(, $($rest:tt)*)?) => {
        $crate::pattern!(@ [$($part,)* $crate::Part::Any] $($($rest)*)?)
    };
    (@ [$($part:expr),*] - $n:literal $(, $($rest:tt)*)?) => {
        $crate::pattern!(@ [$($part,)* $crate::Part::exactly($crate::Term::from(-$n))] $($($rest)*)?)
    };
    (@ [$($part:expr),*] $dollar:tt $n:literal $(, $($rest:tt)*)?) => {
        $crate::pattern!(@ [$($part,)* $crate::Part::Variable($n)] $($($rest)*)?)
    };
    (@ [$($part:expr),*] $term:expr $(, $($rest:tt)*)?) => {
        $crate::pattern!(@ [$($part,)* $crate::Part::exactly($crate::Term::from($term))] $($($rest)*)?)
    };
    ($($parts:tt)+) => { $crate::pattern!(@ [] $($parts)+) };
}

/// A key with holes: what [`scan`](crate::Backend::scan) and everything built on it lists by.
///
/// It is the head of an Erlang match specification, without guards and bodies: `_` stands for one part, a variable
/// `$1` for one part that is the same (by `=:=`) wherever the variable stands, `..` at the end for zero or more
/// further parts, and [`Pattern::any`] for every key. Holes may stand inside a compound part: a tuple matches element
/// by element, a list cell by cell, and a map matches every map that holds its pairs.
///
/// Text form: an Elixir literal, in which `:_` and `:"$1"` are holes and `| :_` is the rest.
///
/// ```
/// use larder::{Pattern, key};
///
/// let pattern: Pattern = r#"[MyApp.Users.User, :user, :_, :session, :_]"#.parse()?;
/// let nested: Pattern = r#"[{:t, :_}, "x" | :_]"#.parse()?;
/// let every: Pattern = ":_".parse()?;
/// assert!(every.matches(&key!["any", "number", "of", "parts"]));
/// # Ok::<(), larder::Error>(())
/// ```
///
/// Its size is held against a store's [`Limits`](crate::Limits) when it is used. `Debug` shows no part of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<Part>,
    tail: Tail,
}

/// One part of a [`Pattern`].
///
/// `Debug` shows no term.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// `_`: one part, any.
    Any,
    /// `$1`: one part, the same wherever this number stands.
    Variable(u64),
    /// One part that is this term; made by [`Part::exactly`].
    #[doc(hidden)]
    Exact(Vec<u8>),
    /// One part of this shape; made by [`Part::like`].
    #[doc(hidden)]
    Like(Shape),
}

#[derive(Clone, PartialEq, Eq)]
enum Tail {
    /// No further parts.
    End,
    /// Zero or more further parts, as one list equal to a variable where one stands there.
    Rest(Option<u64>),
    /// A tail that no key has, as `["a" | "b"]`.
    Nothing,
}

impl Part {
    /// The part that is this term, to the letter.
    pub fn exactly(term: impl Into<Term>) -> Self {
        let mut bytes = Vec::new();
        ordered::write(&term.into(), &mut bytes);
        Self::Exact(bytes)
    }

    /// The part as a match specification reads it: `:_` and `:"$1"` in it are holes, a map in it stands for every
    /// map that holds its pairs.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where a hole stands as a map's key, or holes are nested
    /// over 128 deep.
    pub fn like(term: &Term) -> Result<Self> {
        Ok(match Shape::of(term)? {
            Shape::Any => Self::Any,
            Shape::Variable(number) => Self::Variable(number),
            Shape::Exact(_) => Self::exactly(term),
            shape => Self::Like(shape),
        })
    }
}

impl Pattern {
    /// Matches every key.
    pub fn any() -> Self {
        Self { parts: Vec::new(), tail: Tail::Rest(None) }
    }

    /// The pattern of these parts, followed by any further ones where `rest` says so.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where there are neither parts nor a rest.
    pub fn new(parts: impl IntoIterator<Item = Part>, rest: bool) -> Result<Self> {
        let parts: Vec<_> = parts.into_iter().collect();
        if parts.is_empty() && !rest {
            return Err(Error::invalid("a pattern has at least one part, or is `..`"));
        }
        Ok(Self::of_parts(parts, rest))
    }

    #[doc(hidden)] // What `pattern!` expands to, with a part or a rest by its grammar.
    pub fn of_parts(parts: Vec<Part>, rest: bool) -> Self {
        let tail = if rest { Tail::Rest(None) } else { Tail::End };
        Self { parts, tail }
    }

    /// The pattern that a term stands for, as Pow reads one: a list is the list of its parts, any other term is one
    /// part; `:_` or a variable alone matches every key.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for `[]` and `nil`, and as [`Part::like`].
    pub fn from_term(term: &Term) -> Result<Self> {
        if *term == Term::nil() {
            return Err(Error::invalid("nil alone is no key, so it is no pattern"));
        }
        if matches!(Shape::of(term), Ok(Shape::Any | Shape::Variable(_))) {
            return Ok(Self::any());
        }
        let Some((elements, tail)) = shape::cells(term) else {
            return Self::new([Part::like(term)?], false);
        };
        let parts = elements.iter().map(Part::like).collect::<Result<Vec<_>>>()?;
        let tail = match tail {
            None => Tail::End,
            Some(tail) => match Shape::of(tail)? {
                Shape::Any => Tail::Rest(None),
                Shape::Variable(number) => Tail::Rest(Some(number)),
                _ => Tail::Nothing,
            },
        };
        if parts.is_empty() {
            return Err(Error::invalid("[] is no key, so it is no pattern"));
        }
        Ok(Self { parts, tail })
    }

    /// The key, where the pattern has no hole and so matches just that one.
    pub fn point(&self) -> Option<Key> {
        if !self.is_fixed() {
            return None;
        }
        let mut bytes = Vec::with_capacity(64);
        write_arity(self.parts.len(), &mut bytes);
        for part in &self.parts {
            let Part::Exact(part) = part else { return None };
            bytes.extend(part);
        }
        Key::from_bytes(bytes.into()).ok()
    }

    /// Whether it has no hole.
    fn is_fixed(&self) -> bool {
        self.tail == Tail::End && self.parts.iter().all(|part| matches!(part, Part::Exact(_)))
    }

    /// The number of parts it names; `..` counts as none.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether it names no part, as [`Pattern::any`].
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The order-preserving bytes of the parts ahead of the first hole.
    #[cfg(feature = "redis")]
    pub(crate) fn leading(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map_while(|part| match part {
            Part::Exact(bytes) => Some(bytes.as_slice()),
            _ => None,
        })
    }

    /// Whether further parts may follow those it names.
    #[cfg(feature = "redis")]
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.tail, Tail::Rest(_))
    }

    /// Whether no key matches, as none has the tail of `["a" | "b"]`.
    #[cfg(feature = "redis")]
    pub(crate) fn matches_nothing(&self) -> bool {
        self.tail == Tail::Nothing
    }

    pub(crate) fn encoded_len(&self) -> usize {
        let length = |part: &Part| match part {
            Part::Any | Part::Variable(_) => 1,
            Part::Exact(bytes) => bytes.len(),
            Part::Like(shape) => shape.encoded_len(),
        };
        1 + self.parts.iter().map(length).sum::<usize>()
    }

    /// Whether it matches this key: the verdict, on every backend.
    pub fn matches(&self, key: &Key) -> bool {
        matches!(self.step(key.as_bytes()), Step::Match)
    }
}

impl From<&Key> for Pattern {
    /// The pattern that matches this key alone.
    fn from(key: &Key) -> Self {
        Self::of_parts(key.parts().into_iter().map(Part::exactly).collect(), false)
    }
}

impl FromStr for Pattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::from_term(&text.parse()?)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = if self.tail == Tail::End { "" } else { ", .." };
        write!(f, "Pattern({} parts{rest})", self.parts.len())
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Part")
    }
}
