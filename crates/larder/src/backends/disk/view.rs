//! What readers see: the last commit.

use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};

use bytes::Bytes;
use redb::{ReadOnlyTable, ReadTransaction, ReadableTableMetadata};

use crate::backend::{Cost, Cursor, Damaged, Page};
use crate::clock::Moment;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::namespace::Namespace;
use crate::pattern::{Path, Pattern, Step};
use crate::record::{Found, Record, Select};

use super::failed::{DAMAGED_RECORD, damaged_record};
use super::stored::{DEADLINES, RECORDS, Stored, entries_after};

/// A page ends early where its values, or the entries passed over, become this many.
const PAGE_BYTES: usize = 8 << 20;
const PAGE_ENTRIES: u64 = 64 * 1024;
/// How many entries an estimate looks at before it guesses.
const ESTIMATE_ENTRIES: u64 = 1000;

/// The tables as one commit left them.
pub(super) struct View {
    records: ReadOnlyTable<&'static [u8], &'static [u8]>,
    deadlines: ReadOnlyTable<&'static [u8], ()>,
    /// Which opening of the file it belongs to.
    pub(super) opening: u64,
}

impl View {
    pub(super) fn new(transaction: &ReadTransaction, opening: u64) -> Result<Self, redb::Error> {
        let (records, deadlines) = (transaction.open_table(RECORDS)?, transaction.open_table(DEADLINES)?);
        Ok(Self { records, deadlines, opening })
    }

    pub(super) fn records(&self) -> Result<u64, redb::Error> {
        Ok(self.records.len()?)
    }

    /// Whether anything ends up to and including this moment.
    pub(super) fn ends_by(&self, moment: Moment) -> Result<bool, redb::Error> {
        let end = entries_after(moment.nanos());
        Ok(self.deadlines.range::<&[u8]>(..end.as_slice())?.next().transpose()?.is_some())
    }

    /// How many records end after `from`, up to and including `until`.
    pub(super) fn ending_between(&self, from: Moment, until: Moment) -> Result<u64, redb::Error> {
        let (from, until) = (entries_after(from.nanos()), entries_after(until.nanos()));
        let mut count = 0;
        for entry in self.deadlines.range::<&[u8]>(from.as_slice()..until.as_slice())? {
            entry?;
            count += 1;
        }
        Ok(count)
    }

    /// What lives under a stored key; the inner error is the record's own.
    pub(super) fn get(&self, key: &[u8], select: Select, now: Moment) -> Result<Result<Option<Found>>, redb::Error> {
        let Some(bytes) = self.records.get(key)? else { return Ok(Ok(None)) };
        Ok(match Stored::decode(key, bytes.value()) {
            Some(stored) => Ok(found(&stored, select, now)),
            None => Err(damaged_record()),
        })
    }

    /// A page of a listing, as [`Backend::scan`](crate::Backend::scan) promises it.
    pub(super) fn scan(&self, ask: &Ask) -> Result<Page, redb::Error> {
        let prefix = ask.namespace.as_bytes();
        let start = match ask.cursor.as_bytes() {
            [] => ask.pattern.start(),
            position => position.to_vec(),
        };
        let mut page = empty_page(ask.pattern.path());
        let mut bytes = 0;
        let mut from = [prefix, &start].concat();
        // Within a page a record is never met twice: `from` only grows.
        'seek: loop {
            for entry in self.records.range::<&[u8]>(from.as_slice()..)? {
                let (stored_key, stored) = entry?;
                let stored_key = stored_key.value();
                let Some(key) = stored_key.strip_prefix(prefix) else { return Ok(page) };
                if page.records.len() >= ask.limit || page.cost.entries >= PAGE_ENTRIES || bytes >= PAGE_BYTES {
                    page.next = Some(Cursor::new(key.to_vec()));
                    return Ok(page);
                }
                page.cost.entries += 1;
                match ask.pattern.step(key) {
                    Step::Done => return Ok(page),
                    Step::Seek(target) if target.as_slice() > key => {
                        from = [prefix, &target].concat();
                        continue 'seek;
                    }
                    // Bytes that are no key match nothing, and are found only by looking.
                    Step::Next | Step::Seek(_) => {
                        if Key::from_bytes(Bytes::copy_from_slice(key)).is_err() {
                            page.damaged.push(Damaged::new(stored_key.to_vec(), None, "the stored key is no key"));
                        }
                    }
                    Step::Match => match read(stored_key, key, stored.value(), ask.select, ask.now) {
                        Ok(Some(record)) => {
                            bytes += record.found.value.len();
                            page.records.push(record);
                        }
                        Ok(None) => {}
                        Err(damaged) => page.damaged.push(damaged),
                    },
                }
            }
            return Ok(page);
        }
    }

    /// What the whole listing would cost: counted where it is short, else no more than all that is stored.
    pub(super) fn estimate(&self, ask: &Ask) -> Result<Page, redb::Error> {
        let prefix = ask.namespace.as_bytes();
        let mut page = empty_page(ask.pattern.path());
        let mut from = [prefix, &ask.pattern.start()].concat();
        'seek: loop {
            for entry in self.records.range::<&[u8]>(from.as_slice()..)? {
                let (stored_key, _) = entry?;
                let Some(key) = stored_key.value().strip_prefix(prefix) else { return Ok(page) };
                if page.cost.entries >= ESTIMATE_ENTRIES {
                    page.cost.entries = self.records.len()?.max(ESTIMATE_ENTRIES);
                    return Ok(page);
                }
                page.cost.entries += 1;
                match ask.pattern.step(key) {
                    Step::Done => return Ok(page),
                    Step::Seek(target) if target.as_slice() > key => {
                        from = [prefix, &target].concat();
                        continue 'seek;
                    }
                    _ => {}
                }
            }
            return Ok(page);
        }
    }
}

