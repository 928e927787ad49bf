//! Proves that a batch of replies is complete: its last one must be a number that only that batch was sent with.
//!
//! A server or proxy that loses or repeats one reply makes every later reply somebody else's. So each batch of commands
//! ends in an ECHO of a fresh nonce, and its replies are let through only when exactly as many came as commands went,
//! and the nonce after them. A swap of two replies within a batch keeps the count, and no fence can see it.

use std::collections::VecDeque;

use super::random::random;
use super::scanner::Malformed;

/// The reply to a fence: `$16\r\n`, the nonce, `\r\n`.
type Reply = [u8; 23];

/// How many commands share a fence at most, unless one message has more: replies wait for it.
const SHARED: usize = 32;

/// The half that writes: ends batches.
pub(super) struct Seals {
    /// The next nonce; `None` where batches have no fence and replies are only counted.
    nonce: Option<Nonce>,
    /// Commands written since the last seal.
    open: usize,
}

/// Commands whose replies go together.
pub(super) struct Batch {
    commands: usize,
    /// What must follow them; `None` where they have no fence.
    fence: Option<Reply>,
}

impl Seals {
    pub(super) fn new(on: bool) -> Self {
        Self { nonce: on.then(Nonce::new), open: 0 }
    }

    /// Counts commands that were written as one message, which no fence may divide: it may be a MULTI.
    pub(super) fn wrote(&mut self, commands: usize, out: &mut Vec<u8>) -> Option<Batch> {
        self.open += commands;
        if self.open >= SHARED { self.seal(out) } else { None }
    }

    /// Ends the batch, if there is one: adds its fence to what is to be sent.
    pub(super) fn seal(&mut self, out: &mut Vec<u8>) -> Option<Batch> {
        let commands = std::mem::take(&mut self.open);
        if commands == 0 {
            return None;
        }
        let fence = self.nonce.as_mut().map(Nonce::next);
        if let Some(reply) = &fence {
            // What is echoed is written as it comes back.
            out.extend_from_slice(b"*2\r\n$4\r\nECHO\r\n");
            out.extend_from_slice(reply);
        }
        Some(Batch { commands, fence })
    }
}

/// The half that reads: the batches whose replies are still to come.
#[derive(Default)]
pub(super) struct Fence {
    batches: VecDeque<Batch>,
    /// Replies seen of the oldest batch.
    seen: usize,
    /// How many of those were the refusal of a server that is busy with a script, which refuses ECHO as well.
    busy: usize,
}

/// What a reply is to the fence.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// One of a batch that is not complete yet.
    Held,
    /// One that needs no fence.
    Free,
    /// The fence itself: all before it may go, and it goes nowhere.
    Complete,
}

impl Fence {
    /// Expects the replies to what is about to be sent; says how many, those of fences aside.
    pub(super) fn expect(&mut self, batches: &mut VecDeque<Batch>) -> usize {
        let replies = batches.iter().map(|batch| batch.commands).sum();
        self.batches.append(batches);
        replies
    }

    /// Whether replies are still to come.
    pub(super) fn is_waiting(&self) -> bool {
        !self.batches.is_empty()
    }

    /// Judges the next reply.
    pub(super) fn reply(&mut self, reply: &[u8]) -> Result<Passed, Malformed> {
        let batch = self.batches.front().ok_or(Malformed("a reply came that nobody asked for"))?;
        let complete = self.seen == batch.commands;
        match &batch.fence {
            None => {
                self.seen += 1;
                if self.seen == batch.commands {
                    self.next();
                }
                Ok(Passed::Free)
            }
            Some(fence) if complete => {
                if reply != fence && !(self.busy == self.seen && is_busy(reply)) {
                    return Err(Malformed("replies came that nobody asked for"));
                }
                self.next();
                Ok(Passed::Complete)
            }
            Some(fence) if reply == fence => Err(Malformed("replies were lost")),
            Some(_) => {
                self.seen += 1;
                self.busy += usize::from(is_busy(reply));
                Ok(Passed::Held)
            }
        }
    }

    fn next(&mut self) {
        self.batches.pop_front();
        (self.seen, self.busy) = (0, 0);
    }
}

fn is_busy(reply: &[u8]) -> bool {
    reply.starts_with(b"-BUSY ")
}

/// A walk over all numbers of 64 bits from a start that nobody knows, in an order that looks like none: none comes
/// twice, and an older one tells nothing about a newer.
struct Nonce {
    state: u64,
}

impl Nonce {
    fn new() -> Self {
        Self { state: random() }
    }

    fn next(&mut self) -> Reply {
        // SplitMix64: its steps and its mixing are each a bijection.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let mut reply = *b"$16\r\n----------------\r\n";
        for (digit, place) in reply[5..21].iter_mut().enumerate() {
            *place = b"0123456789abcdef"[(mixed >> (60 - 4 * digit)) as usize & 15];
        }
        reply
    }
}
