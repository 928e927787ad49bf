//! The task that owns a socket: sends what callers have left, and hands them the replies that the fence lets through.

use std::collections::VecDeque;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::ReadBuf;
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep};

use super::failed::garbled;
use super::fence::{Fence, Passed};
use super::gauge::Gauge;
use super::outbox::{KEPT, Lies, Load, Outbox};
use super::polling::Polling;
use super::scanner::{Malformed, Scanner};
use super::socket::Stream;
use super::waiting::Waiting;
use crate::error::{Error, ErrorKind};

/// How much is asked of the socket at once.
const READ: usize = 64 * 1024;

/// How often deadlines are looked at: a call may end so much later than its own.
const LOOK: Duration = Duration::from_millis(10);

/// Where so many messages await their replies, these come soon, and it pays to look for them instead of sleeping.
const SEVERAL: usize = 4;

/// Drives a connection until it ends. Dropped, it ends it: whoever waits for a reply is told that it is lost.
///
/// Where several callers are at work, a load is put off until the scheduler has nothing else to run: those who have just
/// got their replies leave their next commands first, and all of it goes out in one send. A lone caller is never put off,
/// nor is a load that is large enough, or that finds the server with nothing to do. Where several messages await their
/// replies, it looks for these a while before it sleeps.
pub(super) struct Driver<S> {
    socket: S,
    outbox: Arc<Outbox>,
    gauge: Arc<Gauge>,

    load: Load,
    /// How much of the load the socket has taken.
    taken: usize,
    /// Whether the socket may hold back what it has taken.
    unflushed: bool,
    /// How many messages the last load had, or have got their replies since, whichever is more.
    callers: usize,
    /// Whether the load at hand was put off already.
    yielded: bool,

    /// Where bytes are read into.
    room: Box<[u8]>,
    inbox: BytesMut,
    /// How many bytes the inbox begins with that the fence let through, of a message whose other replies are to come.
    through: usize,
    /// The lengths of the replies that come next and that the fence holds.
    held: Vec<usize>,
    /// The sum of those.
    judged: usize,
    replies: Scanner,
    fence: Fence,
    in_flight: VecDeque<Waiting>,
    /// How many messages were answered since the outbox was told.
    answered: usize,
    /// How long it looks for replies.
    polling: Polling,
    /// Whether it does.
    looking: bool,
    /// Until the next look at deadlines, where there are any.
    look: Option<Pin<Box<Sleep>>>,
}

impl<S: Stream> Driver<S> {
    pub(super) fn new(socket: S, outbox: Arc<Outbox>, gauge: Arc<Gauge>) -> Self {
        Self {
            socket,
            outbox,
            gauge,
            load: Load::default(),
            taken: 0,
            unflushed: false,
            callers: 0,
            yielded: false,
            room: vec![0; READ].into(),
            inbox: BytesMut::new(),
            through: 0,
            held: Vec::new(),
            judged: 0,
            replies: Scanner::default(),
            fence: Fence::default(),
            in_flight: VecDeque::new(),
            answered: 0,
            polling: Polling::default(),
            looking: false,
            look: None,
        }
    }

    /// Sends all there is; pending once nothing is left to send or the socket takes no more.
    fn send(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        loop {
            while self.taken < self.load.bytes.len() {
                match ready!(Pin::new(&mut self.socket).poll_write(cx, &self.load.bytes[self.taken..])) {
                    Ok(0) => return Poll::Ready(lost(io::ErrorKind::WriteZero.into())),
                    Ok(written) => self.taken += written,
                    Err(error) => return Poll::Ready(lost(error)),
                }
                self.unflushed = true;
            }
            if self.unflushed {
                if let Err(error) = ready!(Pin::new(&mut self.socket).poll_flush(cx)) {
                    return Poll::Ready(lost(error));
                }
                self.unflushed = false;
            }
            match self.outbox.wait(std::mem::take(&mut self.answered), cx) {
                Lies::Nothing => return Poll::Pending,
                Lies::Something if self.callers > 1 && !self.in_flight.is_empty() && !self.yielded => {
                    self.yielded = true;
                    wake_when_idle(cx);
                    return Poll::Pending;
                }
                Lies::Something | Lies::Enough => {}
            }
            self.take();
        }
    }

    fn take(&mut self) {
        self.load.bytes.clear();
        self.load.bytes.shrink_to(KEPT);
        self.outbox.take(&mut self.load);
        (self.taken, self.yielded) = (0, false);
        self.callers = self.load.waiting.len();
        self.gauge.sent(self.fence.expect(&mut self.load.batches));
        self.in_flight.append(&mut self.load.waiting);
        #[cfg(sabotage)]
        if crate::sabotage::is_off("injection") {
            self.load.bytes = super::sabotaged::lines(&self.load.bytes);
        }
    }

