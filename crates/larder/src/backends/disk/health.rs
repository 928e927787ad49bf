//! What the writer shares with the handles, and what is wrong, in words.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::ttl::Ttl;

use super::queue::Queue;
use super::time::Time;
use super::view::Views;
use super::writer::Task;

/// A wall that is further than this behind the store's time is worth a word.
const BEHIND: Duration = Duration::from_secs(60);

/// What the writer shares with the handles.
pub(super) struct Shared {
    pub(super) name: String,
    pub(super) queue: Queue<Task>,
    pub(super) views: Views,
    pub(super) time: Time,
    health: Mutex<Health>,
}

/// What is wrong at the moment, and what there is.
#[derive(Default)]
pub(super) struct Health {
    /// The disk is full, and only deletes are taken.
    pub(super) full: bool,
    /// No reserve could be made, so deletes may fail on a full disk.
    pub(super) no_reserve: bool,
    /// Commits that were answered under a relaxed durability and then lost.
    pub(super) lost_commits: u64,
    pub(super) commits: u64,
    pub(super) file_bytes: Option<u64>,
}

impl Shared {
    pub(super) fn new(name: String, time: Time) -> Self {
        Self { name, queue: Queue::new(), views: Views::new(), time, health: Mutex::default() }
    }

    pub(super) fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong, each with its remedy.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(leap) = self.time.leap() {
            let leap = span(leap);
            warnings.push(format!(
                "the clock is {leap} ahead of the last time this store was written; what has expired by that is not \
                 found, but kept: if the clock is right, open the store once with `clock=accept`"
            ));
        }
        let behind = self.time.wall_behind();
        if behind > BEHIND {
            let behind = span(behind);
            warnings.push(format!("the clock is {behind} behind the store's own time, by which records live"));
        }
        let health = self.health();
        if health.full {
            warnings.push("the disk is full: only deletes are taken until there is room, as after a compaction".into());
        }
        if health.no_reserve {
            warnings.push("no reserve can be kept beside the store: deletes may fail on a full disk".into());
        }
        if health.lost_commits > 0 {
            let lost = health.lost_commits;
            warnings
                .push(format!("the disk failed, and {lost} commits were lost that a relaxed durability had answered"));
        }
        warnings
    }
}

fn span(duration: Duration) -> Ttl {
    Ttl::After(Duration::from_secs(duration.as_secs()))
}
