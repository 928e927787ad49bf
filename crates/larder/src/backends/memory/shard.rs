//! A part of the records under one lock: found by hash, freed by timers.

use bytes::Bytes;
use hashbrown::HashTable;

use crate::ttl::Deadline;

use super::block::Block;
use super::entry::Entry;
use super::name::Name;
use super::timers::{Timer, Timers};

/// The records whose hash falls here.
#[derive(Default)]
pub(super) struct Shard {
    table: HashTable<Entry>,
    /// The values that are too large to lie within their records.
    apart: HashTable<(Entry, Bytes)>,
    timers: Timers,
}

/// What has become of the record of a timer.
pub(super) enum Due {
    /// It is to be removed.
    Now(Entry),
    /// It has a later deadline by now, and no timer.
    Later(Entry),
    /// It is gone or has another timer.
    Stale,
}

impl Shard {
    /// The entry of a name, given the hash as [`Timer::hash`] spreads it.
    #[inline]
    pub(super) fn find(&self, hash: u64, name: &Name) -> Option<&Entry> {
        self.touch_place(hash);
        self.table.find(hash, |entry| {
            // Its value is on its way while its name is compared.
            entry.touch();
            entry.is(name)
        })
    }

    /// The place of a name's entry, until something is added or removed.
    #[inline]
    pub(super) fn place(&self, hash: u64, name: &Name) -> Option<usize> {
        self.touch_place(hash);
        self.table.find_bucket_index(hash, |entry| entry.is(name))
    }

    /// Brings the handle into the cache that a search will most likely come to, beside the tags that the search begins
    /// with: it would else wait for these, and then for the handle.
    #[inline]
    fn touch_place(&self, hash: u64) {
        if let Some(entry) = self.table.get_bucket(hash as usize & (self.table.num_buckets() - 1)) {
            entry.touch_handle();
        }
    }

    #[inline]
    pub(super) fn entry(&self, at: usize) -> Option<&Entry> {
        self.table.get_bucket(at)
    }

    /// The value of an entry of this shard, in bytes of the reader's own or shared with nobody who writes.
    #[inline]
    pub(super) fn value(&self, entry: &Entry) -> Bytes {
        if entry.is_apart() { self.value_apart(entry) } else { entry.value() }
    }

    /// The same, in a block where it has room there.
    #[inline]
    pub(super) fn value_in(&self, entry: &Entry, block: &mut Block) -> Bytes {
        if entry.is_apart() { self.value_apart(entry) } else { block.value(entry) }
    }

