//! Records on their way from one store to another, batch by batch.

use jiff::Timestamp;
use larder::{Backend, Cursor, ErrorKind, Limits, Page, Pattern, Put, Record, Select, When};
use tokio::sync::mpsc::{Sender, channel};

use crate::batch::{BYTES, RECORDS, Waiting};
use crate::bookmark::Bookmark;
use crate::counts::Counts;
use crate::exit::Failure;
use crate::interrupt::Interrupt;
use crate::line::End;
use crate::pace::Pace;
use crate::progress::Progress;
use crate::recode::Recode;
use crate::store::{Opened, check_value};

/// A batch ends after so many pages, however little they brought, so that the position moves on.
const PAGES: usize = 256;
/// How many records are asked for while nothing is known of their size.
const FIRST_PAGE: usize = 16;
/// How many refusals are told one by one.
const TOLD: u64 = 10;

/// A copy under way.
pub(crate) struct Transfer<'t> {
    pub(crate) source: &'t Opened,
    pub(crate) target: &'t Opened,
    pub(crate) pattern: &'t Pattern,
    pub(crate) when: When,
    pub(crate) recode: Option<Recode>,
    /// The target's.
    pub(crate) limits: Limits,
    pub(crate) pace: Option<Pace>,
    pub(crate) bookmark: Option<&'t Bookmark>,
    pub(crate) progress: &'t Progress,
    pub(crate) counts: Counts,
    /// Records that the target refused in this run.
    pub(crate) refused: u64,
    /// Stored records of the source that this run could not read.
    pub(crate) damaged: u64,
}

impl Transfer<'_> {
    /// Copies from a position on; `false` where it was interrupted between two batches.
    pub(crate) async fn run(&mut self, from: Cursor, interrupt: &mut Interrupt) -> Result<bool, Failure> {
        let (to, mut batches) = channel(1);
        let (source, target) = (self.source.info().await?, self.target.info().await?);
        let records = self.pace.as_ref().map_or(RECORDS, Pace::step).min(RECORDS).min(target.batch_records);
        let gathering = Gathering {
            source: self.source.clone(),
            pattern: self.pattern.clone(),
            when: self.when,
            records,
            bytes: BYTES.min(target.batch_bytes),
            page: source.batch_records,
            page_bytes: source.batch_bytes,
            to,
        };
        // The next batch is read while this one is written.
        tokio::spawn(gathering.run(from));
        loop {
            let batch: Batch = match interrupt.or(batches.recv()).await {
                None => return Ok(false),
                Some(None) => return Ok(true),
                Some(Some(batch)) => batch?,
            };
            if let Some(pace) = &mut self.pace
                && interrupt.or(pace.wait(batch.waiting.len())).await.is_none()
            {
                return Ok(false);
            }
            let next = batch.next.clone();
            self.write(batch).await?;
            if let (Some(bookmark), Some(next)) = (self.bookmark, next) {
                bookmark.save(&next, self.counts)?;
            }
            self.progress.at(self.counts.read, String::new);
        }
    }

    async fn write(&mut self, batch: Batch) -> Result<(), Failure> {
        // Where it is not known what became of the batch, it does not count.
        let mut counts = self.counts;
        counts.read += batch.waiting.len() as u64 + batch.damaged;
        counts.refused += batch.damaged;
        let now = Timestamp::now();
        let mut puts = Vec::with_capacity(batch.waiting.len());
        let mut refusals = Vec::new();
        for waiting in batch.waiting {
            let Some(mut put) = waiting.due(now) else {
                counts.expired += 1;
                continue;
            };
            if let Some(recode) = self.recode {
                match recode.apply(&put.value, self.target.etf.unwrap_or_default()) {
                    Ok(value) => put.value = value,
                    Err(why) => {
                        refusals.push(larder::Error::new(ErrorKind::Codec, format!("the value {why}")));
                        continue;
                    }
                }
            }
            // Each by itself, for one that is refused in a batch would refuse all of it.
            match self.limits.check_puts(std::slice::from_ref(&put)) {
                Ok(()) => match check_value(self.target.etf, &put.value) {
                    Ok(()) => puts.push(put),
                    Err(why) => refusals.push(larder::Error::new(ErrorKind::Codec, why)),
                },
                Err(error) => refusals.push(error),
            }
        }
        let mut failed = None;
        for written in self.target.put(&self.target.namespace, &puts).await? {
            match written {
                Ok(true) => counts.written += 1,
                Ok(false) => *counts.kept.get_or_insert(0) += 1,
                Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Codec | ErrorKind::Corrupt) => {
                    refusals.push(error);
                }
                // It speaks of the store rather than of the record, so the next one would fare no better.
                Err(error) => failed = Some(error),
            }
        }
        for error in refusals {
            counts.refused += 1;
            self.refused += 1;
            if self.refused <= TOLD {
                self.progress.say(&format!("error: a record was refused: {error}"));
            }
        }
        self.damaged += batch.damaged;
        self.counts = counts;
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Says what was left out and has not been told yet.
    pub(crate) fn tell_rest(&self) {
        if self.refused > TOLD {
            self.progress.say(&format!("error: and {} more were refused", self.refused - TOLD));
        }
        if self.damaged > 0 {
            let damaged = self.damaged;
            self.progress.say(&format!("error: {damaged} stored records cannot be read and were left out"));
        }
    }
}

