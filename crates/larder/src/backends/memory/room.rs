//! How much the records take, and the bound on it.

use std::sync::atomic::Ordering::Relaxed;

use super::locks::{read, write};
use super::name::Name;
use super::records::{Padded, Records};
use super::row::Named;
use super::shard::{Due, Shard};
use super::sync::AtomicU64;
use super::timers::Timer;

/// What a full store does with a record that does not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WhenFull {
    /// Answers that record with [`ErrorKind::Full`](crate::ErrorKind::Full); everything that lives stays.
    #[default]
    Refuse,
    /// Ends the records that would end soonest, to within a seventh of a second, until it fits. Those that live for
    /// ever stay; where there are only such, the answer is as under [`WhenFull::Refuse`].
    EvictSoonest,
}

/// An account of what the records take.
pub(super) struct Room {
    used: AtomicU64,
    max: Option<u64>,
}

/// The record does not fit.
#[derive(Debug)]
pub(super) struct NoRoom;

impl Room {
    pub(super) fn new(max: Option<u64>) -> Self {
        Self { used: AtomicU64::new(0), max }
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    pub(super) fn max(&self) -> Option<u64> {
        self.max
    }

    /// Whether a record of this charge would fit if nothing else were there.
    pub(super) fn could_hold(&self, charge: u64) -> bool {
        self.max.is_none_or(|max| charge <= max)
    }

    /// Takes room in place of some that was taken before.
    pub(super) fn take(&self, charge: u64, before: u64) -> Result<(), NoRoom> {
        let more = charge.saturating_sub(before);
        match self.max {
            Some(max) if more > 0 => {
                let fits = |used: u64| used.checked_add(more).filter(|sum| *sum <= max);
                self.used.fetch_update(Relaxed, Relaxed, fits).map_err(|_| NoRoom)?;
            }
            _ => {
                self.used.fetch_add(more, Relaxed);
            }
        }
        self.give_back(before.saturating_sub(charge));
        Ok(())
    }

    pub(super) fn give_back(&self, charge: u64) {
        self.used.fetch_sub(charge, Relaxed);
    }
}

impl Records {
    /// Frees room for a record that does not fit; answers whether there is more of it now.
    pub(super) fn make_room(&self, name: &Name) -> bool {
        match self.when_full {
            WhenFull::Refuse => self.sweep(self.now()) > 0,
            WhenFull::EvictSoonest => self.evict(name),
        }
    }

    /// Removes the record that ends soonest, but not that of the name it makes room for, which may be what a condition
    /// is about; answers whether there was one.
    fn evict(&self, name: &Name) -> bool {
        let mut spared = None;
        let evicted = loop {
            let soonest = |shard: &Padded| read(&shard.0).soonest();
            let candidates = self.shards.iter().filter_map(|shard| Some((soonest(shard)?, shard)));
            let Some((timer, Padded(shard))) = candidates.min_by_key(|(timer, _)| *timer) else { break false };
            if self.evict_before(timer.tick() + 1, &mut write(shard), name, &mut spared) {
                break true;
            }
        };
        if let Some(timer) = spared {
            write(self.shard(self.hash(name))).put_back(timer);
        }
        evicted
    }

    fn evict_before(&self, tick: u64, shard: &mut Shard, name: &Name, spared: &mut Option<Timer>) -> bool {
        while let Some(timer) = shard.pop_before(tick) {
            match shard.due(timer, |entry| entry.deadline_tick() < tick) {
                Due::Stale => {}
                // It was refreshed since its timer was armed, and another shard may come first now.
                Due::Later(entry) => shard.postpone(&entry),
                Due::Now(entry) if entry.is(name) => *spared = Some(timer),
                Due::Now(entry) => {
                    self.remove(shard, &entry.name(), &entry);
                    return true;
                }
            }
        }
        false
    }
}
