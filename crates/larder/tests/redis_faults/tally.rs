//! What a load saw.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use larder::ErrorKind;

#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) calls: u64,
    pub(crate) cancelled: u64,
    /// A value that names another key than the one that was asked for.
    pub(crate) wrong: u64,
    /// An answer that cannot be, after all that was acknowledged and all that may have happened.
    pub(crate) misreported: u64,
    /// The first of either, in words.
    pub(crate) example: Option<String>,
    pub(crate) reads: BTreeMap<String, u64>,
    pub(crate) writes: BTreeMap<String, u64>,
    /// Errors of calls that began when every task was back after a fault.
    pub(crate) errors_when_well: u64,
    /// The slowest call, and which it was.
    pub(crate) slowest: (Duration, &'static str),
    /// The longest that a task waited for its first answer to a read and to a write after a fault had ended.
    pub(crate) back_after: Duration,
    /// How late the tasks themselves ran at most.
    pub(crate) lag: Duration,
}

/// A machine that ran a task so late may have kept replies as long: then a deadline can be missed under any fault.
const STOOD_STILL: Duration = Duration::from_millis(150);

impl Tally {
    pub(crate) fn error(&mut self, kind: ErrorKind, writes: bool) {
        let kinds = if writes { &mut self.writes } else { &mut self.reads };
        *kinds.entry(format!("{kind:?}")).or_default() += 1;
    }

    pub(crate) fn wrong(&mut self, example: impl FnOnce() -> String) {
        self.wrong += 1;
        self.example.get_or_insert_with(example);
    }

    pub(crate) fn misreported(&mut self, example: impl FnOnce() -> String) {
        self.misreported += 1;
        self.example.get_or_insert_with(example);
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.cancelled += other.cancelled;
        self.wrong += other.wrong;
        self.misreported += other.misreported;
        self.example = self.example.take().or(other.example);
        self.errors_when_well += other.errors_when_well;
        self.slowest = self.slowest.max(other.slowest);
        self.back_after = self.back_after.max(other.back_after);
        for (mine, theirs) in [(&mut self.reads, other.reads), (&mut self.writes, other.writes)] {
            for (kind, count) in theirs {
                *mine.entry(kind).or_default() += count;
            }
        }
    }

    /// Whether an error of this kind was seen.
    pub(crate) fn saw(&self, kind: ErrorKind) -> bool {
        let kind = format!("{kind:?}");
        self.reads.contains_key(&kind) || self.writes.contains_key(&kind)
    }

    /// Whether the machine itself was a fault.
    pub(crate) fn stood_still(&self) -> bool {
        self.lag >= STOOD_STILL
    }

    /// Fails the test where a read or a write ended in an error of another kind.
    pub(crate) fn allow(&self, reads: &[ErrorKind], writes: &[ErrorKind]) -> &Self {
        for (what, seen, allowed) in [("reads", &self.reads, reads), ("writes", &self.writes, writes)] {
            let missed = if self.stood_still() { &[ErrorKind::Unavailable, ErrorKind::Unknown][..] } else { &[] };
            let allowed: Vec<_> = allowed.iter().chain(missed).map(|kind| format!("{kind:?}")).collect();
            assert!(seen.keys().all(|kind| allowed.contains(kind)), "{what} may fail as {allowed:?}: {self}");
        }
        self
    }

    /// Fails the test where no error of this kind was seen: then the fault did not bite.
    pub(crate) fn require(&self, kind: ErrorKind) -> &Self {
        assert!(self.saw(kind), "{kind:?} was to be seen: {self}");
        self
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls, {} cancelled, ", self.calls, self.cancelled)?;
        write!(f, "{} wrong, {} misreported; ", self.wrong, self.misreported)?;
        for (what, kinds) in [("reads", &self.reads), ("writes", &self.writes)] {
            write!(f, "failed {what}:")?;
            for (kind, count) in kinds {
                write!(f, " {count} {kind}")?;
            }
            f.write_str(if kinds.is_empty() { " none; " } else { "; " })?;
        }
        let [slowest, back, lag] = [self.slowest.0, self.back_after, self.lag].map(|time| time.as_millis());
        write!(f, "slowest {slowest} ms ({}), back after {back} ms, tasks late by {lag} ms", self.slowest.1)?;
        match &self.example {
            Some(example) => write!(f, "; for example: {example}"),
            None => Ok(()),
        }
    }
}
