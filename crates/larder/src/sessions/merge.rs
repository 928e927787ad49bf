//! How what a request changed gets into the store.

use bytes::Bytes;

use crate::error::Result;

use super::admission::Refusal;
use super::bearer::Bearer;
use super::event::What;
use super::fields::Fields;
use super::principal::Principal;
use super::roster::Entry;
use super::secret::Hash;
use super::session::Session;
use super::shelf::{contended, tries};
use super::slot::{Body, Slot};
use super::{Inner, Sessions};

/// What became of a save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a session can have ended before it is saved"]
pub enum Saved {
    /// It is written.
    Written,
    /// The session has ended: nothing is written, and nothing comes back.
    Gone,
    /// The session was given to a principal who may not have it: nothing is written.
    Refused(Refusal),
}

impl Sessions {
    /// Writes what a request changed of a session since it was loaded: those fields, device, address and principal,
    /// and nothing else. The session then holds what others wrote meanwhile, too.
    ///
    /// Of two requests that change different fields both land; where they change the same field, the later save wins
    /// (see [`Sessions::update`] for counters). It never brings a session back. One compare-and-swap where nobody
    /// wrote meanwhile. A change of principal moves the session, in five more round trips.
    ///
    /// # Cancellation
    /// Dropped, it has written all of the changes or none.
    ///
    /// # Errors
    /// Those of the backend, and [`ErrorKind::Overloaded`](crate::ErrorKind::Overloaded) where others were faster
    /// for five seconds. After [`ErrorKind::Unknown`](crate::ErrorKind::Unknown) it may be saved again.
    pub async fn save(&self, session: &mut Session) -> Result<Saved> {
        let inner = &self.0;
        let Slot::Session(base) = Slot::decode(&session.stored)? else { return Ok(Saved::Gone) };
        let body = &session.body;
        let fields = body.fields.since(&base.fields);
        let device = (body.device != base.device).then(|| body.device.clone());
        let address = (body.address != base.address).then(|| body.address.clone());
        let apply = |body: &mut Body| {
            body.fields.apply(&fields);
            body.device = device.clone().unwrap_or_else(|| body.device.take());
            body.address = address.clone().unwrap_or_else(|| body.address.take());
            Ok(())
        };
        let (hash, seed) = (session.hash.clone(), Some(session.stored.clone()));
        let saved = match body.principal == base.principal {
            true => inner.merge(hash, seed, apply).await?.map(|(written, ())| written).ok_or(Saved::Gone),
            false => inner.give(hash, seed, &base, body.principal.as_ref(), apply).await?,
        };
        match saved {
            Ok(written) => {
                *session = written;
                Ok(Saved::Written)
            }
            Err(saved) => {
                if saved == Saved::Gone {
                    inner.told(What::SaveIgnored, base.id, base.principal.as_ref());
                }
                Ok(saved)
            }
        }
    }

    /// Reads the fields of a session, changes them and writes them, as one step: no update in between is lost, not even
    /// of the same field. Answers what `change` answers, or `None` where no session lives.
    ///
    /// `change` may be called several times and counts once.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
    /// # use larder::sessions::{New, Sessions};
    /// # let sessions = Sessions::new(&larder::open("memory:").await?);
    /// # let (bearer, _) = sessions.create(New::visitor()).await?.session().expect("nobody is refused here");
    /// let visits = sessions
    ///     .update(&bearer, |fields| {
    ///         let visits = fields.get::<u64>("visits")?.unwrap_or(0) + 1;
    ///         fields.set("visits", visits)?;
    ///         Ok(visits)
    ///     })
    ///     .await?;
    /// assert_eq!(visits, Some(1));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// That of `change`, and as [`Sessions::save`]. Not to be repeated blindly after
    /// [`ErrorKind::Unknown`](crate::ErrorKind::Unknown).
    pub async fn update<T>(
        &self,
        bearer: &Bearer,
        mut change: impl FnMut(&mut Fields) -> Result<T>,
    ) -> Result<Option<T>> {
        let Some(session) = self.0.find(bearer.as_bytes()).await? else { return Ok(None) };
        let apply = |body: &mut Body| change(&mut body.fields);
        let written = self.0.merge(session.hash, Some(session.stored), apply).await?;
        Ok(written.map(|(_, answer)| answer))
    }
}

impl Inner {
    /// Changes a session's record by compare-and-swap, beginning with the bytes where they are known. `None` where no
    /// session lives, or none any longer.
    pub(super) async fn merge<T>(
        &self,
        mut hash: Hash,
        mut seed: Option<Bytes>,
        mut change: impl FnMut(&mut Body) -> Result<T>,
    ) -> Result<Option<(Session, T)>> {
        for () in tries() {
            let turn = self.shelf.turn(&hash.key()).await;
            let read = match seed.take() {
                Some(bytes) => Some(bytes),
                None => self.shelf.read(hash.key()).await?,
            };
            let Some(read) = read else { return Ok(None) };
            let now = self.now();
            let mut body = match Slot::decode(&read)? {
                Slot::Session(body) if self.is_alive(&body, now) => body,
                Slot::Moved(moved) if now < moved.until => {
                    hash = moved.to;
                    continue;
                }
                _ => return Ok(None),
            };
            let answer = change(&mut body)?;
            body.seen = body.seen.max(now);
            let ttl = Self::ttl(&body, now);
            let slot = Slot::Session(body);
            let stored = slot.encode()?;
            if self.shelf.swap(hash.key(), Some(&read), stored.clone(), ttl).await? {
                drop(turn);
                let Slot::Session(body) = slot else { return Ok(None) };
                return Ok(Some((Session { hash, stored, body }, answer)));
            }
        }
        Err(contended())
    }

    /// The same, and gives the session to another principal, or to none: it is entered there first, so that it is at no
    /// moment alive and listed nowhere.
    pub(super) async fn give(
        &self,
        hash: Hash,
        seed: Option<Bytes>,
        base: &Body,
        principal: Option<&Principal>,
        mut change: impl FnMut(&mut Body) -> Result<()>,
    ) -> Result<Result<Session, Saved>> {
        if let Some(principal) = principal {
            let entry = Entry { id: base.id, keys: vec![hash.clone()], since: self.now(), until: base.until };
            if let Err(refusal) = self.enroll(principal, &entry).await? {
                return Ok(Err(Saved::Refused(refusal)));
            }
        }
        let give = |body: &mut Body| {
            change(body)?;
            let before = std::mem::replace(&mut body.principal, principal.cloned());
            Ok(before)
        };
        let Some((session, before)) = self.merge(hash, seed, give).await? else {
            if let Some(principal) = principal {
                self.withdraw(principal, base.id).await?;
            }
            return Ok(Err(Saved::Gone));
        };
        if let Some(principal) = principal {
            // The entry is gone if all were ended meanwhile, or if this took so long that it was taken for dead. It names
            // another record if the token was changed meanwhile.
            let is_entered = self.roster(principal).await?.is_some_and(|roster| roster.holds(base.id, &session.hash));
            if !is_entered {
                self.shelf.delete(&[session.hash.key()]).await?;
                return Ok(Err(Saved::Gone));
            }
        }
        if let Some(before) = before.filter(|before| Some(before) != principal) {
            self.withdraw(&before, base.id).await?;
        }
        Ok(Ok(session))
    }
}
