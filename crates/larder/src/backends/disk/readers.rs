//! Threads of the store's own for what would hold up a caller's: listings, large gets, waiting for a compaction.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind, Result};

const MAX_WAITING: usize = 16 * 1024;
const MAX_THREADS: usize = 4;

type Task = Box<dyn FnOnce() + Send>;

/// A few threads, started as they are needed; they end with the last handle.
pub(super) struct Readers {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    tasks: VecDeque<Task>,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl Readers {
    pub(super) fn new() -> Self {
        Self { shared: Arc::new(Shared { state: Mutex::default(), arrived: Condvar::new() }) }
    }

    /// Runs a read on one of the threads. Where the future is dropped, the read runs all the same.
    pub(super) async fn run<T: Send + 'static>(&self, read: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        // Nobody listens any more where the future was dropped.
        self.push(Box::new(move || drop(reply.send(read()))))?;
        answer.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Unavailable, "the store was closed meanwhile")))
    }

    fn push(&self, task: Task) -> Result<()> {
        let mut state = self.shared.lock();
        if state.tasks.len() >= MAX_WAITING {
            return Err(Error::new(ErrorKind::Overloaded, "too many reads are waiting: try again later"));
        }
        if state.idle <= state.tasks.len() && state.threads < MAX_THREADS {
            let shared = Arc::clone(&self.shared);
            match thread::Builder::new().name("larder-read".into()).spawn(move || shared.work()) {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => {
                    return Err(Error::new(ErrorKind::Unavailable, "no thread could be started").caused_by(error));
                }
                Err(_) => {} // Those that run will see to it.
            }
        }
        state.tasks.push_back(task);
        drop(state);
        self.shared.arrived.notify_one();
        Ok(())
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.arrived.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            if let Some(task) = state.tasks.pop_front() {
                drop(state);
                task();
                state = self.lock();
            } else if state.closed {
                return;
            } else {
                state.idle += 1;
                state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
        }
    }
}
