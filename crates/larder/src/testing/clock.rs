//! A clock that is moved by hand.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::{Clock, Moment};

/// A clock that stands still until it is moved, so that a test sees an expiry without waiting for one.
///
/// ```
/// use std::time::Duration;
/// use larder::{Clock, testing::ManualClock};
///
/// let clock = ManualClock::new();
/// let before = clock.monotonic();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.monotonic().elapsed() - before.elapsed(), Duration::from_secs(60));
/// ```
#[derive(Debug)]
pub struct ManualClock {
    monotonic: AtomicU64,
    wall: AtomicU64,
}

impl ManualClock {
    /// A clock whose wall shows the beginning of 2026.
    pub fn new() -> Self {
        let wall = Moment::since_start(Duration::from_secs(1_767_225_600));
        Self { monotonic: AtomicU64::new(1_000_000_000), wall: AtomicU64::new(wall.nanos()) }
    }

    /// Lets time pass, on both lines.
    pub fn advance(&self, by: Duration) {
        let nanos = Moment::since_start(by).nanos();
        for line in [&self.monotonic, &self.wall] {
            line.fetch_add(nanos, Ordering::SeqCst);
        }
    }

    /// Sets the wall to this long after the Unix epoch, forwards or back, as an operator or a time server does. The
    /// monotonic line stays.
    pub fn set_wall(&self, since_epoch: Duration) {
        self.wall.store(Moment::since_start(since_epoch).nanos(), Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn monotonic(&self) -> Moment {
        Moment::from_nanos(self.monotonic.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Moment {
        Moment::from_nanos(self.wall.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_only_by_hand() {
        let clock = ManualClock::new();
        let (monotonic, wall) = (clock.monotonic(), clock.wall());
        clock.advance(Duration::from_millis(5));
        assert_eq!(clock.monotonic().nanos(), monotonic.nanos() + 5_000_000);
        assert_eq!(clock.wall().nanos(), wall.nanos() + 5_000_000);
        clock.set_wall(Duration::from_secs(1));
        assert_eq!(clock.wall().elapsed(), Duration::from_secs(1));
        assert_eq!(clock.monotonic().nanos(), monotonic.nanos() + 5_000_000);
    }
}