    fn value_apart(&self, entry: &Entry) -> Bytes {
        let apart = self.apart.find(entry.timer().hash(), |(other, _)| other.same(entry));
        apart.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// Adds an entry whose name is not there.
    pub(super) fn insert(&mut self, entry: &Entry, value: &Bytes) {
        self.table.insert_unique(entry.timer().hash(), entry.clone(), |entry| entry.timer().hash());
        self.keep_apart(entry, value);
        self.timers.arm(entry.timer());
    }

    /// Puts an entry in the place of another one of the same name.
    pub(super) fn replace(&mut self, at: usize, entry: &Entry, value: &Bytes) {
        let Some(place) = self.table.get_bucket_mut(at) else { return };
        let (old, deadline) = (std::mem::replace(place, entry.clone()), entry.deadline());
        // The old one's timer serves as long as it is not too late.
        entry.set_timer(old.timer());
        self.drop_apart(&old);
        old.end();
        self.keep_apart(entry, value);
        self.prolong(at, deadline);
    }

    pub(super) fn remove(&mut self, entry: &Entry) {
        self.drop_apart(entry);
        if let Ok(place) = self.table.find_entry(entry.timer().hash(), |other| other.same(entry)) {
            place.remove();
        }
        // Whoever still holds the entry sees that it is gone.
        entry.end();
        self.drop_stale_timers();
    }

    /// Writes a value and a deadline over an entry's, or answers `false` where the value has no place there.
    #[inline]
    pub(super) fn overwrite(&mut self, at: usize, value: &[u8], deadline: Deadline) -> bool {
        let written = self.entry(at).is_some_and(|entry| entry.overwrite(value));
        if written {
            self.prolong(at, deadline);
        }
        written
    }

    /// Gives an entry a deadline.
    pub(super) fn prolong(&mut self, at: usize, deadline: Deadline) {
        let Some(entry) = self.table.get_bucket(at) else { return };
        entry.set_deadline(deadline);
        let timer = Timer::new(deadline, entry.timer().bits());
        if timer.tick() < entry.timer().tick() {
            entry.set_timer(timer);
            self.timers.arm(timer);
            self.drop_stale_timers();
        }
    }

    /// Takes the soonest timer out if it lies before a tick.
    pub(super) fn pop_before(&mut self, tick: u64) -> Option<Timer> {
        self.timers.pop_before(tick)
    }

    /// Finds the record of a timer.
    pub(super) fn due(&self, timer: Timer, is_due: impl Fn(&Entry) -> bool) -> Due {
        let mine = |entry: &Entry| entry.timer() == timer;
        // Two records may have equal timers: what is due goes first.
        let due = self.table.find(timer.hash(), |entry| mine(entry) && is_due(entry));
        match (due, || self.table.find(timer.hash(), mine)) {
            (Some(entry), _) => Due::Now(entry.clone()),
            (None, later) => later().map_or(Due::Stale, |entry| Due::Later(entry.clone())),
        }
    }

    /// Whether there is a timer before a tick.
    pub(super) fn is_due_before(&self, tick: u64) -> bool {
        self.soonest().is_some_and(|timer| timer.tick() < tick)
    }

    /// The timers of a tick, which stay armed to go with it. Looks at all there are unless none is due by then.
    pub(super) fn timers_in(&self, tick: u64) -> Vec<Timer> {
        if !self.is_due_before(tick + 1) {
            return Vec::new();
        }
        self.timers.iter().filter(|timer| timer.tick() == tick).collect()
    }

    /// Arms the timer of an entry anew whose own was taken out.
    pub(super) fn postpone(&mut self, entry: &Entry) {
        let timer = Timer::new(entry.deadline(), entry.timer().bits());
        entry.set_timer(timer);
        self.timers.arm(timer);
    }

    /// Arms a timer anew that was taken out, for the record that has it by now: other than the one that had it, if that
    /// was replaced since.
    pub(super) fn put_back(&mut self, timer: Timer) {
        if let Due::Later(entry) = self.due(timer, |_| false) {
            self.postpone(&entry);
        }
    }

    /// The timer of the record that ends soonest, or of one that did when it was armed.
    pub(super) fn soonest(&self) -> Option<Timer> {
        self.timers.soonest()
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// Gives unused room back; answers how many bytes.
    pub(super) fn compact(&mut self) -> u64 {
        let before = self.table.allocation_size() + self.timers.size();
        self.table.shrink_to_fit(|entry| entry.timer().hash());
        self.apart.shrink_to_fit(|(entry, _)| entry.timer().hash());
        self.timers.rebuild(self.table.iter().map(Entry::timer));
        (before.saturating_sub(self.table.allocation_size() + self.timers.size())) as u64
    }

    /// Timers of records that were deleted would otherwise stay until their time comes: for ever, as it were, under
    /// long ttls. Each pass over the shard is paid for by as many deletes.
    fn drop_stale_timers(&mut self) {
        if self.timers.len() > 2 * self.table.len() + 64 {
            self.timers.rebuild(self.table.iter().map(Entry::timer));
        }
    }

    fn keep_apart(&mut self, entry: &Entry, value: &Bytes) {
        if entry.is_apart() {
            let kept = (entry.clone(), value.clone());
            self.apart.insert_unique(entry.timer().hash(), kept, |(entry, _)| entry.timer().hash());
        }
    }

    fn drop_apart(&mut self, entry: &Entry) {
        if entry.is_apart()
            && let Ok(place) = self.apart.find_entry(entry.timer().hash(), |(other, _)| other.same(entry))
        {
            place.remove();
        }
    }
}

#[cfg(test)]
impl Shard {
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.table.iter()
    }

    #[cfg(not(shuttle))]
    pub(super) fn timers(&self) -> usize {
        self.timers.len()
    }

    #[cfg(shuttle)]
    pub(super) fn is_armed(&self, entry: &Entry) -> bool {
        self.timers.is_armed(entry.timer())
    }

    #[cfg(not(shuttle))]
    pub(super) fn apart(&self) -> usize {
        self.apart.len()
    }
}
