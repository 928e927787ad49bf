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

/// The replies that are still to come, batch by batch.
pub(super) struct Fence {
    /// The next nonce; `None` where batches have no fence and replies are only counted.
    nonce: Option<Nonce>,
    sealed: VecDeque<Batch>,
    /// Commands written since the last seal; without a fence, all whose reply is still to come.
    open: u32,
    /// Replies seen of the oldest batch.
    seen: u32,
    /// Whether all of those were the refusal of a server that is busy with a script, which refuses ECHO as well.
    all_busy: bool,
}

struct Batch {
    commands: u32,
    reply: Reply,
}

/// What a reply is to the fence.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// One of a batch that is not complete yet.
    Held,
    /// One that needs no fence, together with all before it.
    Free,
    /// The fence itself: all before it may go, and it goes nowhere.
    Complete,
}

impl Fence {
    pub(super) fn new(on: bool) -> Self {
        Self { nonce: on.then(Nonce::new), sealed: VecDeque::new(), open: 0, seen: 0, all_busy: true }
    }

    /// Counts a command that was written.
    pub(super) fn wrote(&mut self) {
        self.open = self.open.saturating_add(1);
    }

    /// Ends the batch: adds its fence to what is to be sent.
    pub(super) fn seal(&mut self, out: &mut Vec<u8>) {
        let Some(nonce) = &mut self.nonce else { return };
        let reply = nonce.next();
        // What is echoed is written as it comes back.
        out.extend_from_slice(b"*2\r\n$4\r\nECHO\r\n");
        out.extend_from_slice(&reply);
        self.sealed.push_back(Batch { commands: self.open, reply });
        self.open = 0;
    }

    /// Whether replies are still to come.
    pub(super) fn is_waiting(&self) -> bool {
        !self.sealed.is_empty() || self.open > self.seen
    }

    /// Judges the next reply.
    pub(super) fn reply(&mut self, reply: &[u8]) -> Result<Passed, Malformed> {
        if self.nonce.is_none() {
            return self.counted();
        }
        let Some(batch) = self.sealed.front() else {
            // The batch that is being written has been sent in part already.
            if self.seen >= self.open {
                return Err(Malformed("a reply came that nobody asked for"));
            }
            self.hold(reply);
            return Ok(Passed::Held);
        };
        if self.seen < batch.commands {
            if reply == batch.reply {
                return Err(Malformed("replies were lost"));
            }
            self.hold(reply);
            return Ok(Passed::Held);
        }
        let proved = reply == batch.reply || (self.all_busy && reply.starts_with(b"-BUSY "));
        if !proved {
            return Err(Malformed("replies came that nobody asked for"));
        }
        self.sealed.pop_front();
        self.seen = 0;
        self.all_busy = true;
        Ok(Passed::Complete)
    }

    fn hold(&mut self, reply: &[u8]) {
        self.seen += 1;
        self.all_busy &= reply.starts_with(b"-BUSY ");
    }

    /// Without a fence: replies may not outnumber commands.
    fn counted(&mut self) -> Result<Passed, Malformed> {
        match self.open.checked_sub(1) {
            Some(left) => {
                self.open = left;
                Ok(Passed::Free)
            }
            None => Err(Malformed("a reply came that nobody asked for")),
        }
    }
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
