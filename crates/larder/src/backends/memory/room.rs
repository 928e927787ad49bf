//! How much the records take, and the bound on it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a full store does with a record that does not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WhenFull {
    /// Answers that record with [`ErrorKind::Full`](crate::ErrorKind::Full); everything that lives stays.
    #[default]
    Refuse,
    /// Ends the records that would end soonest, to within a seventh of a second, until it fits. Those that live for
    /// ever stay; where there are only such, the answer is as under [`WhenFull::Refuse`].
    EvictSoonest,
}

/// An account of what the records take.
pub(super) struct Room {
    used: AtomicU64,
    max: Option<u64>,
}

/// The record does not fit.
#[derive(Debug)]
pub(super) struct NoRoom;

impl Room {
    pub(super) fn new(max: Option<u64>) -> Self {
        Self { used: AtomicU64::new(0), max }
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    pub(super) fn max(&self) -> Option<u64> {
        self.max
    }

    /// Whether a record of this charge would fit if nothing else were there.
    pub(super) fn could_hold(&self, charge: u64) -> bool {
        self.max.is_none_or(|max| charge <= max)
    }

    /// Takes room in place of some that was taken before.
    pub(super) fn take(&self, charge: u64, before: u64) -> Result<(), NoRoom> {
        let more = charge.saturating_sub(before);
        match self.max {
            Some(max) if more > 0 => {
                let fits = |used: u64| used.checked_add(more).filter(|sum| *sum <= max);
                self.used.fetch_update(Relaxed, Relaxed, fits).map_err(|_| NoRoom)?;
            }
            _ => {
                self.used.fetch_add(more, Relaxed);
            }
        }
        self.give_back(before.saturating_sub(charge));
        Ok(())
    }

    pub(super) fn give_back(&self, charge: u64) {
        self.used.fetch_sub(charge, Relaxed);
    }
}
