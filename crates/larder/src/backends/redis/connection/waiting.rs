//! Who waits for the replies to a message, until when, and why they may not come.

use bytes::Bytes;
use tokio::sync::oneshot::{self, Receiver, Sender};
use tokio::time::Instant;

use super::scanner::Malformed;

/// One message's caller.
pub(super) struct Waiting {
    pub(super) due: Instant,
    /// How many replies are still to come.
    left: usize,
    /// `None` once nobody waits any more, though the replies come all the same.
    caller: Option<Sender<Result<Bytes, Lost>>>,
}

/// Where a caller gets all replies to its message, as they stood in the stream.
pub(super) type Received = Receiver<Result<Bytes, Lost>>;

/// Why a reply does not come.
#[derive(Debug)]
pub(super) enum Lost {
    /// The connection ended before the message was sent: the server cannot have seen it.
    Unsent,
    /// There was no room for the message until its deadline; it was not sent.
    Crowded,
    /// Too many calls are under way; it was not sent.
    Overloaded,
    /// The connection ended after it may have been sent.
    Unanswered,
    /// The reply was not there by the deadline.
    Late,
    /// It came, and cannot be read.
    Garbled(Malformed),
}

impl Waiting {
    /// Waits for so many replies.
    pub(super) fn new(replies: usize, due: Instant) -> (Self, Received) {
        let (caller, received) = oneshot::channel();
        (Self { due, left: replies, caller: Some(caller) }, received)
    }

    /// Counts a reply. Answers whether it was the last.
    pub(super) fn count(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left == 0
    }

    /// Hands all of them over, if there is still somebody.
    pub(super) fn reply(self, replies: Bytes) -> bool {
        self.caller.is_some_and(|caller| caller.send(Ok(replies)).is_ok())
    }

    /// Tells the caller that the deadline has passed, if it has. The replies go nowhere then.
    pub(super) fn expire(&mut self, now: Instant) {
        if self.due <= now {
            self.lose(Lost::Late);
        }
    }

    /// Tells the caller that no reply comes.
    pub(super) fn lose(&mut self, why: Lost) {
        let _ = self.caller.take().map(|caller| caller.send(Err(why)));
    }
}
