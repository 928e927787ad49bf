//! How a record is named in Redis: its key, the entries that list it in an index, and the way back. Sends nothing.
//!
//! `docs/format.md` describes the bytes.

mod candidates;
pub(super) mod native;
mod pow;
mod pow_index;

#[cfg(test)]
mod tests;

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::key::Key;
use crate::namespace::Namespace;
use crate::pattern::Pattern;
use crate::term::Otp;
use crate::ttl::Ttl;

pub(super) use candidates::Listed;
use candidates::{Leading, glob};

/// The ways to name records in Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Readable keys, and an index of the children of every parent.
    Native,
    /// Pow's keys, written as these Erlang releases do and read in both ways; no index.
    Pow(Otp),
    /// The same with the index of Pow from 1.0.25 on.
    PowIndexed(Otp),
}

/// The Redis keys that a record may stand under.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Spelled {
    /// Where it is written.
    pub(super) primary: Vec<u8>,
    /// Where the other Erlang releases write it, if they write it differently.
    pub(super) twin: Option<Vec<u8>>,
}

/// What lists a record in an index: a member of a sorted set.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The sorted set of records that end by themselves.
    pub(super) index: Bytes,
    /// The sorted set beside it, of records that never end; `None` where the layout has no such records.
    pub(super) never: Option<Bytes>,
    pub(super) member: Bytes,
}

/// Why a stored key is not one of ours, in words that fit behind "a key in Redis".
pub(super) type Foreign = &'static str;

const ELSEWHERE: Foreign = "lies outside of the namespace";
const MISSPELT: Foreign = "is not spelled as this layout spells keys";
const OPAQUE: Foreign = "holds a fun, pid, port or reference";

impl Spelled {
    /// All of them, first where it is written.
    pub(super) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        [&self.primary[..]].into_iter().chain(self.twin.as_deref())
    }
}

impl Layout {
    /// The Redis keys of a record.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where the layout cannot hold the key or the namespace.
    pub(super) fn spell(self, space: &Namespace, key: &Key) -> Result<Spelled> {
        match self {
            Self::Native => Ok(Spelled { primary: native::spell(space, key)?, twin: None }),
            Self::Pow(otp) | Self::PowIndexed(otp) => pow::spell(otp, space, key),
        }
    }

    /// The key that a stored one spells, in any spelling the layout reads and in no other.
    pub(super) fn read(self, space: &Namespace, stored: &[u8]) -> Result<Key, Foreign> {
        match self {
            Self::Native => native::read(space, stored),
            Self::Pow(_) | Self::PowIndexed(_) => pow::read(space, stored),
        }
    }

    /// Patterns for SCAN: together they match every record's key that the pattern matches. None where it matches none.
    ///
    /// Each is literal bytes and at most one `*`, at its end, and at most 4 KiB long.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where the layout cannot hold the namespace.
    pub(super) fn globs(self, space: &Namespace, pattern: &Pattern) -> Result<Vec<Vec<u8>>> {
        if pattern.matches_nothing() {
            return Ok(Vec::new());
        }
        let leading = self.leading(pattern);
        let mut globs: Vec<_> =
            self.prefixes(space, &leading)?.into_iter().map(|prefix| glob(prefix, &leading)).collect();
        globs.dedup();
        Ok(globs)
    }

    /// The index entries of a record that stands under this Redis key (from [`Layout::spell`], or met by SCAN).
    pub(super) fn entries(self, stored: &[u8]) -> Vec<Entry> {
        match self {
            Self::Native => native::entry(stored).into_iter().collect(),
            Self::Pow(_) => Vec::new(),
            Self::PowIndexed(_) => pow_index::entries(stored),
        }
    }

