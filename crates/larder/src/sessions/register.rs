//! The one way in which a principal's record is read and changed.

use bytes::Bytes;

use crate::error::Result;
use crate::key;
use crate::key::Key;

use super::admission::Refusal;
use super::event::{What, Why};
use super::principal::Principal;
use super::public_id::PublicId;
use super::roster::{Ending, Entry, MARGIN, Roster};
use super::secret::Hash;
use super::shelf::{contended, tries};
use super::slot::{Body, Slot};
use super::{Inner, Limit};

/// From so many sessions on, a login looks whether all of them still live, each time their number has doubled.
const TIDY_FROM: usize = 16;

/// What was found of a session that is to end.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Session,
    /// What is left where somebody has let go of it, or renamed it: it does not count.
    Marker,
    /// A session of another principal.
    Foreign,
    Nothing,
}

impl Inner {
    fn key_of(principal: &Principal) -> Key {
        key!["principal", principal]
    }

    pub(super) async fn roster(&self, principal: &Principal) -> Result<Option<Roster>> {
        let read = self.shelf.read(Self::key_of(principal)).await?;
        read.map(|bytes| Roster::decode(&bytes)).transpose()
    }

    /// Changes a principal's record by compare-and-swap, and returns when what the change ended is gone: the answer of
    /// the change, and how many sessions ended. The change may be asked for several times and counts once.
    pub(super) async fn change<T>(
        &self,
        principal: &Principal,
        mut change: impl FnMut(&mut Roster) -> Result<T>,
    ) -> Result<(T, usize)> {
        self.change_with(principal, |_| false, |roster, _| change(roster)).await
    }

    /// Enters one more record of a session that is entered with another; answers whether it is.
    pub(super) async fn add(&self, principal: &Principal, id: PublicId, old: &Hash, new: &Hash) -> Result<bool> {
        let add = |roster: &mut Roster, _: &[PublicId]| Ok(roster.add(id, old, new, self.now()));
        self.change_with(principal, Roster::has_clutter, add).await.map(|(is_in, _)| is_in)
    }

    /// The same, looking first whether the entered sessions still live where `tidy` asks for it: those that do not are
    /// dropped, and the change is told of those that an adapter has let go of.
    async fn change_with<T>(
        &self,
        principal: &Principal,
        tidy: impl Fn(&Roster) -> bool,
        mut change: impl FnMut(&mut Roster, &[PublicId]) -> Result<T>,
    ) -> Result<(T, usize)> {
        let key = Self::key_of(principal);
        let mut ended = 0;
        for () in tries() {
            let turn = self.shelf.turn(&key).await;
            let read = self.shelf.read(key.clone()).await?;
            let mut roster = match &read {
                Some(bytes) => Roster::decode(bytes)?,
                None => Roster::new()?,
            };
            // What somebody began to end and did not finish is finished first.
            let left = self.look_at(principal, &mut roster.ending).await?;
            ended += self.finish(principal, &roster.ending, &left).await?;
            roster.ending.clear();
            let now = self.now();
            // Not before clocks that differ agree; those who list look at the record itself.
            let mut expired: Vec<Entry> =
                roster.sessions.extract_if(.., |entry| entry.until.saturating_add(MARGIN) <= now).collect();
            let retired = match tidy(&roster) {
                true => self.tidy(principal, &mut roster, &mut expired).await?,
                false => Vec::new(),
            };
            let answer = change(&mut roster, &retired)?;
            let seen = self.look_at(principal, &mut roster.ending).await?;
            let bytes = roster.encode()?;
            let nothing_to_tell = roster.sessions.is_empty() && roster.ending.is_empty() && !roster.blocked;
            let unchanged = read.as_ref().map_or(nothing_to_tell, |read| *read == bytes);
            if !unchanged {
                if !self.shelf.swap(key.clone(), read.as_ref(), bytes.clone(), roster.ttl(now)).await? {
                    continue;
                }
                drop(turn);
                for entry in expired {
                    self.told(What::Ended(Why::Expired), entry.id, Some(principal));
                }
                ended += self.finish_seen(principal, roster, &seen, &bytes).await?;
            }
            return Ok((answer, ended));
        }
        Err(contended())
    }

    /// Finishes what a record says is ending, and takes note of that in the record, if it still says so.
    pub(super) async fn finish_all(&self, principal: &Principal, mut roster: Roster, stored: &Bytes) -> Result<usize> {
        let seen = self.look_at(principal, &mut roster.ending).await?;
        self.finish_seen(principal, roster, &seen, stored).await
    }

    async fn finish_seen(
        &self,
        principal: &Principal,
        mut roster: Roster,
        seen: &[Seen],
        stored: &Bytes,
    ) -> Result<usize> {
        if roster.ending.is_empty() {
            return Ok(0);
        }
        let ended = self.finish(principal, &roster.ending, seen).await?;
        roster.ending.clear();
        let (bytes, ttl) = (roster.encode()?, roster.ttl(self.now()));
        // Whoever changes the record next does it where this does not; they are gone in either case.
        let _ = self.shelf.swap(Self::key_of(principal), Some(stored), bytes, ttl).await;
        Ok(ended)
    }

