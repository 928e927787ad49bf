//! The name of a record: a non-empty list of terms.

use std::fmt;

use bytes::Bytes;

use crate::error::{Error, ErrorKind, Result};
use crate::sabotage;
use crate::term::{Term, ordered};

/// Makes a [`Key`] of one or more parts, each anything that converts into a [`Term`].
///
/// ```
/// use larder::{Key, key};
///
/// let id = 42;
/// let key: Key = key!["user", id, "session", "f3"];
/// assert_eq!(key.len(), 4);
/// assert_eq!(key!["k"], Key::from("k"));
/// ```
#[macro_export]
macro_rules! key {
    ($first:expr $(, $part:expr)* $(,)?) => {
        $crate::Key::of_parts(
            $crate::Term::from($first),
            [$($crate::Term::from($part)),*],
        )
    };
}

/// The name of a record within a namespace: a non-empty list of terms, its parts.
///
/// * `"k"` and `["k"]` are the same key; `[]` and `nil` alone are none.
/// * Two keys are equal when their parts are, by Erlang's `=:=`: 1 is not 1.0.
/// * Keys are ordered by their number of parts, then part by part.
/// * Its length and the number of its parts are held against a store's [`Limits`](crate::Limits)
///   when it is used, not when it is made; so is the rule that no part holds a fun, pid, port or
///   reference.
///
/// A key is kept in its order-preserving bytes (`docs/format.md`), so equality, order and hash are
/// those of bytes and a clone shares them. `Debug` tells the number of parts and nothing else.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    bytes: Bytes,
    // Follows from the bytes; kept so that using a key need not read it.
    opaque: bool,
}

impl Key {
    /// The key of these parts.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where there is none.
    pub fn new<T: Into<Term>>(parts: impl IntoIterator<Item = T>) -> Result<Self> {
        let parts: Vec<Term> = parts.into_iter().map(Into::into).collect();
        if parts.is_empty() {
            return Err(Error::invalid("a key has at least one part"));
        }
        Ok(Self::encode(&parts))
    }

    /// The key that a term stands for, as Pow reads one: a list is the list of its parts, any other
    /// term is one part.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for `[]`, `nil` and an improper list.
    pub fn from_term(term: Term) -> Result<Self> {
        if term == Term::nil() {
            return Err(Error::invalid("nil alone is no key"));
        }
        match term.as_list() {
            Some(parts) => Self::new(parts.iter().cloned()),
            None if term.as_improper().is_some() => Err(Error::invalid("an improper list is no key")),
            None => Ok(Self::encode(&[term])),
        }
    }

    #[doc(hidden)] // What `key!` expands to; the first part apart, so that there is one.
    pub fn of_parts<const N: usize>(first: Term, rest: [Term; N]) -> Self {
        let mut parts = Vec::with_capacity(N + 1);
        parts.push(first);
        parts.extend(rest);
        Self::encode(&parts)
    }

    /// The key of parts that are binaries, without terms of them.
    pub(crate) fn of_binaries<const N: usize>(parts: [&[u8]; N]) -> Self {
        const { assert!(N > 0, "a key has at least one part") };
        // Tag and end of each part. Bytes that fill their room are shared without a further allocation.
        let room = parts.iter().map(|part| part.len() + 3).sum::<usize>() + 1;
        let mut bytes = Vec::with_capacity(room);
        write_arity(N, &mut bytes);
        for part in parts {
            ordered::write_binary(part, &mut bytes);
        }
        Self { bytes: bytes.into(), opaque: false }
    }

    fn encode(parts: &[Term]) -> Self {
        let mut bytes = Vec::with_capacity(64);
        write_arity(parts.len(), &mut bytes);
        let mut opaque = false;
        for part in parts {
            ordered::write(part, &mut bytes);
            opaque |= part.has_opaque();
        }
        Self { bytes: bytes.into(), opaque }
    }

    /// The parts, decoded.
    pub fn parts(&self) -> Vec<Term> {
        let (count, mut rest) = read_arity(&self.bytes).expect("a key holds the number of its parts");
        let mut parts = Vec::with_capacity(count);
        for _ in 0..count {
            let (part, length) = ordered::read(rest).expect("a key holds the bytes of its parts");
            parts.push(part);
            rest = &rest[length..];
        }
        parts
    }

