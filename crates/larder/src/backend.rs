//! The contract between what users hold and what holds the records.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;

use crate::error::{ErrorKind, Result};
use crate::key::Key;
use crate::limits::Limits;
use crate::namespace::Namespace;
use crate::pattern::{Path, Pattern};
use crate::record::{Found, Record, Select, Version};
use crate::ttl::Ttl;

/// A place that holds records: bytes under a key in a namespace, each with a deadline of its own.
///
/// This is the whole of what a backend owes. Everything else (`all`, `count`, `clear`, codecs,
/// sessions) is written once above it. Implement the eight methods as `async fn`; none has a default.
/// A backend knows no codec and no type of a user's; what it is given are bytes, and it gives back
/// the same bytes. [`testing`](crate::testing) holds the suite that proves an implementation.
///
/// # What holds for every method
/// * **Arguments are checked first.** [`Limits`] are held against keys, patterns and values, ttls against
///   their bounds, before anything is sent or written: [`ErrorKind::Invalid`](crate::ErrorKind::Invalid)
///   means that nothing happened.
/// * **The namespace is part of a record's identity.** The same key in two namespaces names two records
///   that share nothing, deadlines included.
/// * **Expiry is judged on every read**, by [`Deadline::is_past`](crate::Deadline::is_past) where the
///   backend keeps the deadline itself. An expired record is absent for every method: it is not got,
///   not listed, not taken, not touched, and counts as absent for every condition. Timers and sweeps only
///   free space; no promise waits for them.
/// * **One clock**, that of whoever holds the data. A ttl comes in relative and becomes a deadline once;
///   what comes out is what remains.
/// * **Answers stand in the order of the arguments**, one for each. An empty slice is fine and answers
///   nothing.
/// * **Absent is a value, not an error.** An error means that the backend could not do its work, and its
///   kind says what the caller can do. [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) is
///   certain: nothing was applied. A write whose outcome is not known is
///   [`ErrorKind::Unknown`](crate::ErrorKind::Unknown).
/// * **Nothing leaks.** No key, value or credential stands in an error, a `Debug` or a log line.
/// * **Dropping a future** never hands one caller's answer to another and never leaves half a batch behind
///   in memory or on disk. Whether a write that was under way happened is then unknown.
///
/// A clone of whatever a backend shares (an `Arc`, a connection) is the caller's business: all methods take
/// `&self` and are called from many tasks at once. What one call wrote, the next one that begins after it
/// has returned reads.
///
/// # A whole backend
/// Somebody else's cache, moka, as a store. It has its own clock, points without an order, and one write at a time.
///
/// ```
#[doc = include_str!("../tests/moka/backend.rs")]
/// # fn main() {}
/// ```
pub trait Backend: Send + Sync + 'static {
    /// Writes records, each with its value, its ttl and its condition; answers of each whether it was written.
    ///
    /// Value and ttl are replaced together, in one step. A condition belongs to its record and is judged in the
    /// same step as the write: of many concurrent puts [`When::Absent`], exactly one is written. A condition that
    /// does not hold is that record's `false` and undoes nothing else. A key that stands twice is applied in order
    /// where both puts are [`When::Always`]; else the batch is refused ([`Limits::check_puts`]).
    ///
    /// The outer error means that nothing was sent or written; an inner one speaks for its record alone.
    /// [`Info::batch`] says whether a reader can see a part of the batch; a batch is never left half written by
    /// a dropped future or a crash where it says [`Batch::Atomic`]. Not idempotent under a condition.
    fn put(&self, namespace: &Namespace, puts: &[Put]) -> impl Future<Output = Result<Vec<Result<bool>>>> + Send;

    /// Reads what is under keys: the value and, as `select` asks, what remains of its ttl; `None` where nothing lives.
    ///
    /// Each key by itself: no snapshot over several is promised. Writes nothing, prolongs nothing.
    fn get(
        &self,
        namespace: &Namespace,
        keys: &[Key],
        select: Select,
    ) -> impl Future<Output = Result<Vec<Option<Found>>>> + Send;

    /// Gets and deletes in one step: of a hundred concurrent takers exactly one is given the value.
    ///
    /// A write: never repeated by us. Where its reply is lost the record counts as spent.
    fn take(&self, namespace: &Namespace, key: &Key) -> impl Future<Output = Result<Option<Bytes>>> + Send;

    /// Gives living records a new ttl, from now, and leaves their values; answers of each whether it lived.
    ///
    /// Never creates and never brings back: a touch that races with a delete leaves the record deleted. Idempotent.
    fn touch(&self, namespace: &Namespace, keys: &[Key], ttl: Ttl) -> impl Future<Output = Result<Vec<bool>>> + Send;

    /// Ends records; answers of each whether it lived. Idempotent; a key that stands twice lived once.
    ///
    /// Needs no room: it works on a full backend.
    fn delete(&self, namespace: &Namespace, keys: &[Key]) -> impl Future<Output = Result<Vec<bool>>> + Send;

    /// Lists the living records of a namespace that a pattern matches, from a cursor on, at most `limit` of them.
    ///
    /// The only listing. A backend may narrow the pattern to find candidates; the verdict is
    /// [`Pattern::matches`] ([`Pattern::step`] walks an ordered backend). A record that lives throughout the
    /// whole listing is found; one written or deleted meanwhile may be; one that expires meanwhile is left out.
    /// A page may be empty and still have a next one. [`Info::listing`] says whether a record can be listed
    /// twice and whether keys come in order.
    ///
    /// A stored record that cannot be read is reported in [`Page::damaged`] and hides no other. The cursor is a
    /// position: nothing is held open between two pages.
    ///
    /// With `limit` 0 nothing is listed: the page is empty and its [`Page::cost`] estimates the whole listing.
    fn scan(
        &self,
        namespace: &Namespace,
        pattern: &Pattern,
        select: Select,
        cursor: &Cursor,
        limit: usize,
    ) -> impl Future<Output = Result<Page>> + Send;

    /// Frees space: what has expired or, with [`Sweep::Compact`], all that can be given back. Changes no answer of
    /// any other method.
    fn sweep(&self, what: Sweep) -> impl Future<Output = Result<Swept>> + Send;

    /// Says what the backend is, what it can, its limits, its health and its sizes. Cheap: no walk over records.
    fn info(&self) -> impl Future<Output = Result<Info>> + Send;
}

