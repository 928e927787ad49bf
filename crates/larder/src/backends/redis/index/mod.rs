//! In which order an index and its records are written, so that none is ever missing from a listing. Sends nothing.
//!
//! An entry of an index is a hint: it stands there before its record does, and a record counts only if it is found.
//! Nobody removes the entry of a record that ends by itself before its score has passed, but together with the record
//! in one MULTI; and nobody moves an entry between an index and the one beside it of records that never end, since
//! whether the record has moved depends on a condition that is judged later.

mod step;

#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::Bytes;

use crate::clock::Moment;
use crate::ttl::Ttl;

use super::layout::Entry;
pub(super) use step::{Score, Step};

/// How much later than its record an entry ends: more than a call may take and the server's clock be misjudged.
pub(super) const SLACK: Duration = Duration::from_secs(60);

/// How long an entry that has ended is left alone: Pow scores by the clock of whoever writes, which may be wrong.
const GRACE: Duration = Duration::from_secs(15 * 60);

/// Where the records and their index lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// On one node, in one slot or with none: one MULTI may hold all.
    One,
    #[cfg_attr(not(test), expect(dead_code, reason = "proved ahead of the cluster that will need it"))]
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

/// A random number that no other write has drawn: the score of an entry that never ends.
///
/// By it an entry that has lost its record is told from one that a put has just renewed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Token(u64);

impl Token {
    /// The token of 64 random bits.
    pub(super) fn of(random: u64) -> Self {
        // A score is a double, which holds integers of 53 bits. The lowest one tells the two halves of a write apart.
        Self((random >> 11) & !1)
    }

    /// Whether this is one of the sixteenth of all writes that trim what they write to.
    fn trims(self) -> bool {
        (self.0 >> 1).is_multiple_of(16)
    }

    /// Another token of the same write.
    fn again(self) -> Self {
        Self(self.0 | 1)
    }
}

/// What a `put` of a record does, whatever its condition; [`Step::Record`] is its SET or script.
///
/// `now` is the server's clock as the caller knows it.
pub(super) fn put(entries: &[Entry], ttl: Ttl, now: Moment, token: Token, slot: Slot) -> Plan {
    let listed = |token| entries.iter().map(move |entry| list(entry, ttl, now, token));
    match slot {
        Slot::One => {
            let mut steps: Vec<Step> = listed(token).flatten().collect();
            steps.push(Step::Record);
            Plan(vec![vec![Group(steps)]])
        }
        Slot::Split => {
            // A sweep may find the entry without its record, and remove it when the record has just been written.
            let rounds = [
                listed(token).map(Group).collect(),
                vec![Group(vec![Step::Record])],
                listed(token.again()).map(Group).collect(),
            ];
            Plan(rounds.into_iter().filter(|round: &Round| !round.is_empty()).collect())
        }
    }
}

/// What a `touch` does; [`Step::Record`] is its PEXPIRE or PERSIST.
pub(super) fn touch(entries: &[Entry], ttl: Ttl, now: Moment, token: Token, slot: Slot) -> Plan {
    put(entries, ttl, now, token, slot)
}

/// What a `delete` or `take` does; [`Step::Record`] is its UNLINK or GETDEL, of every spelling.
///
/// Where record and index lie apart it leaves the entries: one that ends by itself to its score, one that does not to
/// a sweep ([`forget`]). To remove it and look whether the record is there again would hide that record for a moment,
/// and for good if the look is never taken.
pub(super) fn delete(entries: &[Entry], slot: Slot) -> Plan {
    let mut steps = vec![Step::Record];
    if slot == Slot::One {
        for Entry { index, never, member } in entries {
            for index in [index].into_iter().chain(never) {
                steps.push(Step::Remove { index: index.clone(), member: member.clone() });
            }
        }
    }
    Plan(vec![vec![Group(steps)]])
}

/// Removes from an index what ended a while ago. A share of the puts does it, and of Pow's each, as Pow does: where
/// nobody sweeps, an index that is written to for ever stays as small. Every sweep does it, too.
pub(super) fn trim(index: &Bytes, now: Moment) -> Step {
    Step::RemoveScores { index: index.clone(), from: None, to: score(now.elapsed().saturating_sub(GRACE)) }
}

/// Removes an entry that never ends and whose record is gone, in a sweep: first the score is read (ZSCORE), then the
/// record looked for (EXISTS), and where it was not there, this is sent. A put in between has renewed the score, and
/// then it removes nothing.
pub(super) fn forget(never: &Bytes, score: Score) -> Step {
    Step::RemoveScores { index: never.clone(), from: Some(score), to: score }
}

/// Lists a record that ends at the latest so long after now.
pub(super) fn list(entry: &Entry, ttl: Ttl, now: Moment, token: Token) -> Vec<Step> {
    let member = entry.member.clone();
    let after = match (ttl, &entry.never) {
        (Ttl::Never, Some(never)) => return vec![Step::Renew { index: never.clone(), member, score: Score(token.0) }],
        (Ttl::Never, None) => Ttl::MAX,
        (Ttl::After(after), _) => after,
    };
    let index = &entry.index;
    let ttl = after.saturating_add(SLACK);
    let mut steps = Vec::with_capacity(4);
    if entry.never.is_none() || token.trims() {
        steps.push(trim(index, now));
    }
    steps.extend([
        Step::Raise { index: index.clone(), member, score: score(now.elapsed().saturating_add(ttl)) },
        Step::Keep { index: index.clone(), ttl },
        Step::Prolong { index: index.clone(), ttl },
    ]);
    steps
}

fn score(since_epoch: Duration) -> Score {
    Score(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}