    /// Where the candidates for a pattern are listed; `None` where only SCAN finds them.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where the layout cannot hold the namespace.
    pub(super) fn index(self, space: &Namespace, pattern: &Pattern) -> Result<Option<Listed>> {
        if pattern.matches_nothing() {
            return Ok(Some(Listed::default()));
        }
        if let Some(point) = pattern.point() {
            return Ok(Some(Listed { indexes: Vec::new(), point: Some(point) }));
        }
        let leading = self.leading(pattern);
        let indexes_of: fn(&[u8]) -> Vec<Vec<u8>> = match self {
            Self::Native if leading.are_a_parent() => native::indexes,
            Self::PowIndexed(_) => |parent| vec![pow_index::index(parent)],
            Self::Native | Self::Pow(_) => return Ok(None),
        };
        let mut parents = self.prefixes(space, &leading)?;
        parents.dedup();
        let indexes = parents.iter().flat_map(|parent| indexes_of(parent)).collect();
        Ok(Some(Listed { indexes, point: leading.shortest() }))
    }

    /// The Redis key of the record that a member of an index stands for, byte for byte; `None` where the index is not
    /// of this layout.
    pub(super) fn member(self, index: &[u8], member: &[u8]) -> Option<Vec<u8>> {
        let parent = match self {
            Self::Native => native::parent(index)?,
            Self::Pow(_) => return None,
            Self::PowIndexed(_) => pow_index::parent(index)?,
        };
        Some([parent, b":", member].concat())
    }

    /// A pattern for SCAN that finds the indexes a sweep looks into; `None` where they end by themselves.
    pub(super) fn indexes(self) -> Option<&'static [u8]> {
        match self {
            Self::Native => Some(native::INDEXES),
            Self::Pow(_) | Self::PowIndexed(_) => None,
        }
    }

    /// The namespace as the keys of its records begin with it, where its indexes bear a mark that they are whole.
    ///
    /// Not so with Pow's index: Pow writes to it as well, and to no mark.
    pub(super) fn marked_space(self, space: &Namespace) -> Option<Vec<u8>> {
        (self == Self::Native).then(|| native::prefix(space, &[]))
    }

    /// Whether an index lists records that never end.
    pub(super) fn never_ends(self, index: &[u8]) -> bool {
        self == Self::Native && index.starts_with(native::NEVER)
    }

    /// So many records make a put that takes the server 1 ms or two, which does nothing else meanwhile.
    pub(super) fn portion(self) -> usize {
        match self {
            Self::Pow(_) => 400,
            // Four commands a record.
            Self::Native => 150,
            // Three for each part of the key.
            Self::PowIndexed(_) => 40,
        }
    }

    /// Whose spelling of Erlang's terms the values are written in, where they are such terms.
    pub(in crate::backends) fn etf(self) -> Option<Otp> {
        match self {
            Self::Native => None,
            Self::Pow(otp) | Self::PowIndexed(otp) => Some(otp),
        }
    }

    /// Checks that the layout can hold a record of this ttl.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for `never` in Pow's.
    pub(super) fn check_ttl(self, ttl: Ttl) -> Result<()> {
        match (self, ttl) {
            (Self::Pow(_) | Self::PowIndexed(_), Ttl::Never) => {
                Err(Error::invalid("Pow's layouts hold no record that never ends: give it a ttl"))
            }
            _ => Ok(()),
        }
    }

    /// The parts ahead of the pattern's first hole that the layout can spell.
    fn leading(self, pattern: &Pattern) -> Leading {
        match self {
            Self::Native => Leading::of(pattern, |part| !part.has_opaque()),
            Self::Pow(_) | Self::PowIndexed(_) => Leading::of(pattern, |part| pow::check(part).is_ok()),
        }
    }

    /// The namespace and those parts in each spelling there is, the one that is written first; equal ones side by side.
    fn prefixes(self, space: &Namespace, leading: &Leading) -> Result<Vec<Vec<u8>>> {
        Ok(match self {
            Self::Native => vec![native::prefix(space, &leading.parts)],
            Self::Pow(otp) | Self::PowIndexed(otp) => {
                vec![pow::prefix(otp, space, &leading.parts)?, pow::prefix(pow::other(otp), space, &leading.parts)?]
            }
        })
    }
}