/// One record to write.
///
/// `Debug` tells sizes, never the key or the value.
#[derive(Clone, PartialEq, Eq)]
pub struct Put {
    /// Where.
    pub key: Key,
    /// What, as bytes.
    pub value: Bytes,
    /// For how long.
    pub ttl: Ttl,
    /// Under which condition.
    pub when: When,
}

impl fmt::Debug for Put {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Put({:?}, {} bytes, ttl {:?}, when {:?})", self.key, self.value.len(), self.ttl, self.when)
    }
}

/// The condition under which a record is written, judged in the same step as the write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum When {
    /// Whatever is there.
    #[default]
    Always,
    /// Only where nothing lives: a record is created, never overwritten.
    Absent,
    /// Only where something lives: what was deleted or has expired never comes back.
    Present,
    /// Only where the living value's bytes are of this version: compare and swap.
    Unchanged(Version),
}

/// How the records of one put become visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Batch {
    /// In one step: no reader and no crash sees a part of them.
    Atomic,
    /// One after another in the order given, and all of them: a concurrent reader can see the first without the last.
    InOrder,
    /// Each by itself: some may be written and others not, and the answers say which.
    Each,
}

/// How a whole listing, page after page, comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Listing {
    /// Each record once, in key order.
    Ordered,
    /// Each record once, in no order.
    Once,
    /// Each record at least once, in no order.
    AtLeastOnce,
}

/// A position in a listing. Only the backend that made it can read it; it holds nothing open and never goes stale.
///
/// It may contain a key: `Debug` prints nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Cursor(Bytes);

impl Cursor {
    /// The position before the first record.
    pub const START: Self = Self(Bytes::new());

    /// A position in a backend's own terms; empty is the start.
    pub fn new(position: impl Into<Bytes>) -> Self {
        Self(position.into())
    }

    /// The position as the backend wrote it; empty at the start.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "Cursor(start)" } else { "Cursor" })
    }
}