/// Records to write together.
#[derive(Default)]
struct Batch {
    waiting: Vec<Waiting>,
    bytes: usize,
    pages: usize,
    damaged: u64,
    /// Where the listing goes on after it; `None` at the end.
    next: Option<Cursor>,
}

/// The reading half, a task of its own.
struct Gathering {
    source: Opened,
    pattern: Pattern,
    when: When,
    /// So many make a batch, and so many bytes.
    records: usize,
    bytes: usize,
    /// So many are asked of the source at once, and about so many bytes.
    page: usize,
    page_bytes: usize,
    to: Sender<Result<Batch, Failure>>,
}

impl Gathering {
    /// Sends all batches from a position on; ends early where nobody wants any more.
    async fn run(self, from: Cursor) {
        let (mut next, mut page) = (Some(from), FIRST_PAGE);
        // Room first, then the batch: no more than the one that is written and the next are in memory.
        while next.is_some()
            && let Ok(room) = self.to.reserve().await
        {
            let (batch, failed) = self.gather(&mut next, &mut page).await;
            room.send(Ok(batch.sorted()));
            if let Some(failure) = failed {
                // What was read before is good.
                let _ = self.to.send(Err(failure)).await;
                return;
            }
        }
    }

    /// The records from a position on that make a batch, and what went wrong after them.
    ///
    /// `fitting` is how many records make a page, as far as the one before tells.
    async fn gather(&self, next: &mut Option<Cursor>, fitting: &mut usize) -> (Batch, Option<Failure>) {
        let Opened { backend, namespace, .. } = &self.source;
        let mut batch = Batch::default();
        while let Some(cursor) = next.take() {
            // What remains of a ttl is counted from before it was read: a record lives no longer for being copied.
            let now = Timestamp::now();
            let limit = (self.records - batch.waiting.len()).min(self.page).min(*fitting);
            let page = match backend.scan(namespace, &self.pattern, Select::ValuesAndTtls, &cursor, limit).await {
                Ok(page) => page,
                Err(error) => return (batch, Some(Failure::from(error).at("--from"))),
            };
            next.clone_from(&page.next);
            let (records, bytes) = (page.records.len(), batch.bytes);
            batch.add(page, now, self.when);
            *fitting = match (batch.bytes - bytes).checked_div(records) {
                Some(each) => (self.page_bytes / each.max(1)).max(1),
                // Among many foreign keys a small page would look at few of them.
                None => fitting.saturating_mul(2),
            };
            let full = batch.waiting.len() >= self.records || batch.bytes >= self.bytes || batch.pages >= PAGES;
            if full {
                break;
            }
            // A wish to stop is heard between two pages.
            tokio::task::yield_now().await;
        }
        (batch, None)
    }
}

impl Batch {
    fn add(&mut self, page: Page, now: Timestamp, when: When) {
        for Record { key, found } in page.records {
            self.bytes += found.value.len() + key.as_bytes().len();
            let ttl = found.ttl.expect("a listing that asks for ttls brings them");
            let put = Put { key, value: found.value, ttl, when };
            self.waiting.push(Waiting { end: End::after(ttl, now).moment(), put });
        }
        self.damaged += page.damaged.len() as u64;
        self.pages += 1;
        self.next = page.next;
    }

    /// In key order, in which a store takes them fastest, and each key once, for a listing may repeat itself.
    fn sorted(mut self) -> Self {
        self.waiting.sort_by(|one, other| one.put.key.cmp(&other.put.key));
        self.waiting.dedup_by(|later, earlier| {
            let twice = later.put.key == earlier.put.key;
            if twice {
                std::mem::swap(later, earlier);
            }
            twice
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use larder::{Ttl, key};

    use super::*;

    #[test]
    fn a_key_that_is_listed_twice_is_written_once_as_it_was_read_last() {
        let waiting = |part: u32, value: &'static str| {
            let put = Put { key: key![part], value: value.into(), ttl: Ttl::Never, when: When::Absent };
            Waiting { end: None, put }
        };
        let waiting = vec![waiting(2, "old"), waiting(1, "one"), waiting(2, "new"), waiting(2, "newest")];
        let batch = Batch { waiting, ..Batch::default() }.sorted();
        let values: Vec<_> = batch.waiting.iter().map(|waiting| &waiting.put.value[..]).collect();
        assert_eq!(values, [&b"one"[..], b"newest"]);
    }
}
