//! The open file and the commits made to it: one transaction at a time, the truth about each, and a new opening after
//! every failure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use redb::{CompactionError, ReadableDatabase, WriteTransaction};

use crate::error::{Error, ErrorKind, Result};

use super::change::write_state;
use super::failed::{failed, guarded};
use super::file::{How, Opened};
use super::health::Shared;
use super::stored::State;
use super::view::View;

/// How long a compaction waits for reads that began before it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The open file.
pub(super) struct Commits {
    pub(super) how: How,
    shared: Arc<Shared>,
    /// `None` while the file cannot be opened.
    open: Option<Opened>,
    /// Counts openings.
    opening: u64,
    state: State,
    /// For how long a commit may stay in memory; `None` where it may not.
    delay: Option<Duration>,
    /// When the first commit that is only in memory was made.
    unsynced: Option<Instant>,
}

/// Why a transaction came to nothing, or may have.
struct Failure {
    error: Error,
    /// It got as far as its commit, so only the file can tell.
    committing: bool,
}

impl Commits {
    pub(super) fn new(how: How, shared: Arc<Shared>, opened: Opened, delay: Option<Duration>) -> Self {
        let state = opened.state;
        let mut commits = Self { how, shared, open: Some(opened), opening: 0, state, delay, unsynced: None };
        commits.show();
        commits
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn opening(&self) -> u64 {
        self.opening
    }

    /// How much of the store's time has passed that no commit tells.
    pub(super) fn uncommitted_time(&self) -> Duration {
        Duration::from_nanos(self.shared.time.trusted().nanos().saturating_sub(self.state.time))
    }

    pub(super) fn bytes(&self) -> u64 {
        self.open.as_ref().and_then(|open| open.gate.len().ok()).unwrap_or(0)
    }

    /// When what is only in memory has to be synced.
    pub(super) fn sync_due(&self) -> Option<Instant> {
        Some(self.unsynced? + self.delay?)
    }

    /// Runs a transaction and commits it where it says that it changed something. The error tells what became of it:
    /// [`ErrorKind::Unknown`] where that cannot be told, and else it was certainly not applied.
    pub(super) fn transact<T>(
        &mut self,
        work: impl Fn(&WriteTransaction) -> Result<(T, bool), redb::Error>,
    ) -> Result<T> {
        match self.attempt(&work) {
            Ok(answer) => Ok(answer),
            Err(failure) => {
                let before = failure.error.kind() == ErrorKind::Unavailable && !failure.committing;
                let error = self.recover(failure);
                // Where the file had failed before, it only had to be opened anew.
                if before { self.attempt(&work).map_err(|failure| self.recover(failure)) } else { Err(error) }
            }
        }
    }

    fn attempt<T>(&mut self, work: impl Fn(&WriteTransaction) -> Result<(T, bool), redb::Error>) -> Result<T, Failure> {
        let name = &self.shared.name;
        let Some(open) = &self.open else {
            let error = Error::new(ErrorKind::Unavailable, "the file failed and cannot be opened again yet");
            return Err(Failure { error: error.at(name.clone()), committing: false });
        };
        let time = self.shared.time.trusted().nanos().max(self.state.time);
        let state = State { commit: self.state.commit + 1, time };
        let (in_memory, mut committing) = (self.delay.is_some(), false);
        let done = guarded(name, || {
            let mut run = || -> Result<(T, bool), redb::Error> {
                let mut transaction = open.database.begin_write()?;
                if in_memory {
                    transaction.set_durability(redb::Durability::None)?;
                } else {
                    transaction.set_quick_repair(true); // Implies a commit in two phases.
                }
                let (answer, changed) = work(&transaction)?;
                if changed {
                    write_state(&transaction, state)?;
                    committing = true;
                    transaction.commit()?;
                } else {
                    transaction.abort()?;
                }
                Ok((answer, changed))
            };
            run().map_err(|error| failed(name, error))
        });
        let (answer, changed) = done.map_err(|error| Failure { error, committing })?;
        if changed {
            self.state = state;
            if in_memory {
                self.unsynced.get_or_insert_with(Instant::now);
            }
            self.show();
        }
        Ok(answer)
    }

    /// After a failure: opens the file anew and finds out what became of the commit.
    fn recover(&mut self, failure: Failure) -> Error {
        let tried = self.state.commit + 1;
        self.reopen();
        let applied = failure.committing && (self.open.is_none() || self.state.commit >= tried);
        if !applied {
            return failure.error;
        }
        // Though it may be seen now, a sync that failed promises nothing about what a power cut leaves.
        Error::new(ErrorKind::Unknown, "the commit failed half way: it may have been applied")
            .at(self.shared.name.clone())
            .caused_by(failure.error)
    }

    /// Closes the file and opens it anew, as redb wants it after any failure.
    pub(super) fn reopen(&mut self) {
        self.shared.views.hide();
        self.opening += 1;
        self.close_file(); // Before all else: it holds the lock.
        let how = How { create: false, check: false, ..self.how.clone() };
        match how.open(self.shared.time.trusted()) {
            Ok(opened) => {
                let before = std::mem::replace(&mut self.state, opened.state);
                self.open = Some(opened);
                if self.unsynced.take().is_some() {
                    self.shared.health().lost_commits += before.commit.saturating_sub(self.state.commit);
                }
                self.show();
            }
            Err(error) => self.shared.views.fail(&error),
        }
    }

    /// Shows readers the last commit.
    fn show(&mut self) {
        let Some(open) = &self.open else { return };
        let name = &self.shared.name;
        let view = guarded(name, || {
            let transaction = open.database.begin_read().map_err(|error| failed(name, error))?;
            View::new(&transaction, self.opening).map_err(|error| failed(name, error))
        });
        match view {
            Ok(view) => self.shared.views.show(view),
            Err(error) => self.shared.views.fail(&error),
        }
        let file_bytes = open.gate.len().ok();
        let mut health = self.shared.health();
        (health.file_bytes, health.commits) = (file_bytes, self.state.commit);
    }

    /// Makes what is only in memory survive a power cut.
    pub(super) fn sync(&mut self) {
        let (Some(_), Some(open)) = (self.unsynced, &self.open) else { return };
        let name = &self.shared.name;
        let synced = guarded(name, || {
            let sync = || -> Result<(), redb::Error> {
                let mut transaction = open.database.begin_write()?;
                transaction.set_quick_repair(true);
                Ok(transaction.commit()?)
            };
            sync().map_err(|error| failed(name, error))
        });
        match synced {
            Ok(()) => {
                self.unsynced = None;
                self.show();
            }
            Err(_) => self.reopen(),
        }
    }

    /// Commits the store's time and nothing else.
    pub(super) fn commit_time(&mut self) -> Result<()> {
        self.transact(|_| Ok(((), true)))
    }

    /// Gives back to the system what can be given back. Readers wait meanwhile.
    pub(super) fn compact(&mut self) -> Result<()> {
        self.shared.views.hide();
        let compacted = self.compact_hidden();
        let committed = match compacted {
            Ok(()) => {
                self.unsynced = None;
                // Compaction leaves no record of what is free, without which the next opening would walk the file.
                self.commit_time()
            }
            Err(error) => Err(error),
        };
        self.show();
        committed
    }

    fn compact_hidden(&mut self) -> Result<()> {
        let name = &self.shared.name;
        let Some(open) = &mut self.open else { return Ok(()) };
        let patience = Instant::now() + PATIENCE;
        let error = loop {
            match catch_unwind(AssertUnwindSafe(|| open.database.compact())) {
                Ok(Ok(_)) => return Ok(()),
                // Reads that began before are about to end; those of another process may take longer.
                Ok(Err(CompactionError::TransactionInProgress)) if Instant::now() < patience => {
                    thread::sleep(Duration::from_millis(1));
                }
                Ok(Err(CompactionError::TransactionInProgress)) => {
                    let message = "another process is reading the store: compact again when it has ended";
                    return Err(Error::new(ErrorKind::Unavailable, message).at(name.clone()));
                }
                Ok(Err(error)) => break failed(name, error),
                Err(_) => break failed(name, redb::Error::Corrupted("redb panicked".to_owned())),
            }
        };
        self.reopen();
        Err(error)
    }

    /// Closes the store for good.
    pub(super) fn close(&mut self) {
        self.sync();
        self.shared.views.fail(&Error::new(ErrorKind::Unavailable, "the store is closed"));
        self.close_file();
    }

    fn close_file(&mut self) {
        if let Some(Opened { database, .. }) = self.open.take() {
            let _ = catch_unwind(AssertUnwindSafe(|| drop(database)));
        }
    }
}