/// A part of a listing.
#[derive(Clone, Debug)]
pub struct Page<T = Record> {
    /// The records found.
    pub records: Vec<T>,
    /// What is stored in the way and cannot be read.
    pub damaged: Vec<Damaged>,
    /// Where the listing goes on; `None` at its end.
    pub next: Option<Cursor>,
    /// What this page cost or, with limit 0, what the whole listing would.
    pub cost: Cost,
}

/// What a listing costs, counted or estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// How the records are found.
    pub path: Path,
    /// Stored entries looked at, matching or not.
    pub entries: u64,
    /// Round trips over a network.
    pub round_trips: u64,
    /// What would make it cheaper, where the backend knows better than the general advice.
    pub hint: Option<&'static str>,
}

/// A stored record that cannot be read: its key or what is under it is damaged or not ours.
///
/// `Display` and `Debug` say why, and never show the key.
#[derive(Clone)]
pub struct Damaged {
    stored: Bytes,
    key: Option<Key>,
    why: &'static str,
}

impl Damaged {
    /// Reports what is stored under these raw bytes, with the key where it can be told, and why it cannot be read.
    pub fn new(stored: impl Into<Bytes>, key: Option<Key>, why: &'static str) -> Self {
        Self { stored: stored.into(), key, why }
    }

    /// The key, where the damage left it readable.
    pub fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }

    /// The key as it is stored, byte for byte.
    pub fn stored_key(&self) -> &[u8] {
        &self.stored
    }
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)
    }
}

impl fmt::Debug for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Damaged({})", self.why)
    }
}

/// What a sweep frees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sweep {
    /// The space of expired records, for the backend to use again.
    Expired,
    /// That, and all that can be given back to the system. May take long and keep writers waiting.
    Compact,
}

/// What a sweep has freed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Expired records removed.
    pub records: u64,
    /// Bytes given back to the system, as far as the backend can tell.
    pub bytes: u64,
    /// Expired records that were kept because the clock may be wrong.
    pub held: u64,
}

/// What a backend is, what it can, and how it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Info {
    /// Its kind, as in the URL: `memory`, `disk`, `redis`.
    pub backend: &'static str,
    /// The file it lies in, where it lies in one.
    pub file: Option<PathBuf>,
    /// How the records of one put become visible.
    pub batch: Batch,
    /// How a whole listing comes.
    pub listing: Listing,
    /// How many records one put is best given at most by who has many, so that nobody else waits for it; and how many
    /// bytes. Unbounded where nobody does.
    pub batch_records: usize,
    /// See [`Info::batch_records`].
    pub batch_bytes: usize,
    /// Whether what was written survives this process.
    pub persistent: bool,
    /// Its limits.
    pub limits: Limits,
    /// How the connection to its server is, where it has one.
    pub health: Option<Health>,
    /// What is wrong with it at the moment, in words for people; empty when all is well.
    pub warnings: Vec<String>,
    /// Records stored, the expired that are not yet swept included; `None` where that is not known cheaply.
    pub records: Option<u64>,
    /// Bytes they take, as far as the backend can tell.
    pub bytes: Option<u64>,
    /// The most bytes it may take, where it is bounded.
    pub max_bytes: Option<u64>,
}

/// How the connection to a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// Whether it stands at the moment.
    pub connected: bool,
    /// What the server is, `master` or `slave`, where we may know.
    pub role: Option<String>,
    /// The server's version, where we may know.
    pub version: Option<String>,
    /// How long the last look at the server took.
    pub round_trip: Option<Duration>,
    /// How often the connection was made anew.
    pub reconnects: u64,
    /// The kind of the last error of the connection.
    pub last_error: Option<ErrorKind>,
    /// Calls under way, those included that were given up and that the server has yet to answer.
    pub queued: usize,
}

impl Info {
    /// The description of a backend of which nothing is known but its kind: unordered, unbounded, each record by itself.
    pub fn new(backend: &'static str) -> Self {
        Self {
            backend,
            file: None,
            batch: Batch::Each,
            listing: Listing::AtLeastOnce,
            batch_records: usize::MAX,
            batch_bytes: usize::MAX,
            persistent: false,
            limits: Limits::default(),
            health: None,
            warnings: Vec::new(),
            records: None,
            bytes: None,
            max_bytes: None,
        }
    }
}
