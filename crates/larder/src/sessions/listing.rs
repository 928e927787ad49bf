//! What a person sees of their sessions.

use std::time::SystemTime;

use crate::error::Result;
use crate::key::Key;

use super::of::Of;
use super::public_id::PublicId;
use super::roster::{Entry, Roster};
use super::session::time;
use super::slot::{Body, Slot};

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
    /// where an end was cut off, which is finished then.
    pub async fn list(&self) -> Result<Vec<Listed>> {
        let inner = &self.sessions.0;
        let Some(roster) = self.finished_roster().await? else { return Ok(Vec::new()) };
        if roster.sessions.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<Key> = roster.sessions.iter().flat_map(Entry::record_keys).collect();
        let mut found = inner.shelf.read_all(&keys).await?.into_iter();
        let mut listed = Vec::with_capacity(roster.sessions.len());
        for entry in &roster.sessions {
            let mut alive = None;
            for stored in found.by_ref().take(entry.keys.len()).flatten() {
                if let Slot::Session(body) = Slot::decode(&stored)? {
                    // A session that was given to another principal is that one's.
                    let is_ours = body.principal.as_ref() == Some(&self.principal) && inner.now() < body.until;
                    alive = alive.or(is_ours.then_some(body));
                }
            }
            listed.extend(alive.map(Listed::from));
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

impl From<Box<Body>> for Listed {
    fn from(body: Box<Body>) -> Self {
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
