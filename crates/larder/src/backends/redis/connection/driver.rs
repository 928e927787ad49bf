//! The task that owns a socket: sends what callers have left, and hands them the replies that the fence lets through.

use std::collections::VecDeque;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use super::fence::{Fence, Passed};
use super::gauge::Gauge;
use super::outbox::{KEPT, Lies, Load, Outbox, Waiting};
use super::reply;
use super::scanner::{Malformed, Scanner};
use crate::error::{Error, ErrorKind};

/// How much is asked of the socket at once.
const READ: usize = 64 * 1024;

/// Drives a connection until it ends. Dropped, it ends it: whoever waits for a reply is told that it is lost.
///
/// What follows a load of several messages is put off by one turn of the scheduler: callers that are about to write get
/// to do so first, and all of it goes out in one send. A lone caller is never put off, nor is a load that is large enough.
pub(super) struct Driver<S> {
    socket: S,
    outbox: Arc<Outbox>,
    gauge: Arc<Gauge>,

    load: Load,
    /// How much of the load the socket has taken.
    taken: usize,
    /// Whether the socket may hold back what it has taken.
    unflushed: bool,
    /// Whether the last load was of several messages.
    busy: bool,
    /// Whether the load at hand was put off already.
    yielded: bool,

    inbox: BytesMut,
    /// The lengths of the replies that the inbox begins with and the fence holds.
    held: Vec<usize>,
    /// The sum of those.
    judged: usize,
    replies: Scanner,
    fence: Fence,
    in_flight: VecDeque<Waiting>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S> {
    pub(super) fn new(socket: S, outbox: Arc<Outbox>, gauge: Arc<Gauge>) -> Self {
        Self {
            socket,
            outbox,
            gauge,
            load: Load::default(),
            taken: 0,
            unflushed: false,
            busy: false,
            yielded: false,
            inbox: BytesMut::new(),
            held: Vec::new(),
            judged: 0,
            replies: Scanner::default(),
            fence: Fence::default(),
            in_flight: VecDeque::new(),
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
            match self.outbox.wait(cx) {
                Lies::Nothing => return Poll::Pending,
                Lies::Something if self.busy && !self.yielded => {
                    self.yielded = true;
                    cx.waker().wake_by_ref();
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
        self.busy = self.load.waiting.len() > 1;
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
            if self.inbox.capacity() - self.inbox.len() < READ / 4 {
                self.inbox.reserve(READ);
            }
            let read = ready!(pin!(self.socket.read_buf(&mut self.inbox)).poll(cx));
            self.gauge.read();
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
            if let Err(Malformed(why)) = self.judge() {
                let message = format!("the connection was ended because {why}: look at what lies before the server");
                return Poll::Ready(Error::new(ErrorKind::Unavailable, message));
            }
        }
    }

    /// Judges what has come. Nothing behind what is wrong is handed over.
    fn judge(&mut self) -> Result<(), Malformed> {
        while let Some(length) = self.replies.frame(&self.inbox[self.judged..])? {
            match self.fence.reply(&self.inbox[self.judged..self.judged + length])? {
                Passed::Held => {
                    self.held.push(length);
                    self.judged += length;
                }
                Passed::Free => self.hand_over(length)?,
                Passed::Complete => {
                    let held = std::mem::take(&mut self.held);
                    for length in &held {
                        self.hand_over(*length)?;
                    }
                    // Its room is used again.
                    self.held = held;
                    self.held.clear();
                    self.judged = 0;
                    self.inbox.advance(length);
                }
            }
        }
        Ok(())
    }

    /// Hands over the reply that the inbox begins with.
    fn hand_over(&mut self, length: usize) -> Result<(), Malformed> {
        let value = reply::value(&self.inbox[..length])?;
        self.inbox.advance(length);
        self.gauge.answered(1);
        let waiting = self.in_flight.pop_front().ok_or(Malformed("a reply came that nobody asked for"))?;
        if let Some(waiting) = waiting.reply(value) {
            self.in_flight.push_front(waiting);
        }
        Ok(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Future for Driver<S> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let error = match this.receive(cx) {
            Poll::Ready(error) => error,
            Poll::Pending => ready!(this.send(cx)),
        };
        this.gauge.ended(|| error);
        Poll::Ready(())
    }
}

impl<S> Drop for Driver<S> {
    fn drop(&mut self) {
        self.outbox.end();
    }
}

fn lost(error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the connection was lost").caused_by(error)
}
