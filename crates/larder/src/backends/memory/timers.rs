//! When the records of a shard are to be freed, soonest first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::clock::Moment;
use crate::ttl::Deadline;

/// A record's deadline to within 134 ms, and enough of its hash to find it by: eight bytes.
///
/// Timers only free space, so neither has to be exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timer(u64);

/// The low bits, which hold the hash. 27 tell the records of a shard apart up to some 30 million records a store;
/// beyond that lookups slow down and nothing else.
const HASH_BITS: u32 = 27;
const HASH: u64 = (1 << HASH_BITS) - 1;

/// What a timer keeps of a hash, as a table wants it: with entropy in its lowest and its highest bits.
#[inline]
pub(super) fn spread(hash: u64) -> u64 {
    let hash = hash & HASH;
    hash | hash << (64 - HASH_BITS)
}

impl Timer {
    pub(super) fn new(deadline: Deadline, hash: u64) -> Self {
        Self(deadline.nanos() & !HASH | hash & HASH)
    }

    pub(super) fn bits(self) -> u64 {
        self.0
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The hash it holds, spread.
    #[inline]
    pub(super) fn hash(self) -> u64 {
        spread(self.0)
    }

    /// Which stretch of time the deadline lies in.
    pub(super) fn tick(self) -> u64 {
        self.0 >> HASH_BITS
    }

    pub(super) fn tick_at(now: Moment) -> u64 {
        now.nanos() >> HASH_BITS
    }

    /// Whether it stands for no deadline.
    fn is_never(self) -> bool {
        self.0 >= !HASH
    }
}

/// The timers of a shard, in a heap.
///
/// A timer is armed when a record gets a deadline and is left where it is when the record gets a later one: when its
/// time has come it is armed anew. So a refresh costs nothing here. A timer that is not its record's own counts for
/// nothing and goes when its time comes, or when such timers are the most.
#[derive(Default)]
pub(super) struct Timers(BinaryHeap<Reverse<Timer>>);

impl Timers {
    pub(super) fn arm(&mut self, timer: Timer) {
        if !timer.is_never() {
            self.0.push(Reverse(timer));
        }
    }

    /// The soonest.
    pub(super) fn soonest(&self) -> Option<Timer> {
        self.0.peek().map(|timer| timer.0)
    }

    /// Takes the soonest out if its stretch of time is among the first so many.
    pub(super) fn pop_before(&mut self, tick: u64) -> Option<Timer> {
        let soonest = self.soonest()?;
        if soonest.tick() >= tick {
            return None;
        }
        self.0.pop().map(|timer| timer.0)
    }

    /// All, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Timer> {
        self.0.iter().map(|timer| timer.0)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Drops all that are not among these.
    pub(super) fn rebuild(&mut self, timers: impl Iterator<Item = Timer>) {
        self.0 = timers.filter(|timer| !timer.is_never()).map(Reverse).collect::<Vec<_>>().into();
    }

    /// The bytes that they take.
    pub(super) fn size(&self) -> usize {
        self.0.capacity() * size_of::<Timer>()
    }
}

#[cfg(all(test, shuttle))]
impl Timers {
    pub(super) fn is_armed(&self, timer: Timer) -> bool {
        self.iter().any(|other| other == timer)
    }
}
