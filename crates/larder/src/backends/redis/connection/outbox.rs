//! What callers leave for the task that owns the socket: commands as bytes, and who waits for their replies.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use bytes::Bytes;
use redis::Value;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::command::{Command, Commands};
use super::fence::{Batch, Seals};
use super::reply;
use super::waiting::{Lost, Waiting};

/// How many bytes may lie here before callers wait to leave theirs.
const ROOM: usize = 1024 * 1024;
/// So many messages are worth a send of their own: the server begins while more are being left.
pub(super) const ENOUGH: usize = 24;
/// A buffer that grew beyond it is given back once it is empty.
pub(super) const KEPT: usize = 1024 * 1024;

/// One batch after another, each taken as a whole.
///
/// A message lies here until it is taken, and is certainly not sent before. A caller that goes away leaves its message,
/// and nobody for its reply.
pub(super) struct Outbox {
    lying: Mutex<Lying>,
    /// Told when room was made.
    room: Notify,
}

struct Lying {
    load: Load,
    seals: Seals,
    /// The task that takes it.
    taker: Option<Waker>,
    /// Whether that sleeps because there was nothing.
    asleep: bool,
    ended: bool,
}

/// What is taken at once.
#[derive(Default)]
pub(super) struct Load {
    pub(super) bytes: Vec<u8>,
    pub(super) waiting: VecDeque<Waiting>,
    pub(super) batches: VecDeque<Batch>,
}

/// What lies there to be taken.
pub(super) enum Lies {
    Nothing,
    Something,
    /// So much that waiting for more gains nothing.
    Enough,
}

impl Outbox {
    pub(super) fn new(fence: bool) -> Self {
        let lying = Lying { load: Load::default(), seals: Seals::new(fence), taker: None, asleep: false, ended: false };
        Self { lying: Mutex::new(lying), room: Notify::new() }
    }

    /// Leaves a command, and waits for its reply. Whoever takes it keeps the deadline.
    pub(super) async fn send(&self, command: &Command, due: Instant) -> Result<Value, Lost> {
        let reply = self.message(1, due, |bytes| bytes.extend_from_slice(command.bytes())).await?;
        reply::value(&reply).map_err(Lost::Garbled)
    }

    /// The same with several, in a MULTI where they are one step. One reply a command, those of MULTI and EXEC included.
    pub(super) async fn send_all(&self, commands: &Commands, due: Instant) -> Result<Vec<Value>, Lost> {
        let replies = self.message(commands.replies(), due, |bytes| commands.write(bytes)).await?;
        reply::values(&replies, commands.replies()).map_err(Lost::Garbled)
    }

    /// Leaves a message of so many commands, and waits for the replies, which are read by whoever they are for: the task
    /// that owns the socket has enough to do.
    async fn message(&self, commands: usize, due: Instant, write: impl Fn(&mut Vec<u8>)) -> Result<Bytes, Lost> {
        let (waiting, replies) = Waiting::new(commands, due);
        self.post(commands, waiting, write).await?;
        replies.await.unwrap_or(Err(Lost::Unanswered))
    }

    /// Leaves a message of so many commands, as soon as there is room.
    async fn post(&self, commands: usize, waiting: Waiting, write: impl Fn(&mut Vec<u8>)) -> Result<(), Lost> {
        match self.leave(commands, waiting, &write)? {
            None => Ok(()),
            // On the heap, since it is rare.
            Some(waiting) => Box::pin(self.post_later(commands, waiting, write)).await,
        }
    }

    async fn post_later(
        &self,
        commands: usize,
        mut waiting: Waiting,
        write: impl Fn(&mut Vec<u8>),
    ) -> Result<(), Lost> {
        loop {
            // Made before the look, so that no word of room is missed.
            let room = self.room.notified();
            match self.leave(commands, waiting, &write)? {
                None => return Ok(()),
                Some(back) => waiting = back,
            }
            timeout_at(waiting.due, room).await.map_err(|_| Lost::Crowded)?;
        }
    }

    /// Leaves it at once, or gives back who waits where there is no room.
    fn leave(&self, commands: usize, waiting: Waiting, write: impl Fn(&mut Vec<u8>)) -> Result<Option<Waiting>, Lost> {
        let mut lying = self.lock();
        if lying.ended {
            return Err(Lost::Unsent);
        }
        if lying.load.bytes.len() >= ROOM {
            return Ok(Some(waiting));
        }
        let Lying { load, seals, taker, asleep, .. } = &mut *lying;
        write(&mut load.bytes);
        load.waiting.push_back(waiting);
        load.batches.extend(seals.wrote(commands, &mut load.bytes));
        let wakes = mem::take(asleep) || load.waiting.len() == ENOUGH;
        let taker = if wakes { taker.clone() } else { None };
        drop(lying);
        if let Some(taker) = taker {
            taker.wake();
        }
        Ok(None)
    }

    /// What lies here; where nothing does, whoever asks is woken by what comes next.
    pub(super) fn wait(&self, cx: &Context<'_>) -> Lies {
        let mut lying = self.lock();
        if !lying.taker.as_ref().is_some_and(|taker| taker.will_wake(cx.waker())) {
            lying.taker = Some(cx.waker().clone());
        }
        match lying.load.waiting.len() {
            0 => {
                lying.asleep = true;
                Lies::Nothing
            }
            1..ENOUGH => Lies::Something,
            _ => Lies::Enough,
        }
    }

    /// Takes all of it, sealed. `empty` is left in its place, so that buffers are used again.
    pub(super) fn take(&self, empty: &mut Load) {
        let mut lying = self.lock();
        let Lying { load, seals, .. } = &mut *lying;
        load.batches.extend(seals.seal(&mut load.bytes));
        let full = load.bytes.len() >= ROOM;
        mem::swap(load, empty);
        drop(lying);
        if full {
            self.room.notify_waiters();
        }
    }

    /// Nothing is taken any more: tells whoever has something lying here, and whoever comes later.
    pub(super) fn end(&self) {
        let mut lying = self.lock();
        lying.ended = true;
        let load = mem::take(&mut lying.load);
        drop(lying);
        load.waiting.into_iter().for_each(|mut waiting| waiting.lose(Lost::Unsent));
        self.room.notify_waiters();
    }

    /// Tells those whose deadline has passed.
    pub(super) fn expire(&self, now: Instant) {
        self.lock().load.waiting.iter_mut().for_each(|waiting| waiting.expire(now));
    }

    fn lock(&self) -> MutexGuard<'_, Lying> {
        self.lying.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
