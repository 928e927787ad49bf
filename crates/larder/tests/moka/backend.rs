// A store over moka, a cache of somebody else's: it has a clock of its own, keeps no order, and knows no conditions.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use larder::{
    Backend, Batch, Clock, Cost, Cursor, Deadline, Found, Info, Key, Limits, Listing, Moment, Namespace, Page, Path,
    Pattern, Put, Record, Result, Select, Sweep, Swept, Ttl, Version, When,
};
use moka::{Expiry, sync::Cache};

/// A value and the moment it ends.
type Entry = (Bytes, Deadline);

pub struct Moka {
    cache: Cache<(Namespace, Key), Entry>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    // One write at a time, so that a condition is judged in the same step as its write.
    writing: Mutex<()>,
}

impl Moka {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let cache = Cache::builder().expire_after(Freeing(Arc::clone(&clock))).build();
        Self { cache, clock, limits: Limits::default(), writing: Mutex::new(()) }
    }

    /// What lives under a key: the one place where expiry is judged.
    fn living(&self, at: &(Namespace, Key), now: Moment) -> Option<Entry> {
        self.cache.get(at).filter(|(_, deadline)| !deadline.is_past(now))
    }

    /// Runs a write while no other runs. Nothing in it waits, so a dropped future leaves all of it or nothing.
    fn write<T>(&self, write: impl FnOnce(Moment) -> T) -> T {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        write(self.clock.monotonic())
    }
}

impl Backend for Moka {
    async fn put(&self, namespace: &Namespace, puts: &[Put]) -> Result<Vec<Result<bool>>> {
        self.limits.check_puts(puts)?;
        let put = |Put { key, value, ttl, when }: &Put, now| {
            let at = (namespace.clone(), key.clone());
            let living = self.living(&at, now);
            let holds = match when {
                When::Always => true,
                When::Absent => living.is_none(),
                When::Present => living.is_some(),
                When::Unchanged(version) => living.is_some_and(|(value, _)| Version::of(&value) == *version),
            };
            if holds {
                self.cache.insert(at, (value.clone(), ttl.deadline(now)?));
            }
            Ok(holds)
        };
        Ok(self.write(|now| puts.iter().map(|record| put(record, now)).collect()))
    }

    async fn get(&self, namespace: &Namespace, keys: &[Key], select: Select) -> Result<Vec<Option<Found>>> {
        self.limits.check_keys(keys)?;
        let now = self.clock.monotonic();
        let get = |key: &Key| found(self.living(&(namespace.clone(), key.clone()), now)?, select, now);
        Ok(keys.iter().map(get).collect())
    }

    async fn take(&self, namespace: &Namespace, key: &Key) -> Result<Option<Bytes>> {
        self.limits.check_key(key)?;
        let at = (namespace.clone(), key.clone());
        Ok(self.write(|now| {
            let living = self.living(&at, now);
            self.cache.invalidate(&at);
            living.map(|(value, _)| value)
        }))
    }

    async fn touch(&self, namespace: &Namespace, keys: &[Key], ttl: Ttl) -> Result<Vec<bool>> {
        self.limits.check_keys(keys)?;
        let ttl = ttl.checked()?;
        let touch = |key: &Key, now| {
            let at = (namespace.clone(), key.clone());
            let Some((value, _)) = self.living(&at, now) else { return Ok(false) };
            self.cache.insert(at, (value, ttl.deadline(now)?));
            Ok(true)
        };
        self.write(|now| keys.iter().map(|key| touch(key, now)).collect())
    }

    async fn delete(&self, namespace: &Namespace, keys: &[Key]) -> Result<Vec<bool>> {
        self.limits.check_keys(keys)?;
        let delete = |key: &Key, now| {
            let at = (namespace.clone(), key.clone());
            let lived = self.living(&at, now).is_some();
            self.cache.invalidate(&at);
            lived
        };
        Ok(self.write(|now| keys.iter().map(|key| delete(key, now)).collect()))
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
        let now = self.clock.monotonic();
        let cost = Cost { path: Path::Scan, entries: 0, round_trips: 0, hint: None };
        let mut page = Page { records: Vec::new(), damaged: Vec::new(), next: None, cost };
        // The cache has no order, so every page walks over it and keeps what comes first behind the cursor.
        for (at, entry) in &self.cache {
            let (space, key) = &*at;
            page.cost.entries += 1;
            if space == namespace && key.as_bytes() > cursor.as_bytes() && pattern.matches(key) {
                page.records.extend(found(entry, select, now).map(|found| Record { key: key.clone(), found }));
            }
        }
        page.records.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        if page.records.len() > limit {
            page.records.truncate(limit);
            page.next = page.records.last().map(|last| Cursor::new(last.key.as_bytes().to_vec()));
        }
        Ok(page)
    }

    async fn sweep(&self, _: Sweep) -> Result<Swept> {
        let records = self.write(|now| {
            let past = self.cache.iter().filter(|(_, (_, deadline))| deadline.is_past(now));
            past.map(|(at, _)| self.cache.invalidate(&*at)).count() as u64
        });
        self.cache.run_pending_tasks();
        Ok(Swept { records, ..Swept::default() })
    }

    async fn info(&self) -> Result<Info> {
        let mut info = Info::new("moka");
        info.batch = Batch::InOrder;
        info.listing = Listing::Ordered;
        info.limits = self.limits;
        info.records = Some(self.cache.entry_count());
        Ok(info)
    }
}

/// What is told of an entry; nothing where it has expired.
fn found((value, deadline): Entry, select: Select, now: Moment) -> Option<Found> {
    let ttl = deadline.remaining(now)?;
    Some(match select {
        Select::Keys => Found { value: Bytes::new(), ttl: None },
        Select::Values | Select::ValuesAndTtls => Found { value, ttl: Some(ttl) },
    })
}

/// Tells moka when it may free an entry. Its clock is not ours, so it waits for a minute more: what still lives by
/// ours must not go by its.
struct Freeing(Arc<dyn Clock>);

impl Freeing {
    fn after(&self, (_, deadline): &Entry) -> Option<Duration> {
        match deadline.remaining(self.0.monotonic()) {
            Some(Ttl::Never) => None,
            Some(Ttl::After(left)) => Some(left + Duration::from_secs(60)),
            None => Some(Duration::ZERO),
        }
    }
}

impl Expiry<(Namespace, Key), Entry> for Freeing {
    fn expire_after_create(&self, _: &(Namespace, Key), entry: &Entry, _: Instant) -> Option<Duration> {
        self.after(entry)
    }

    fn expire_after_update(
        &self,
        _: &(Namespace, Key),
        entry: &Entry,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.after(entry)
    }
}
