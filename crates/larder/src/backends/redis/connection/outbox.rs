//! What callers leave for the task that owns the socket: commands as bytes, and who waits for their replies.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use redis::{Cmd, Pipeline, Value};
use tokio::sync::{Notify, oneshot};

use super::fence::{Batch, Seals};

/// How many bytes may lie here before callers wait to leave theirs.
const ROOM: usize = 1024 * 1024;
/// So many messages are worth a send of their own: the server begins while more are being left.
const ENOUGH: usize = 32;
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

/// Who waits for which replies.
pub(super) enum Waiting {
    One(oneshot::Sender<Result<Value, Unsent>>),
    Several { left: usize, replies: Vec<Value>, caller: oneshot::Sender<Result<Vec<Value>, Unsent>> },
}

/// The connection ended before the message was taken: the server cannot have seen it.
#[derive(Debug)]
pub(super) struct Unsent;

/// Why a reply does not come.
#[derive(Debug)]
pub(super) enum Lost {
    /// Its command was certainly not sent.
    Unsent,
    /// The connection ended after it may have been.
    Unanswered,
}

impl Outbox {
    pub(super) fn new(fence: bool) -> Self {
        let lying = Lying { load: Load::default(), seals: Seals::new(fence), taker: None, asleep: false, ended: false };
        Self { lying: Mutex::new(lying), room: Notify::new() }
    }

    /// Leaves a command, and waits for its reply.
    pub(super) async fn send(&self, command: &Cmd) -> Result<Value, Lost> {
        let (caller, reply) = oneshot::channel();
        self.leave(1, Waiting::One(caller), |bytes| command.write_packed_command(bytes)).await?;
        received(reply.await)
    }

    /// The same with several, in a MULTI where they are one step. One reply a command, those of MULTI and EXEC included.
    pub(super) async fn send_all(&self, commands: &Pipeline) -> Result<Vec<Value>, Lost> {
        let (caller, replies) = oneshot::channel();
        let atomic = commands.is_transaction();
        let count = commands.len() + if atomic { 2 } else { 0 };
        let waiting = Waiting::Several { left: count, replies: Vec::with_capacity(count), caller };
        let write = |bytes: &mut Vec<u8>| {
            bytes.extend_from_slice(if atomic { b"*1\r\n$5\r\nMULTI\r\n" } else { b"" });
            commands.cmd_iter().for_each(|command| command.write_packed_command(bytes));
            bytes.extend_from_slice(if atomic { b"*1\r\n$4\r\nEXEC\r\n" } else { b"" });
        };
        self.leave(count, waiting, write).await?;
        received(replies.await)
    }

    async fn leave(&self, commands: usize, waiting: Waiting, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), Lost> {
        loop {
            // Made before the look, so that no word of room is missed.
            let room = self.room.notified();
            {
                let mut lying = self.lock();
                if lying.ended {
                    return Err(Lost::Unsent);
                }
                if lying.load.bytes.len() < ROOM {
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
                    return Ok(());
                }
            }
            room.await;
        }
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
        load.waiting.into_iter().for_each(Waiting::unsent);
        self.room.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Lying> {
        self.lying.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Takes a reply. What is still to wait for comes back; the last reply goes to the caller.
    pub(super) fn reply(self, reply: Value) -> Option<Self> {
        match self {
            // Nobody may be there any more.
            Self::One(caller) => drop(caller.send(Ok(reply))),
            Self::Several { left, mut replies, caller } => {
                replies.push(reply);
                if left > 1 {
                    return Some(Self::Several { left: left - 1, replies, caller });
                }
                drop(caller.send(Ok(replies)));
            }
        }
        None
    }

    fn unsent(self) {
        match self {
            Self::One(caller) => drop(caller.send(Err(Unsent))),
            Self::Several { caller, .. } => drop(caller.send(Err(Unsent))),
        }
    }
}

fn received<T>(reply: Result<Result<T, Unsent>, oneshot::error::RecvError>) -> Result<T, Lost> {
    match reply {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(Unsent)) => Err(Lost::Unsent),
        Err(_) => Err(Lost::Unanswered),
    }
}
