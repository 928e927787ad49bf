//! The one way in which a principal's record is read and changed.

use bytes::Bytes;

use crate::error::Result;
use crate::key;
use crate::key::Key;

use super::admission::Refusal;
use super::event::{What, Why};
use super::principal::Principal;
use super::public_id::PublicId;
use super::roster::{Ending, Entry, Roster};
use super::shelf::{ATTEMPTS, contended};
use super::slot::Slot;
use super::{Inner, Limit};

/// From so many sessions on, a login looks whether all of them still live.
const TIDY_FROM: usize = 16;

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
        for _ in 0..ATTEMPTS {
            let turn = self.shelf.turn(&key).await;
            let read = self.shelf.read(key.clone()).await?;
            let mut roster = match &read {
                Some(bytes) => Roster::decode(bytes)?,
                None => Roster::new()?,
            };
            // What somebody began to end and did not finish is finished first.
            ended += self.finish(principal, &roster.ending).await?;
            roster.ending.clear();
            let now = self.now();
            let mut expired: Vec<Entry> = roster.sessions.extract_if(.., |entry| entry.until <= now).collect();
            let retired = match tidy(&roster) {
                true => self.tidy(principal, &mut roster, &mut expired).await?,
                false => Vec::new(),
            };
            let answer = change(&mut roster, &retired)?;
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
                ended += self.finish_all(principal, roster, &bytes).await?;
            }
            return Ok((answer, ended));
        }
        Err(contended())
    }

    /// Finishes what a record says is ending, and takes note of that in the record, if it still says so.
    pub(super) async fn finish_all(&self, principal: &Principal, mut roster: Roster, stored: &Bytes) -> Result<usize> {
        if roster.ending.is_empty() {
            return Ok(0);
        }
        let ended = self.finish(principal, &roster.ending).await?;
        roster.ending.clear();
        let (bytes, ttl) = (roster.encode()?, roster.ttl(self.now()));
        // Whoever changes the record next does it where this does not; they are gone in either case.
        let _ = self.shelf.swap(Self::key_of(principal), Some(stored), bytes, ttl).await;
        Ok(ended)
    }

    /// Deletes the records of sessions that are ending; answers how many lived.
    async fn finish(&self, principal: &Principal, ending: &[Ending]) -> Result<usize> {
        if ending.is_empty() {
            return Ok(0);
        }
        let keys: Vec<Key> = ending.iter().map(|ending| ending.entry.key.key()).collect();
        let lived = self.shelf.delete(&keys).await?;
        let lived = ending.iter().zip(lived).filter(|(_, lived)| *lived);
        Ok(lived.inspect(|(ending, _)| self.told(What::Ended(ending.why), ending.entry.id, Some(principal))).count())
    }

    /// Drops the sessions that have died; answers those that an adapter has let go of.
    async fn tidy(
        &self,
        principal: &Principal,
        roster: &mut Roster,
        expired: &mut Vec<Entry>,
    ) -> Result<Vec<PublicId>> {
        let keys: Vec<Key> = roster.sessions.iter().map(|entry| entry.key.key()).collect();
        let found = self.shelf.read_all(&keys).await?;
        let now = self.now();
        let mut retired = Vec::new();
        let entries = std::mem::take(&mut roster.sessions);
        for (entry, bytes) in entries.into_iter().zip(found) {
            // Between being entered and being written lies a moment, for which the entry stands.
            let is_settled = now.saturating_sub(entry.since) >= self.pending;
            match bytes.map(|bytes| Slot::decode(&bytes)) {
                None if is_settled => {
                    expired.push(entry);
                    continue;
                }
                Some(Ok(Slot::Session(body))) if is_settled && body.principal.as_ref() != Some(principal) => continue,
                Some(Ok(Slot::Retired(_))) => retired.push(entry.id),
                _ => {}
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
            count >= TIDY_FROM || limit.is_some_and(|limit| count >= limit.most())
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
