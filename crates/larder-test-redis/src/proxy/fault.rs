//! What a proxy can do, and what a faulty reply becomes.

use std::ops::Range;
use std::time::Duration;

use fastrand::Rng;

use crate::reply;

/// What a [`Proxy`](crate::Proxy) does with what passes through it.
///
/// `one_in` is the share of replies that are hit, by chance: 1 hits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: all is passed on.
    Pass,
    /// Keeps each piece of the replies back for so long.
    Delay(Duration),
    /// Passes replies on in small pieces, cut anywhere.
    Split,
    /// Swallows requests and replies and keeps the connection open. A connection that has lost something stays so for
    /// ever, also when the fault is gone: bytes that are lost do not come back. New ones are accepted.
    BlackHole,
    /// Ends the server's side and keeps the client's open and silent; new connections too.
    HalfOpen,
    /// Passes requests on and swallows the replies: what was asked happens, and nobody is told.
    Mute,
    /// Holds back what is sent over the connections that are open when it is set, until the fault changes, and then
    /// delivers it, also of clients that are gone. New connections pass.
    Hold,
    /// Passes on the first half of a reply and resets the connection.
    Reset {
        /// One reply in so many.
        one_in: u32,
    },
    /// Loses a reply.
    Drop {
        /// One reply in so many.
        one_in: u32,
    },
    /// Passes a reply on twice.
    Repeat {
        /// One reply in so many.
        one_in: u32,
    },
    /// Passes on the beginning of a reply, and then the next one.
    Truncate {
        /// One reply in so many.
        one_in: u32,
    },
    /// Puts a reply before it that belongs to an earlier request, maybe of another connection.
    Insert {
        /// One reply in so many.
        one_in: u32,
    },
    /// Exchanges two replies: their number stays what it was, so that no fence can see it.
    Swap {
        /// One reply in so many.
        one_in: u32,
    },
    /// Exchanges two replies and passes one of them on twice, once a connection: twice could leave the number as it was.
    Shuffle {
        /// One reply in so many.
        one_in: u32,
    },
}

impl Fault {
    /// The share of replies that it hits; `None` for a fault that is not about single replies.
    pub(super) fn one_in(self) -> Option<u32> {
        match self {
            Self::Pass | Self::Delay(_) | Self::Split | Self::BlackHole | Self::HalfOpen | Self::Mute | Self::Hold => {
                None
            }
            Self::Reset { one_in }
            | Self::Drop { one_in }
            | Self::Repeat { one_in }
            | Self::Truncate { one_in }
            | Self::Insert { one_in }
            | Self::Swap { one_in }
            | Self::Shuffle { one_in } => Some(one_in.max(1)),
        }
    }
}

/// What becomes of the replies that are whole.
#[derive(Default)]
pub(super) struct Harmed {
    /// What is passed on.
    pub(super) bytes: Vec<u8>,
    /// How many replies were hit.
    pub(super) hits: u64,
    /// Whether the connection is reset behind them.
    pub(super) reset: bool,
}

/// Takes the whole replies out of what was received, and harms some of them.
pub(super) fn harm(mut fault: Fault, received: &mut Vec<u8>, foreign: &mut Vec<u8>, rng: &mut Rng) -> Harmed {
    let mut harmed = Harmed::default();
    let mut at = 0;
    while let Some(end) = reply::end(received, at) {
        let this = at..end;
        at = end;
        let hit = fault.one_in().is_some_and(|one_in| rng.u32(..one_in) == 0);
        let next = reply::end(received, end).map(|next| end..next);
        at = match (hit, next) {
            (true, next) => strike(fault, received, this, next, foreign, rng, &mut harmed),
            (false, _) => {
                harmed.bytes.extend_from_slice(&received[this]);
                at
            }
        };
        if harmed.reset {
            break;
        }
        if matches!(fault, Fault::Shuffle { .. }) && harmed.hits > 0 {
            fault = Fault::Pass;
        }
    }
    received.drain(..at);
    harmed
}

