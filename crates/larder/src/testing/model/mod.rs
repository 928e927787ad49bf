//! What the contract means, in its plainest form: a sorted map and a clock.

mod random;
mod reference;
mod walk;

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::backend::{Put, When};
use crate::clock::Moment;
use crate::error::Result;
use crate::key::Key;
use crate::limits::Limits;
use crate::namespace::Namespace;
use crate::pattern::Pattern;
use crate::record::Version;
use crate::ttl::{Deadline, Ttl};

pub(super) use random::Random;
pub use reference::Reference;
pub use walk::{model_agrees_on_a_random_walk, walk};

use super::case::LONG;

/// The contract without a backend: every method takes the moment it happens at, and nothing runs beside it.
///
/// What a backend answers is right where the model answers the same; [`walk`] compares the two.
#[derive(Clone, Default)]
pub struct Model {
    records: BTreeMap<(Namespace, Key), (Bytes, Deadline)>,
    limits: Limits,
}

impl Model {
    /// A model without records.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes records and answers of each whether it was written.
    ///
    /// # Errors
    /// As [`Limits::check_puts`].
    pub fn put(&mut self, namespace: &Namespace, puts: &[Put], now: Moment) -> Result<Vec<bool>> {
        self.limits.check_puts(puts)?;
        let mut written = Vec::with_capacity(puts.len());
        for Put { key, value, ttl, when } in puts {
            let living = self.get(namespace, key, now);
            let holds = match when {
                When::Always => true,
                When::Absent => living.is_none(),
                When::Present => living.is_some(),
                When::Unchanged(version) => living.is_some_and(|(value, _)| Version::of(&value) == *version),
            };
            if holds {
                self.records.insert((namespace.clone(), key.clone()), (value.clone(), ttl.deadline(now)?));
            }
            written.push(holds);
        }
        Ok(written)
    }

    /// What lives under a key, and what remains of its ttl.
    pub fn get(&self, namespace: &Namespace, key: &Key, now: Moment) -> Option<(Bytes, Ttl)> {
        let (value, deadline) = self.records.get(&(namespace.clone(), key.clone()))?;
        Some((value.clone(), deadline.remaining(now)?))
    }

    /// Ends a record, and answers what lived.
    pub fn take(&mut self, namespace: &Namespace, key: &Key, now: Moment) -> Option<Bytes> {
        let (value, deadline) = self.records.remove(&(namespace.clone(), key.clone()))?;
        (!deadline.is_past(now)).then_some(value)
    }

    /// Gives a living record a new ttl, and answers whether it lived.
    ///
    /// # Errors
    /// As [`Ttl::checked`].
    pub fn touch(&mut self, namespace: &Namespace, key: &Key, ttl: Ttl, now: Moment) -> Result<bool> {
        let renewed = ttl.deadline(now)?;
        match self.records.get_mut(&(namespace.clone(), key.clone())) {
            Some((_, deadline)) if !deadline.is_past(now) => {
                *deadline = renewed;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The living records of a namespace that a pattern matches, in key order.
    pub fn list(&self, namespace: &Namespace, pattern: &Pattern, now: Moment) -> Vec<(Key, Bytes, Ttl)> {
        let living = self.records.iter().filter_map(|((space, key), (value, deadline))| {
            (space == namespace && pattern.matches(key)).then_some((
                key.clone(),
                value.clone(),
                deadline.remaining(now)?,
            ))
        });
        living.collect()
    }

    /// Forgets the expired; answers how many.
    pub fn sweep(&mut self, now: Moment) -> u64 {
        let before = self.records.len();
        self.records.retain(|_, (_, deadline)| !deadline.is_past(now));
        (before - self.records.len()) as u64
    }

    fn len(&self) -> usize {
        self.records.len()
    }
}