    /// Reads all there is, and hands it over; pending once nothing has come.
    fn receive(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        loop {
            if self.inbox.is_empty() && self.inbox.capacity() > KEPT {
                self.inbox = BytesMut::new();
            }
            let mut room = ReadBuf::new(&mut self.room);
            let read = ready!(Pin::new(&mut self.socket).poll_read(cx, &mut room));
            self.inbox.extend_from_slice(room.filled());
            let read = read.map(|()| room.filled().len());
            self.gauge.read();
            self.polling.came();
            match read {
                Ok(0) if self.fence.is_waiting() || !self.inbox.is_empty() => {
                    return Poll::Ready(lost(io::ErrorKind::UnexpectedEof.into()));
                }
                Ok(0) => {
                    return Poll::Ready(Error::new(ErrorKind::Unavailable, "the server closed the connection"));
                }
                Ok(_) => {}
                Err(error) => return Poll::Ready(lost(error)),
            }
            if let Err(malformed) = self.judge() {
                return Poll::Ready(garbled(malformed));
            }
        }
    }

    /// Judges what has come. Nothing behind what is wrong is handed over.
    fn judge(&mut self) -> Result<(), Malformed> {
        let (mut replies, mut callers) = (0, 0);
        loop {
            let unjudged = &self.inbox[self.through + self.judged..];
            let Some(length) = self.replies.frame(unjudged)? else { break };
            match self.fence.reply(&unjudged[..length])? {
                Passed::Held => {
                    self.held.push(length);
                    self.judged += length;
                }
                Passed::Free => {
                    callers += self.hand_over(length)?;
                    replies += 1;
                }
                Passed::Complete => {
                    let held = std::mem::take(&mut self.held);
                    for length in &held {
                        callers += self.hand_over(*length)?;
                    }
                    replies += held.len();
                    // Its room is used again.
                    self.held = held;
                    self.held.clear();
                    self.judged = 0;
                    // No message reaches over a fence, so nothing is left of one.
                    self.inbox.advance(length);
                }
            }
        }
        self.gauge.answered(replies);
        self.callers = self.callers.max(callers);
        Ok(())
    }

    /// Lets the next reply through, of that length; its caller gets it with the last of its message. Answers how many
    /// callers have all of theirs by it: one or none.
    fn hand_over(&mut self, length: usize) -> Result<usize, Malformed> {
        self.through += length;
        let waiting = self.in_flight.front_mut().ok_or(Malformed("a reply came that nobody asked for"))?;
        if !waiting.count() {
            return Ok(0);
        }
        let replies = self.inbox.split_to(std::mem::take(&mut self.through)).freeze();
        if self.in_flight.pop_front().is_some_and(|waiting| waiting.reply(replies)) {
            self.gauge.kept();
        }
        self.answered += 1;
        Ok(1)
    }

    /// Tells callers whose deadline has passed, and comes back for the others'.
    fn watch(&mut self, cx: &mut Context<'_>) {
        while !self.in_flight.is_empty() || self.look.is_some() {
            let look = self.look.get_or_insert_with(|| Box::pin(sleep(LOOK)));
            if look.as_mut().poll(cx).is_pending() {
                return;
            }
            let now = Instant::now();
            self.in_flight.iter_mut().for_each(|waiting| waiting.expire(now));
            self.outbox.expire(now);
            self.look = None;
        }
    }
}

impl<S: Stream> Future for Driver<S> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            let ended = match this.receive(cx) {
                Poll::Pending => this.send(cx),
                ended => ended,
            };
            if let Poll::Ready(error) = ended {
                this.gauge.ended(|| error);
                return Poll::Ready(());
            }
            let looking = this.in_flight.len() >= SEVERAL && this.polling.again();
            let looked = std::mem::replace(&mut this.looking, looking);
            this.socket.look(looking);
            if looking {
                wake_when_idle(cx);
                break;
            }
            if !looked {
                break;
            }
            // Whoever is to be woken by what comes has to read before that.
        }
        this.watch(cx);
        Poll::Pending
    }
}

impl<S> Drop for Driver<S> {
    fn drop(&mut self) {
        self.outbox.end();
    }
}

/// Wakes the task once everything else that can run has run.
fn wake_when_idle(cx: &mut Context<'_>) {
    let _ = pin!(yield_now()).poll(cx);
}

fn lost(error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the connection was lost").caused_by(error)
}
