//! The stream under redis-rs: sends what many callers wrote in one go, and lets replies through behind the fence.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use super::fence::{Fence, Passed};
use super::gauge::Gauge;
use super::scanner::{Malformed, Scanner};
use crate::error::{Error, ErrorKind};

/// How much waits for the socket before the writer has to.
const BACKLOG: usize = 256 * 1024;
/// How much is asked of the socket at once.
const READ: usize = 32 * 1024;
/// A buffer that grew beyond it is given back once it is empty.
const KEPT: usize = 1024 * 1024;

/// A socket on which commands are gathered, counted and fenced. Goes around TLS, not into it.
///
/// A flush that carries several commands is put off by one turn of the scheduler: callers that are about to write get
/// to do so first, and all of it goes out in one send. A flush for a lone caller is never put off.
pub(super) struct Stream<S> {
    socket: S,
    gauge: Arc<Gauge>,
    fence: Fence,

    out: Vec<u8>,
    /// How much of `out` the socket has taken.
    taken: usize,
    /// How much of `out` is counted as whole commands.
    counted: usize,
    requests: Scanner,
    /// Commands written since the last flush.
    burst: usize,
    /// Whether the last flush carried several.
    busy: bool,
    /// Whether the flush at hand was put off already.
    yielded: bool,

    inbox: BytesMut,
    /// How much of `inbox` may go to the reader.
    free: usize,
    /// How much of it, `free` included, is whole replies.
    whole: usize,
    /// The length of the fence that lies behind `free`, or 0.
    gap: usize,
    replies: Scanner,
    /// Replies between `free` and `whole`.
    held: usize,
    wrong: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<S> {
    pub(super) fn new(socket: S, fence: bool, gauge: Arc<Gauge>) -> Self {
        Self {
            socket,
            gauge,
            fence: Fence::new(fence),
            out: Vec::new(),
            taken: 0,
            counted: 0,
            requests: Scanner::default(),
            burst: 0,
            busy: false,
            yielded: false,
            inbox: BytesMut::new(),
            free: 0,
            whole: 0,
            gap: 0,
            replies: Scanner::default(),
            held: 0,
            wrong: false,
        }
    }

    /// Counts the commands that are whole in `out`.
    fn count(&mut self) -> io::Result<()> {
        while let Some(length) = self.requests.frame(&self.out[self.counted..]).map_err(|wrong| self.poison(wrong))? {
            self.counted += length;
            self.burst += 1;
            self.fence.wrote();
            self.gauge.sent(1);
        }
        // redis-rs writes all it has, and we take all of it; a fence between halves of a command would break it.
        if self.requests.is_between() { Ok(()) } else { Err(self.poison(Malformed("a command was not whole"))) }
    }

    /// Gives what is written to the socket.
    fn drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        #[cfg(sabotage)]
        if crate::sabotage::is_off("injection") && self.out.starts_with(b"*") {
            self.out = super::sabotaged::lines(&self.out);
        }
        while self.taken < self.out.len() {
            self.gauge.writing();
            let written = match ready!(Pin::new(&mut self.socket).poll_write(cx, &self.out[self.taken..])) {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => Ok(written),
                Err(error) => Err(error),
            };
            self.taken += written.inspect_err(|error| self.lost(error))?;
        }
        // Commands are written whole, so nothing is left of a command that begins here.
        self.out.clear();
        self.out.shrink_to(KEPT);
        (self.taken, self.counted) = (0, 0);
        Poll::Ready(Ok(()))
    }

    /// Judges what has come, up to the next fence.
    fn judge(&mut self) -> Result<(), Malformed> {
        while self.gap == 0
            && let Some(length) = self.replies.frame(&self.inbox[self.whole..])?
        {
            match self.fence.reply(&self.inbox[self.whole..self.whole + length])? {
                Passed::Held => {
                    self.whole += length;
                    self.held += 1;
                }
                Passed::Free => {
                    self.whole += length;
                    self.free = self.whole;
                    self.gauge.answered(1);
                }
                Passed::Complete => {
                    self.free = self.whole;
                    self.gap = length;
                    self.gauge.answered(std::mem::take(&mut self.held));
                }
            }
        }
        Ok(())
    }

    /// Hands over what may go, and takes the fence behind it away.
    fn release(&mut self, buf: &mut ReadBuf<'_>) {
        let length = self.free.min(buf.remaining());
        buf.put_slice(&self.inbox[..length]);
        self.inbox.advance(length);
        self.free -= length;
        self.whole -= length;
        if self.free == 0 {
            self.inbox.advance(std::mem::take(&mut self.gap));
        }
    }

    /// Asks the socket for more; 0 at its end.
    fn fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.inbox.is_empty() && self.inbox.capacity() > KEPT {
            self.inbox = BytesMut::new();
        }
        if self.inbox.capacity() - self.inbox.len() < READ / 4 {
            self.inbox.reserve(READ);
        }
        let read = ready!(pin!(self.socket.read_buf(&mut self.inbox)).poll(cx));
        let read = match read {
            Ok(0) if self.fence.is_waiting() || !self.replies.is_between() => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(0) => {
                self.gauge.ended(|| Error::new(ErrorKind::Unavailable, "the server closed the connection"));
                Ok(0)
            }
            read => read,
        };
        self.gauge.read();
        Poll::Ready(read.inspect_err(|error| self.lost(error)))
    }

    fn lost(&self, error: &io::Error) {
        let kind = error.kind();
        self.gauge
            .ended(|| Error::new(ErrorKind::Unavailable, "the connection was lost").caused_by(io::Error::from(kind)));
    }

    /// Nothing that came after the last fence is handed over any more, and nothing more is sent.
    fn poison(&mut self, wrong: Malformed) -> io::Error {
        self.wrong = true;
        self.gauge.ended(|| {
            let message = format!("the connection was ended because {}: look at what lies before the server", wrong.0);
            Error::new(ErrorKind::Unavailable, message)
        });
        io::Error::new(io::ErrorKind::InvalidData, wrong.0)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.free > 0 {
                self.release(buf);
                return Poll::Ready(Ok(()));
            }
            if self.wrong {
                return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
            }
            if let Err(wrong) = self.judge() {
                let error = self.poison(wrong);
                // What was proved before it still goes.
                if self.free == 0 {
                    return Poll::Ready(Err(error));
                }
            }
            if self.free == 0 && ready!(self.fill(cx))? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.wrong {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        if self.out.len() - self.taken >= BACKLOG {
            ready!(self.drain(cx))?;
        }
        self.out.extend_from_slice(buf);
        self.count()?;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.wrong {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        if self.burst > 0 {
            if self.busy && !self.yielded {
                self.yielded = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let this = &mut *self;
            this.busy = this.burst > 1;
            this.burst = 0;
            this.yielded = false;
            this.fence.seal(&mut this.out);
            this.counted = this.out.len();
        }
        ready!(self.drain(cx))?;
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