    /// Shows the parts one by one: the text of one that is whole bytes as it lies here, any other decoded.
    #[cfg(feature = "redis")]
    pub(crate) fn show_parts(&self, mut see: impl FnMut(Part<'_>)) {
        let (count, mut rest) = read_arity(&self.bytes).expect("a key holds the number of its parts");
        for _ in 0..count {
            let length = if let Some((text, length)) = ordered::read_text(rest) {
                see(Part::Text(&text));
                length
            } else {
                let (part, length) = ordered::read(rest).expect("a key holds the bytes of its parts");
                see(Part::Other(part));
                length
            };
            rest = &rest[length..];
        }
    }

    /// The number of parts, at least one.
    #[expect(clippy::len_without_is_empty, reason = "no key is empty")]
    pub fn len(&self) -> usize {
        read_arity(&self.bytes).expect("a key holds the number of its parts").0
    }

    /// The term that stands for it: its part where it has one, else the list of them.
    pub fn term(&self) -> Term {
        let mut parts = self.parts();
        match (parts.pop(), parts.is_empty()) {
            // A part that is itself a list or nil would read as another key.
            (Some(only), true) if only.as_list().is_none() && only.as_improper().is_none() && only != Term::nil() => {
                only
            }
            (Some(last), _) => {
                parts.push(last);
                Term::list(parts)
            }
            (None, _) => unreachable!("a key has at least one part"),
        }
    }

    /// The order-preserving bytes, in which keys compare as keys do: number of parts, then the parts.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The key that [`Key::as_bytes`] told.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where the bytes are not exactly those of one key.
    pub fn from_bytes(bytes: Bytes) -> Result<Self> {
        let damaged = || Error::new(ErrorKind::Corrupt, "these bytes are no key");
        let (count, mut rest) = read_arity(&bytes).ok_or_else(damaged)?;
        let mut opaque = false;
        for _ in 0..count {
            let (part, length) = ordered::read(rest)?;
            opaque |= part.has_opaque();
            rest = &rest[length..];
        }
        if !rest.is_empty() || (opaque && !sabotage::is_off("funs")) {
            return Err(damaged());
        }
        Ok(Self { bytes, opaque })
    }

    /// The key of bytes that were checked when they were put: a backend that keeps them need not read them again.
    #[cfg(feature = "memory")]
    pub(crate) fn from_stored(bytes: Bytes) -> Self {
        Self { bytes, opaque: false }
    }

    /// Whether a part holds a fun, pid, port or reference.
    pub(crate) fn has_opaque(&self) -> bool {
        self.opaque
    }
}

/// A part as [`Key::show_parts`] shows it.
#[cfg(feature = "redis")]
pub(crate) enum Part<'a> {
    Text(&'a [u8]),
    Other(Term),
}

/// Up to 254 parts in one byte, more in five; both order by number.
pub(crate) fn write_arity(count: usize, bytes: &mut Vec<u8>) {
    match u8::try_from(count) {
        Ok(count) if count < 255 => bytes.push(count),
        _ => {
            bytes.push(255);
            bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
        }
    }
}

/// The number of parts at the head of a key's bytes, and the bytes after it.
pub(crate) fn read_arity(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes.split_first()? {
        (0, _) => None,
        (255, rest) => {
            let (count, rest) = rest.split_first_chunk::<4>()?;
            let count = u32::from_be_bytes(*count) as usize;
            (count >= 255).then_some((count, rest))
        }
        (count, rest) => Some((usize::from(*count), rest)),
    }
}

impl From<&Self> for Key {
    fn from(key: &Self) -> Self {
        key.clone()
    }
}

macro_rules! key_of_one_part {
    ($($type:ty),*) => {$(
        impl From<$type> for Key {
            fn from(part: $type) -> Self {
                Self::encode(&[Term::from(part)])
            }
        }
    )*};
}

key_of_one_part!(&str, String, &String, i32, i64, u32, u64);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if sabotage::is_off("secrets") {
            return write!(f, "Key({})", self.term());
        }
        write!(f, "Key({} parts)", self.len())
    }
}
