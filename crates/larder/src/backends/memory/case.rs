//! A store under test, on a clock that tests move.

use std::sync::atomic::{AtomicU64, Ordering};

use super::entry::Entry;
use super::index::Move;
use super::*;
use crate::backend::When;
use crate::clock::Moment;

#[derive(Debug, Default)]
pub(super) struct Manual(AtomicU64);

impl Manual {
    pub(super) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_nanos() as u64, Ordering::SeqCst);
    }
}

impl Clock for Manual {
    fn monotonic(&self) -> Moment {
        Moment::from_nanos(self.0.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Moment {
        self.monotonic()
    }
}

/// A store on a clock of ours, whose thread will not come by.
pub(super) fn store(build: impl FnOnce(Builder) -> Builder) -> (Memory, Arc<Manual>) {
    let clock = Arc::new(Manual::default());
    let builder = Builder { period: Duration::from_secs(3600), ..Memory::builder().clock(clock.clone()) };
    (build(builder).build(), clock)
}

/// Every future here is ready at once.
pub(super) fn now<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match std::pin::pin!(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(answer) => answer,
        std::task::Poll::Pending => panic!("memory never waits"),
    }
}

pub(super) const fn seconds(n: u64) -> Ttl {
    Ttl::After(Duration::from_secs(n))
}

pub(super) fn put(memory: &Memory, key: Key, value: &[u8], ttl: Ttl) -> Result<bool> {
    let put = Put { key, value: Bytes::copy_from_slice(value), ttl, when: When::Always };
    now(memory.put(&Namespace::default(), &[put]))?.remove(0)
}

pub(super) fn get(memory: &Memory, key: Key) -> Option<Bytes> {
    now(memory.get(&Namespace::default(), &[key], Select::Values)).unwrap().remove(0).map(|found| found.value)
}

pub(super) fn delete(memory: &Memory, key: Key) -> bool {
    now(memory.delete(&Namespace::default(), &[key])).unwrap().remove(0)
}

pub(super) fn list(memory: &Memory, pattern: &Pattern) -> Vec<(Key, Bytes)> {
    let (mut found, mut cursor) = (Vec::new(), Some(Cursor::START));
    while let Some(at) = cursor {
        let page = now(memory.scan(&Namespace::default(), pattern, Select::Values, &at, 7)).unwrap();
        found.extend(page.records.into_iter().map(|record| (record.key, record.found.value)));
        cursor = page.next;
    }
    found
}

pub(super) fn stored(memory: &Memory) -> u64 {
    now(memory.info()).unwrap().records.unwrap()
}

pub(super) fn sweep(memory: &Memory, what: Sweep) -> Swept {
    now(memory.sweep(what)).unwrap()
}

/// Every shard's entries are the index's, the same handles, and the account is right.
pub(super) fn assert_agreement(memory: &Memory) {
    let mut in_shards: Vec<Entry> = memory.records.entries();
    let mut in_index = Vec::new();
    memory.records.index.walk(Name::new(&Namespace::default(), &[]), false, |entry| {
        in_index.push(entry.clone());
        Move::Next
    });
    let bytes = |entry: &Entry| {
        let mut bytes = Vec::new();
        entry.read_name(&mut bytes);
        bytes
    };
    in_shards.sort_by_key(bytes);
    assert_eq!(in_shards.len(), in_index.len());
    assert!(in_shards.iter().zip(&in_index).all(|(one, other)| one.same(other)));
    assert_eq!(in_shards.iter().map(Entry::charge).sum::<u64>(), memory.records.room.used());
}
