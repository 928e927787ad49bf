//! What a connection's stream tells those who call over it.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use crate::error::Error;

/// Counters of one connection. Each is read by itself, so none needs an order among them.
#[derive(Default)]
pub(super) struct Gauge {
    /// How often bytes came.
    reads: AtomicU64,
    /// How many commands were sent whose reply was not let through yet.
    in_flight: AtomicUsize,
    /// Deadlines missed since the last reply.
    misses: AtomicU32,
    /// Why the connection ended, by whoever knew first.
    cause: Mutex<Option<Error>>,
}

impl Gauge {
    pub(super) fn reads(&self) -> u64 {
        self.reads.load(Relaxed)
    }

    pub(super) fn read(&self) {
        self.reads.fetch_add(1, Relaxed);
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Relaxed)
    }

    pub(super) fn sent(&self, commands: usize) {
        self.in_flight.fetch_add(commands, Relaxed);
    }

    pub(super) fn answered(&self, commands: usize) {
        self.in_flight.fetch_sub(commands, Relaxed);
    }

    /// A call got its reply.
    pub(super) fn kept(&self) {
        // Most calls find nothing to do and leave the line of memory to its other readers.
        if self.misses.load(Relaxed) != 0 {
            self.misses.store(0, Relaxed);
        }
    }

    /// A call missed its deadline; says how many did since the last reply.
    pub(super) fn missed(&self) -> u32 {
        self.misses.fetch_add(1, Relaxed).saturating_add(1)
    }

    pub(super) fn ended(&self, cause: impl FnOnce() -> Error) {
        self.cause.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(cause);
    }

    pub(super) fn take_cause(&self) -> Option<Error> {
        self.cause.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
