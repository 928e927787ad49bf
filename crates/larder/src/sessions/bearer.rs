//! The secret that a client holds.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::error::{Error, ErrorKind, Result};

/// The secret that a client holds and shows again: 256 bits from the operating system.
///
/// It is stored nowhere (only a hash of it is), printed by nothing, and compared with nothing: a session is found by
/// the hash, so the time that takes tells nothing of the secret. [`Bearer::expose`] hands out the text for a cookie or
/// a link, 43 characters of base64url; [`str::parse`] reads it back.
///
/// ```
/// use larder::sessions::Bearer;
///
/// let bearer = Bearer::generate()?;
/// assert_eq!(format!("{bearer:?}"), "Bearer");
/// let cookie = bearer.expose();
/// assert_eq!(cookie.len(), 43);
/// assert!(cookie.parse::<Bearer>().is_ok());
/// assert!("anything else".parse::<Bearer>().is_err());
/// # Ok::<(), larder::Error>(())
/// ```
pub struct Bearer([u8; 32]);

impl Bearer {
    /// A new one.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] where the operating system gives no randomness; nothing else is put in its place.
    pub fn generate() -> Result<Self> {
        random().map(Self)
    }

    /// The text for a cookie or a link. Who has it is the client: it belongs into no log, no page and no store.
    pub fn expose(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.0)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Bytes from the operating system.
pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => {
            let told = Error::new(ErrorKind::Unavailable, "the operating system gives no randomness");
            Err(told.caused_by(error.to_string()))
        }
    }
}

impl FromStr for Bearer {
    type Err = Error;

    /// Reads what [`Bearer::expose`] wrote.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for any other text, which is then no session's: treat it as an absent cookie.
    fn from_str(text: &str) -> Result<Self> {
        let mut bytes = [0; 32];
        match Base64UrlUnpadded::decode(text, &mut bytes) {
            Ok(read) if read.len() == 32 => Ok(Self(bytes)),
            _ => Err(Error::invalid("this text is no bearer token: 43 characters of base64url are")),
        }
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")
    }
}
