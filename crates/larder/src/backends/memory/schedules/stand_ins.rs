//! What stands in for std: shuttle's own, and what shuttle lacks.

use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
use std::time::Duration;

use shuttle::sync::{Once, mpsc};

pub(crate) use shuttle::sync::atomic::{AtomicU32, AtomicU64};
pub(crate) use shuttle::sync::mpsc::Sender;
pub(crate) use shuttle::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub(crate) use shuttle::thread::Builder;

/// Without a seed of its own, so that a schedule can be run again.
pub(crate) type HashBuilder = BuildHasherDefault<DefaultHasher>;

/// A cell whose initialisation others wait for.
pub(crate) struct OnceLock<T> {
    once: Once,
    value: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    pub(crate) fn new() -> Self {
        Self { once: Once::new(), value: std::sync::OnceLock::new() }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.value.get()
    }

    pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        self.once.call_once(|| {
            let value = init();
            self.value.get_or_init(|| value);
        });
        self.value.get().expect("it was set once")
    }
}

/// A receiver under which time passes: a wait of less than an hour ends in vain, whenever the thread is chosen, so many
/// times. After that it waits for ever, or a schedule would have no end.
pub(crate) struct Receiver {
    receiver: mpsc::Receiver<()>,
    periods: std::sync::atomic::AtomicUsize,
}

const PERIODS: usize = 2;
const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn channel() -> (Sender<()>, Receiver) {
    let (sender, receiver) = mpsc::channel();
    (sender, Receiver { receiver, periods: PERIODS.into() })
}

impl Receiver {
    pub(crate) fn recv_timeout(&self, period: Duration) -> Result<(), RecvTimeoutError> {
        use std::sync::atomic::Ordering::SeqCst;
        if period >= HOUR || self.periods.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_err() {
            return self.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected);
        }
        self.receiver.try_recv().map_err(|error| match error {
            TryRecvError::Empty => RecvTimeoutError::Timeout,
            TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
        })
    }
}
