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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicId([u8; LENGTH]); // Its text: it is read from texts and written into texts, and nowhere else.

const LENGTH: usize = 22;

impl PublicId {
    pub(super) fn generate() -> Result<Self> {
        let mut text = [0; LENGTH];
        Base64UrlUnpadded::encode(&random::<16>()?, &mut text).expect("16 bytes are 22 characters");
        Ok(Self(text))
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("base64url is ASCII")
    }
}

impl fmt::Display for PublicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for PublicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicId({self})")
    }
}

impl FromStr for PublicId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // It is no secret, so it is looked at and not decoded. Its last character stands for two bits.
        let is_base64url = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        match <[u8; LENGTH]>::try_from(text.as_bytes()) {
            Ok(text @ [.., b'A' | b'Q' | b'g' | b'w']) if is_base64url => Ok(Self(text)),
            _ => Err(Error::invalid("this text is no session's public id: 22 characters of base64url are")),
        }
    }
}

impl Serialize for PublicId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for PublicId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_16_bytes_are_written_as_and_nothing_else() {
        for last in 0..=u8::MAX {
            let mut bytes = [last; 16];
            bytes[0] = !last;
            let text = Base64UrlUnpadded::encode_string(&bytes);
            assert_eq!(text.parse::<PublicId>().unwrap().to_string(), text);
        }
        let decodes = |text: &str| Base64UrlUnpadded::decode(text, &mut [0; 16]).is_ok_and(|read| read.len() == 16);
        for (place, byte) in (0..LENGTH).flat_map(|place| (0..128).map(move |byte| (place, byte))) {
            let mut text = *b"AAAAAAAAAAAAAAAAAAAAAA";
            text[place] = byte;
            let text = std::str::from_utf8(&text).unwrap();
            assert_eq!(text.parse::<PublicId>().is_ok(), decodes(text), "{text:?}");
        }
        for text in ["", "A", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAA\u{e4}"] {
            assert!(text.parse::<PublicId>().is_err(), "{text}");
        }
    }
}
