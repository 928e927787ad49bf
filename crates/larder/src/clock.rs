//! The clock that deadlines are judged by, injected so that no test has to wait for one.

use std::fmt;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment on one clock's own line, in nanoseconds since that line's beginning. Moments of
/// different clocks do not compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// The moment this long after the line's beginning; the last one it can hold, about 584 years
    /// in, where that is further.
    pub fn since_start(elapsed: Duration) -> Self {
        Self(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX))
    }

    /// How long after the line's beginning this is.
    pub fn elapsed(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// The moment in nanoseconds since the line's beginning, as backends store it.
    pub fn nanos(self) -> u64 {
        self.0
    }

    /// The moment this many nanoseconds after the line's beginning.
    pub fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }
}

/// Tells the time to a backend that keeps its own deadlines.
///
/// A backend reads one of the two lines: memory the monotonic one, disk the wall's, which it never
/// lets go back.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The moment since some start of this process's own. Never goes back.
    fn monotonic(&self) -> Moment;

    /// The moment since the Unix epoch. May jump either way.
    fn wall(&self) -> Moment;
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    fn monotonic(&self) -> Moment {
        Moment::since_start(START.elapsed())
    }

    fn wall(&self) -> Moment {
        // A wall clock before 1970 is as wrong as one can be; deadlines then count from 1970.
        Moment::since_start(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}
