//! This process's memory as a backend: points by hash, listings by order, every record with a deadline of its own.

mod block;
mod entry;
mod expiry;
mod index;
mod listing;
mod locks;
mod name;
mod records;
mod room;
mod row;
mod shard;
mod sweeper;
mod sync;
mod timers;

#[cfg(test)]
mod case;
#[cfg(test)]
#[cfg(shuttle)]
mod schedules;
#[cfg(test)]
#[cfg(not(shuttle))]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::backend::{Backend, Batch, Cursor, Info, Listing, Page, Put, Sweep, Swept};
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::limits::Limits;
use crate::namespace::Namespace;
use crate::pattern::Pattern;
use crate::record::{Found, Select};
use crate::ttl::Ttl;

use super::{Size, Url};
use entry::Entry;
use name::Name;
use records::{Records, found};
pub use room::WhenFull;
use shard::Shard;

/// The backend that keeps records in this process's memory. They end with the process.
///
/// Clones share the records. No method waits: each future is ready when it is first polled, so a dropped one has
/// either done all of its work or not begun.
///
/// * A read or a refresh of one record takes one hash lookup under the lock of one of 64 shards. Values of up to 2 KiB
///   are copied out; larger ones are shared with the reader.
/// * A listing walks an index in key order and costs what it finds; it keeps no writer waiting for more than some 128
///   entries. A page that has passed 4,096 entries in vain ends, however little it found. Keys and values of up to 512
///   bytes share buffers, a dozen records each: who keeps one for long and wants no other kept copies it.
/// * Deadlines are judged on every read, by the clock's monotonic line. Space is freed by writes, each of which looks at
///   two timers that are due, and by a thread that looks once a second and ends with the store.
/// * A record is counted as its name and value, each rounded up to eight bytes, and 104 bytes more, which is what it
///   takes on a 64-bit system, give or take the allocator.
///
/// URL: `memory:`, with the options
///
/// | option | what it sets |
/// | --- | --- |
/// | `max_bytes=64MiB` | the most that records may take; unbounded unless set |
/// | `when_full=refuse` | what happens to a record that does not fit: `refuse` or `evict-soonest` ([`WhenFull`]) |
/// | `max_value=1MiB` | the largest value; 16 MiB unless set |
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
/// use larder::backends::memory::{Memory, WhenFull};
/// use larder::{Erased, Store, Ttl, key};
/// use std::time::Duration;
///
/// let memory = Memory::builder().max_bytes(64 << 20).when_full(WhenFull::EvictSoonest).build();
/// let store: Store<String> = Store::new(Erased::new(memory)).with_ttl(Ttl::After(Duration::from_secs(1800)));
/// store.put(key!["user", 42, "session", "f3"], &"phone".to_owned()).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Memory {
    records: Arc<Records>,
    limits: Limits,
}

/// Sets what [`Memory`] is to be like; made by [`Memory::builder`].
#[derive(Clone, Debug)]
pub struct Builder {
    clock: Arc<dyn Clock>,
    max_bytes: Option<u64>,
    when_full: WhenFull,
    limits: Limits,
    period: Duration,
}

impl Memory {
    /// An empty store without a bound.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Begins a store with choices.
    pub fn builder() -> Builder {
        Builder {
            clock: Arc::new(SystemClock),
            max_bytes: None,
            when_full: WhenFull::default(),
            limits: Limits::default(),
            period: Duration::from_secs(1),
        }
    }

    /// Reads the value under a key without a future: [`Backend::get`] for who needs the last nanosecond. Checks no
    /// limits, since nothing over them was ever written.
    #[inline]
    pub fn get_now(&self, namespace: &Namespace, key: &Key) -> Option<Bytes> {
        let name = Name::new(namespace, key.as_bytes());
        self.records.read(&name, self.records.now(), Shard::value)
    }
}

