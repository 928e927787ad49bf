//! The store's time: the wall's, which it never lets go back and whose leaps it does not trust.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::{Clock, Moment};

/// A leap between two openings that is longer than this has to be accepted by name.
const LEAP: Duration = Duration::from_secs(3600);

/// The store's time. Deadlines are moments on it.
#[derive(Debug)]
pub(super) struct Time {
    clock: Arc<dyn Clock>,
    highest: AtomicU64,
    // The store's time and the clock's monotonic one at the opening: where the wall is set back, time goes on from here.
    opened: Moment,
    opened_monotonic: Moment,
    leap: u64,
}

impl Time {
    /// The time of a store that was last written at `committed`.
    pub(super) fn new(clock: Arc<dyn Clock>, committed: u64, accept_leap: bool) -> Self {
        let wall = clock.wall().nanos();
        let leap = wall.saturating_sub(committed);
        let trusted = accept_leap || u128::from(leap) <= LEAP.as_nanos();
        let opened = wall.max(committed);
        Self {
            highest: AtomicU64::new(opened),
            opened: Moment::from_nanos(opened),
            opened_monotonic: clock.monotonic(),
            leap: if trusted { 0 } else { leap },
            clock,
        }
    }

    /// Now: what reads and new deadlines go by. Never goes back.
    pub(super) fn now(&self) -> Moment {
        let since = self.clock.monotonic().nanos().saturating_sub(self.opened_monotonic.nanos());
        let now = self.clock.wall().nanos().max(self.opened.nanos().saturating_add(since));
        Moment::from_nanos(self.highest.fetch_max(now, Ordering::Relaxed).max(now))
    }

    /// Now without the leap that nobody has accepted: what deletion goes by, and what is committed.
    ///
    /// A clock that was wrong while the store was opened thus destroys nothing, and puts nothing right out of reach:
    /// once it is corrected and the store opened again, all is as before.
    pub(super) fn trusted(&self) -> Moment {
        Moment::from_nanos(self.now().nanos().saturating_sub(self.leap))
    }

    /// The leap that nobody has accepted.
    pub(super) fn leap(&self) -> Option<Duration> {
        (self.leap > 0).then(|| Duration::from_nanos(self.leap))
    }

    /// How far the wall is behind the store's time.
    pub(super) fn wall_behind(&self) -> Duration {
        Duration::from_nanos(self.now().nanos().saturating_sub(self.clock.wall().nanos()))
    }
}
