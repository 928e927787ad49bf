//! How a bearer becomes the name of its record.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, Mac};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, ErrorKind, Result};
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

    fn hash(&self, domain: &str, id: &[u8]) -> Hash {
        let mac = self.0.clone().chain_update(domain).chain_update([0]).chain_update(id);
        Hash::of(mac.finalize().into_bytes().into())
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
        // The domain keeps a token of one purpose from naming a record of another; it holds no zero byte.
        match self.0.first() {
            Some(secret) => secret.hash(domain, id),
            None => Hash::of(Sha256::new().chain_update(domain).chain_update([0]).chain_update(id).finalize().into()),
        }
    }

    /// The hash under which it was written, where it can be no other.
    pub(super) fn only(&self, domain: &str, id: &[u8]) -> Option<Hash> {
        (self.0.len() <= 1).then(|| self.newest(domain, id))
    }

    /// Every hash under which it may have been written, the newest first.
    pub(super) fn all(&self, domain: &str, id: &[u8]) -> Vec<Hash> {
        match self.only(domain, id) {
            Some(only) => vec![only],
            None => self.0.iter().map(|secret| secret.hash(domain, id)).collect(),
        }
    }
}

/// A hash of a bearer, as text in base64url: what its record is named by.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hash([u8; LENGTH]);

const LENGTH: usize = 43;

impl Hash {
    fn of(bytes: [u8; 32]) -> Self {
        let mut text = [0; LENGTH];
        Base64UrlUnpadded::encode(&bytes, &mut text).expect("32 bytes are 43 characters");
        Self(text)
    }

    /// The key of the session's record.
    pub(super) fn key(&self) -> Key {
        Key::of_binaries([b"session", &self.0])
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("base64url is ASCII")
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Hash;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a hash in base64url")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Hash, E> {
                let is_whole = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
                let text = text.as_bytes().try_into().ok().filter(|_| is_whole);
                text.map(Hash).ok_or_else(|| E::custom("no hash in base64url"))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash")
    }
}
