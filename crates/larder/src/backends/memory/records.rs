//! All records: found by hash in shards, kept in order by the index, and what happens to them.

use std::hash::BuildHasher;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;

use crate::backend::{Put, When};
use crate::clock::{Clock, Moment};
use crate::error::{Error, ErrorKind, Result};
use crate::record::{Found, Select, Version};
use crate::ttl::{Deadline, Ttl};

use super::entry::Entry;
use super::index::Index;
use super::locks::{read, write};
use super::name::Name;
use super::room::{NoRoom, Room, WhenFull};
use super::row::Named;
use super::shard::Shard;
use super::sweeper::Sweeper;
use super::sync::{HashBuilder, RwLock, RwLockWriteGuard, usually};
use super::timers::{Timer, spread};

/// The shards, the index over them, and the account of what they take.
///
/// Whoever changes a record holds the lock of its shard until the index agrees, so that of two who race for one name
/// the second finds both as the first left them. Locks are taken in one order, so that nobody waits in a circle: one
/// shard, then the index's row of leaves, then one leaf. Nobody takes two shards, or a shard while in the index.
pub(super) struct Records {
    pub(super) shards: Box<[Padded]>,
    pub(super) index: Index,
    pub(super) room: Room,
    pub(super) when_full: WhenFull,
    hasher: HashBuilder,
    clock: Arc<dyn Clock>,
    sweeper: Sweeper,
    this: Weak<Self>,
}

/// A shard in cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Padded(pub(super) RwLock<Shard>);

const SHARDS: usize = usually(64, 2);

impl Records {
    pub(super) fn new(
        clock: Arc<dyn Clock>,
        max_bytes: Option<u64>,
        when_full: WhenFull,
        period: Duration,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            shards: (0..SHARDS).map(|_| Padded::default()).collect(),
            index: Index::new(),
            room: Room::new(max_bytes),
            when_full,
            hasher: HashBuilder::default(),
            clock,
            sweeper: Sweeper::new(period),
            this: Weak::clone(this),
        })
    }

    #[inline]
    pub(super) fn now(&self) -> Moment {
        self.clock.monotonic()
    }

    pub(super) fn hash(&self, name: &Name) -> u64 {
        self.hasher.hash_one(name.words())
    }

    /// The highest bits choose the shard; the lowest are left to its table.
    pub(super) fn shard(&self, hash: u64) -> &RwLock<Shard> {
        &self.shards[usize::from(shard_of(hash)) % SHARDS].0
    }

    /// Reads the living record of a name under its shard's lock.
    #[inline]
    pub(super) fn read<T>(&self, name: &Name, now: Moment, of: impl FnOnce(&Shard, &Entry) -> T) -> Option<T> {
        let hash = self.hash(name);
        let shard = read(self.shard(hash));
        let entry = shard.find(spread(hash), name)?;
        (!entry.deadline().is_past(now)).then(|| of(&shard, entry))
    }

    /// Reads a record that the index led to, under its shard's lock.
    #[inline]
    pub(super) fn read_listed<T>(&self, entry: &Entry, now: Moment, of: impl FnOnce(&Shard, &Entry) -> T) -> Option<T> {
        let shard = read(&self.shards[entry.shard() % SHARDS].0);
        let alive = |entry: &&Entry| !entry.deadline().is_past(now);
        // Since then the record may have been moved to another entry, and lives there.
        let moved = || shard.find(entry.timer().hash(), &entry.name()).filter(alive);
        let entry = Some(entry).filter(alive).or_else(moved)?;
        Some(of(&shard, entry))
    }

    pub(super) fn put(&self, name: &Name, put: &Put) -> Result<bool> {
        let copy;
        let value = if put.value.len() > Entry::WITHIN {
            // A value that is kept as it came may be a small part of something large.
            copy = Bytes::copy_from_slice(&put.value);
            &copy
        } else {
            &put.value
        };
        // Where there is nothing to free, somebody else may have freed it just now: so there is one more try.
        let mut tries = 2;
        while tries > 0 {
            match self.try_put(name, value, put.ttl, put.when)? {
                Ok(written) => return Ok(written),
                Err(NoRoom) if !self.room.could_hold(Entry::charge_of(name, value)) => break,
                Err(NoRoom) if self.make_room(name) => {}
                Err(NoRoom) => tries -= 1,
            }
        }
        Err(full())
    }

    fn try_put(&self, name: &Name, value: &Bytes, ttl: Ttl, when: When) -> Result<Result<bool, NoRoom>> {
        let hash = self.hash(name);
        let (mut shard, now) = self.write(hash);
        let deadline = ttl.deadline(now)?;
        let place = shard.place(spread(hash), name);
        let there = place.and_then(|at| shard.entry(at));
        let living = there.filter(|entry| !entry.deadline().is_past(now));
        let holds = match when {
            When::Always => true,
            When::Absent => living.is_none(),
            When::Present => living.is_some(),
            When::Unchanged(version) => living.is_some_and(|entry| Version::of(&shard.value(entry)) == version),
        };
        if !holds {
            return Ok(Ok(false));
        }
        let before = there.map_or(0, Entry::charge);
        if place.is_some_and(|at| shard.overwrite(at, value, deadline)) {
            return Ok(Ok(true));
        }
        let entry = Entry::new(name, value, deadline, Timer::new(deadline, hash), shard_of(hash));
        if let Err(no_room) = self.room.take(entry.charge(), before) {
            return Ok(Err(no_room));
        }
        match place {
            Some(at) => {
                shard.replace(at, &entry, value);
                self.index.replace(name, &entry);
            }
            None => {
                shard.insert(&entry, value);
                self.index.insert(name, &entry);
            }
        }
        if deadline != Deadline::NEVER {
            self.sweeper.start(&self.this);
        }
        Ok(Ok(true))
    }

    /// Deletes the record of a name; what it answers of a living one is read ahead of that.
    pub(super) fn delete<T>(&self, name: &Name, of: impl FnOnce(&Shard, &Entry) -> T) -> Option<T> {
        let hash = self.hash(name);
        let (mut shard, now) = self.write(hash);
        let entry = shard.find(spread(hash), name)?.clone();
        let answer = (!entry.deadline().is_past(now)).then(|| of(&shard, &entry));
        self.remove(&mut shard, name, &entry);
        answer
    }

    pub(super) fn touch(&self, name: &Name, ttl: Ttl) -> Result<bool> {
        let hash = self.hash(name);
        let (mut shard, now) = self.write(hash);
        let deadline = ttl.deadline(now)?;
        let living = |at: &_| shard.entry(*at).is_some_and(|entry| !entry.deadline().is_past(now));
        let Some(at) = shard.place(spread(hash), name).filter(living) else { return Ok(false) };
        shard.prolong(at, deadline);
        self.sweeper.start(&self.this);
        Ok(true)
    }

    /// Locks a shard for a write, which first frees a little of what has expired there.
    ///
    /// Also tells the time, which is read under the lock: a record that somebody has found expired is expired for every
    /// write that comes after.
    fn write(&self, hash: u64) -> (RwLockWriteGuard<'_, Shard>, Moment) {
        let mut shard = write(self.shard(hash));
        let now = self.now();
        self.expire_some(&mut shard, now);
        (shard, now)
    }

    pub(super) fn remove(&self, shard: &mut Shard, name: &Name, entry: &Entry) {
        shard.remove(entry);
        self.index.remove(name);
        self.room.give_back(entry.charge());
    }

    /// How many records there are, those that have expired and are not freed yet included.
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|Padded(shard)| read(shard).len()).sum()
    }

    /// Whether the system refused the thread that frees space while nobody writes.
    pub(super) fn is_unswept(&self) -> bool {
        self.sweeper.is_missing()
    }
}

