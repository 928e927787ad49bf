//! What a person sees of their sessions.

use std::time::SystemTime;

use crate::error::Result;
use crate::key::Key;

use super::of::Of;
use super::public_id::PublicId;
use super::roster::Roster;
use super::session::{Session, time};
use super::slot::Slot;

/// A living session, as its principal may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listed {
    /// Its name, to end it by.
    pub id: PublicId,
    /// When it was made.
    pub created: SystemTime,
    /// When it was last used, to within the touch window.
    pub last_seen: SystemTime,
    /// When it ends unless it is used before.
    pub expires: SystemTime,
    /// The device, as the application named it.
    pub device: Option<String>,
    /// The address, as the application gave it.
    pub address: Option<String>,
}

impl Of {
    /// The living sessions, in the order in which they began.
    ///
    /// Two round trips, whatever their number: the principal's record, and the sessions' records together. More only
    /// where an end was cut off, which is finished then, or a rotation.
    pub async fn list(&self) -> Result<Vec<Listed>> {
        let inner = &self.sessions.0;
        let Some(roster) = self.finished_roster().await? else { return Ok(Vec::new()) };
        if roster.sessions.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<Key> = roster.sessions.iter().map(|entry| entry.key.key()).collect();
        let found = inner.shelf.read_all(&keys).await?;
        let mut listed = Vec::with_capacity(found.len());
        for (entry, stored) in roster.sessions.into_iter().zip(found) {
            let Some(stored) = stored else { continue };
            let session = match Slot::decode(&stored)? {
                Slot::Session(body) => (inner.now() < body.until).then_some(Session { hash: entry.key, stored, body }),
                Slot::Moved(_) => inner.follow(entry.key, stored).await?,
                Slot::Retired(_) => None,
            };
            // A session that was given to another principal is that one's.
            let ours = session.filter(|session| session.principal() == Some(&self.principal));
            listed.extend(ours.map(Listed::from));
        }
        Ok(listed)
    }

    /// The principal's record, with what somebody began to end and did not finish ended.
    async fn finished_roster(&self) -> Result<Option<Roster>> {
        let inner = &self.sessions.0;
        let roster = inner.roster(&self.principal).await?;
        if let Some(roster) = roster.as_ref().filter(|roster| !roster.ending.is_empty()) {
            inner.finish_all(&self.principal, roster.clone(), &roster.encode()?).await?;
        }
        Ok(roster)
    }
}

impl From<Session> for Listed {
    fn from(session: Session) -> Self {
        let body = session.body;
        Self {
            id: body.id,
            created: time(body.created),
            last_seen: time(body.seen),
            expires: time(body.end()),
            device: body.device,
            address: body.address,
        }
    }
}
