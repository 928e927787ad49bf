//! How a record is named in Redis: its key, the entries that list it in an index, and the way back. Sends nothing.
//!
//! `docs/format.md` describes the bytes.

mod native;
mod pow;
mod pow_index;

#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use crate::key::Key;
use crate::namespace::Namespace;
use crate::pattern::Pattern;
use crate::term::Otp;
use crate::ttl::Ttl;

/// The ways to name records in Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
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
    pub(super) index: Vec<u8>,
    /// The sorted set beside it, of records that never end; `None` where the layout has no such records.
    pub(super) never: Option<Vec<u8>>,
    pub(super) member: Vec<u8>,
}

/// Where every candidate for a pattern is listed.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Listed {
    /// Sorted sets: all their members are candidates, whatever their scores.
    pub(super) indexes: Vec<Vec<u8>>,
    /// One more candidate, which those do not list.
    pub(super) point: Option<Key>,
}

/// Why a stored key is not one of ours, in words that fit behind "a key in Redis".
pub(super) type Foreign = &'static str;

impl Layout {
    /// The Redis keys of a record.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where the layout cannot hold the key or the namespace.
    pub(super) fn spell(self, space: &Namespace, key: &Key) -> Result<Spelled> {
        todo!()
    }

    /// The key that a stored one spells, in any spelling the layout reads and in no other.
    pub(super) fn read(self, space: &Namespace, stored: &[u8]) -> Result<Key, Foreign> {
        todo!()
    }

    /// Patterns for SCAN: together they match every record's key that the pattern matches. None where it matches none.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where the layout cannot hold the namespace.
    pub(super) fn globs(self, space: &Namespace, pattern: &Pattern) -> Result<Vec<Vec<u8>>> {
        todo!()
    }

    /// The index entries of a record that stands under this Redis key (from [`Layout::spell`], or met by SCAN).
    pub(super) fn entries(self, stored: &[u8]) -> Vec<Entry> {
        todo!()
    }

    /// Where the candidates for a pattern are listed; `None` where only SCAN finds them.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where the layout cannot hold the namespace.
    pub(super) fn index(self, space: &Namespace, pattern: &Pattern) -> Result<Option<Listed>> {
        todo!()
    }

    /// The Redis key of the record that a member of an index stands for, byte for byte; `None` where the index is not
    /// of this layout.
    pub(super) fn member(self, index: &[u8], member: &[u8]) -> Option<Vec<u8>> {
        todo!()
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
}