impl Builder {
    /// Sets the clock that deadlines are judged by, that of the system unless set.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the most bytes that records may take, counted as [`Memory`] says. Unbounded unless set.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Sets what happens to a record that does not fit.
    #[must_use]
    pub fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Sets how large keys and values may be; 32 MiB and 1 GiB are the most.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        const _: () = assert!((32 << 20) + Namespace::MAX_BYTES <= Entry::MAX_NAME);
        self.limits = limits;
        self.limits.key_bytes = limits.key_bytes.min(32 << 20);
        self.limits.value_bytes = limits.value_bytes.min(1 << 30);
        self
    }

    /// Makes the store.
    pub fn build(self) -> Memory {
        let records = Records::new(self.clock, self.max_bytes, self.when_full, self.period);
        Memory { records, limits: self.limits }
    }
}

pub(crate) fn open(mut url: Url, clock: Arc<dyn Clock>) -> Result<Memory> {
    if !url.place().is_empty() {
        return Err(Error::new(ErrorKind::Config, "`memory:` has no place: nothing stands between it and its options"));
    }
    let mut builder = Memory::builder().clock(clock);
    if let Some(Size(bytes)) = url.take_parsed("max_bytes")? {
        builder = builder.max_bytes(bytes);
    }
    let choices = [("refuse", WhenFull::Refuse), ("evict-soonest", WhenFull::EvictSoonest)];
    if let Some(when_full) = url.take_choice("when_full", &choices)? {
        builder = builder.when_full(when_full);
    }
    if let Some(Size(bytes)) = url.take_parsed("max_value")? {
        let value_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        builder = builder.limits(Limits { value_bytes, ..Limits::default() });
    }
    url.finish()?;
    Ok(builder.build())
}

impl Backend for Memory {
    async fn put(&self, namespace: &Namespace, puts: &[Put]) -> Result<Vec<Result<bool>>> {
        self.limits.check_puts(puts)?;
        Ok(puts.iter().map(|put| self.records.put(&Name::new(namespace, put.key.as_bytes()), put)).collect())
    }

    async fn get(&self, namespace: &Namespace, keys: &[Key], select: Select) -> Result<Vec<Option<Found>>> {
        self.limits.check_keys(keys)?;
        let now = self.records.now();
        let get = |key: &Key| {
            let name = Name::new(namespace, key.as_bytes());
            self.records.read(&name, now, |shard, entry| found(entry, select, now, || shard.value(entry)))
        };
        Ok(keys.iter().map(get).collect())
    }

    async fn take(&self, namespace: &Namespace, key: &Key) -> Result<Option<Bytes>> {
        self.limits.check_key(key)?;
        let name = Name::new(namespace, key.as_bytes());
        Ok(self.records.delete(&name, Shard::value))
    }

    async fn touch(&self, namespace: &Namespace, keys: &[Key], ttl: Ttl) -> Result<Vec<bool>> {
        self.limits.check_keys(keys)?;
        let ttl = ttl.checked()?;
        keys.iter().map(|key| self.records.touch(&Name::new(namespace, key.as_bytes()), ttl)).collect()
    }

    async fn delete(&self, namespace: &Namespace, keys: &[Key]) -> Result<Vec<bool>> {
        self.limits.check_keys(keys)?;
        let delete = |key: &Key| self.records.delete(&Name::new(namespace, key.as_bytes()), |_, _| ()).is_some();
        Ok(keys.iter().map(delete).collect())
    }

    async fn scan(
        &self,
        namespace: &Namespace,
        pattern: &Pattern,
        select: Select,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<Page> {
        self.limits.check_pattern(pattern)?;
        self.records.page(namespace, pattern, select, cursor, limit)
    }

    async fn sweep(&self, what: Sweep) -> Result<Swept> {
        let now = self.records.now();
        let (records, bytes) = match what {
            Sweep::Expired => (self.records.sweep(now), 0),
            Sweep::Compact => self.records.compact(now),
        };
        Ok(Swept { records, bytes, held: 0 })
    }

    async fn info(&self) -> Result<Info> {
        let mut info = Info::new("memory");
        info.batch = Batch::InOrder;
        info.listing = Listing::Ordered;
        info.limits = self.limits;
        info.records = Some(self.records.len() as u64);
        info.bytes = Some(self.records.room.used());
        info.max_bytes = self.records.room.max();
        if self.records.is_unswept() {
            info.warnings.push("the system refused a thread: what has expired is freed by writes alone".to_owned());
        }
        Ok(info)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("limits", &self.limits).finish_non_exhaustive()
    }
}
