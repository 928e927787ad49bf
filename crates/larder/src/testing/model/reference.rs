//! The model as a backend.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::backend::{Backend, Batch, Cost, Cursor, Info, Listing, Page, Put, Sweep, Swept};
use crate::clock::{Clock, Moment};
use crate::error::Result;
use crate::key::Key;
use crate::limits::Limits;
use crate::namespace::Namespace;
use crate::pattern::{Path, Pattern};
use crate::record::{Found, Record, Select};
use crate::ttl::Ttl;

use super::Model;

/// The contract kept in the plainest way: the [`Model`] under one lock. Slow on many records, and right.
pub struct Reference {
    model: Mutex<Model>,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

impl Reference {
    /// An empty backend that judges deadlines by the clock's monotonic line.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { model: Mutex::default(), clock, limits: Limits::default() }
    }

    fn model(&self) -> (MutexGuard<'_, Model>, Moment) {
        // The moment is read under the lock, so that no call judges by an earlier one than the call before it.
        let model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.monotonic();
        (model, now)
    }
}

impl Backend for Reference {
    async fn put(&self, namespace: &Namespace, puts: &[Put]) -> Result<Vec<Result<bool>>> {
        let (mut model, now) = self.model();
        Ok(model.put(namespace, puts, now)?.into_iter().map(Ok).collect())
    }

    async fn get(&self, namespace: &Namespace, keys: &[Key], select: Select) -> Result<Vec<Option<Found>>> {
        self.limits.check_keys(keys)?;
        let (model, now) = self.model();
        Ok(keys.iter().map(|key| Some(found(model.get(namespace, key, now)?, select))).collect())
    }

    async fn take(&self, namespace: &Namespace, key: &Key) -> Result<Option<Bytes>> {
        self.limits.check_key(key)?;
        let (mut model, now) = self.model();
        Ok(model.take(namespace, key, now))
    }

    async fn touch(&self, namespace: &Namespace, keys: &[Key], ttl: Ttl) -> Result<Vec<bool>> {
        self.limits.check_keys(keys)?;
        ttl.checked()?;
        let (mut model, now) = self.model();
        keys.iter().map(|key| model.touch(namespace, key, ttl, now)).collect()
    }

    async fn delete(&self, namespace: &Namespace, keys: &[Key]) -> Result<Vec<bool>> {
        self.limits.check_keys(keys)?;
        let (mut model, now) = self.model();
        Ok(keys.iter().map(|key| model.take(namespace, key, now).is_some()).collect())
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
        let (model, now) = self.model();
        let path = if pattern.point().is_some() { Path::Point } else { Path::Scan };
        let mut page = Page {
            records: Vec::new(),
            damaged: Vec::new(),
            next: None,
            cost: Cost { path, entries: model.len() as u64, round_trips: 0, hint: None },
        };
        if limit == 0 {
            return Ok(page);
        }
        for (key, value, ttl) in model.list(namespace, pattern, now) {
            if key.as_bytes() <= cursor.as_bytes() {
                continue;
            }
            if page.records.len() == limit {
                page.next = page.records.last().map(|last: &Record| Cursor::new(last.key.as_bytes().to_vec()));
                break;
            }
            page.records.push(Record { key, found: found((value, ttl), select) });
        }
        Ok(page)
    }

    async fn sweep(&self, _what: Sweep) -> Result<Swept> {
        let (mut model, now) = self.model();
        Ok(Swept { records: model.sweep(now), ..Swept::default() })
    }

    async fn info(&self) -> Result<Info> {
        let mut info = Info::new("reference");
        info.batch = Batch::Atomic;
        info.listing = Listing::Ordered;
        info.records = Some(self.model().0.len() as u64);
        Ok(info)
    }
}

fn found((value, ttl): (Bytes, Ttl), select: Select) -> Found {
    match select {
        Select::Keys => Found { value: Bytes::new(), ttl: None },
        Select::Values => Found { value, ttl: None },
        Select::ValuesAndTtls => Found { value, ttl: Some(ttl) },
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reference")
    }
}
