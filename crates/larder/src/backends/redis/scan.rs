//! `scan`: a point read, the members of an index, or SCAN over the keys of the database.

use std::collections::BTreeMap;

use bytes::Bytes;
use redis::Value;

use crate::backend::{Cost, Cursor, Damaged, Page};
use crate::error::{ErrorKind, Result};
use crate::key::Key;
use crate::namespace::Namespace;
use crate::pattern::{Path, Pattern};
use crate::record::{Found, Record, Select};
use crate::sabotage;

use super::batch::Batch;
use super::connection::{Command, Effect};
use super::get::{Look, on};
use super::layout::{Layout, Listed};
use super::mark::Doubt;
use super::position::Position;
use super::{Redis, reply};

/// How many keys or members a server looks at for one step of a walk: more is no faster, and blocks it for over 1 ms.
pub(super) const LOOKED_AT: u64 = 1000;

/// The fewest, however small the page.
const FEWEST: u64 = 100;

/// What a walk came upon: the stored key, and the key it spells or why it spells none.
type Candidate = (Bytes, Result<Key, &'static str>);

impl Redis {
    pub(super) async fn list(
        &self,
        space: &Namespace,
        pattern: &Pattern,
        select: Select,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<Page> {
        self.limits.check_pattern(pattern)?;
        let position = Position::of(cursor)?;
        if let Some(key) = pattern.point() {
            return self.point(space, key, select, limit).await;
        }
        let Some(listed) = self.layout.index(space, pattern)?.filter(|_| !position.is_instead_of_index()) else {
            return match limit {
                0 => self.estimate_scan(space, pattern, hint(self.layout)).await,
                _ => self.page_of_scan(space, pattern, select, position, limit).await,
            };
        };
        let mark = self.layout.marked_space(space).filter(|_| !listed.indexes.is_empty());
        let mut round_trips = 0;
        // Once more where the index was not known to be whole and could be made so at once.
        for _ in 0..2 {
            let page = match limit {
                0 => self.estimate_index(&listed, mark.as_deref()).await?,
                _ => self.page_of_index(space, pattern, &listed, mark.as_deref(), select, &position, limit).await?,
            };
            if let Some(mut page) = page {
                page.cost.round_trips += round_trips;
                return Ok(page);
            }
            round_trips += 1;
            match &mark {
                Some(mark) if self.make_whole(mark).await? => {}
                _ => break,
            }
        }
        match limit {
            0 => self.estimate_scan(space, pattern, LOST).await,
            _ => {
                let start = Position::instead_of_index();
                let mut page = self.page_of_scan(space, pattern, select, start, limit).await?;
                page.cost.round_trips += round_trips;
                Ok(page)
            }
        }
    }

    async fn point(&self, space: &Namespace, key: Key, select: Select, limit: usize) -> Result<Page> {
        let mut page = empty(Path::Point, 1, 1);
        if limit == 0 {
            return Ok(page);
        }
        if let Some(found) = self.read(space, std::slice::from_ref(&key), select).await?.pop().flatten() {
            page.records.push(Record { key, found });
        }
        Ok(page)
    }

    /// A page of the members of an index. A member is a hint: it counts where its record is found. `None` where the
    /// index is not known to be whole.
    #[expect(clippy::too_many_arguments, reason = "those of a scan, and the two that it found out")]
    async fn page_of_index(
        &self,
        space: &Namespace,
        pattern: &Pattern,
        listed: &Listed,
        mark: Option<&[u8]>,
        select: Select,
        at: &Position,
        limit: usize,
    ) -> Result<Option<Page>> {
        let mut at = at.clone();
        let mut page = empty(Path::Index, 0, 0);
        let mut taken = Vec::new();
        let over = at.take_over();
        let sets = listed.indexes.get(at.set()..).unwrap_or_default();
        if at.fill(self.candidates(space, pattern, over), limit, &mut taken) && !sets.is_empty() {
            at.walk_on(self.connection.run_of_server().await?);
            // The sets are few, and most fit into one reply: all that remain are asked at once.
            let mut batch = Batch::default();
            let doubt = Doubt::ahead(mark, &mut batch);
            let asked: Vec<_> = sets
                .iter()
                .enumerate()
                .map(|(ahead, set)| {
                    batch.push(&walk("ZSCAN", Some(set), if ahead == 0 { at.cursor } else { 0 }, None, limit))
                })
                .collect();
            let doubt = doubt.behind(self, at.run(), &mut batch);
            let mut replies = batch.send(&self.connection, Effect::Read).await?;
            page.cost.round_trips += 1;
            if !doubt.settle(self, at.run(), &mut replies)? {
                return Ok(None);
            }
            // Where the server has started anew meanwhile, nobody knows which one answered: the walk begins anew as well.
            let same = at.is_walked_on(self.connection.run_of_server().await?);
            for (set, place) in sets.iter().zip(asked).take_while(|_| same) {
                let (next, members) = reply::page(replies.take(place)?)?;
                page.cost.entries += members.len() as u64 / 2;
                let stored = members.iter().step_by(2).filter_map(|member| self.layout.member(set, member));
                let ended = at.advance(next);
                if !at.fill(self.candidates(space, pattern, stored), limit, &mut taken) || !ended {
                    break;
                }
            }
        }
        let mut walks = listed.indexes.len();
        if let Some(key) = &listed.point {
            if at.is_behind(walks) && taken.len() < limit {
                let spelled = self.layout.spell(space, key)?;
                taken.extend(spelled.keys().map(|stored| (Bytes::copy_from_slice(stored), Ok(key.clone()))));
                at.advance(0);
            }
            walks += 1;
        }
        page.next = (!at.is_behind(walks)).then(|| at.to_cursor());
        self.look(space, taken, select, &mut page).await?;
        Ok(Some(page))
    }

    /// A page of SCAN. It lists what lives, so keys alone need no second look.
    async fn page_of_scan(
        &self,
        space: &Namespace,
        pattern: &Pattern,
        select: Select,
        mut at: Position,
        limit: usize,
    ) -> Result<Page> {
        let globs = self.layout.globs(space, pattern)?;
        let mut page = empty(Path::Scan, 0, 0);
        let mut taken = Vec::new();
        let over = at.take_over();
        if at.fill(self.candidates(space, pattern, over), limit, &mut taken)
            && let Some(glob) = globs.get(at.set())
        {
            at.walk_on(self.connection.run_of_server().await?);
            let command = walk("SCAN", None, at.cursor, Some(glob), limit);
            let (next, stored) = reply::page(self.connection.call(&command, Effect::Read).await?)?;
            page.cost.entries += at_once(limit);
            page.cost.round_trips += 1;
            if at.is_walked_on(self.connection.run_of_server().await?) {
                at.advance(next);
            }
            at.fill(self.candidates(space, pattern, stored), limit, &mut taken);
        }
        page.next = (!at.is_behind(globs.len())).then(|| at.to_cursor());
        if select == Select::Keys {
            let found = Found { value: Bytes::new(), ttl: None };
            for (key, _) in once(taken, &mut page.damaged) {
                page.records.push(Record { key, found: found.clone() });
            }
        } else {
            self.look(space, taken, select, &mut page).await?;
        }
        Ok(page)
    }

    /// What matches, and what stands in the way and spells no key: each once, by what is stored.
    fn candidates(
        &self,
        space: &Namespace,
        pattern: &Pattern,
        stored: impl IntoIterator<Item = impl Into<Bytes>>,
    ) -> Vec<Candidate> {
        let read = |stored: Bytes| match self.layout.read(space, &stored) {
            Ok(key) => pattern.matches(&key).then_some((stored, Ok(key))),
            Err(why) => Some((stored, Err(why))),
        };
        let found: BTreeMap<_, _> = stored.into_iter().filter_map(|stored| read(stored.into())).collect();
        found.into_iter().collect()
    }

    /// Brings what stands under the candidates. A record can expire between its listing and this look: it is left out.
    async fn look(&self, space: &Namespace, taken: Vec<Candidate>, select: Select, page: &mut Page) -> Result<()> {
        if sabotage::is_off("garbage") && taken.iter().any(|(_, key)| key.is_err()) {
            return Err(reply::slipped());
        }
        let taken = once(taken, &mut page.damaged);
        if taken.is_empty() {
            return Ok(());
        }
        page.cost.round_trips += 1;
        let mut look = Look::new(select);
        for (key, stored) in &taken {
            // Under the bytes that were listed, which need not be those we would write; ours come first.
            let primary = self.layout.spell(space, key)?.primary;
            let others = stored.iter().filter(|stored| **stored != primary);
            look.at([&primary[..]].into_iter().chain(others.map(|stored| &stored[..])));
        }
        for ((key, stored), answer) in taken.into_iter().zip(look.answers(&self.connection).await?) {
            match answer {
                Ok(Some(found)) => page.records.push(Record { key, found }),
                Ok(None) if !sabotage::is_off("garbage") => {}
                Ok(None) => return Err(reply::slipped()),
                Err(error) if error.kind() == ErrorKind::Corrupt => {
                    let stored = stored.into_iter().next().unwrap_or_default();
                    page.damaged.push(Damaged::new(stored, Some(key), "another kind of value stands under it"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn estimate_index(&self, listed: &Listed, mark: Option<&[u8]>) -> Result<Option<Page>> {
        let run = self.connection.run_of_server().await?;
        let mut batch = Batch::default();
        let doubt = Doubt::ahead(mark, &mut batch);
        let asked: Vec<_> = listed.indexes.iter().map(|set| batch.push(&on("ZCARD", set))).collect();
        let doubt = doubt.behind(self, run, &mut batch);
        let mut replies = batch.send(&self.connection, Effect::Read).await?;
        if !doubt.settle(self, run, &mut replies)? {
            return Ok(None);
        }
        let mut entries = u64::from(listed.point.is_some());
        for place in asked {
            entries += count(replies.take(place)?)?;
        }
        Ok(Some(empty(Path::Index, entries, 2 * entries.div_ceil(LOOKED_AT).max(1))))
    }

    async fn estimate_scan(&self, space: &Namespace, pattern: &Pattern, hint: &'static str) -> Result<Page> {
        let walks = self.layout.globs(space, pattern)?.len() as u64;
        let entries = walks * count(self.connection.call(&Command::new("DBSIZE"), Effect::Read).await?)?;
        let mut page = empty(Path::Scan, entries, 2 * entries.div_ceil(LOOKED_AT).max(1));
        page.cost.hint = Some(hint);
        Ok(page)
    }
}

/// How many of them for a page of that limit: about as many as it can hold.
fn at_once(limit: usize) -> u64 {
    (limit as u64).clamp(FEWEST, LOOKED_AT)
}

/// SCAN or ZSCAN from a cursor on.
fn walk(name: &str, set: Option<&[u8]>, cursor: u64, glob: Option<&[u8]>, limit: usize) -> Command {
    let command = set.into_iter().fold(Command::new(name), Command::arg).number(cursor);
    let command = glob.into_iter().fold(command, |command, glob| command.arg("MATCH").arg(glob));
    command.arg("COUNT").number(at_once(limit))
}

/// Each key once, with all stored spellings of it: one may be a hint and the other the record. What spells none is
/// reported.
fn once(taken: Vec<Candidate>, damaged: &mut Vec<Damaged>) -> Vec<(Key, Vec<Bytes>)> {
    let mut keys: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (stored, key) in taken {
        match key {
            Ok(key) => {
                keys.entry(key).or_default().push(stored);
            }
            Err(why) => damaged.push(Damaged::new(stored, None, why)),
        }
    }
    keys.into_iter().collect()
}

const LOST: &str = "the index of this namespace is not known to be whole: it has just come into use, or was removed, or the \
                    server evicts keys; it is being made whole, and until then every key of the database is looked at";

fn hint(layout: Layout) -> &'static str {
    match layout {
        Layout::Native => {
            "the index lists the children of a parent: a pattern of two parts or more, each fixed but the last, is found \
             there; for any other every key of the database is looked at"
        }
        Layout::Pow(_) => {
            "`layout=pow` has no index, so every key of the database is looked at; where all that writes is Larder or \
             Pow from 1.0.25 on, `layout=pow-indexed` has one"
        }
        Layout::PowIndexed(_) => {
            "Pow's index lists by what the keys begin with: fix the first part of the pattern; for any other every key \
             of the database is looked at"
        }
    }
}

fn count(reply: Value) -> Result<u64> {
    reply::integer(reply).map(|number| u64::try_from(number).unwrap_or(0))
}

fn empty(path: Path, entries: u64, round_trips: u64) -> Page {
    let cost = Cost { path, entries, round_trips, hint: None };
    Page { records: Vec::new(), damaged: Vec::new(), next: None, cost }
}
