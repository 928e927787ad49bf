//! In which order an index and its records are written, so that none is ever missing from a listing. Sends nothing.
//!
//! An entry of an index is a hint: it stands there before its record does, and a record counts only if it is found.

mod step;

#[cfg(test)]
mod tests;

use crate::clock::Moment;
use crate::ttl::Ttl;

use super::layout::Entry;
pub(super) use step::{Score, Step};

/// Where the records and their index lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// On one node, in one slot or with none: one MULTI may hold all.
    One,
    /// In several slots: one MULTI may hold what concerns one key.
    Split,
}

/// Rounds of groups, for one record. A round is sent when the one before it has been answered; the groups of a round
/// may go out together.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Plan(pub(super) Vec<Round>);

pub(super) type Round = Vec<Group>;

/// Steps that are one MULTI on the node of their keys. Several groups that go to one slot may be one MULTI.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Group(pub(super) Vec<Step>);

/// What writes it: a random number that no other write has drawn, as the score of an entry that never ends.
///
/// By it an entry that has lost its record is told from one that a put has just renewed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Token(u64);

impl Token {
    /// The token of 64 random bits.
    pub(super) fn of(random: u64) -> Self {
        todo!()
    }
}

/// What a `put` of a record does, whatever its condition; [`Step::Record`] is its SET or script.
///
/// `now` is the server's clock as the caller knows it.
pub(super) fn put(entries: &[Entry], ttl: Ttl, now: Moment, token: Token, slot: Slot) -> Plan {
    todo!()
}

/// What a `touch` does; [`Step::Record`] is its PEXPIRE or PERSIST.
pub(super) fn touch(entries: &[Entry], ttl: Ttl, now: Moment, token: Token, slot: Slot) -> Plan {
    todo!()
}

/// What a `delete` or `take` does; [`Step::Record`] is its UNLINK or GETDEL, of every spelling.
pub(super) fn delete(entries: &[Entry], slot: Slot) -> Plan {
    todo!()
}

/// Removes from an index what ended long ago: a share of the puts, and every sweep, sends it.
pub(super) fn trim(index: &[u8], now: Moment) -> Step {
    todo!()
}

/// Removes an entry that never ends and whose record is gone, in a sweep: first the score is read (ZSCORE), then the
/// record looked for (EXISTS), and where it was not there, this is sent. A put in between has renewed the score, and
/// then it removes nothing.
pub(super) fn forget(never: &[u8], score: Score) -> Step {
    todo!()
}
