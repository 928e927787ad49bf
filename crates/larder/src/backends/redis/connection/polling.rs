//! How long the driver looks for replies before it sleeps.

use std::time::Duration;

use tokio::time::Instant;

/// How many looks there are at most. With more, they take the core from the server where both share one.
const MOST: u32 = 128;

/// How long a sleep is at most that should not have been. To sleep and be woken costs a virtual core tens of microseconds,
/// the server as well: `docs/benchmarks.md` has the CPU of a call by one caller beside that of a call by 64.
const SHORT: Duration = Duration::from_micros(300);

/// Counts the looks, as Linux does for a virtual core that halts: where replies come soon after it went to sleep it looks
/// twice as long the next time, and where they do not, half as long, down to not at all.
///
/// A look is a turn of the scheduler: whatever else the worker has to do goes first.
#[derive(Default)]
pub(super) struct Polling {
    /// How many looks a wait may have.
    limit: u32,
    /// How many this one had.
    looks: u32,
    /// Since when it sleeps.
    asleep: Option<Instant>,
}

impl Polling {
    /// Nothing has come: whether to look once more instead of sleeping.
    pub(super) fn again(&mut self) -> bool {
        if self.looks < self.limit {
            self.looks += 1;
            return true;
        }
        self.asleep.get_or_insert_with(Instant::now);
        false
    }

    /// Something has come.
    pub(super) fn came(&mut self) {
        self.looks = 0;
        let Some(since) = self.asleep.take() else { return };
        self.limit = match since.elapsed() < SHORT {
            true => (self.limit * 2).clamp(8, MOST),
            false => self.limit / 2,
        };
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    /// How many looks a wait has that ends so long after it fell asleep.
    async fn wait(polling: &mut Polling, sleep: Duration) -> u32 {
        let mut looks = 0;
        while polling.again() {
            looks += 1;
        }
        advance(sleep).await;
        assert!(!polling.again(), "it looks again without an answer");
        polling.came();
        looks
    }

    #[tokio::test(start_paused = true)]
    async fn it_looks_longer_where_replies_come_soon_and_not_at_all_where_they_do_not() {
        let (mut polling, soon, late) = (Polling::default(), Duration::from_micros(50), Duration::from_millis(1));
        assert_eq!(wait(&mut polling, late).await, 0);
        assert_eq!(wait(&mut polling, soon).await, 0);
        assert_eq!(wait(&mut polling, soon).await, 8);
        for _ in 0..10 {
            wait(&mut polling, soon).await;
        }
        assert_eq!(wait(&mut polling, late).await, MOST);
        assert_eq!(wait(&mut polling, late).await, MOST / 2);
        for _ in 0..10 {
            wait(&mut polling, late).await;
        }
        assert_eq!(wait(&mut polling, late).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_while_it_looks_changes_nothing() {
        let mut polling = Polling::default();
        wait(&mut polling, Duration::ZERO).await;
        for _ in 0..100 {
            assert!(polling.again());
            advance(Duration::from_secs(1)).await;
            polling.came();
        }
        assert_eq!(wait(&mut polling, Duration::ZERO).await, 8);
    }
}
