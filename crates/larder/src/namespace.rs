//! The term ahead of every key.

use std::fmt;

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::sabotage;
use crate::term::{Term, ordered};

/// The term ahead of every key: the same key in two namespaces names two records that share nothing.
///
/// The binary `"cache"` unless set. At most 1 KiB in its order-preserving bytes.
///
/// ```
/// use larder::{Namespace, Term};
///
/// assert_eq!(Namespace::default(), Namespace::new("cache")?);
/// assert_ne!(Namespace::new("cache")?, Namespace::new(Term::atom("cache")?)?);
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace(Bytes);

impl Namespace {
    /// The longest namespace, in its order-preserving bytes.
    pub const MAX_BYTES: usize = 1024;

    /// The namespace that a term names.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where it is over 1 KiB or holds a fun, pid,
    /// port or reference.
    pub fn new(term: impl Into<Term>) -> Result<Self> {
        let term = term.into();
        if term.has_opaque() {
            return Err(Error::invalid("a namespace cannot hold a fun, pid, port or reference"));
        }
        let mut bytes = Vec::new();
        ordered::write(&term, &mut bytes);
        if bytes.len() > Self::MAX_BYTES {
            return Err(Error::invalid("a namespace is at most 1 KiB long"));
        }
        Ok(Self(bytes.into()))
    }

    /// The term that names it.
    pub fn term(&self) -> Term {
        ordered::read(&self.0).expect("a namespace holds the bytes of one term").0
    }

    /// The order-preserving bytes of the term, which end by themselves: what a backend puts ahead of
    /// a key's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        if sabotage::is_off("namespaces") { &[] } else { &self.0 }
    }

    /// The namespace at the head of stored bytes, and the bytes after it.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) where no namespace stands there.
    pub fn split(stored: &[u8]) -> Result<(Self, &[u8])> {
        let (term, length) = ordered::read(stored)?;
        let (head, rest) = stored.split_at(length);
        if length > Self::MAX_BYTES || term.has_opaque() {
            return Err(Error::new(crate::ErrorKind::Corrupt, "these bytes are no namespace"));
        }
        Ok((Self(Bytes::copy_from_slice(head)), rest))
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self::new("cache").expect("a short text is a namespace")
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Namespace")
    }
}
