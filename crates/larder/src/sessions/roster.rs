//! What stands under a principal's key (`docs/format.md`, "Sessions").

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::key::Key;
use crate::ttl::Ttl;

use super::bearer::random;
use super::event::Why;
use super::public_id::PublicId;
use super::secret::Hash;
use super::shelf::ttl;
use super::slot::{FORMAT, damaged, decode, encode};

/// The sessions of a principal.
///
/// It is changed by compare-and-swap alone. A session that is ended goes from `sessions` to `ending` in the swap, and
/// leaves `ending` when its record is known to be gone: a crash between the two loses none.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Roster {
    v: u8,
    /// Changes whenever all sessions are ended, to a number it never was: a record made anew has a new one too.
    pub(super) epoch: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) blocked: bool,
    /// In the order in which they were entered.
    pub(super) sessions: Vec<Entry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) ending: Vec<Ending>,
}

/// A session that lives, is being made, or has died without anybody having noticed here.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) id: PublicId,
    /// Every record that it may have: one, and while its token is changed the new one's too. Some may be gone.
    pub(super) keys: Vec<Hash>,
    /// When it was entered, or got its newest record, in milliseconds since the Unix epoch.
    pub(super) since: u64,
    /// The end that nothing moves.
    pub(super) until: u64,
}

/// A session that has been ended, and whose record may still be there.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Ending {
    #[serde(flatten)]
    pub(super) entry: Entry,
    pub(super) why: Why,
}

/// A principal's record outlives its longest session by this, for clocks that differ and logins that are under way.
pub(super) const MARGIN: u64 = 3_600_000;

impl Entry {
    pub(super) fn record_keys(&self) -> impl Iterator<Item = Key> {
        self.keys.iter().map(Hash::key)
    }
}

impl Roster {
    pub(super) fn new() -> Result<Self> {
        Ok(Self { v: FORMAT, epoch: epoch()?, blocked: false, sessions: Vec::new(), ending: Vec::new() })
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        let roster: Self = decode(bytes)?;
        if roster.v == FORMAT { Ok(roster) } else { Err(damaged()) }
    }

    pub(super) fn encode(&self) -> Result<Bytes> {
        encode(self)
    }

    /// How long the record has to live: as long as its longest session, and for ever where it holds a block.
    pub(super) fn ttl(&self, now: u64) -> Ttl {
        if self.blocked {
            return Ttl::Never;
        }
        let ends = self.sessions.iter().chain(self.ending.iter().map(|ending| &ending.entry)).map(|entry| entry.until);
        ttl(ends.max().unwrap_or(now).saturating_sub(now).saturating_add(MARGIN))
    }

    pub(super) fn entry(&self, id: PublicId) -> Option<&Entry> {
        self.sessions.iter().find(|entry| entry.id == id)
    }

    /// Whether this session is entered with this record.
    pub(super) fn holds(&self, id: PublicId, key: &Hash) -> bool {
        self.entry(id).is_some_and(|entry| entry.keys.contains(key))
    }

    /// Enters one more record of a session that is entered with another; answers whether it is.
    pub(super) fn add(&mut self, id: PublicId, old: &Hash, new: &Hash, now: u64) -> bool {
        let entry = self.sessions.iter_mut().find(|entry| entry.id == id && entry.keys.contains(old));
        let Some(entry) = entry else { return false };
        entry.keys.push(new.clone());
        entry.since = now;
        true
    }

    /// Whether a session has so many records that most of them are gone.
    pub(super) fn has_clutter(&self) -> bool {
        self.sessions.iter().any(|entry| entry.keys.len() > 3)
    }

    /// Ends those that `which` names.
    pub(super) fn end(&mut self, why: Why, mut which: impl FnMut(&Entry) -> bool) {
        for entry in self.sessions.extract_if(.., |entry| which(entry)) {
            self.ending.push(Ending { entry, why });
        }
    }

    /// Ends all, and lets whoever is about to enter know.
    pub(super) fn end_all(&mut self, why: Why) -> Result<()> {
        self.end(why, |_| true);
        self.epoch = epoch()?;
        Ok(())
    }

    /// Takes a session in, in the place of itself where it is in already.
    pub(super) fn enter(&mut self, entry: Entry) {
        match self.sessions.iter_mut().find(|other| other.id == entry.id) {
            Some(other) => *other = entry,
            None => self.sessions.push(entry),
        }
    }
}

/// Eight random bytes are not met twice within the time that a login takes.
fn epoch() -> Result<u64> {
    random().map(u64::from_be_bytes)
}
