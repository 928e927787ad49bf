//! The one thread that writes: it takes all that waits, applies it in order of arrival, commits once, and answers.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::backend::{Sweep, Swept};
use crate::clock::Moment;
use crate::error::{Error, ErrorKind, Result};

use super::change::{Answer, Change, Changes};
use super::commits::Commits;
use super::failed::{failed, failed_io, guarded};
use super::health::Shared;
use super::queue::Taken;
use super::reserve::Reserve;

/// How often expired records are looked for, and how many of them one commit removes.
const TICK: Duration = Duration::from_secs(1);
const SWEEP_RECORDS: usize = 1000;
/// The time is committed at least this often, so that a store that is only read does not seem to leap.
const TIME_COMMITTED: Duration = Duration::from_secs(20 * 60);
/// How many keys go into one commit where there is next to no room.
const PIECE: usize = 8;

/// What the writer is asked for.
pub(super) enum Task {
    Change(Change, oneshot::Sender<Result<Answer>>),
    Sweep(Sweep, Swept, oneshot::Sender<Result<Swept>>),
    /// A read failed on this opening of the file: nothing can be read any more until there is another.
    Reopen(u64),
}

pub(super) struct Writer {
    shared: Arc<Shared>,
    commits: Commits,
    reserve: Option<Reserve>,
    next_tick: Instant,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, mut commits: Commits) -> Self {
        let reserve = commits.how.path().map(Reserve::open);
        shared.health().no_reserve = matches!(reserve, Some(Err(_)));
        if commits.uncommitted_time() > TIME_COMMITTED {
            // Also where a leap was accepted: it is not asked for again at the next opening.
            let _ = commits.commit_time();
        }
        Self { shared, commits, reserve: reserve.and_then(Result::ok), next_tick: Instant::now() + TICK }
    }

    /// Serves until the queue is closed and empty, then closes the store.
    pub(super) fn run(mut self) {
        loop {
            let due = self.commits.sync_due().map_or(self.next_tick, |due| due.min(self.next_tick));
            match self.shared.queue.take(due) {
                Taken::Tasks(tasks) => self.serve(tasks),
                Taken::Nothing => {}
                Taken::Closed => break,
            }
            if self.commits.sync_due().is_some_and(|due| due <= Instant::now()) {
                self.commits.sync();
            }
            if self.next_tick <= Instant::now() {
                self.tick();
            }
        }
        if self.has_expired_unseen() {
            // What may have been seen to expire stays expired, even if the clock is set back before the next opening.
            let _ = self.commits.commit_time();
        }
        self.commits.close();
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
                    if opening == self.commits.opening() {
                        self.commits.reopen();
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
        let (changes, replies): (Vec<_>, Vec<_>) = changes.into_iter().unzip();
        let answers = match if self.has_room() { self.together(&changes) } else { Err(self.full()) } {
            Ok(answers) => answers,
            Err(error) if error.kind() == ErrorKind::Full && changes.iter().any(Change::frees) => {
                self.each_alone(&changes)
            }
            Err(error) if matches!(error.kind(), ErrorKind::Full | ErrorKind::Corrupt) && changes.len() > 1 => {
                self.each_alone(&changes)
            }
            Err(error) => changes.iter().map(|_| Err(again(&error))).collect(),
        };
        for (reply, answer) in replies.into_iter().zip(answers) {
            let _ = reply.send(answer); // The caller may have gone; the change was the store's.
        }
    }

    fn together(&mut self, changes: &[Change]) -> Result<Vec<Result<Answer>>> {
        let now = self.shared.time.now();
        self.commits.transact(|transaction| {
            let mut tables = Changes::new(transaction, now)?;
            let answers = changes.iter().map(|change| tables.apply(change)).collect::<Result<Vec<_>, redb::Error>>()?;
            Ok((answers, tables.changed()))
        })
    }

    /// Commits each change by itself; what frees room, also where there is none.
    fn each_alone(&mut self, changes: &[Change]) -> Vec<Result<Answer>> {
        let mut full = !self.has_room();
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            let answer = match self.alone(change, full) {
                Err(error) if error.kind() == ErrorKind::Full && change.frees() => self.in_the_reserve(change),
                answer => answer,
            };
            full |= matches!(&answer, Err(error) if error.kind() == ErrorKind::Full);
            answers.push(answer);
        }
        answers
    }

    fn alone(&mut self, change: &Change, full: bool) -> Result<Answer> {
        if full && !change.frees() {
            return Err(self.full());
        }
        self.together(std::slice::from_ref(change))?.pop().unwrap_or_else(|| Err(self.full()))
    }

    /// Applies a delete or take that found the disk full, in the room that is kept for it.
    fn in_the_reserve(&mut self, change: &Change) -> Result<Answer> {
        self.give_reserve();
        let Change::Delete(keys) = change else { return self.alone(change, true) };
        // Every key may copy pages of its own, which are free again only after the commit.
        let mut lived = Vec::with_capacity(keys.len());
        for piece in keys.chunks(PIECE) {
            if let Answer::Lived(piece) = self.alone(&Change::Delete(piece.to_vec()), true)? {
                lived.extend(piece);
            }
        }
        Ok(Answer::Lived(lived))
    }

    fn give_reserve(&mut self) {
        if let Some(reserve) = &mut self.reserve {
            reserve.give();
            self.shared.health().full = true;
        }
    }

    /// Whether there is room for more than deletes: the reserve is where it should be.
    fn has_room(&mut self) -> bool {
        let room = self.reserve.as_mut().is_none_or(Reserve::refill);
        self.shared.health().full = !room;
        room
    }

    fn full(&self) -> Error {
        failed_io(&self.shared.name, io::ErrorKind::StorageFull.into())
    }

    /// What is done once a second: bounded, so that writers hardly wait for it.
    fn tick(&mut self) {
        self.next_tick = Instant::now() + TICK;
        if !self.commits.is_open() {
            return self.commits.reopen();
        }
        self.has_room();
        let trusted = self.shared.time.trusted();
        let view = self.shared.views.now().and_then(Result::ok);
        let ended = view.map(|view| guarded(&self.shared.name, || Ok(view.ends_by(trusted).unwrap_or(false))));
        if matches!(ended, Some(Ok(true))) {
            // Where more is left, it goes on as soon as those who wait are served.
            if let Ok((_, false)) = self.sweep_some() {
                self.next_tick = Instant::now();
            }
        } else if self.commits.uncommitted_time() > TIME_COMMITTED {
            let _ = self.commits.commit_time();
        }
    }

    /// Whether a reader may have seen a record expire that no commit tells of.
    fn has_expired_unseen(&self) -> bool {
        let (uncommitted, trusted) = (self.commits.uncommitted_time(), self.shared.time.trusted());
        if uncommitted > TIME_COMMITTED {
            return true;
        }
        let from = Moment::since_start(trusted.elapsed().saturating_sub(uncommitted));
        let Some(Ok(view)) = self.shared.views.now() else { return false };
        let ended = guarded(&self.shared.name, || {
            view.ending_between(from, trusted).map_err(|error| failed(&self.shared.name, error))
        });
        ended.is_ok_and(|ended| ended > 0)
    }

    /// Removes some expired records; answers how many, and whether those were all.
    fn sweep_some(&mut self) -> Result<(u64, bool)> {
        let ended = self.shared.time.trusted();
        let sweep = |commits: &mut Commits, limit| {
            commits.transact(|transaction| {
                let mut tables = Changes::new(transaction, ended)?;
                let swept = tables.sweep(ended, limit)?;
                Ok((swept, tables.changed()))
            })
        };
        match sweep(&mut self.commits, SWEEP_RECORDS) {
            Err(error) if error.kind() == ErrorKind::Full => {
                self.give_reserve();
                sweep(&mut self.commits, PIECE)
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
                self.finish_sweep(what, swept)
            }
            Err(error) => Err(error),
        };
        let _ = reply.send(answer);
    }

    fn finish_sweep(&mut self, what: Sweep, mut swept: Swept) -> Result<Swept> {
        if what == Sweep::Compact {
            let before = self.commits.bytes();
            self.commits.compact()?;
            swept.bytes = before.saturating_sub(self.commits.bytes());
            self.has_room();
        }
        if self.shared.time.leap().is_some() {
            let (trusted, now) = (self.shared.time.trusted(), self.shared.time.now());
            let view = self.shared.views.now().unwrap_or_else(|| Err(self.full()))?;
            swept.held = guarded(&self.shared.name, || {
                view.ending_between(trusted, now).map_err(|error| failed(&self.shared.name, error))
            })?;
        }
        Ok(swept)
    }
}

impl Drop for Writer {
    /// Whatever ends the writer, nobody waits for it in vain.
    fn drop(&mut self) {
        self.shared.views.fail(&Error::new(ErrorKind::Unavailable, "the store is closed"));
        self.shared.queue.abandon();
    }
}

/// The same error for one more caller.
fn again(error: &Error) -> Error {
    Error::new(error.kind(), error.to_string())
}
