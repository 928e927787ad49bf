//! The wish to stop: Ctrl-C or, on Unix, SIGTERM.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

/// Listens for the wish to stop, which then no longer ends the process by itself.
#[cfg(unix)]
pub(crate) struct Interrupt([tokio::signal::unix::Signal; 2]);

#[cfg(unix)]
impl Interrupt {
    /// Begins to listen.
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]))
    }

    /// Ready once it has been wished.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

/// Elsewhere Ctrl-C ends the process, as it does everywhere else.
#[cfg(not(unix))]
pub(crate) struct Interrupt;

#[cfg(not(unix))]
impl Interrupt {
    /// Begins to listen.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// Never ready.
    fn poll(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Interrupt {
    /// Waits for something else, which is dropped where the wish to stop comes first: `None`.
    pub(crate) async fn or<T>(&mut self, other: impl Future<Output = T>) -> Option<T> {
        let mut other = pin!(other);
        poll_fn(|context| match self.poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => other.as_mut().poll(context).map(Some),
        })
        .await
    }
}
