//! The one thread that writes: it takes all that waits, applies it in order of arrival, commits once, and answers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use redb::{CompactionError, ReadableDatabase, WriteTransaction};
use tokio::sync::oneshot;

use crate::backend::{Sweep, Swept};
use crate::error::{Error, ErrorKind, Result};
use crate::ttl::Ttl;

use super::change::{Answer, Change, Changes, write_state};
use super::failed::{failed, failed_io};
use super::file::{How, Opened};
use super::queue::{Queue, Taken};
use super::reserve::Reserve;
use super::stored::State;
use super::time::Time;
use super::view::{View, Views};

/// How often expired records are looked for, and how many of them one commit removes.
const TICK: Duration = Duration::from_secs(1);
const SWEEP_RECORDS: usize = 1000;
/// The time is committed at least this often, so that a store that is only read does not seem to leap.
const TIME_COMMITTED: Duration = Duration::from_secs(20 * 60);
/// How many keys of a delete go into one commit where there is next to no room.
const DELETE_PIECE: usize = 8;

/// What the writer is asked for.
pub(super) enum Task {
    Change(Change, oneshot::Sender<Result<Answer>>),
    Sweep(Sweep, Swept, oneshot::Sender<Result<Swept>>),
    /// A read failed on this opening of the file: nothing can be read any more until there is another.
    Reopen(u64),
}

/// What the writer shares with the handles.
pub(super) struct Shared {
    pub(super) name: String,
    pub(super) queue: Queue<Task>,
    pub(super) views: Views,
    pub(super) time: Time,
    pub(super) health: Mutex<Health>,
}

/// What is wrong at the moment, and what there is.
#[derive(Default)]
pub(super) struct Health {
    /// The disk is full, and only deletes are taken.
    pub(super) full: bool,
    /// No reserve could be made, so deletes may fail on a full disk.
    pub(super) no_reserve: bool,
    /// Commits that were answered under a relaxed durability and then lost.
    pub(super) lost_commits: u64,
    pub(super) commits: u64,
    pub(super) file_bytes: Option<u64>,
}

pub(super) struct Writer {
    how: How,
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
    reserve: Option<Reserve>,
    next_tick: Instant,
}

/// Why an attempt came to nothing, or may have.
struct Failure {
    error: Error,
    /// The attempt got as far as its commit, so only the file can tell.
    committing: bool,
    /// The database has to be opened anew before it can be written again.
    broken: bool,
}

impl Writer {
    pub(super) fn new(
        how: How,
        shared: Arc<Shared>,
        opened: Opened,
        delay: Option<Duration>,
        accept_clock: bool,
    ) -> Self {
        let reserve = how.path().map(Reserve::open);
        shared.health().no_reserve = matches!(reserve, Some(Err(_)));
        let state = opened.state;
        let mut writer = Self {
            how,
            shared,
            open: Some(opened),
            opening: 0,
            state,
            delay,
            unsynced: None,
            reserve: reserve.and_then(Result::ok),
            next_tick: Instant::now() + TICK,
        };
        writer.show();
        if accept_clock {
            // Accepted once is accepted: the leap is not asked for again at the next opening.
            let _ = writer.commit_time();
        }
        writer
    }

    /// Serves until the queue is closed and empty, then closes the store.
    pub(super) fn run(mut self) {
        loop {
            let due = self.sync_due().map_or(self.next_tick, |due| due.min(self.next_tick));
            match self.shared.queue.take(due) {
                Taken::Tasks(tasks) => self.serve(tasks),
                Taken::Nothing => {}
                Taken::Closed => break,
            }
            if self.sync_due().is_some_and(|due| due <= Instant::now()) {
                self.sync();
            }
            if self.next_tick <= Instant::now() {
                self.tick();
            }
        }
        self.close();
    }

    fn sync_due(&self) -> Option<Instant> {
        Some(self.unsynced? + self.delay?)
    }

    fn serve(&mut self, tasks: Vec<Task>) {
        let mut changes = Vec::with_capacity(tasks.len());
        for task in tasks {
            match task {
                Task::Change(change, reply) => changes.push((change, reply)),
                Task::Sweep(what, swept, reply) => {
                    self.commit(std::mem::take(&mut changes));
                    self.sweep(what, swept, reply);
                }
                Task::Reopen(opening) => {
                    self.commit(std::mem::take(&mut changes));
                    if opening == self.opening {
                        self.reopen();
                    }
                }
            }
        }
        self.commit(changes);
    }

