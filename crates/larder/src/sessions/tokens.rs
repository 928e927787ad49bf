//! Tokens that work once: for resetting a password, confirming an address, signing in by a link.

use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::backend::When;
use crate::error::{Error, ErrorKind, Result};
use crate::key;
use crate::key::Key;
use crate::ttl::Ttl;

use super::Sessions;
use super::bearer::Bearer;
use super::secret::Hash;
use super::shelf::{contended, tries, ttl};
use super::slot::{FORMAT, damaged, decode, encode};

/// Tokens of one purpose that work once; made by [`Sessions::tokens`].
///
/// Of a hundred who redeem a token at once exactly one is given what it stands for. The token itself is not stored.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
/// # use std::time::Duration;
/// # use larder::sessions::Sessions;
/// # let sessions = Sessions::new(&larder::open("memory:").await?);
/// let resets = sessions.tokens("password reset", Duration::from_secs(3600));
/// let token = resets.issue(&"ann").await?;
/// let link = format!("https://example.com/reset?token={}", token.expose());
///
/// # drop(link);
/// assert_eq!(resets.redeem::<String>(&token).await?.as_deref(), Some("ann"));
/// assert_eq!(resets.redeem::<String>(&token).await?, None);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Tokens {
    sessions: Sessions,
    purpose: String,
    lifetime: Duration,
    grace: u64,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    v: u8,
    value: Value,
    /// Redeemed, and good until then for whoever came at the same time. Milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spent: Option<u64>,
}

impl Sessions {
    /// Tokens of a purpose, each good for this long. A token of one purpose is none of another.
    pub fn tokens(&self, purpose: impl Into<String>, lifetime: Duration) -> Tokens {
        Tokens { sessions: self.clone(), purpose: purpose.into(), lifetime, grace: 0 }
    }
}

impl Tokens {
    /// The same, where a token that has been redeemed answers the same for this long: for a client that sends several
    /// requests at once with it. Longer than that it works for nobody.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace.min(Ttl::MAX).as_millis() as u64;
        self
    }

    /// Makes a token that stands for a value.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`] where the value has no JSON form, [`ErrorKind::Invalid`] where the lifetime is no ttl, and
    /// those of the backend.
    pub async fn issue(&self, value: &impl Serialize) -> Result<Bearer> {
        let value = serde_json::to_value(value)
            .map_err(|_| Error::new(ErrorKind::Codec, "what the token stands for has no JSON form"))?;
        let token = Bearer::generate()?;
        let bytes = encode(&Stored { v: FORMAT, value, spent: None })?;
        let hash = self.sessions.0.hashing.newest(&self.domain(), token.as_bytes());
        let written = self.sessions.0.shelf.write(self.key(&hash), bytes, self.lifetime.into(), When::Absent).await?;
        if written { Ok(token) } else { Err(damaged()) }
    }

    /// What a token stands for, once; `None` for one that was redeemed, has expired or never was.
    ///
    /// Without a grace it is taken: when the reply is lost ([`ErrorKind::Unknown`]), the token counts as spent.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`] where it stands for a value of another type (it is spent then), and those of the backend.
    pub async fn redeem<T: DeserializeOwned>(&self, token: &Bearer) -> Result<Option<T>> {
        for hash in self.sessions.0.hashing.all(&self.domain(), token.as_bytes()) {
            let found = match self.grace {
                0 => self.take(&self.key(&hash)).await?,
                _ => self.spend(&self.key(&hash)).await?,
            };
            if let Some(value) = found {
                return serde_json::from_value(value)
                    .map(Some)
                    .map_err(|_| Error::new(ErrorKind::Codec, "the token stands for a value of another type"));
            }
        }
        Ok(None)
    }

    async fn take(&self, key: &Key) -> Result<Option<Value>> {
        let Some(bytes) = self.sessions.0.shelf.take(key).await? else { return Ok(None) };
        let stored = read(&bytes)?;
        Ok(stored.spent.is_none().then_some(stored.value))
    }

    async fn spend(&self, key: &Key) -> Result<Option<Value>> {
        let inner = &self.sessions.0;
        for () in tries() {
            let Some(bytes) = inner.shelf.read(key.clone()).await? else { return Ok(None) };
            let (mut stored, now) = (read(&bytes)?, inner.now());
            if let Some(until) = stored.spent {
                return Ok((now < until).then_some(stored.value));
            }
            stored.spent = Some(now.saturating_add(self.grace));
            if inner.shelf.swap(key.clone(), Some(&bytes), encode(&stored)?, ttl(self.grace)).await? {
                return Ok(Some(stored.value));
            }
        }
        Err(contended())
    }

    fn domain(&self) -> String {
        format!("larder token {}", self.purpose)
    }

    fn key(&self, hash: &Hash) -> Key {
        key!["token", &*self.purpose, hash.as_str()]
    }
}

fn read(bytes: &[u8]) -> Result<Stored> {
    let stored: Stored = decode(bytes)?;
    if stored.v == FORMAT { Ok(stored) } else { Err(damaged()) }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens(for {:?})", self.lifetime)
    }
}
