//! What every candidate can, and the names and values that all of them are given.

use std::time::Duration;

use bytes::Bytes;
use larder::{Clock, Key, Namespace, Pattern, SystemClock, key, pattern};

/// How many sessions a user has.
pub const A_USER: usize = 10;

/// How long a record lives; longer than a run takes.
pub const TTL: Duration = Duration::from_secs(2 * 3600);

/// A place that keeps values by name, each with a deadline of its own.
pub trait Candidate: Sync {
    type Name;
    type User;
    /// Whether the names of a user are found without a look at all others.
    const ORDERED: bool;
    /// How long after a deadline it may take until a record is given up.
    const GRACE: Duration = Duration::ZERO;
    fn name(item: usize) -> Self::Name;
    fn user(user: usize) -> Self::User;
    fn put(&self, name: Self::Name, value: Bytes);
    /// Puts for [`BRIEFLY`].
    fn put_briefly(&self, name: Self::Name, value: Bytes);
    fn get(&self, name: &Self::Name) -> Option<u64>;
    fn delete(&self, name: &Self::Name) -> bool;
    fn all(&self, user: &Self::User) -> usize;
    /// Removes all that has expired.
    fn expire(&self);
    fn len(&self) -> usize;
}

/// How long a record lives that is put to see it expire.
pub const BRIEFLY: Duration = Duration::from_secs(1);

/// The key of an item: 54 bytes, and 62 with the namespace ahead of it.
pub fn key_of(item: usize) -> Key {
    key!["user", (item / A_USER + 1_000_000) as u64, "session", format!("{:028x}", item)]
}

pub fn sessions_of(user: usize) -> Pattern {
    pattern!["user", (user + 1_000_000) as u64, "session", _]
}

/// What Larder stores for it, as peers are given it.
pub fn name_of(item: usize) -> Box<[u8]> {
    [Namespace::default().as_bytes(), key_of(item).as_bytes()].concat().into()
}

/// What the names of a user begin with.
pub fn beginning_of(user: usize) -> Box<[u8]> {
    let first = name_of(user * A_USER);
    first[..first.len() - 31].into()
}

/// A value as a codec makes it: in a new buffer.
pub fn value(bytes: usize) -> Bytes {
    static ENCODED: [u8; 1 << 16] = [7; 1 << 16];
    Bytes::copy_from_slice(&ENCODED[..bytes])
}

/// Reads every byte.
pub fn sum(value: &[u8]) -> u64 {
    value.iter().map(|byte| u64::from(*byte)).sum()
}

/// The clock that deadlines are judged by.
pub fn moment() -> u64 {
    SystemClock.monotonic().nanos()
}

pub fn deadline(ttl: Duration) -> u64 {
    moment() + ttl.as_nanos() as u64
}
