//! One command on an index, as data.

use std::time::Duration;

use bytes::Bytes;

/// One command, as data.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::backends::redis) enum Step {
    /// The verb's own command on the record's keys.
    Record,
    /// Adds a member, or raises its score.
    Raise { index: Bytes, member: Bytes, score: Score },
    /// Adds a member, or replaces its score.
    Renew { index: Bytes, member: Bytes, score: Score },
    /// Gives an index without a ttl this one.
    Keep { index: Bytes, ttl: Duration },
    /// Gives an index this ttl where it is longer than what it has.
    Prolong { index: Bytes, ttl: Duration },
    /// Removes a member.
    Remove { index: Bytes, member: Bytes },
    /// Removes every member of these scores.
    RemoveScores { index: Bytes, from: Option<Score>, to: Score },
}

/// A member's score: milliseconds since the epoch by the server's clock, or a [`Token`](super::Token).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::backends::redis) struct Score(pub(super) u64);

impl Step {
    /// The command's words, its name first; none for [`Step::Record`].
    pub(in crate::backends::redis) fn words(&self, mut word: impl FnMut(&[u8])) {
        let (mut first, mut second) = (itoa::Buffer::new(), itoa::Buffer::new());
        let mut say = |words: &[&[u8]]| words.iter().for_each(|each| word(each));
        match self {
            Self::Record => {}
            Self::Raise { index, member, score } => {
                say(&[b"ZADD", index, b"GT", first.format(score.0).as_bytes(), member]);
            }
            Self::Renew { index, member, score } => say(&[b"ZADD", index, first.format(score.0).as_bytes(), member]),
            Self::Keep { index, ttl } => say(&[b"PEXPIRE", index, first.format(millis(*ttl)).as_bytes(), b"NX"]),
            Self::Prolong { index, ttl } => say(&[b"PEXPIRE", index, first.format(millis(*ttl)).as_bytes(), b"GT"]),
            Self::Remove { index, member } => say(&[b"ZREM", index, member]),
            Self::RemoveScores { index, from, to } => {
                let from = from.map_or("-inf", |from| first.format(from.0));
                say(&[b"ZREMRANGEBYSCORE", index, from.as_bytes(), second.format(to.0).as_bytes()]);
            }
        }
    }
}

impl Score {
    /// The score that ZSCORE told; `None` where it is not one of ours.
    pub(in crate::backends::redis) fn parse(text: &[u8]) -> Option<Self> {
        std::str::from_utf8(text).ok()?.parse().ok().map(Self)
    }
}

fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)
}