    /// Looks at the records of sessions that are to end. One that was to become this principal's and did not is left out:
    /// it is somebody else's.
    async fn look_at(&self, principal: &Principal, ending: &mut Vec<Ending>) -> Result<Vec<Seen>> {
        if ending.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<Key> = ending.iter().flat_map(|ending| ending.entry.record_keys()).collect();
        let mut found = self.shelf.read_all(&keys).await?.into_iter();
        let now = self.now();
        let mut seen = Vec::with_capacity(ending.len());
        ending.retain(|Ending { entry, .. }| {
            let mut looks = Seen::Nothing;
            for stored in found.by_ref().take(entry.keys.len()).flatten() {
                looks = match (Slot::decode(&stored), looks) {
                    (Ok(Slot::Session(body)), _) if body.principal.as_ref() != Some(principal) => Seen::Foreign,
                    (Ok(Slot::Moved(_) | Slot::Retired(_)), Seen::Nothing) => Seen::Marker,
                    (Ok(Slot::Moved(_) | Slot::Retired(_)), looks) => looks,
                    // What cannot be read is ended with the rest.
                    (Ok(Slot::Session(_)) | Err(_), _) => Seen::Session,
                };
            }
            // Until it is settled, it may be about to become this principal's.
            let stays = looks != Seen::Foreign || !self.is_settled(entry, now);
            if stays {
                seen.push(looks);
            }
            stays
        });
        Ok(seen)
    }

    /// Deletes the records of sessions that are ending; answers how many lived.
    async fn finish(&self, principal: &Principal, ending: &[Ending], seen: &[Seen]) -> Result<usize> {
        if ending.is_empty() {
            return Ok(0);
        }
        let keys: Vec<Key> = ending.iter().flat_map(|ending| ending.entry.record_keys()).collect();
        let mut lived = self.shelf.delete(&keys).await?.into_iter();
        let mut ended = 0;
        for (Ending { entry, why }, seen) in ending.iter().zip(seen) {
            let lived = lived.by_ref().take(entry.keys.len()).fold(false, |any, lived| any | lived);
            // Whoever logs in finishes what others began: who deletes tells, who decided counts.
            if lived && *seen != Seen::Marker {
                self.told(What::Ended(*why), entry.id, Some(principal));
            }
            ended += usize::from(*seen == Seen::Session || lived && *seen != Seen::Marker);
        }
        Ok(ended)
    }

    /// Whether an entry stands for long enough that its record must have been written, or never will be.
    fn is_settled(&self, entry: &Entry, now: u64) -> bool {
        now.saturating_sub(entry.since) >= self.pending
    }

    /// Drops the sessions that have died; answers those that an adapter has let go of.
    async fn tidy(
        &self,
        principal: &Principal,
        roster: &mut Roster,
        expired: &mut Vec<Entry>,
    ) -> Result<Vec<PublicId>> {
        let keys: Vec<Key> = roster.sessions.iter().flat_map(Entry::record_keys).collect();
        let mut found = self.shelf.read_all(&keys).await?.into_iter();
        let now = self.now();
        let mut retired = Vec::new();
        for mut entry in std::mem::take(&mut roster.sessions) {
            let stored: Vec<_> = found.by_ref().take(entry.keys.len()).collect();
            let slots: Vec<_> = stored.into_iter().map(|stored| stored.map(|stored| Slot::decode(&stored))).collect();
            let is_other = |body: &Body| body.principal.as_ref() != Some(principal);
            // Between being entered and being written lies a moment, for which an entry stands as it is.
            if self.is_settled(&entry, now) {
                let mut places = slots.iter();
                entry.keys.retain(|_| places.next().is_some_and(Option::is_some));
                if entry.keys.is_empty() {
                    expired.push(entry);
                    continue;
                }
                if slots.iter().flatten().any(|slot| matches!(slot, Ok(Slot::Session(body)) if is_other(body))) {
                    continue;
                }
            }
            if slots.iter().flatten().all(|slot| matches!(slot, Ok(Slot::Retired(_))))
                && slots.iter().any(Option::is_some)
            {
                retired.push(entry.id);
            }
            roster.sessions.push(entry);
        }
        Ok(retired)
    }

    /// Enters a session, where its principal may have one more: answers the epoch in which it was entered.
    pub(super) async fn enroll(&self, principal: &Principal, entry: &Entry) -> Result<Result<u64, Refusal>> {
        let limit = self.limit;
        let tidy = |roster: &Roster| {
            let count = roster.sessions.len();
            count >= TIDY_FROM && count.is_power_of_two()
                || roster.has_clutter()
                || limit.is_some_and(|limit| count >= limit.most())
        };
        let enter = |roster: &mut Roster, retired: &[PublicId]| {
            if roster.blocked {
                return Ok(Err(Refusal::Blocked));
            }
            let is_new = roster.entry(entry.id).is_none();
            while let Some(limit) = limit.filter(|limit| is_new && roster.sessions.len() >= limit.most()) {
                let let_go = roster.sessions.iter().position(|entry| retired.contains(&entry.id));
                match (let_go, limit) {
                    (Some(place), _) => drop(roster.sessions.remove(place)),
                    (None, Limit::RefuseNew(_)) => return Ok(Err(Refusal::Limit)),
                    (None, Limit::EndOldest(_)) => {
                        let oldest = roster.sessions[0].id;
                        roster.end(Why::Limit, |entry| entry.id == oldest);
                    }
                }
            }
            roster.enter(entry.clone());
            Ok(Ok(roster.epoch))
        };
        self.change_with(principal, tidy, enter).await.map(|(answer, _)| answer)
    }

    /// Takes a session out that is not this principal's any longer, and leaves its record.
    pub(super) async fn withdraw(&self, principal: &Principal, id: PublicId) -> Result<bool> {
        let out = |roster: &mut Roster| Ok(roster.sessions.extract_if(.., |entry| entry.id == id).count() > 0);
        self.change(principal, out).await.map(|(was_in, _)| was_in)
    }
}
