//! A page of a listing.

use crate::backend::{Cost, Cursor, Page};
use crate::clock::Moment;
use crate::error::Result;
use crate::key::Key;
use crate::namespace::Namespace;
use crate::pattern::{Path, Pattern, Step};
use crate::record::{Found, Record, Select};

use super::block::Block;
use super::entry::Entry;
use super::index::Move;
use super::name::Name;
use super::records::{Records, found};
use super::row::{AHEAD, Named};
use super::shard::Shard;
use super::sync::usually;

/// How many entries a walk stands on before writers may pass.
const EACH_WALK: usize = usually(128, 4);

/// How many entries a page passes in vain. It ends then, however little it has found, so that no call holds a thread for
/// more than about a millisecond.
const EACH_PAGE: u64 = 4096;

/// How many entries an estimate stands on.
const EACH_ESTIMATE: u64 = 1000;

/// A listing under way.
struct Walk<'a> {
    records: &'a Records,
    namespace: &'a Namespace,
    pattern: &'a Pattern,
    /// What all names of matches begin with, and no others, where there is such a thing.
    prefix: Option<Name>,
    /// Where it goes on: at these key bytes, or after them.
    position: Vec<u8>,
    after: bool,
    /// Whether values are to be read.
    values: bool,
    done: bool,
    entries: u64,
}

impl Records {
    pub(super) fn page(
        &self,
        namespace: &Namespace,
        pattern: &Pattern,
        select: Select,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<Page> {
        let now = self.now();
        if let Some(key) = pattern.point() {
            return Ok(self.point(namespace, key, select, cursor, limit, now));
        }
        let values = select != Select::Keys && limit > 0;
        let mut walk = Walk::begin(self, namespace, pattern, values, cursor);
        let mut page = Page { records: Vec::new(), damaged: Vec::new(), next: None, cost: cost(pattern.path(), 0) };
        if limit == 0 {
            page.cost.entries = walk.estimate();
            return Ok(page);
        }
        let mut matches = Vec::with_capacity(limit.min(16));
        let head = namespace.as_bytes().len();
        while !walk.done && page.records.len() < limit && walk.entries < EACH_PAGE + page.records.len() as u64 {
            walk.advance(limit - page.records.len(), &mut matches);
            page.records.reserve(matches.len());
            for batch in matches.chunks(AHEAD) {
                if values && walk.prefix.is_none() {
                    batch.iter().for_each(Entry::touch);
                }
                let mut block = Block::new(batch, values);
                for entry in batch {
                    let read =
                        |shard: &Shard, entry: &Entry| found(entry, select, now, || shard.value_in(entry, &mut block));
                    if let Some(found) = self.read_listed(entry, now, read) {
                        let key = Key::from_stored(block.name_after(head, entry));
                        page.records.push(Record { key, found });
                    }
                }
            }
            matches.clear();
        }
        page.cost.entries = walk.entries;
        page.next = (!walk.done).then(|| Cursor::new(walk.position));
        Ok(page)
    }

    fn point(
        &self,
        namespace: &Namespace,
        key: Key,
        select: Select,
        cursor: &Cursor,
        limit: usize,
        now: Moment,
    ) -> Page {
        let mut page = Page { records: Vec::new(), damaged: Vec::new(), next: None, cost: cost(Path::Point, 1) };
        if limit > 0 && key.as_bytes() > cursor.as_bytes() {
            let name = Name::new(namespace, key.as_bytes());
            let found: Option<Found> =
                self.read(&name, now, |shard, entry| found(entry, select, now, || shard.value(entry)));
            page.records.extend(found.map(|found| Record { key, found }));
        }
        page
    }
}

fn cost(path: Path, entries: u64) -> Cost {
    Cost { path, entries, round_trips: 0, hint: None }
}

impl<'a> Walk<'a> {
    fn begin(
        records: &'a Records,
        namespace: &'a Namespace,
        pattern: &'a Pattern,
        values: bool,
        cursor: &Cursor,
    ) -> Self {
        let (begins, cursor) = (pattern.prefix(), cursor.as_bytes());
        let prefix = begins.as_ref().map(|prefix| Name::new(namespace, prefix));
        let start = begins.filter(|prefix| !prefix.is_empty()).unwrap_or_else(|| pattern.start());
        let after = cursor >= start.as_slice();
        let position = if after { cursor.to_vec() } else { start };
        Self { records, namespace, pattern, prefix, position, after, values, done: false, entries: 0 }
    }

    /// Goes on by some entries, and adds at most `limit` of those that match.
    fn advance(&mut self, limit: usize, matches: &mut Vec<Entry>) {
        match self.prefix.clone() {
            Some(prefix) => self.advance_under(&prefix, limit, matches),
            None => self.advance_by_steps(limit, matches),
        }
    }

    /// All under a prefix match, and nothing else does: no name is judged.
    fn advance_under(&mut self, prefix: &Name, limit: usize, matches: &mut Vec<Entry>) {
        // A listing begins where the prefix does, which needs no name of its own.
        let is_within = self.after || self.namespace.as_bytes().len() + self.position.len() != prefix.len();
        let from = is_within.then(|| Name::new(self.namespace, &self.position));
        let from = from.as_ref().map(|name| (name, self.after));
        let touch = if self.values { Entry::touch } else { Entry::touch_name };
        let (before, most) = (matches.len(), limit.min(EACH_WALK));
        self.done = self.records.index.walk_under(prefix, from, touch, |entry| {
            matches.push(entry.clone());
            matches.len() - before < most
        });
        self.entries += (matches.len() - before) as u64;
        if !self.done
            && let Some(last) = matches.last()
        {
            self.stand_after(last);
        }
    }

    fn advance_by_steps(&mut self, limit: usize, matches: &mut Vec<Entry>) {
        let head = self.namespace.as_bytes();
        let from = Name::new(self.namespace, &self.position);
        let mut name = Vec::with_capacity(128);
        let mut stood = 0;
        let mut last = None;
        self.records.index.walk(from, self.after, |entry| {
            entry.read_name(&mut name);
            let Some(key) = name.strip_prefix(head) else { return Move::Stop };
            stood += 1;
            let step = self.pattern.step(key);
            if let Step::Done = step {
                return Move::Stop;
            }
            if let Step::Match = step {
                matches.push(entry.clone());
            }
            if stood == EACH_WALK || matches.len() == limit {
                last = Some(entry.clone());
                return Move::Stop;
            }
            match step {
                Step::Seek(to) => Move::To(Name::new(self.namespace, &to)),
                _ => Move::Next,
            }
        });
        self.done = last.is_none();
        if let Some(last) = last {
            self.stand_after(&last);
        }
        self.entries += stood as u64;
    }

    fn stand_after(&mut self, entry: &Entry) {
        entry.read_name(&mut self.position);
        self.position.drain(..self.namespace.as_bytes().len());
        self.after = true;
    }

    /// How many entries the listing will stand on: counted up to a thousand; and beyond that, as if it stood on all that
    /// are left in the namespace.
    fn estimate(mut self) -> u64 {
        while !self.done && self.entries < EACH_ESTIMATE {
            self.advance(usize::MAX, &mut Vec::new());
        }
        if self.done {
            return self.entries;
        }
        let here = Name::new(self.namespace, &self.position);
        let end = Name::new(self.namespace, &[0xff; 6]);
        self.entries + self.records.index.distance(&here, &end).saturating_sub(1) as u64
    }
}
