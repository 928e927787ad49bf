//! The name of a session that may be shown.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};

use super::bearer::random;

/// The name of a session in user interfaces, logs and events. Nobody can sign in with it, and nothing about the
/// bearer follows from it. It stays the same when the session is rotated.
///
/// 128 random bits; its text is 22 characters of base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicId([u8; 16]);

impl PublicId {
    pub(super) fn generate() -> Result<Self> {
        random().map(Self)
    }
}

impl fmt::Display for PublicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 22];
        f.write_str(Base64UrlUnpadded::encode(&self.0, &mut text).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for PublicId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut bytes = [0; 16];
        match Base64UrlUnpadded::decode(text, &mut bytes) {
            Ok(read) if read.len() == 16 => Ok(Self(bytes)),
            _ => Err(Error::invalid("this text is no session's public id: 22 characters of base64url are")),
        }
    }
}

impl Serialize for PublicId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
