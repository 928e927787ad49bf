//! What a connection's stream tells those who call over it.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::error::Error;

/// Counters of one connection. Each is read by itself, so none needs an order among them.
pub(super) struct Gauge {
    began: Instant,
    /// When bytes came last, in microseconds since the connection began.
    read: AtomicU64,
    /// How many commands were sent whose reply was not let through yet.
    in_flight: AtomicUsize,
    /// Deadlines missed since the last reply.
    misses: AtomicU32,
    /// Why the connection ended, by whoever knew first.
    cause: Mutex<Option<Error>>,
}

impl Default for Gauge {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            read: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            misses: AtomicU32::new(0),
            cause: Mutex::new(None),
        }
    }
}

impl Gauge {
    /// Whether nothing came since then.
    pub(super) fn is_silent_since(&self, then: Instant) -> bool {
        self.read.load(Relaxed) < self.micros(then)
    }

    pub(super) fn read(&self) {
        self.read.store(self.micros(Instant::now()), Relaxed);
    }

    fn micros(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.began).as_micros() as u64
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

    /// A call got its reply in time.
    pub(super) fn kept(&self) {
        self.misses.store(0, Relaxed);
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
