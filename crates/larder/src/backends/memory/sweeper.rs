//! The thread that frees what has expired while nobody writes.

use std::sync::Weak;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use super::records::Records;
use super::sync::{Builder, OnceLock, Sender, channel};

/// A thread that sweeps now and then. It holds the records only while it does so, and ends with them.
pub(super) struct Sweeper {
    period: Duration,
    // Dropping the sender wakes the thread, and ends it.
    stop: OnceLock<Option<Sender<()>>>,
}

impl Sweeper {
    pub(super) fn new(period: Duration) -> Self {
        Self { period, stop: OnceLock::new() }
    }

    /// Starts the thread, at the first record that can expire. Where the system gives none, writes alone free space.
    pub(super) fn start(&self, records: &Weak<Records>) {
        self.stop.get_or_init(|| {
            let (stop, stopped) = channel();
            let (records, period) = (Weak::clone(records), self.period);
            let sweep = move || {
                while stopped.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
                    let Some(records) = records.upgrade() else { return };
                    records.sweep_ticks(records.now());
                }
            };
            Builder::new().name("larder-sweeper".to_owned()).spawn(sweep).ok().map(|_| stop)
        });
    }

    /// Whether the system refused a thread.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self.stop.get(), Some(None))
    }
}
