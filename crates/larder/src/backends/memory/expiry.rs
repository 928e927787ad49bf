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
        self.expire(shard, now, EACH_WRITE);
    }

    /// Removes what has expired but for the present tick; answers how many records.
    pub(super) fn sweep_ticks(&self, now: Moment) -> u64 {
        self.shards.iter().map(|shard| self.sweep_ticks_of(shard, now)).sum()
    }

    /// Removes all that has expired; answers how many records.
    pub(super) fn sweep(&self, now: Moment) -> u64 {
        self.shards.iter().map(|shard| self.sweep_ticks_of(shard, now) + self.sweep_present_of(shard, now)).sum()
    }

    /// Removes all that has expired and gives unused room back; answers how many records and bytes.
    pub(super) fn compact(&self, now: Moment) -> (u64, u64) {
        let removed = self.sweep(now);
        let shards: u64 = self.shards.iter().map(|Padded(shard)| write(shard).compact()).sum();
        (removed, shards + self.index.compact())
    }

    fn sweep_ticks_of(&self, Padded(shard): &Padded, now: Moment) -> u64 {
        let mut removed = 0;
        let mut more = read(shard).is_due_before(Timer::tick_at(now));
        while more {
            let (seen, freed) = self.expire(&mut write(shard), now, EACH_LOCK);
            removed += freed;
            more = seen == EACH_LOCK;
        }
        removed
    }

    /// Of the present tick some have expired and some have not. So their timers stay where they are: one that was taken
    /// out would be missing to who sweeps beside this, and put back it would be looked at for ever.
    fn sweep_present_of(&self, Padded(shard): &Padded, now: Moment) -> u64 {
        let mut removed = 0;
        let timers = read(shard).timers_in(Timer::tick_at(now));
        for some in timers.chunks(EACH_LOCK) {
            let mut shard = write(shard);
            for timer in some {
                if let Due::Now(entry) = shard.due(*timer, |entry| entry.deadline().is_past(now)) {
                    self.remove(&mut shard, &entry.name(), &entry);
                    removed += 1;
                }
            }
        }
        removed
    }

    /// Looks at so many timers before the present tick; answers how many there were, and how many records were removed.
    fn expire(&self, shard: &mut Shard, now: Moment, most: usize) -> (usize, u64) {
        let mut removed = 0;
        for seen in 0..most {
            let Some(timer) = shard.pop_before(Timer::tick_at(now)) else { return (seen, removed) };
            match shard.due(timer, |entry| entry.deadline().is_past(now)) {
                Due::Stale => {}
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