/// Harms one reply, or two; answers where what was done with ends.
fn strike(
    fault: Fault,
    received: &[u8],
    this: Range<usize>,
    next: Option<Range<usize>>,
    foreign: &mut Vec<u8>,
    rng: &mut Rng,
    harmed: &mut Harmed,
) -> usize {
    let mut end = this.end;
    let reply = &received[this.clone()];
    let out = &mut harmed.bytes;
    match fault {
        Fault::Drop { .. } => {}
        Fault::Repeat { .. } => {
            out.extend_from_slice(reply);
            out.extend_from_slice(reply);
        }
        Fault::Truncate { .. } => out.extend_from_slice(&reply[..rng.usize(1..reply.len())]),
        Fault::Reset { .. } => {
            out.extend_from_slice(&reply[..reply.len() / 2]);
            harmed.reset = true;
        }
        Fault::Insert { .. } => {
            out.extend_from_slice(foreign);
            out.extend_from_slice(reply);
            if reply.starts_with(b"$") {
                *foreign = reply.to_vec();
            }
        }
        Fault::Swap { .. } | Fault::Shuffle { .. } => {
            let Some(next) = next else {
                // A single reply has nothing to change places with.
                out.extend_from_slice(reply);
                return end;
            };
            end = next.end;
            out.extend_from_slice(&received[next.clone()]);
            out.extend_from_slice(reply);
            if matches!(fault, Fault::Shuffle { .. }) {
                out.extend_from_slice(&received[next]);
            }
        }
        _ => out.extend_from_slice(reply),
    }
    harmed.hits += 1;
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn harmed(fault: Fault) -> (Vec<u8>, u64) {
        let mut received = b":1\r\n:2\r\n:3\r\n:4\r\n$1".to_vec();
        let harmed = harm(fault, &mut received, &mut b"+F\r\n".to_vec(), &mut Rng::with_seed(1));
        assert!(harmed.reset || received == b"$1", "what is not whole waits");
        (harmed.bytes, harmed.hits)
    }

    #[test]
    fn each_fault_does_to_replies_what_it_says() {
        let one_in = 1;
        assert_eq!(harmed(Fault::Pass), (b":1\r\n:2\r\n:3\r\n:4\r\n".to_vec(), 0));
        assert_eq!(harmed(Fault::Drop { one_in }), (b"".to_vec(), 4));
        assert_eq!(harmed(Fault::Repeat { one_in }), (b":1\r\n:1\r\n:2\r\n:2\r\n:3\r\n:3\r\n:4\r\n:4\r\n".to_vec(), 4));
        assert_eq!(harmed(Fault::Insert { one_in }).0, b"+F\r\n:1\r\n+F\r\n:2\r\n+F\r\n:3\r\n+F\r\n:4\r\n");
        assert_eq!(harmed(Fault::Swap { one_in }), (b":2\r\n:1\r\n:4\r\n:3\r\n".to_vec(), 2));
        assert_eq!(harmed(Fault::Shuffle { one_in }).0, b":2\r\n:1\r\n:2\r\n:3\r\n:4\r\n");
        assert_eq!(harmed(Fault::Reset { one_in }), (b":1".to_vec(), 1));
        let (truncated, hits) = harmed(Fault::Truncate { one_in });
        assert!(hits == 4 && truncated.len() < 16 && truncated.starts_with(b":"));
    }

    #[test]
    fn about_one_reply_in_so_many_is_hit() {
        let mut rng = Rng::with_seed(7);
        let mut received = b":1\r\n".repeat(100_000);
        let harmed = harm(Fault::Drop { one_in: 100 }, &mut received, &mut Vec::new(), &mut rng);
        assert!((800..1200).contains(&harmed.hits), "{}", harmed.hits);
        assert_eq!(harmed.bytes.len() / 4 + usize::try_from(harmed.hits).unwrap(), 100_000);
    }
}
