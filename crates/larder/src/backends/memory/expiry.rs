//! The removal of what has expired, a little at a time.

use crate::clock::Moment;

use super::locks::{read, write};
use super::records::{Padded, Records};
use super::row::Named;
use super::shard::{Due, Shard};
use super::sync::usually;
use super::timers::Timer;

/// How many due timers each write looks at: more than one, so that a store in use keeps ahead of what it arms.
pub(super) const EACH_WRITE: usize = 2;

/// How many due timers are looked at before a shard's lock is given up for others to pass.
const EACH_LOCK: usize = usually(64, 2);

impl Records {
    /// Frees a little of what has expired in a shard that is being written to.
    pub(super) fn expire_some(&self, shard: &mut Shard, now: Moment) {
        self.expire(shard, Timer::tick_at(now), now, EACH_WRITE, &mut Vec::new());
    }

    /// Removes all that has expired; answers how many records.
    pub(super) fn sweep(&self, now: Moment) -> u64 {
        let before = Timer::tick_at(now) + 1;
        let mut removed = 0;
        for Padded(shard) in &self.shards {
            if read(shard).soonest().is_none_or(|timer| timer.tick() >= before) {
                continue;
            }
            let mut soon = Vec::new();
            loop {
                let mut shard = write(shard);
                let (seen, more) = self.expire(&mut shard, before, now, EACH_LOCK, &mut soon);
                removed += more;
                if seen < EACH_LOCK {
                    soon.into_iter().for_each(|timer| shard.put_back(timer));
                    break;
                }
            }
        }
        removed
    }

    /// Removes all that has expired and gives unused room back; answers how many records and bytes.
    pub(super) fn compact(&self, now: Moment) -> (u64, u64) {
        let removed = self.sweep(now);
        let shards: u64 = self.shards.iter().map(|Padded(shard)| write(shard).compact()).sum();
        (removed, shards + self.index.compact())
    }

    /// Looks at so many timers before a tick; answers how many there were, and how many records were removed. The timer
    /// of a record that ends within the present tick, but not yet, is left to the caller: put back at once it would be
    /// looked at for ever.
    fn expire(&self, shard: &mut Shard, before: u64, now: Moment, most: usize, soon: &mut Vec<Timer>) -> (usize, u64) {
        let mut removed = 0;
        for seen in 0..most {
            let Some(timer) = shard.pop_before(before) else { return (seen, removed) };
            match shard.due(timer, |entry| entry.deadline().is_past(now)) {
                Due::Stale => {}
                Due::Later(entry) if entry.deadline_tick() < before => soon.push(timer),
                Due::Later(entry) => shard.postpone(&entry),
                Due::Now(entry) => {
                    self.remove(shard, &entry.name(), &entry);
                    removed += 1;
                }
            }
        }
        (most, removed)
    }
}
