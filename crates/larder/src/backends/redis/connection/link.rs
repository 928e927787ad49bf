//! One live connection, from its handshake to its end.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use redis::Value;
use sha1::{Digest, Sha1};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Handle, Id};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::timeout_at;

use super::command::{Command, Commands};
use super::driver::Driver;
use super::gauge::Gauge;
use super::handshake::{Facts, handshake};
use super::outbox::Outbox;
use super::random::random;
use super::waiting::Lost;
use super::{Address, Options};
use crate::error::{Error, ErrorKind, Result};
use crate::sabotage;

/// How many deadlines in a row are missed before a connection that still brings bytes is given up.
const MISSES: u32 = 3;

/// A connection that calls go over. The driver task owns the socket; callers hold no more than a place for their reply,
/// so that one who goes away leaves nothing behind.
pub(super) struct Link {
    /// Differs from that of every other link of the connection.
    pub(super) number: u64,
    pub(super) facts: Facts,
    pub(super) gauge: Arc<Gauge>,
    outbox: Arc<Outbox>,
    driver: AbortHandle,
    /// The runtime that the driver is on.
    home: Id,
    #[cfg(sabotage)]
    borrowed: super::sabotaged::Borrowed,
}

impl Link {
    /// Does the handshake and begins to drive the connection.
    pub(super) async fn open<S>(
        socket: S,
        address: &Address,
        options: &Options,
        number: u64,
        before: Option<&Facts>,
    ) -> Result<(Self, JoinHandle<()>)>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (socket, facts) = handshake(socket, address, options, before).await?;
        let gauge = Arc::new(Gauge::default());
        let fence = options.fence && !sabotage::is_off("fence");
        let outbox = Arc::new(Outbox::new(fence));
        let driver = tokio::spawn(Driver::new(socket, Arc::clone(&outbox), Arc::clone(&gauge)));
        let link = Self {
            number,
            facts,
            gauge,
            outbox,
            driver: driver.abort_handle(),
            home: Handle::current().id(),
            #[cfg(sabotage)]
            borrowed: Default::default(),
        };
        Ok((link, driver))
    }

    /// The same over all links to one run of the server, and over no others; where the server does not tell, over this
    /// one alone.
    pub(super) fn run_of_server(&self) -> u64 {
        static OURS: OnceLock<u64> = OnceLock::new();
        let Some(run) = &self.facts.run else { return OURS.get_or_init(random).wrapping_add(self.number) };
        let digest: [u8; 20] = Sha1::digest(run).into();
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    pub(super) async fn send(&self, command: &Command, until: Until) -> Result<Value, Lost> {
        #[cfg(sabotage)]
        if sabotage::is_off("cancellation") {
            let reply = self.borrowed.send(&self.outbox, command, until.due);
            return timeout_at(until.due, reply).await.unwrap_or(Err(Lost::Late));
        }
        let reply = self.outbox.send(command, until.due);
        if self.keeps(&until) { reply.await } else { in_time(reply, until.due).await }
    }

    /// One reply for each command, those of MULTI and EXEC included.
    pub(super) async fn send_all(&self, commands: &Commands, until: Until) -> Result<Vec<Value>, Lost> {
        let replies = self.outbox.send_all(commands, until.due);
        if self.keeps(&until) { replies.await } else { in_time(replies, until.due).await }
    }

    /// Whether the driver keeps that deadline, for a timer of each call's own would cost more than the call. But it runs
    /// only where its runtime does: callers on another one keep theirs themselves.
    fn keeps(&self, until: &Until) -> bool {
        until.runtime == self.home
    }

    /// Ends the connection: whoever waits for a reply is told that it is lost.
    pub(super) fn end(&self, cause: impl FnOnce() -> Error) {
        self.gauge.ended(cause);
        self.driver.abort();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What is rare is on the heap: every call would have room for it, and be moved with it.
async fn in_time<T>(reply: impl Future<Output = Result<T, Lost>>, due: tokio::time::Instant) -> Result<T, Lost> {
    Box::pin(timeout_at(due, reply)).await.unwrap_or(Err(Lost::Late))
}

/// When a call has to end, and on which runtime it is.
#[derive(Clone, Copy)]
pub(super) struct Until {
    pub(super) due: tokio::time::Instant,
    pub(super) runtime: Id,
}

/// One message on its way over a link, to tell afterwards what has become of it.
pub(super) struct Sent {
    pub(super) link: Arc<Link>,
    at: Instant,
    reads: u64,
}

impl Sent {
    pub(super) fn now(link: Arc<Link>) -> Self {
        Self { at: Instant::now(), reads: link.gauge.reads(), link }
    }

    /// It missed a deadline of this length. Where the server has been silent all the while, or others missed theirs
    /// too, the connection ends, so that nobody hangs on it.
    pub(super) fn missed(&self, timeout: Duration) {
        // A call that spent its time waiting for a connection says nothing about it.
        if self.at.elapsed() < timeout / 2 {
            return;
        }
        let silent = self.link.gauge.reads() == self.reads;
        if self.link.gauge.missed() >= MISSES || silent {
            self.link
                .end(|| Error::new(ErrorKind::Unavailable, "the server went silent, and the connection was ended"));
        }
    }
}
