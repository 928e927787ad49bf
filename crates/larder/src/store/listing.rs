//! Everything that is built on a listing.

use std::borrow::Cow;

use crate::backend::{Backend, Cost, Cursor, Damaged, Page};
use crate::error::Result;
use crate::key::Key;
use crate::pattern::{Path, Pattern};
use crate::record::{Record, Select};
use crate::ttl::Ttl;

use super::Store;

/// How a pattern's matches would be found, told by [`Store::explain`] without listing them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// How they are found.
    pub path: Path,
    /// Stored entries that would be looked at, about.
    pub entries_estimated: u64,
    /// Round trips over a network, about.
    pub round_trips: u64,
    /// What would make it cheaper, where something would.
    pub hint: Option<String>,
}

/// What a namespace holds, counted by [`Store::stats`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Living records.
    pub records: u64,
    /// Bytes of their values.
    pub value_bytes: u64,
    /// Those of them that never expire.
    pub without_end: u64,
    /// The shortest time that remains to one of the others.
    pub first_end: Option<Ttl>,
    /// The longest time that remains to one of the others.
    pub last_end: Option<Ttl>,
    /// Stored records that cannot be read.
    pub damaged: u64,
}

/// The hint of a backend that keeps keys in order.
const BEGIN: &str = "no part is fixed ahead of the first hole, so every key of the namespace is looked at; begin the keys \
                     with the part that you ask by";

/// The records of a whole listing, each once and in key order.
struct Whole {
    records: Vec<Record>,
    damaged: Vec<Damaged>,
    cost: Cost,
}

impl<V: 'static> Store<V> {
    async fn whole(&self, pattern: &Pattern, select: Select) -> Result<Whole> {
        let mut pages = self.raw_pages(Cow::Borrowed(pattern), select);
        let mut whole = Whole {
            records: Vec::new(),
            damaged: Vec::new(),
            cost: Cost { path: Path::Point, entries: 0, round_trips: 0, hint: None },
        };
        while let Some(page) = pages.next().await? {
            if whole.records.is_empty() {
                whole.records = page.records;
            } else {
                whole.records.extend(page.records);
            }
            whole.damaged.extend(page.damaged);
            whole.cost.path = page.cost.path;
            whole.cost.entries += page.cost.entries;
            whole.cost.round_trips += page.cost.round_trips;
        }
        // Most backends list in order, each record once.
        if !whole.records.is_sorted_by(|one, next| one.key < next.key) {
            // What was listed later was read later.
            whole.records.reverse();
            whole.records.sort_by(|one, other| one.key.cmp(&other.key));
            whole.records.dedup_by(|other, one| one.key == other.key);
        }
        Ok(whole)
    }

    /// All records that a pattern matches, each once and in key order, all in memory; see [`Store::pages`] for more
    /// than fits there.
    ///
    /// A record that lives throughout is found; one written or deleted meanwhile may be; one that expires meanwhile
    /// is left out. What cannot be read stands in [`Page::damaged`] and hides no other.
    ///
    /// # Errors
    /// Those of the backend, and [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where a strict store would scan.
    pub async fn all(&self, pattern: &Pattern) -> Result<Page<(Key, V)>> {
        let whole = self.whole(pattern, Select::Values).await?;
        let records = Vec::with_capacity(whole.records.len());
        let mut page = Page { records, damaged: whole.damaged, next: None, cost: whole.cost };
        for Record { key, found } in whole.records {
            match self.codec.decode(found.value) {
                Ok(value) => page.records.push((key, value)),
                Err(_) => page.damaged.push(Damaged::new(
                    key.as_bytes().to_vec(),
                    Some(key),
                    "the stored value does not decode",
                )),
            }
        }
        Ok(page)
    }

    /// The keys of all records that a pattern matches, each once and in key order.
    ///
    /// # Errors
    /// As [`Store::all`].
    pub async fn keys(&self, pattern: &Pattern) -> Result<Page<Key>> {
        let whole = self.whole(pattern, Select::Keys).await?;
        let records = whole.records.into_iter().map(|record| record.key).collect();
        Ok(Page { records, damaged: whole.damaged, next: None, cost: whole.cost })
    }

    /// How many records a pattern matches: exact, and costs what [`Store::keys`] costs.
    ///
    /// # Errors
    /// As [`Store::all`].
    pub async fn count(&self, pattern: &Pattern) -> Result<u64> {
        let mut pages = self.raw_pages(Cow::Borrowed(pattern), Select::Keys).once().await?;
        let mut count = 0;
        while let Some(page) = pages.next().await? {
            count += page.records.len() as u64;
        }
        Ok(count)
    }

    /// Ends all records that a pattern matches; answers how many lived. Idempotent.
    ///
    /// A record that lives throughout is ended; one written meanwhile may be. Where it fails midway, what was ended
    /// stays ended: call it again.
    ///
    /// # Errors
    /// As [`Store::all`].
    pub async fn delete_all(&self, pattern: &Pattern) -> Result<u64> {
        let mut pages = self.raw_pages(Cow::Borrowed(pattern), Select::Keys);
        let mut ended = 0;
        while let Some(page) = pages.next().await? {
            let keys: Vec<Key> = page.records.into_iter().map(|record| record.key).collect();
            let lived = self.backend.delete(&self.namespace, &keys).await?;
            ended += lived.iter().filter(|lived| **lived).count() as u64;
        }
        Ok(ended)
    }

    /// Ends all records of this namespace and of no other; answers how many lived. As [`Store::delete_all`].
    ///
    /// # Errors
    /// Those of the backend; a strict store clears all the same.
    pub async fn clear(&self) -> Result<u64> {
        let mut lenient = self.clone();
        lenient.strict = false;
        lenient.delete_all(&Pattern::any()).await
    }

    /// How the matches of a pattern would be found, without listing them.
    ///
    /// # Errors
    /// Those of the backend.
    pub async fn explain(&self, pattern: &Pattern) -> Result<Explanation> {
        let page = self.backend.scan(&self.namespace, pattern, Select::Keys, &Cursor::START, 0).await?;
        let Cost { path, entries, round_trips, hint } = page.cost;
        let hint = (path == Path::Scan).then(|| hint.unwrap_or(BEGIN).to_owned());
        Ok(Explanation { path, entries_estimated: entries, round_trips, hint })
    }

    /// Counts what this namespace holds. Costs a listing of it.
    ///
    /// # Errors
    /// Those of the backend.
    pub async fn stats(&self) -> Result<Stats> {
        let mut lenient = self.clone();
        lenient.strict = false;
        let mut pages = lenient.raw_pages(Cow::Owned(Pattern::any()), Select::ValuesAndTtls).once().await?;
        let mut stats = Stats::default();
        while let Some(page) = pages.next().await? {
            stats.damaged += page.damaged.len() as u64;
            for Record { found, .. } in page.records {
                stats.records += 1;
                stats.value_bytes += found.value.len() as u64;
                let Some(ttl @ Ttl::After(_)) = found.ttl else {
                    stats.without_end += 1;
                    continue;
                };
                stats.first_end = Some(stats.first_end.map_or(ttl, |first| first.min(ttl)));
                stats.last_end = Some(stats.last_end.map_or(ttl, |last| last.max(ttl)));
            }
        }
        Ok(stats)
    }
}
