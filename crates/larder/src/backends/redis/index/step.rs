//! One command on an index, as data.

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
        let mut say = |words: &[&[u8]]| words.iter().for_each(|each| word(each));
        match self {
            Self::Record => {}
            Self::Raise { index, member, score } => say(&[b"ZADD", index, b"GT", &score.text(), member]),
            Self::Renew { index, member, score } => say(&[b"ZADD", index, &score.text(), member]),
            Self::Keep { index, ttl } => say(&[b"PEXPIRE", index, &millis(*ttl), b"NX"]),
            Self::Prolong { index, ttl } => say(&[b"PEXPIRE", index, &millis(*ttl), b"GT"]),
            Self::Remove { index, member } => say(&[b"ZREM", index, member]),
            Self::RemoveScores { index, from, to } => {
                let from = from.map_or_else(|| b"-inf".to_vec(), Score::text);
                say(&[b"ZREMRANGEBYSCORE", index, &from, &to.text()]);
            }
        }
    }
}

impl Score {
    /// The score that ZSCORE told; `None` where it is not one of ours.
    pub(in crate::backends::redis) fn parse(text: &[u8]) -> Option<Self> {
        std::str::from_utf8(text).ok()?.parse().ok().map(Self)
    }

    fn text(self) -> Vec<u8> {
        self.0.to_string().into_bytes()
    }
}

fn millis(ttl: Duration) -> Vec<u8> {
    ttl.as_millis().to_string().into_bytes()
}
