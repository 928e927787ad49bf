//! So many records a second, and no more.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// How much of a delay is made up for afterwards. What lasts longer is lost, lest a store that was just slow be flooded.
const MADE_UP: Duration = Duration::from_secs(1);

/// Lets records pass at a rate. Each waits for its own moment on one line of time, so that nothing adds up.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    rate: NonZeroU32,
    origin: Instant,
    passed: u64,
}

impl Pace {
    pub(crate) fn new(rate: NonZeroU32, now: Instant) -> Self {
        Self { rate, origin: now, passed: 0 }
    }

    /// How many records are best moved in one step: those of a tenth of a second.
    pub(crate) fn step(&self) -> usize {
        (self.rate.get() as usize / 10).max(1)
    }

    /// Waits until so many more may pass.
    pub(crate) async fn wait(&mut self, count: usize) {
        let due = self.admit(count, Instant::now());
        tokio::time::sleep_until(due.into()).await;
    }

    /// The moment at which so many more may pass: when those that came before have had their time.
    fn admit(&mut self, count: usize, now: Instant) -> Instant {
        let mut due = self.origin + self.time_of(self.passed);
        if now.saturating_duration_since(due) > MADE_UP {
            due = now - MADE_UP;
            (self.origin, self.passed) = (due, 0);
        }
        self.passed += count as u64;
        due
    }

    fn time_of(&self, count: u64) -> Duration {
        let rate = u64::from(self.rate.get());
        // Whole seconds apart, so that nothing overflows and nothing is rounded twice.
        Duration::from_secs(count / rate) + Duration::from_nanos(count % rate * 1_000_000_000 / rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(rate: u32) -> (Pace, Instant) {
        let start = Instant::now();
        (Pace::new(NonZeroU32::new(rate).unwrap(), start), start)
    }

    #[test]
    fn a_rate_does_not_drift() {
        let (mut pace, start) = pace(7_000_003);
        let mut now = start;
        for _ in 0..700_000 {
            // Always late by a bit.
            now = pace.admit(1_001, now).max(now) + Duration::from_nanos(50);
        }
        let ideal = 699_999.0 * 1_001.0 / 7_000_003.0;
        assert!((now.duration_since(start).as_secs_f64() - ideal).abs() < 1e-6);
    }

    #[test]
    fn in_no_second_passes_more_than_the_rate_and_one_step() {
        let (mut pace, start) = pace(100);
        assert_eq!(pace.step(), 10);
        let mut passed = 0;
        while pace.admit(10, start + Duration::from_millis(999)) < start + Duration::from_secs(1) {
            passed += 10;
        }
        assert_eq!(passed, 100);
    }

    #[test]
    fn a_long_delay_is_not_made_up_for() {
        let (mut pace, start) = pace(10);
        pace.admit(1, start);
        let late = start + Duration::from_secs(3600);
        let at_once = (0..1000).take_while(|_| pace.admit(1, late) <= late).count();
        assert_eq!(at_once, 11);
    }
}
