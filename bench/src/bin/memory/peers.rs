//! The peers that are libraries of Rust: maps with a deadline beside each value, and caches.

use std::hash::BuildHasher;
use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use dashmap::DashMap;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use quick_cache::sync::DefaultLifecycle;
use quick_cache::{OptionsBuilder, UnitWeighter};

use super::candidate::{BRIEFLY, Candidate, TTL, beginning_of, deadline, moment, name_of, sum};

type Name = Box<[u8]>;
type Dated = (Bytes, u64);

/// The names and users of candidates that know no keys and no order.
macro_rules! plain {
    () => {
        type Name = Name;
        type User = Name;
        const ORDERED: bool = false;
        fn name(item: usize) -> Name {
            name_of(item)
        }
        fn user(user: usize) -> Name {
            beginning_of(user)
        }
        fn put(&self, name: Name, value: Bytes) {
            self.put_for(name, value, TTL);
        }
        fn put_briefly(&self, name: Name, value: Bytes) {
            self.put_for(name, value, BRIEFLY);
        }
    };
}

/// Reads what a listing found; answers how much.
fn read(found: &[(Name, Bytes)]) -> usize {
    black_box(found.iter().map(|(_, value)| sum(value)).sum::<u64>());
    found.len()
}

pub struct Dash(DashMap<Name, Dated, RandomState>);

impl Dash {
    pub fn new() -> Self {
        Self(DashMap::with_hasher(RandomState::default()))
    }

    fn put_for(&self, name: Name, value: Bytes, ttl: Duration) {
        // Cheaper than `insert` where the name is there already.
        match self.0.get_mut(&name) {
            Some(mut place) => *place = (value, deadline(ttl)),
            None => drop(self.0.insert(name, (value, deadline(ttl)))),
        }
    }
}

impl Candidate for Dash {
    plain!();

    fn get(&self, name: &Name) -> Option<u64> {
        let value = {
            let found = self.0.get(name)?;
            (found.1 > moment()).then(|| found.0.clone())
        };
        value.map(|value| sum(&value))
    }

    fn delete(&self, name: &Name) -> bool {
        self.0.remove(name).is_some()
    }

    fn all(&self, user: &Name) -> usize {
        let now = moment();
        let of_user = self.0.iter().filter(|found| found.key().starts_with(user) && found.1 > now);
        read(&of_user.map(|found| (found.key().clone(), found.0.clone())).collect::<Vec<_>>())
    }

