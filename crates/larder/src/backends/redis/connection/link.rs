//! One live connection, from its handshake to its end.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sha1::{Digest, Sha1};
use tokio::runtime::{Handle, Id, RuntimeFlavor};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Instant, timeout_at};

use super::driver::Driver;
use super::gauge::Gauge;
use super::handshake::{Facts, handshake};
use super::outbox::{Outbox, Posted};
use super::random::random;
use super::request::Request;
use super::socket::Stream;
use super::waiting::{Lost, Received};
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
    /// The runtime that the driver is on, where that runs only while somebody blocks on it.
    home: Option<Id>,
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
        S: Stream + Send + 'static,
    {
        let (socket, facts) = handshake(socket, address, options, before).await?;
        let gauge = Arc::new(Gauge::default());
        let fence = options.fence && !sabotage::is_off("fence");
        let outbox = Arc::new(Outbox::new(fence, options.queue));
        let home = Handle::current();
        let driver = tokio::spawn(Driver::new(socket, Arc::clone(&outbox), Arc::clone(&gauge)));
        let link = Self {
            number,
            facts,
            gauge,
            outbox,
            driver: driver.abort_handle(),
            home: (home.runtime_flavor() == RuntimeFlavor::CurrentThread).then(|| home.id()),
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

    /// Sends a message, and waits for its replies.
    pub(super) async fn send<R: Request + ?Sized>(&self, request: &R, due: Instant) -> Result<R::Reply, Lost> {
        #[cfg(sabotage)]
        if sabotage::is_off("cancellation") {
            let reply = self.borrowed.send(&self.outbox, request, due);
            return timeout_at(due, reply).await.unwrap_or(Err(Lost::Late));
        }
        let reply = self.outbox.send(request, due);
        match self.keeps_deadlines() {
            true => reply.await,
            // What is rare is on the heap: every call would have room for it, and be moved with it.
            false => Box::pin(timeout_at(due, reply)).await.unwrap_or(Err(Lost::Late)),
        }
    }

    /// Sends a message where that takes no waiting, its replies aside.
    pub(super) fn post<R: Request + ?Sized>(&self, request: &R, due: Instant) -> Option<Received> {
        if !self.keeps_deadlines() || request.allowed(&self.facts).is_err() || sabotage::is_off("cancellation") {
            return None;
        }
        match self.outbox.post(request, due) {
            Ok(Posted::Here(received)) => Some(received),
            Ok(Posted::NoRoom(..)) | Err(_) => None,
        }
    }

    /// How many calls await their replies.
    pub(super) fn calls(&self) -> usize {
        self.outbox.calls()
    }

    /// Whether the driver keeps a call's deadline, for a timer of its own would cost more than the call. But on a runtime
    /// of one thread it runs only while somebody blocks on that: callers on another one keep theirs themselves.
    fn keeps_deadlines(&self) -> bool {
        self.home.is_none_or(|home| Handle::try_current().is_ok_and(|runtime| runtime.id() == home))
    }

    /// A message missed its deadline that was sent then, a call of so long. Where the server has been silent all the while,
    /// or others missed theirs too, the connection ends, so that nobody hangs on it.
    pub(super) fn missed(&self, sent: Instant, timeout: Duration) {
        // A call that spent its time waiting for a connection says nothing about it.
        if sent.elapsed() < timeout / 2 {
            return;
        }
        if self.gauge.missed() >= MISSES || self.gauge.is_silent_since(sent) {
            self.end(|| Error::new(ErrorKind::Unavailable, "the server went silent, and the connection was ended"));
        }
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
