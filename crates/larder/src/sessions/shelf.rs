//! The few ways in which sessions use the store.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::iter;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{Mutex, MutexGuard};

use crate::backend::{Backend, Put, When};
use crate::erased::Erased;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::namespace::Namespace;
use crate::record::{Select, Version};
use crate::ttl::Ttl;

/// The tries of a compare-and-swap, until the caller is told that others are faster. Of those who try at once one always
/// succeeds, but not each in its turn: who is in step with quicker ones can lose to them a thousand times in a blink, so
/// tries are not counted.
pub(super) fn tries() -> impl Iterator<Item = ()> {
    let began = Instant::now();
    iter::repeat(()).take_while(move |()| began.elapsed() < AWHILE)
}

/// How long it is tried.
const AWHILE: Duration = Duration::from_secs(5);

/// A backend and a namespace, and whose turn it is within this process.
pub(super) struct Shelf {
    backend: Erased,
    namespace: Namespace,
    /// Those who change one record take turns here, since each swap would undo the others' preparation. Other
    /// processes are kept apart by the swap alone, on which correctness rests.
    turns: Box<[Mutex<()>]>,
    hasher: RandomState,
}

const TURNS: usize = 64;

impl Shelf {
    pub(super) fn new(backend: Erased, namespace: Namespace) -> Self {
        let turns = (0..TURNS).map(|_| Mutex::new(())).collect();
        Self { backend, namespace, turns, hasher: RandomState::new() }
    }

    pub(super) async fn turn(&self, key: &Key) -> MutexGuard<'_, ()> {
        self.turns[self.hasher.hash_one(key) as usize % TURNS].lock().await
    }

    pub(super) async fn read(&self, key: Key) -> Result<Option<Bytes>> {
        Ok(one(self.backend.get(&self.namespace, &[key], Select::Values).await?)?.map(|found| found.value))
    }

    pub(super) async fn read_all(&self, keys: &[Key]) -> Result<Vec<Option<Bytes>>> {
        let found = self.backend.get(&self.namespace, keys, Select::Values).await?;
        if found.len() != keys.len() {
            return Err(miscounted());
        }
        Ok(found.into_iter().map(|found| found.map(|found| found.value)).collect())
    }

    pub(super) async fn write(&self, key: Key, value: Bytes, ttl: Ttl, when: When) -> Result<bool> {
        one(self.backend.put(&self.namespace, &[Put { key, value, ttl, when }]).await?)?
    }

    /// Writes over what was read, if it is still there as it was; over nothing, if nothing is there yet.
    pub(super) async fn swap(&self, key: Key, read: Option<&Bytes>, value: Bytes, ttl: Ttl) -> Result<bool> {
        let when = read.map_or(When::Absent, |read| When::Unchanged(Version::of(read)));
        self.write(key, value, ttl, when).await
    }

    pub(super) async fn touch(&self, key: Key, ttl: Ttl) -> Result<bool> {
        one(self.backend.touch(&self.namespace, &[key], ttl).await?)
    }

    pub(super) async fn take(&self, key: &Key) -> Result<Option<Bytes>> {
        self.backend.take(&self.namespace, key).await
    }

    pub(super) async fn delete(&self, keys: &[Key]) -> Result<Vec<bool>> {
        let lived = self.backend.delete(&self.namespace, keys).await?;
        if lived.len() == keys.len() { Ok(lived) } else { Err(miscounted()) }
    }
}

/// A ttl of so many milliseconds, brought within the bounds of one.
pub(super) fn ttl(millis: u64) -> Ttl {
    Ttl::After(Duration::from_millis(millis).clamp(Ttl::MIN, Ttl::MAX))
}

pub(super) fn contended() -> Error {
    Error::new(ErrorKind::Overloaded, "others keep changing this record of the sessions: try again")
}

fn one<T>(answers: Vec<T>) -> Result<T> {
    let mut answers = answers.into_iter();
    answers.next().ok_or_else(miscounted)
}

fn miscounted() -> Error {
    Error::new(ErrorKind::Corrupt, "the backend gave another number of answers than it was asked for")
}