    fn expire(&self) {
        let now = moment();
        self.0.retain(|_, (_, deadline)| *deadline > now);
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

type Shard = std::sync::RwLock<HashMap<Name, Dated, RandomState>>;

pub struct Sharded(Vec<Shard>, RandomState);

impl Sharded {
    pub fn new() -> Self {
        let hasher = RandomState::default();
        Self((0..64).map(|_| Shard::new(HashMap::with_hasher(hasher.clone()))).collect(), hasher)
    }

    fn shard(&self, name: &[u8]) -> &Shard {
        &self.0[(self.1.hash_one(name) >> 32) as usize % self.0.len()]
    }

    fn put_for(&self, name: Name, value: Bytes, ttl: Duration) {
        let mut shard = self.shard(&name).write().expect("no thread panics");
        match shard.get_mut(&name) {
            Some(place) => *place = (value, deadline(ttl)),
            None => drop(shard.insert(name, (value, deadline(ttl)))),
        }
    }
}

impl Candidate for Sharded {
    plain!();

    fn get(&self, name: &Name) -> Option<u64> {
        let value = {
            let shard = self.shard(name).read().expect("no thread panics");
            let (value, deadline) = shard.get(name)?;
            (*deadline > moment()).then(|| value.clone())
        };
        value.map(|value| sum(&value))
    }

    fn delete(&self, name: &Name) -> bool {
        self.shard(name).write().expect("no thread panics").remove(name).is_some()
    }

    fn all(&self, user: &Name) -> usize {
        let now = moment();
        let mut found = Vec::new();
        for shard in &self.0 {
            let shard = shard.read().expect("no thread panics");
            let of_user = shard.iter().filter(|(name, (_, deadline))| name.starts_with(user) && *deadline > now);
            found.extend(of_user.map(|(name, (value, _))| (name.clone(), value.clone())));
        }
        read(&found)
    }

    fn expire(&self) {
        let now = moment();
        for shard in &self.0 {
            shard.write().expect("no thread panics").retain(|_, (_, deadline)| *deadline > now);
        }
    }

    fn len(&self) -> usize {
        self.0.iter().map(|shard| shard.read().expect("no thread panics").len()).sum()
    }
}

type Quickly = quick_cache::sync::Cache<Name, Dated, UnitWeighter, RandomState>;

pub struct Quick(Quickly);

impl Quick {
    /// With room for twice what is put, so that nothing is ever evicted.
    pub fn new(records: usize) -> Self {
        let room = 2 * records;
        let options = OptionsBuilder::new().estimated_items_capacity(records).weight_capacity(room as u64).build();
        let options = options.expect("all that it asks for is set");
        Self(Quickly::with_options(options, UnitWeighter, RandomState::default(), DefaultLifecycle::default()))
    }

    fn put_for(&self, name: Name, value: Bytes, ttl: Duration) {
        self.0.insert(name, (value, deadline(ttl)));
    }
}

impl Candidate for Quick {
    plain!();

    fn get(&self, name: &Name) -> Option<u64> {
        let (value, deadline) = self.0.get(name)?;
        (deadline > moment()).then(|| sum(&value))
    }

    fn delete(&self, name: &Name) -> bool {
        self.0.remove(name).is_some()
    }

    fn all(&self, user: &Name) -> usize {
        let now = moment();
        let of_user = self.0.iter().filter(|(name, (_, deadline))| name.starts_with(user) && *deadline > now);
        read(&of_user.map(|(name, (value, _))| (name, value)).collect::<Vec<_>>())
    }

    fn expire(&self) {
        let now = moment();
        self.0.retain(|_, (_, deadline)| *deadline > now);
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// A cache that asks each value how long it lives.
pub struct Moka(moka::sync::Cache<Name, (Bytes, Duration), RandomState>);

struct OwnTtl;

impl moka::Expiry<Name, (Bytes, Duration)> for OwnTtl {
    fn expire_after_create(&self, _: &Name, value: &(Bytes, Duration), _: Instant) -> Option<Duration> {
        Some(value.1)
    }

    fn expire_after_update(
        &self,
        _: &Name,
        value: &(Bytes, Duration),
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(value.1)
    }
}

impl Moka {
    pub fn new() -> Self {
        Self(moka::sync::Cache::builder().expire_after(OwnTtl).build_with_hasher(RandomState::default()))
    }

    fn put_for(&self, name: Name, value: Bytes, ttl: Duration) {
        self.0.insert(name, (value, ttl));
    }
}

impl Candidate for Moka {
    plain!();
    // Its timers tell some seconds apart, no less.
    const GRACE: Duration = Duration::from_millis(1200);

    fn get(&self, name: &Name) -> Option<u64> {
        self.0.get(name).map(|(value, _)| sum(&value))
    }

    fn delete(&self, name: &Name) -> bool {
        self.0.remove(name).is_some()
    }

    fn all(&self, user: &Name) -> usize {
        let of_user = self.0.iter().filter(|(name, _)| name.starts_with(user));
        let found: Vec<_> = of_user.collect();
        black_box(found.iter().map(|(_, (value, _))| sum(value)).sum::<u64>());
        found.len()
    }

    fn expire(&self) {
        // Each call gives up after some time or some number, so the last one is told by those that change nothing.
        let (mut before, mut idle) = (self.0.entry_count(), 0);
        while idle < 3 {
            self.0.run_pending_tasks();
            let now = self.0.entry_count();
            idle = if now == before { idle + 1 } else { 0 };
            before = now;
        }
    }

    fn len(&self) -> usize {
        self.0.run_pending_tasks();
        self.0.entry_count() as usize
    }
}