/// What a listing asks for.
pub(super) struct Ask {
    pub(super) namespace: Namespace,
    pub(super) pattern: Pattern,
    pub(super) select: Select,
    pub(super) cursor: Cursor,
    pub(super) limit: usize,
    pub(super) now: Moment,
}

fn empty_page(path: Path) -> Page {
    Page { records: vec![], damaged: vec![], next: None, cost: Cost { path, entries: 0, round_trips: 0, hint: None } }
}

fn found(stored: &Stored<'_>, select: Select, now: Moment) -> Option<Found> {
    let ttl = stored.deadline.remaining(now)?;
    Some(match select {
        Select::Keys => Found { value: Bytes::new(), ttl: None },
        Select::Values | Select::ValuesAndTtls => Found { value: Bytes::copy_from_slice(stored.value), ttl: Some(ttl) },
    })
}

fn read(stored_key: &[u8], key: &[u8], stored: &[u8], select: Select, now: Moment) -> Result<Option<Record>, Damaged> {
    let key = Key::from_bytes(Bytes::copy_from_slice(key))
        .map_err(|_| Damaged::new(stored_key.to_vec(), None, "the stored key is no key"))?;
    match Stored::decode(stored_key, stored) {
        Some(stored) => Ok(found(&stored, select, now).map(|found| Record { key, found })),
        None => Err(Damaged::new(stored_key.to_vec(), Some(key), DAMAGED_RECORD)),
    }
}

/// The view of the last commit, for readers to take without waiting; or that there is none at the moment.
///
/// It is kept from commit to commit, since opening one costs as much as the read itself. The writer takes it away
/// while it compacts the file or opens it anew.
pub(super) struct Views {
    seen: RwLock<Seen>,
    waiting: Mutex<()>,
    shown: Condvar,
}

#[derive(Clone)]
enum Seen {
    View(Arc<View>),
    /// The writer is at it.
    Soon,
    /// The file cannot be opened; every reader is told why.
    Failed(ErrorKind, String),
}

impl Views {
    pub(super) fn new() -> Self {
        Self { seen: RwLock::new(Seen::Soon), waiting: Mutex::new(()), shown: Condvar::new() }
    }

    /// The view; `None` where one has to [`wait`](Self::wait) for it.
    #[inline]
    pub(super) fn now(&self) -> Option<Result<Arc<View>>> {
        match &*self.seen.read().unwrap_or_else(PoisonError::into_inner) {
            Seen::View(view) => Some(Ok(Arc::clone(view))),
            Seen::Soon => None,
            Seen::Failed(kind, message) => Some(Err(Error::new(*kind, message.clone()))),
        }
    }

    /// Waits for the view; never on a caller's thread.
    pub(super) fn wait(&self) -> Result<Arc<View>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(view) = self.now() {
                return view;
            }
            waiting = self.shown.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn show(&self, view: View) {
        self.set(Seen::View(Arc::new(view)));
    }

    pub(super) fn hide(&self) {
        self.set(Seen::Soon);
    }

    /// Takes away a view that cannot be read any more, for readers to wait for the next.
    pub(super) fn leave(&self, broken: &Arc<View>) {
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*seen, Seen::View(view) if Arc::ptr_eq(view, broken)) {
            *seen = Seen::Soon;
        }
    }

    pub(super) fn fail(&self, error: &Error) {
        self.set(Seen::Failed(error.kind(), error.to_string()));
    }

    fn set(&self, seen: Seen) {
        let old = std::mem::replace(&mut *self.seen.write().unwrap_or_else(PoisonError::into_inner), seen);
        drop(self.waiting.lock());
        self.shown.notify_all();
        drop(old); // Outside the lock: the last holder of a view gives its pages back.
    }
}
