//! What waits for the writer: bounded, in order of arrival.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many tasks, and how many bytes of values, may wait.
const MAX_TASKS: usize = 16 * 1024;
const MAX_BYTES: usize = 64 << 20;
/// How much one commit takes up at most; a single larger task is taken alone.
const COMMIT_TASKS: usize = 1024;
const COMMIT_BYTES: usize = 16 << 20;

/// A queue of tasks with their sizes in bytes.
pub(super) struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    arrived: Condvar,
}

struct Waiting<T> {
    tasks: VecDeque<(T, usize)>,
    bytes: usize,
    closed: bool,
}

/// What [`Queue::take`] came back with.
pub(super) enum Taken<T> {
    /// Tasks, at least one.
    Tasks(Vec<T>),
    /// Nothing came in time.
    Nothing,
    /// Nothing is left and nothing will come.
    Closed,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        Self {
            waiting: Mutex::new(Waiting { tasks: VecDeque::new(), bytes: 0, closed: false }),
            arrived: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a task; hands it back where too much is waiting or the queue is closed.
    pub(super) fn push(&self, task: T, bytes: usize) -> Result<(), T> {
        let mut waiting = self.lock();
        let fits = waiting.tasks.is_empty() || (waiting.tasks.len() < MAX_TASKS && waiting.bytes + bytes <= MAX_BYTES);
        if waiting.closed || !fits {
            return Err(task);
        }
        waiting.bytes += bytes;
        waiting.tasks.push_back((task, bytes));
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// Adds a task that the store itself needs done, which nothing refuses.
    pub(super) fn push_own(&self, task: T) {
        self.lock().tasks.push_back((task, 0));
        self.arrived.notify_one();
    }

    /// Takes what waits, as much as one commit takes up; waits for it until `deadline`.
    pub(super) fn take(&self, deadline: Instant) -> Taken<T> {
        let mut waiting = self.lock();
        while waiting.tasks.is_empty() {
            if waiting.closed {
                return Taken::Closed;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                return Taken::Nothing;
            }
            waiting = self.arrived.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let mut tasks = Vec::new();
        let mut taken = 0;
        while let Some((_, bytes)) = waiting.tasks.front() {
            if !tasks.is_empty() && (tasks.len() >= COMMIT_TASKS || taken + bytes > COMMIT_BYTES) {
                break;
            }
            let Some((task, bytes)) = waiting.tasks.pop_front() else { break };
            taken += bytes;
            tasks.push(task);
        }
        waiting.bytes -= taken;
        Taken::Tasks(tasks)
    }

    /// Lets nothing more in and lets go of what waits: those who asked for it learn that nothing will come of it.
    pub(super) fn abandon(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        let abandoned = std::mem::take(&mut waiting.tasks);
        drop(waiting);
        drop(abandoned);
    }

    /// Lets nothing more in; what waits is still taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }
}
