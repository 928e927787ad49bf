//! How large keys, patterns and values may be.

use crate::backend::{Put, When};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::pattern::Pattern;
use crate::sabotage;

/// How large keys, patterns and values may be, checked before anything is sent or written.
///
/// ```
/// use larder::Limits;
///
/// let limits = Limits::default();
/// assert_eq!(limits.parts, 64);
/// assert_eq!(limits.key_bytes, 16 * 1024);
/// assert_eq!(limits.value_bytes, 16 * 1024 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Parts in a key or pattern.
    pub parts: usize,
    /// Bytes of a key or pattern in their order-preserving form, namespace aside.
    pub key_bytes: usize,
    /// Bytes of a value.
    pub value_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { parts: 64, key_bytes: 16 << 10, value_bytes: 16 << 20 }
    }
}

impl Limits {
    /// Checks a key.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), naming the limit.
    #[inline]
    pub fn check_key(&self, key: &Key) -> Result<()> {
        self.check_size(key.len(), key.as_bytes().len())?;
        if key.has_opaque() && !sabotage::is_off("funs") {
            return Err(Error::invalid("a key cannot hold a fun, pid, port or reference"));
        }
        Ok(())
    }

    /// Checks keys.
    ///
    /// # Errors
    /// As [`Limits::check_key`].
    pub fn check_keys(&self, keys: &[Key]) -> Result<()> {
        keys.iter().try_for_each(|key| self.check_key(key))
    }

    /// Checks a pattern.
    ///
    /// # Errors
    /// As [`Limits::check_key`].
    pub fn check_pattern(&self, pattern: &Pattern) -> Result<()> {
        self.check_size(pattern.len(), pattern.encoded_len())
    }

    fn check_size(&self, parts: usize, bytes: usize) -> Result<()> {
        if parts > self.parts {
            let limit = self.parts;
            return Err(Error::invalid(format!("{parts} parts are too many: a key or pattern has at most {limit}")));
        }
        if bytes > self.key_bytes {
            let limit = self.key_bytes;
            return Err(Error::invalid(format!(
                "{bytes} encoded bytes are too many: a key or pattern has at most {limit}"
            )));
        }
        Ok(())
    }

    /// Checks a batch of puts: each key, value and ttl, and that a key that stands twice stands there
    /// unconditionally. Every backend calls this first in its `put`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), naming the limit; nothing has been written then.
    pub fn check_puts(&self, puts: &[Put]) -> Result<()> {
        for put in puts {
            self.check_key(&put.key)?;
            put.ttl.checked()?;
            let (size, limit) = (put.value.len(), self.value_bytes);
            if size > limit {
                return Err(Error::invalid(format!("{size} bytes are too many: a value has at most {limit}")));
            }
        }
        if puts.len() > 1 && puts.iter().any(|put| put.when != When::Always) {
            let mut keys: Vec<_> = puts.iter().map(|put| (&put.key, put.when == When::Always)).collect();
            keys.sort_unstable();
            if keys.windows(2).any(|pair| pair[0].0 == pair[1].0 && !(pair[0].1 && pair[1].1)) {
                return Err(Error::invalid("a key that stands twice in one batch cannot be put under a condition"));
            }
        }
        Ok(())
    }
}
