//! Larder's memory backend, by itself and with a store over it.

use std::hint::black_box;
use std::pin::pin;
use std::slice;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use larder::backends::memory::Memory;
use larder::{Backend, Cursor, Erased, Key, Namespace, Pattern, Put, Raw, Select, Store, Sweep, Ttl, When};

use super::candidate::{BRIEFLY, Candidate, TTL, key_of, sessions_of, sum};

/// The names and users of both.
macro_rules! keyed {
    () => {
        type Name = Key;
        type User = Pattern;
        const ORDERED: bool = true;
        fn name(item: usize) -> Key {
            key_of(item)
        }
        fn user(user: usize) -> Pattern {
            sessions_of(user)
        }
    };
}

/// The backend, without a future where it has a call for that.
pub struct Direct {
    memory: Memory,
    namespace: Namespace,
}

impl Direct {
    pub fn new() -> Self {
        Self { memory: Memory::new(), namespace: Namespace::default() }
    }

    fn put_for(&self, key: Key, value: Bytes, ttl: Duration) {
        let put = Put { key, value, ttl: Ttl::After(ttl), when: When::Always };
        let answers = ready(self.memory.put(&self.namespace, slice::from_ref(&put))).expect("it is within limits");
        assert!(matches!(answers[..], [Ok(true)]));
    }
}

impl Candidate for Direct {
    keyed!();

    fn put(&self, key: Key, value: Bytes) {
        self.put_for(key, value, TTL);
    }

    fn put_briefly(&self, key: Key, value: Bytes) {
        self.put_for(key, value, BRIEFLY);
    }

    fn get(&self, key: &Key) -> Option<u64> {
        self.memory.get_now(&self.namespace, key).map(|value| sum(&value))
    }

    fn delete(&self, key: &Key) -> bool {
        ready(self.memory.delete(&self.namespace, slice::from_ref(key))).expect("it is within limits")[0]
    }

    fn all(&self, user: &Pattern) -> usize {
        let page = ready(self.memory.scan(&self.namespace, user, Select::Values, &Cursor::START, 512));
        let found = page.expect("it is within limits").records;
        black_box(found.iter().map(|record| sum(&record.found.value)).sum::<u64>());
        found.len()
    }

    fn expire(&self) {
        ready(self.memory.sweep(Sweep::Expired)).expect("memory is always there");
    }

    fn len(&self) -> usize {
        len(&self.memory)
    }
}

/// A store of raw bytes over it, as applications have one.
pub struct Through {
    store: Store<Bytes>,
    brief: Store<Bytes>,
}

impl Through {
    pub fn new() -> Self {
        let store = Store::with_codec(Erased::new(Memory::new()), Raw);
        Self { brief: store.clone().with_ttl(Ttl::After(BRIEFLY)), store: store.with_ttl(Ttl::After(TTL)) }
    }
}

impl Candidate for Through {
    keyed!();

    fn put(&self, key: Key, value: Bytes) {
        ready(self.store.put(key, &value)).expect("it is within limits");
    }

    fn put_briefly(&self, key: Key, value: Bytes) {
        ready(self.brief.put(key, &value)).expect("it is within limits");
    }

    fn get(&self, key: &Key) -> Option<u64> {
        ready(self.store.get(key)).expect("it is within limits").map(|value| sum(&value))
    }

    fn delete(&self, key: &Key) -> bool {
        ready(self.store.delete(key)).expect("it is within limits")
    }

    fn all(&self, user: &Pattern) -> usize {
        let found = ready(self.store.all(user)).expect("it is within limits").records;
        black_box(found.iter().map(|(_, value)| sum(value)).sum::<u64>());
        found.len()
    }

    fn expire(&self) {
        ready(self.store.backend().sweep(Sweep::Expired)).expect("memory is always there");
    }

    fn len(&self) -> usize {
        len(self.store.backend())
    }
}

fn len(backend: &impl Backend) -> usize {
    let info = ready(backend.info()).expect("memory is always there");
    info.records.expect("memory counts its records") as usize
}

/// The answer of a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("memory never waits"),
    }
}
