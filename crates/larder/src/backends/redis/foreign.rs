//! What other programs wrote into a database, read as it lies there.

use std::fmt;

use bytes::Bytes;

use crate::backends::Url;
use crate::error::Result;
use crate::record::Select;
use crate::ttl::Ttl;

use super::connection::{Command, Effect};
use super::get::Look;
use super::scan::LOOKED_AT;
use super::{Redis, open, reply};

/// The strings that another program keeps in a database, for who takes over from it. Reads, and writes nothing.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
/// use larder::backends::redis::Foreign;
///
/// let foreign = Foreign::open("redis://127.0.0.1:6379/0").await?;
/// let mut next = Some(0);
/// while let Some(cursor) = next {
///     let (strings, after) = foreign.page(b"sess:*", cursor).await?;
///     println!("{} of them", strings.len());
///     next = after;
/// }
/// # Ok(()) }
/// ```
pub struct Foreign(Redis);

/// A string under a key. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct ForeignString {
    /// The key, as it is.
    pub key: Bytes,
    /// The value, as it is.
    pub value: Bytes,
    /// How long it still lives.
    pub ttl: Ttl,
}

impl Foreign {
    /// Opens a server by its URL, with the options of [`open`](crate::open) that have to do with the connection.
    ///
    /// # Errors
    /// As [`open`](crate::open).
    pub async fn open(url: &str) -> Result<Self> {
        open(Url::parse(url)?).await.map(Self)
    }

    /// A part of the strings whose keys match a pattern of Redis's KEYS, and where to go on; the first begins at 0.
    ///
    /// Each that lives throughout is met at least once. Two round trips.
    ///
    /// # Errors
    /// Those of the backend.
    pub async fn page(&self, pattern: &[u8], cursor: u64) -> Result<(Vec<ForeignString>, Option<u64>)> {
        let Self(redis) = self;
        let scan = Command::new("SCAN").number(cursor).arg("MATCH").arg(pattern).arg("COUNT").number(LOOKED_AT);
        let scan = scan.arg("TYPE").arg("string");
        let (next, keys) = reply::page(redis.connection.call(&scan, Effect::Read).await?)?;
        let mut look = Look::new(Select::ValuesAndTtls);
        keys.iter().for_each(|key| look.at([&key[..]]));
        let mut strings = Vec::with_capacity(keys.len());
        for (key, found) in keys.into_iter().zip(look.answers(&redis.connection).await?) {
            // It can have ended between the two.
            if let Some(found) = found? {
                strings.push(ForeignString { key, value: found.value, ttl: found.ttl.unwrap_or(Ttl::Never) });
            }
        }
        Ok((strings, (next != 0).then_some(next)))
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Foreign")
    }
}

impl fmt::Debug for ForeignString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForeignString")
    }
}