    /// Commits changes together and answers their callers; a change that fails for its own sake fails alone.
    fn commit(&mut self, changes: Vec<(Change, oneshot::Sender<Result<Answer>>)>) {
        if changes.is_empty() {
            return;
        }
        let lean = !self.has_room();
        let (changes, replies): (Vec<_>, Vec<_>) = changes.into_iter().unzip();
        let answers = if lean {
            self.each_alone(&changes)
        } else {
            match self.attempt_twice(&changes) {
                Ok(answers) => answers,
                Err(failure) => match self.recover(failure) {
                    error if changes.len() > 1 && matches!(error.kind(), ErrorKind::Full | ErrorKind::Corrupt) => {
                        self.each_alone(&changes)
                    }
                    error if error.kind() == ErrorKind::Full && changes.iter().all(Change::frees) => {
                        self.each_alone(&changes)
                    }
                    error => changes.iter().map(|_| Err(again(&error))).collect(),
                },
            }
        };
        for (reply, answer) in replies.into_iter().zip(answers) {
            let _ = reply.send(answer); // The caller may have gone; the change was the store's.
        }
    }

    /// Applies each change in a commit of its own, what frees room also where there is none.
    fn each_alone(&mut self, changes: &[Change]) -> Vec<Result<Answer>> {
        let mut full = !self.has_room();
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            answers.push(if change.frees() {
                self.alone(change).or_else(|error| match error.kind() {
                    ErrorKind::Full => self.in_the_reserve(change),
                    _ => Err(error),
                })
            } else if full {
                Err(self.full())
            } else {
                let answer = self.alone(change);
                full = matches!(&answer, Err(error) if error.kind() == ErrorKind::Full);
                answer
            });
        }
        answers
    }

    fn alone(&mut self, change: &Change) -> Result<Answer> {
        match self.attempt(std::slice::from_ref(change)) {
            Ok(mut answers) => answers.pop().unwrap_or_else(|| Err(self.full())),
            Err(failure) => Err(self.recover(failure)),
        }
    }

    /// Applies a delete or take that found the disk full, in the room that is kept for it.
    fn in_the_reserve(&mut self, change: &Change) -> Result<Answer> {
        if let Some(reserve) = &mut self.reserve {
            reserve.give();
        }
        let Change::Delete(keys) = change else { return self.alone(change) };
        // Every key may copy pages of its own, which are free again only after the commit.
        let mut lived = Vec::with_capacity(keys.len());
        for piece in keys.chunks(DELETE_PIECE) {
            if let Answer::Lived(piece) = self.alone(&Change::Delete(piece.to_vec()))? {
                lived.extend(piece);
            }
        }
        Ok(Answer::Lived(lived))
    }

    /// Whether there is room for more than deletes: the reserve is where it should be.
    fn has_room(&mut self) -> bool {
        let room = self.reserve.as_mut().is_none_or(Reserve::refill);
        self.shared.health().full = !room;
        room
    }

    fn full(&self) -> Error {
        failed_io(&self.shared.name, std::io::ErrorKind::StorageFull.into())
    }

    /// Applies changes, and once more where the file had failed before and only had to be opened anew.
    fn attempt_twice(&mut self, changes: &[Change]) -> Result<Vec<Result<Answer>>, Failure> {
        match self.attempt(changes) {
            Err(failure) if !failure.committing && failure.error.kind() == ErrorKind::Unavailable => {
                self.reopen();
                self.attempt(changes)
            }
            done => done,
        }
    }

    /// Applies changes in one transaction and commits it.
    fn attempt(&mut self, changes: &[Change]) -> Result<Vec<Result<Answer>>, Failure> {
        let now = self.shared.time.now();
        self.transact(|transaction| {
            let mut tables = Changes::new(transaction, now)?;
            let answers = changes.iter().map(|change| tables.apply(change)).collect::<Result<Vec<_>, redb::Error>>()?;
            Ok((answers, tables.changed()))
        })
    }

    /// Runs a transaction and commits it where it says that it changed something.
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&WriteTransaction) -> Result<(T, bool), redb::Error>,
    ) -> Result<T, Failure> {
        let name = &self.shared.name;
        let Some(open) = &self.open else {
            let error =
                Error::new(ErrorKind::Unavailable, "the file failed and cannot be opened again yet").at(name.clone());
            return Err(Failure { error, committing: false, broken: true });
        };
        let state =
            State { commit: self.state.commit + 1, time: self.shared.time.trusted().nanos().max(self.state.time) };
        let (in_memory, mut committing) = (self.delay.is_some(), false);
        // redb panics on some damaged files; see `guarded`.
        let done = catch_unwind(AssertUnwindSafe(|| -> Result<(T, bool), redb::Error> {
            let mut transaction = open.database.begin_write()?;
            if in_memory {
                transaction.set_durability(redb::Durability::None)?;
            } else {
                transaction.set_quick_repair(true); // Implies the commit in two phases.
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
        }));
        match done {
            Ok(Ok((answer, changed))) => {
                if changed {
                    self.state = state;
                    if in_memory {
                        self.unsynced.get_or_insert_with(Instant::now);
                    }
                    self.show();
                }
                Ok(answer)
            }
            Ok(Err(error)) => Err(Failure { error: failed(name, error), committing, broken: true }),
            Err(_) => {
                let error = failed(name, redb::Error::Corrupted("redb panicked".to_owned()));
                Err(Failure { error, committing, broken: true })
            }
        }
    }

    /// After a failure: opens the file anew and finds out what became of the commit.
    fn recover(&mut self, failure: Failure) -> Error {
        let tried = self.state.commit + 1;
        if failure.broken {
            self.reopen();
        }
        let applied = failure.committing && (self.open.is_none() || self.state.commit >= tried);
        if !applied {
            return failure.error;
        }
        // Visible now or not, a sync that failed promises nothing about what a power cut leaves.
        let kind = ErrorKind::Unknown;
        Error::new(kind, "the commit failed half way: it may have been applied")
            .at(self.shared.name.clone())
            .caused_by(failure.error)
    }

    /// Closes the file and opens it anew, as redb wants it after any failure.
    fn reopen(&mut self) {
        self.shared.views.hide();
        let before = self.state;
        self.opening += 1;
        // First all of the old is let go: it holds the lock.
        self.open = None;
        let how = How { create: false, check: false, ..self.how.clone() };
        match how.open(self.shared.time.trusted()) {
            Ok(opened) => {
                self.state = opened.state;
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
        let view = super::failed::guarded(name, || {
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
    fn sync(&mut self) {
        if self.unsynced.is_none() {
            return;
        }
        let Some(open) = &self.open else { return };
        let synced = catch_unwind(AssertUnwindSafe(|| -> Result<(), redb::Error> {
            let mut transaction = open.database.begin_write()?;
            transaction.set_quick_repair(true);
            Ok(transaction.commit()?)
        }));
        match synced {
            Ok(Ok(())) => {
                self.unsynced = None;
                self.show();
            }
            _ => self.reopen(),
        }
    }

    /// What is done once a second: bounded, so that writers hardly wait for it.
    fn tick(&mut self) {
        self.next_tick = Instant::now() + TICK;
        if self.open.is_none() {
            return self.reopen();
        }
        let (now, trusted) = (self.shared.time.now(), self.shared.time.trusted());
        let ended = match self.shared.views.now() {
            Some(Ok(view)) => super::failed::guarded(&self.shared.name, || Ok(view.ends_by(trusted).unwrap_or(false))),
            _ => Ok(false),
        };
        if ended.unwrap_or(false) {
            // Where more is left, it goes on as soon as those who wait are served.
            if let Ok((_, false)) = self.sweep_some() {
                self.next_tick = Instant::now();
            }
        } else if trusted.nanos().saturating_sub(self.state.time) > TIME_COMMITTED.as_nanos() as u64 && now >= trusted {
            let _ = self.commit_time();
        }
    }

    fn commit_time(&mut self) -> Result<()> {
        self.transact(|_| Ok(((), true))).map_err(|failure| self.recover(failure))
    }

    /// Removes some expired records; answers how many, and whether those were all.
    fn sweep_some(&mut self) -> Result<(u64, bool)> {
        let ended = self.shared.time.trusted();
        let once = |writer: &mut Self, limit| {
            let swept = writer.transact(|transaction| {
                let mut tables = Changes::new(transaction, ended)?;
                let swept = tables.sweep(ended, limit)?;
                Ok((swept, tables.changed()))
            });
            swept.map_err(|failure| writer.recover(failure))
        };
        match once(self, SWEEP_RECORDS) {
            Err(error) if error.kind() == ErrorKind::Full => {
                if let Some(reserve) = &mut self.reserve {
                    reserve.give();
                }
                once(self, DELETE_PIECE)
            }
            swept => swept,
        }
    }

    fn sweep(&mut self, what: Sweep, mut swept: Swept, reply: oneshot::Sender<Result<Swept>>) {
        let answer = match self.sweep_some() {
            Ok((records, finished)) => {
                swept.records += records;
                if !finished {
                    // Behind those who wait meanwhile.
                    return self.shared.queue.push_own(Task::Sweep(what, swept, reply));
                }
                let compacted = if what == Sweep::Compact { self.compact() } else { Ok(0) };
                compacted.and_then(|bytes| {
                    swept.bytes = bytes;
                    swept.held = self.held()?;
                    Ok(swept)
                })
            }
            Err(error) => Err(error),
        };
        let _ = reply.send(answer);
    }

    /// How many expired records are kept because of the clock.
    fn held(&self) -> Result<u64> {
        if self.shared.time.leap().is_none() {
            return Ok(0);
        }
        let (trusted, now) = (self.shared.time.trusted(), self.shared.time.now());
        let view = self.shared.views.now().unwrap_or_else(|| Err(self.full()))?;
        super::failed::guarded(&self.shared.name, || {
            view.ending_between(trusted, now).map_err(|error| failed(&self.shared.name, error))
        })
    }

    /// Gives back to the system what can be given back; answers how many bytes.
    fn compact(&mut self) -> Result<u64> {
        let before = self.open.as_ref().and_then(|open| open.gate.len().ok()).unwrap_or(0);
        self.shared.views.hide();
        let compacted = self.compact_hidden();
        if let Err(failure) = compacted {
            let error = self.recover(failure);
            self.show();
            return Err(error);
        }
        self.unsynced = None;
        // Compaction leaves no record of what is free, without which the next opening would have to walk the file.
        let committed = self.commit_time();
        self.show();
        committed?;
        self.has_room();
        let after = self.open.as_ref().and_then(|open| open.gate.len().ok()).unwrap_or(before);
        Ok(before.saturating_sub(after))
    }

    fn compact_hidden(&mut self) -> Result<(), Failure> {
        let name = self.shared.name.clone();
        let Some(open) = &mut self.open else { return Ok(()) };
        let patience = Instant::now() + Duration::from_secs(2);
        loop {
            let compacted = catch_unwind(AssertUnwindSafe(|| open.database.compact()));
            let (error, broken) = match compacted {
                Ok(Ok(_)) => return Ok(()),
                // Reads that began before are about to end; a process that looks in may hold us up for longer.
                Ok(Err(CompactionError::TransactionInProgress)) if Instant::now() < patience => {
                    thread::sleep(Duration::from_millis(1));
                    continue;
                }
                Ok(Err(CompactionError::TransactionInProgress)) => {
                    let message = "another process is reading the store: compact again when it has ended";
                    (Error::new(ErrorKind::Unavailable, message).at(name), false)
                }
                Ok(Err(error)) => (failed(&name, error), true),
                Err(_) => (failed(&name, redb::Error::Corrupted("redb panicked".to_owned())), true),
            };
            return Err(Failure { error, committing: false, broken });
        }
    }

    fn close(mut self) {
        self.sync();
        if self.shared.time.trusted().nanos().saturating_sub(self.state.time)
            >= Duration::from_secs(1).as_nanos() as u64
        {
            // What has been seen to expire stays expired, even if the clock is set back before the next opening.
            let _ = self.commit_time();
            self.sync();
        }
        self.shared.views.fail(&Error::new(ErrorKind::Unavailable, "the store is closed"));
        if let Some(Opened { database, .. }) = self.open.take() {
            let _ = catch_unwind(AssertUnwindSafe(|| drop(database)));
        }
    }
}

impl Shared {
    /// What is wrong, in words for people, each with its remedy.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(leap) = self.time.leap() {
            warnings.push(format!(
                "the clock is {} ahead of the last time this store was written; what has expired by that is kept, though \
                 not found: if the clock is right, open the store once with `clock=accept`",
                span(leap)
            ));
        }
        let behind = self.time.wall_behind();
        if behind > BEHIND {
            let behind = span(behind);
            warnings.push(format!("the clock is {behind} behind the store's own time: records live by the latter"));
        }
        let health = self.health();
        if health.full {
            warnings
                .push("the disk is full: only deletes are taken until there is room or the store is compacted".into());
        }
        if health.no_reserve {
            warnings.push("no reserve can be kept beside the store: deletes may fail on a full disk".into());
        }
        if health.lost_commits > 0 {
            let lost = health.lost_commits;
            warnings
                .push(format!("the disk failed, and {lost} commits were lost that a relaxed durability had answered"));
        }
        warnings
    }

    pub(super) fn health(&self) -> std::sync::MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A wall that is further than this behind is worth a word.
const BEHIND: Duration = Duration::from_secs(60);

fn span(duration: Duration) -> Ttl {
    Ttl::After(Duration::from_secs(duration.as_secs()))
}

/// The same error for one more caller.
fn again(error: &Error) -> Error {
    Error::new(error.kind(), error.to_string())
}
