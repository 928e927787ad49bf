use std::time::Duration;

/// One command, as data.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::backends::redis) enum Step {
    /// The verb's own command on the record's keys.
    Record,
    /// Adds a member, or raises its score.
    Raise { index: Vec<u8>, member: Vec<u8>, score: Score },
    /// Adds a member, or replaces its score.
    Renew { index: Vec<u8>, member: Vec<u8>, score: Score },
    /// Gives an index without a ttl this one.
    Keep { index: Vec<u8>, ttl: Duration },
    /// Gives an index this ttl where it is longer than what it has.
    Prolong { index: Vec<u8>, ttl: Duration },
    /// Removes a member.
    Remove { index: Vec<u8>, member: Vec<u8> },
    /// Removes every member of these scores.
    RemoveScores { index: Vec<u8>, from: Option<Score>, to: Score },
}

/// A member's score: milliseconds since the epoch by the server's clock, or a [`Token`](super::Token).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::backends::redis) struct Score(pub(super) u64);

impl Step {
    /// The command's words, its name first; none for [`Step::Record`].
    pub(in crate::backends::redis) fn words(&self, mut word: impl FnMut(&[u8])) {
        todo!()
    }
}

impl Score {
    /// The score that ZSCORE told; `None` where it is not one of ours.
    pub(in crate::backends::redis) fn parse(text: &[u8]) -> Option<Self> {
        todo!()
    }
}
