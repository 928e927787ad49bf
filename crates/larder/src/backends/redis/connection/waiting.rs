//! Who waits for the replies to a message, until when, and why they may not come.

use std::mem;

use redis::Value;
use tokio::sync::oneshot::{self, Receiver, Sender};
use tokio::time::Instant;

/// One message's caller.
pub(super) struct Waiting {
    pub(super) due: Instant,
    caller: Caller,
}

enum Caller {
    One(Sender<Result<Value, Lost>>),
    Several {
        left: usize,
        replies: Vec<Value>,
        caller: Sender<Result<Vec<Value>, Lost>>,
    },
    /// Nobody any more, though so many replies are still to come.
    Nobody {
        left: usize,
    },
}

/// Why a reply does not come.
#[derive(Debug)]
pub(super) enum Lost {
    /// The connection ended before the message was sent: the server cannot have seen it.
    Unsent,
    /// There was no room for the message until its deadline; it was not sent.
    Crowded,
    /// The connection ended after it may have been sent.
    Unanswered,
    /// The reply was not there by the deadline.
    Late,
}

impl Waiting {
    /// Waits for one reply.
    pub(super) fn one(due: Instant) -> (Self, Receiver<Result<Value, Lost>>) {
        let (caller, reply) = oneshot::channel();
        (Self { due, caller: Caller::One(caller) }, reply)
    }

    /// Waits for so many.
    pub(super) fn several(count: usize, due: Instant) -> (Self, Receiver<Result<Vec<Value>, Lost>>) {
        let (caller, replies) = oneshot::channel();
        (Self { due, caller: Caller::Several { left: count, replies: Vec::with_capacity(count), caller } }, replies)
    }

    /// Takes a reply; the caller gets them with the last. Answers whether it was that.
    pub(super) fn reply(&mut self, reply: Value) -> bool {
        match self.take() {
            // Nobody may be there any more.
            Caller::One(caller) => drop(caller.send(Ok(reply))),
            Caller::Several { left, mut replies, caller } => {
                replies.push(reply);
                if left > 1 {
                    self.caller = Caller::Several { left: left - 1, replies, caller };
                    return false;
                }
                drop(caller.send(Ok(replies)));
            }
            Caller::Nobody { left: ..=1 } => {}
            Caller::Nobody { left } => {
                self.caller = Caller::Nobody { left: left - 1 };
                return false;
            }
        }
        true
    }

    /// Tells the caller that the deadline has passed, if it has. The replies go nowhere then.
    pub(super) fn expire(&mut self, now: Instant) {
        if self.due <= now {
            let left = match &self.caller {
                Caller::One(_) => 1,
                Caller::Several { left, .. } | Caller::Nobody { left } => *left,
            };
            self.lose(Lost::Late);
            self.caller = Caller::Nobody { left };
        }
    }

    /// Tells the caller that no reply comes.
    pub(super) fn lose(&mut self, why: Lost) {
        match self.take() {
            Caller::One(caller) => drop(caller.send(Err(why))),
            Caller::Several { caller, .. } => drop(caller.send(Err(why))),
            Caller::Nobody { .. } => {}
        }
    }

    fn take(&mut self) -> Caller {
        mem::replace(&mut self.caller, Caller::Nobody { left: 0 })
    }
}