#[cfg(test)]
impl Records {
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.shards.iter().flat_map(|Padded(shard)| read(shard).entries().cloned().collect::<Vec<_>>()).collect()
    }

    /// How many timers there are, those that count for nothing included.
    #[cfg(not(shuttle))]
    pub(super) fn timers(&self) -> usize {
        self.shards.iter().map(|Padded(shard)| read(shard).timers()).sum()
    }

    /// Whether the timer of an entry is among its shard's.
    #[cfg(shuttle)]
    pub(super) fn is_armed(&self, entry: &Entry) -> bool {
        read(self.shard(self.hash(&entry.name()))).is_armed(entry)
    }

    /// How many values lie apart from their records.
    #[cfg(not(shuttle))]
    pub(super) fn apart(&self) -> usize {
        self.shards.iter().map(|Padded(shard)| read(shard).apart()).sum()
    }
}

/// The number of the shard of a hash.
fn shard_of(hash: u64) -> u8 {
    (hash >> 58) as u8
}

/// What a read of an entry answers, given how its value is read.
#[inline]
pub(super) fn found(entry: &Entry, select: Select, now: Moment, value: impl FnOnce() -> Bytes) -> Found {
    let value = if select == Select::Keys { Bytes::new() } else { value() };
    let ttl = if select == Select::ValuesAndTtls { entry.deadline().remaining(now) } else { None };
    Found { value, ttl }
}

fn full() -> Error {
    let message = "there is no room for this record: delete others, or open the store with a larger `max_bytes`";
    Error::new(ErrorKind::Full, message).at("memory")
}
