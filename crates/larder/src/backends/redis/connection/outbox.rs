//! What callers leave for the task that owns the socket: commands as bytes, and who waits for their replies.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::fence::{Batch, Seals};
use super::request::Request;
use super::waiting::{Lost, Received, Waiting};

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
    /// How many calls it takes at once.
    limit: usize,
}

struct Lying {
    load: Load,
    seals: Seals,
    /// The task that takes it.
    taker: Option<Waker>,
    /// Whether that sleeps because there was nothing.
    asleep: bool,
    /// Calls that were not answered yet, those included whose callers have gone away.
    calls: usize,
    ended: bool,
}

/// What became of a message that was to be left.
pub(super) enum Posted {
    Here(Received),
    NoRoom(Waiting, Received),
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
    pub(super) fn new(fence: bool, limit: usize) -> Self {
        let lying = Lying {
            load: Load::default(),
            seals: Seals::new(fence),
            taker: None,
            asleep: false,
            calls: 0,
            ended: false,
        };
        Self { lying: Mutex::new(lying), room: Notify::new(), limit }
    }

    /// Leaves a message, and waits for its replies. Whoever takes it keeps the deadline.
    pub(super) async fn send<R: Request + ?Sized>(&self, request: &R, due: Instant) -> Result<R::Reply, Lost> {
        let received = match self.post(request, due)? {
            Posted::Here(received) => received,
            // On the heap, since it is rare.
            Posted::NoRoom(waiting, received) => {
                Box::pin(self.post_later(request, waiting)).await?;
                received
            }
        };
        answer(request, received).await
    }

    /// Leaves a message at once, if there is room.
    pub(super) fn post<R: Request + ?Sized>(&self, request: &R, due: Instant) -> Result<Posted, Lost> {
        let (waiting, received) = Waiting::new(request.replies(), due);
        Ok(match self.leave(request, waiting)? {
            None => Posted::Here(received),
            Some(waiting) => Posted::NoRoom(waiting, received),
        })
    }

    async fn post_later<R: Request + ?Sized>(&self, request: &R, mut waiting: Waiting) -> Result<(), Lost> {
        let _place = Place::take(self)?;
        loop {
            // Made before the look, so that no word of room is missed.
            let room = self.room.notified();
            match self.leave(request, waiting)? {
                None => return Ok(()),
                Some(back) => waiting = back,
            }
            timeout_at(waiting.due, room).await.map_err(|_| Lost::Crowded)?;
        }
    }

    /// Leaves it at once, or gives back who waits where there is no room.
    fn leave<R: Request + ?Sized>(&self, request: &R, waiting: Waiting) -> Result<Option<Waiting>, Lost> {
        let mut lying = self.lock();
        lying.is_open(self.limit)?;
        if lying.load.bytes.len() >= ROOM {
            return Ok(Some(waiting));
        }
        lying.calls += 1;
        let Lying { load, seals, taker, asleep, .. } = &mut *lying;
        request.write(&mut load.bytes);
        load.waiting.push_back(waiting);
        load.batches.extend(seals.wrote(request.replies(), &mut load.bytes));
        let wakes = mem::take(asleep) || load.waiting.len() == ENOUGH;
        let taker = if wakes { taker.clone() } else { None };
        drop(lying);
        if let Some(taker) = taker {
            taker.wake();
        }
        Ok(None)
    }

    /// How many calls await a place here, or their replies.
    pub(super) fn calls(&self) -> usize {
        self.lock().calls
    }

    /// What lies here, now that so many more calls were answered; where nothing does, whoever asks is woken by what comes
    /// next.
    pub(super) fn wait(&self, answered: usize, cx: &Context<'_>) -> Lies {
        let mut lying = self.lock();
        lying.release(answered);
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

/// Waits for the replies to a message, and reads them: the task that owns the socket has enough to do.
pub(super) async fn answer<R: Request + ?Sized>(request: &R, received: Received) -> Result<R::Reply, Lost> {
    let replies = received.await.unwrap_or(Err(Lost::Unanswered))?;
    request.read(&replies).map_err(Lost::Garbled)
}

impl Lying {
    fn is_open(&self, limit: usize) -> Result<(), Lost> {
        match self {
            Self { ended: true, .. } => Err(Lost::Unsent),
            Self { calls, .. } if *calls >= limit => Err(Lost::Overloaded),
            _ => Ok(()),
        }
    }

    fn release(&mut self, calls: usize) {
        self.calls = self.calls.saturating_sub(calls);
    }
}

/// Counts a call that waits for room.
struct Place<'a>(&'a Outbox);

impl<'a> Place<'a> {
    fn take(outbox: &'a Outbox) -> Result<Self, Lost> {
        let mut lying = outbox.lock();
        lying.is_open(outbox.limit)?;
        lying.calls += 1;
        Ok(Self(outbox))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.lock().release(1);
    }
}
