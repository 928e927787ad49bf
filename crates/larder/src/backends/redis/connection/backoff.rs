//! How long to wait before the next attempt to connect.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);
/// After a refused password or right: it takes a person to mend that, and servers log each attempt. Service is to be back
/// within 2 s of the mending, and to connect takes a part of that.
const REFUSED: Duration = Duration::from_millis(1500);

/// Waits that double from 50 ms to 1 s, each drawn from nothing to its bound ("full jitter"), so that a fleet does not
/// come back in step.
#[derive(Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait. `random` is a number of the caller's.
    pub(super) fn next(&mut self, refused: bool, random: u64) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let bound = if refused { REFUSED } else { doubled };
        // Both fit: the bound is at most 1,500,000 µs, and the share of it no more than the bound.
        let share = (u128::from(random) * (bound.as_micros() + 1)) >> 64;
        Duration::from_micros(share as u64)
    }

    /// Begins anew, after a connection that lasted.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_second_and_are_drawn_from_nothing_to_their_bound() {
        let bounds = |random: u64, refused: bool| {
            let mut backoff = Backoff::default();
            (0..7).map(|_| backoff.next(refused, random).as_micros() as u64).collect::<Vec<_>>()
        };
        let full = [50_000, 100_000, 200_000, 400_000, 800_000, 1_000_000, 1_000_000];
        assert_eq!(bounds(u64::MAX, false), full);
        assert_eq!(bounds(1 << 63, false), full.map(|bound| bound / 2));
        assert_eq!(bounds(0, false), [0; 7]);
        assert_eq!(bounds(u64::MAX, true), [1_500_000; 7]);
    }

    #[test]
    fn waits_begin_anew_after_a_connection_that_lasted() {
        let mut backoff = Backoff::default();
        for _ in 0..100 {
            assert!(backoff.next(false, u64::MAX) <= LONGEST);
        }
        backoff.reset();
        assert_eq!(backoff.next(false, u64::MAX), FIRST);
    }
}
