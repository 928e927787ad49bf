//! How a bearer becomes the name of its record.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::key;
use crate::key::Key;

/// A secret of the application's that bearers are hashed with, so that not even a copy of the store and a guessed
/// bearer tell whether they belong together.
///
/// Keep it where other secrets are kept. `Debug` does not show it.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl Secret {
    /// A secret of at least 32 bytes, which should be random.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where it is shorter.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        if bytes.len() < 32 {
            return Err(Error::new(ErrorKind::Config, "a secret for sessions has at least 32 bytes"));
        }
        let keyed = Hmac::new_from_slice(bytes);
        keyed.map(Self).map_err(|_| Error::new(ErrorKind::Config, "this secret cannot be used"))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What bearers are hashed with: the newest secret first, or none at all. With secrets, the plain hash is never tried,
/// and the bearer itself never under either.
#[derive(Clone, Default)]
pub(super) struct Hashing(pub(super) Vec<Secret>);

impl Hashing {
    /// The hash that is written.
    pub(super) fn newest(&self, domain: &str, id: &[u8]) -> Hash {
        self.all(domain, id).swap_remove(0)
    }

    /// Every hash under which it may have been written, the newest first.
    pub(super) fn all(&self, domain: &str, id: &[u8]) -> Vec<Hash> {
        // The domain keeps a token of one purpose from naming a record of another; it holds no zero byte.
        if self.0.is_empty() {
            return vec![Hash::of(&Sha256::new().chain_update(domain).chain_update([0]).chain_update(id).finalize())];
        }
        let keyed = |Secret(secret): &Secret| {
            let mac = secret.clone().chain_update(domain).chain_update([0]).chain_update(id);
            Hash::of(&mac.finalize().into_bytes())
        };
        self.0.iter().map(keyed).collect()
    }
}

/// A hash of a bearer, as text: what its record is named by.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Hash(String);

impl Hash {
    fn of(bytes: &[u8]) -> Self {
        Self(Base64UrlUnpadded::encode_string(bytes))
    }

    /// The key of the session's record.
    pub(super) fn key(&self) -> Key {
        key!["session", &*self.0]
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash")
    }
}
