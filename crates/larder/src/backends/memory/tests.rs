//! What memory promises beyond the contract.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::*;
use crate::backend::When;
use crate::clock::Moment;
use crate::{key, pattern};

#[derive(Debug, Default)]
struct Manual(AtomicU64);

impl Manual {
    fn advance(&self, by: Duration) {
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
fn store(build: impl FnOnce(Builder) -> Builder) -> (Memory, Arc<Manual>) {
    let clock = Arc::new(Manual::default());
    let mut builder = Memory::builder().clock(clock.clone());
    builder.period = Duration::from_secs(3600);
    (build(builder).build(), clock)
}

/// Every future here is ready at once.
fn now<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match std::pin::pin!(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(answer) => answer,
        std::task::Poll::Pending => panic!("memory never waits"),
    }
}

const fn seconds(n: u64) -> Ttl {
    Ttl::After(Duration::from_secs(n))
}

fn put(memory: &Memory, key: Key, value: &[u8], ttl: Ttl) -> Result<bool> {
    let put = Put { key, value: Bytes::copy_from_slice(value), ttl, when: When::Always };
    now(memory.put(&Namespace::default(), &[put]))?.remove(0)
}

fn get(memory: &Memory, key: Key) -> Option<Bytes> {
    now(memory.get(&Namespace::default(), &[key], Select::Values)).unwrap().remove(0).map(|found| found.value)
}

fn delete(memory: &Memory, key: Key) -> bool {
    now(memory.delete(&Namespace::default(), &[key])).unwrap().remove(0)
}

fn list(memory: &Memory, pattern: &Pattern) -> Vec<(Key, Bytes)> {
    let (mut found, mut cursor) = (Vec::new(), Some(Cursor::START));
    while let Some(at) = cursor {
        let page = now(memory.scan(&Namespace::default(), pattern, Select::Values, &at, 7)).unwrap();
        found.extend(page.records.into_iter().map(|record| (record.key, record.found.value)));
        cursor = page.next;
    }
    found
}

fn stored(memory: &Memory) -> u64 {
    now(memory.info()).unwrap().records.unwrap()
}

#[test]
fn smoke() {
    let (memory, _) = store(|b| b);
    for i in 0..3000 {
        put(&memory, key!["user", i / 10, "session", i], &vec![7; (i % 3000) as usize], seconds(10)).unwrap();
    }
    for i in 0..3000 {
        assert_eq!(get(&memory, key!["user", i / 10, "session", i]).unwrap().len(), i as usize);
    }
    assert_eq!(list(&memory, &pattern!["user", 7, "session", _]).len(), 10);
    assert_eq!(list(&memory, &pattern![..]).len(), 3000);
    for i in 0..3000 {
        assert!(delete(&memory, key!["user", i / 10, "session", i]));
    }
    assert_eq!(list(&memory, &pattern![..]).len(), 0);
    assert_eq!(memory.records.room.used(), 0);
    let _ = (Mutex::new(0), BTreeSet::<u8>::new(), stored(&memory));
    thread::yield_now();
}
