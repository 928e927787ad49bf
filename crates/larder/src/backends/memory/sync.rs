//! What threads meet at: std's, or what stands in for it where shuttle chooses who goes on (`scripts/shuttle`).

#[cfg(not(all(test, shuttle)))]
mod own {
    pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64};
    pub(crate) use std::sync::mpsc::{Sender, channel};
    pub(crate) use std::sync::{OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard};
    pub(crate) use std::thread::Builder;

    pub(crate) use hashbrown::DefaultHashBuilder as HashBuilder;
}

#[cfg(all(test, shuttle))]
use super::schedules::stand_ins as own;

pub(super) use own::*;

/// The first number; where shuttle chooses, the second, so that few records are enough to go every way.
pub(super) const fn usually(number: usize, with_shuttle: usize) -> usize {
    if cfg!(all(test, shuttle)) { with_shuttle } else { number }
}
