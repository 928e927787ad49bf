//! What a store holds under a key, whole or in part.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use sha1::{Digest, Sha1};

use crate::error::{Error, Result};
use crate::key::Key;
use crate::ttl::Ttl;

/// How much of a record a read brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Select {
    /// Only that it is there: the value is left empty and the ttl `None`.
    Keys,
    /// The value; the ttl where it costs nothing, else `None`.
    Values,
    /// The value and what remains of its ttl.
    ValuesAndTtls,
}

/// What a `get` found: a value's bytes and, when asked for, what remains of its ttl.
///
/// `Debug` tells the value's length, never the value.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    /// The value's bytes as they were put; empty under [`Select::Keys`].
    pub value: Bytes,
    /// What remains of the ttl; always there under [`Select::ValuesAndTtls`].
    pub ttl: Option<Ttl>,
}

/// A record of a listing: its key and what was found there.
///
/// `Debug` tells sizes, never the key or the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The record's key.
    pub key: Key,
    /// What was found under it.
    pub found: Found,
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Found({} bytes, ttl {:?})", self.value.len(), self.ttl)
    }
}

/// Identifies a value's stored bytes: the same bytes have the same version, whatever their ttl.
///
/// The SHA-1 of the bytes, which every backend can make where the value lies (Redis does in a
/// script). It tells writes apart that did not mean to collide; it proves nothing against a writer
/// who made two values collide on purpose. A→B→A is not detected: who needs that puts a counter
/// into the value.
///
/// ```
/// use larder::Version;
///
/// let version = Version::of(b"abc");
/// assert_eq!(version.to_string(), "a9993e364706816aba3e25717850c26c9cd0d89d");
/// assert_eq!(version.to_string().parse::<Version>()?, version);
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version([u8; 20]);

impl Version {
    /// The version of a value's bytes. Costs a pass over them.
    pub fn of(value: &[u8]) -> Self {
        Self(Sha1::digest(value).into())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let malformed = || Error::invalid("a version is 40 hexadecimal digits");
        if text.len() != 40 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(malformed());
        }
        let mut bytes = [0; 20];
        for (byte, at) in bytes.iter_mut().zip((0..40).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| malformed())?;
        }
        Ok(Self(bytes))
    }
}
