//! How a session gets a new token.

use crate::backend::When;
use crate::error::Result;

use super::bearer::Bearer;
use super::event::What;
use super::secret::Hash;
use super::session::Session;
use super::shelf::{contended, tries, ttl};
use super::slot::{Moved, Slot};
use super::{Inner, SESSION, Sessions};

/// For how long at least it is remembered where a token went: a sign-out under way with the old one finds the session.
const MARKER: u64 = 60_000;

impl Sessions {
    /// Gives a session a new token; answers the new bearer, or `None` where no session lives.
    ///
    /// Do it when rights grow, and at login for a visitor's session that is kept. Id, fields, times and place in the
    /// list stay. Within the grace ([`Builder::grace`](super::Builder::grace)) the old bearer leads to the same session,
    /// after it to none. Who ends the session by its old bearer, by its id or with all others, at whatever moment, ends
    /// the new one. Takes seven round trips.
    ///
    /// # Cancellation and crashes
    /// Cut off, it leaves the old token as good as it was, or good for the grace: within it the client can come back
    /// and ask again. The new token, which nobody got, ends by itself within [`Builder::pending`](super::Builder::pending).
    ///
    /// # Errors
    /// Those of the backend.
    pub async fn rotate(&self, bearer: &Bearer) -> Result<Option<Bearer>> {
        let inner = &self.0;
        for () in tries() {
            let Some(session) = inner.find(bearer.as_bytes()).await? else { return Ok(None) };
            let new = Bearer::generate()?;
            let hash = inner.hashing.newest(SESSION, new.as_bytes());
            match inner.rename(session, &hash).await? {
                Renamed::Done => return Ok(Some(new)),
                Renamed::Gone => return Ok(None),
                Renamed::Outrun => {}
            }
        }
        Err(contended())
    }
}

enum Renamed {
    Done,
    /// The session has ended.
    Gone,
    /// Somebody else has renamed it.
    Outrun,
}

impl Inner {
    async fn rename(&self, session: Session, new: &Hash) -> Result<Renamed> {
        let Session { hash: old, stored: mut read, body } = session;
        let (id, principal) = (body.id, body.principal);
        // Entered first, so that whoever ends the session from now on ends this record with it.
        if let Some(principal) = &principal
            && !self.add(principal, id, &old, new).await?
        {
            return Ok(Renamed::Gone);
        }
        // For a short while only: whoever ended the session meanwhile could not delete what was not there.
        let short = ttl(self.pending.max(self.grace));
        if !self.shelf.write(new.key(), read.clone(), short, When::Absent).await? {
            return Ok(Renamed::Outrun);
        }
        // From one moment to the next the old record becomes a sign to the new one, which holds the same.
        let marker = Slot::Moved(Moved { to: new.clone(), until: self.now().saturating_add(self.grace) }).encode()?;
        let remembered = ttl(self.grace.max(MARKER));
        let mut tries = tries();
        while !self.shelf.swap(old.key(), Some(&read), marker.clone(), remembered).await? {
            let again = match self.shelf.read(old.key()).await? {
                Some(bytes) => bytes,
                None => return self.give_up(new, Renamed::Gone).await,
            };
            // Somebody has saved: what they saved goes along.
            let goes_along = Slot::decode(&again)?.is_session() && tries.next().is_some();
            if !goes_along || !self.shelf.write(new.key(), again.clone(), short, When::Present).await? {
                return self.give_up(new, Renamed::Outrun).await;
            }
            read = again;
        }
        let Slot::Session(body) = Slot::decode(&read)? else { return Ok(Renamed::Gone) };
        if let Some(principal) = &principal {
            let roster = self.roster(principal).await?;
            if !roster.is_some_and(|roster| roster.holds(id, new)) {
                return self.give_up(new, Renamed::Gone).await;
            }
        }
        if !self.shelf.touch(new.key(), Self::ttl(&body, self.now())).await? {
            return Ok(Renamed::Gone);
        }
        self.told(What::Renewed, id, principal.as_ref());
        Ok(Renamed::Done)
    }

    async fn give_up(&self, new: &Hash, why: Renamed) -> Result<Renamed> {
        self.shelf.delete(&[new.key()]).await?;
        Ok(why)
    }
}
