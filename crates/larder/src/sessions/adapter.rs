//! What adapters to the session layers of frameworks are made of.
//!
//! A framework's layer chooses the ids, keeps data as a map, knows no principal and has no touch; it hands a whole map
//! back when it saves, and renews a session by deleting it and creating another with the same data. [`Adapter`] makes
//! the promises of [`sessions`](super) hold under that shape:
//!
//! * **Which principal** a session is of, the adapter reads out of its fields ([`Sessions::adapter`]). When that
//!   changes, the session moves.
//! * **Merging.** [`Adapter::load`] gives a [`Trace`] to hide in the map. [`Adapter::save`] with the trace writes what
//!   the request changed; without one (the framework has cleared the map) it replaces all fields.
//! * **Renewal.** [`Adapter::retire`], for the framework's `delete`, ends the session and leaves a short-lived marker
//!   that is no session to anybody. [`Adapter::create`] with a trace takes that marker: of several exactly one gets it,
//!   and where the session was ended meanwhile there is none, or the principal's list has let go of it, and nothing is
//!   written. Without a trace it makes a new session.
//!
//! An id is whatever bytes the framework's cookie names the session by. They are hashed as a bearer is and stored
//! nowhere; they should be random, 128 bits at least.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
//! use larder::sessions::adapter::{Draft, Placed};
//! use larder::sessions::{Fields, Principal, Saved, Sessions};
//!
//! let sessions = Sessions::new(&larder::open("memory:").await?);
//! let adapter = sessions.adapter(|fields| fields.json("user").map(Principal::from_json));
//!
//! // The framework creates a session, and loads it with the next request.
//! let id = b"what the cookie says";
//! let fields = Fields::new().with("user", 42)?;
//! assert_eq!(adapter.create(id, Draft::new(fields)).await?, Placed::Written);
//! let loaded = adapter.load(id).await?.expect("it lives");
//! let mut fields = loaded.session.fields().clone();
//! fields.set("visits", 1)?;
//! assert_eq!(adapter.save(id, Draft::new(fields.clone()).trace(loaded.trace.clone())).await?, Saved::Written);
//!
//! // It renews it.
//! adapter.retire(id).await?;
//! let renewed = b"what the cookie says from now on";
//! assert_eq!(adapter.create(renewed, Draft::new(fields).trace(loaded.trace)).await?, Placed::Written);
//! assert_eq!(sessions.of(42).list().await?.len(), 1);
//! # Ok(()) }
//! ```

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Result;

use super::admission::{self, New, Refusal};
use super::event::{What, Why};
use super::fields::Fields;
use super::merge::Saved;
use super::principal::Principal;
use super::public_id::PublicId;
use super::roster::{Entry, Roster};
use super::secret::Hash;
use super::session::Session;
use super::shelf::{contended, tries, ttl};
use super::slot::{Body, Slot};
use super::{Inner, SESSION, Sessions};

pub use super::draft::Draft;
pub use super::trace::Trace;

/// For how long a retired session can be taken up again: a request's remainder.
const RETIRED: u64 = 60_000;

type Index = dyn Fn(&Fields) -> Option<Principal> + Send + Sync;

/// Sessions under ids that a framework chooses; made by [`Sessions::adapter`]. Clones are cheap.
#[derive(Clone)]
pub struct Adapter {
    sessions: Sessions,
    index: Arc<Index>,
    slides: bool,
}

/// A session that was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// The session. It can be saved as any other, too.
    pub session: Session,
    /// What to hide in the framework's data.
    pub trace: Trace,
}

/// What became of a session that was to be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a session can be refused"]
pub enum Placed {
    /// It is written.
    Written,
    /// The id is taken, or all sessions of the principal were ended meanwhile: try again with another id.
    Taken,
    /// It was to continue a session that has ended, or that somebody else continues: nothing is written.
    Gone,
    /// Its principal may not have it: nothing is written.
    Refused(Refusal),
}

impl Sessions {
    /// These sessions under ids that a framework chooses, of principals that `index` reads out of their fields.
    ///
    /// `index` must answer the same for the same fields.
    pub fn adapter(&self, index: impl Fn(&Fields) -> Option<Principal> + Send + Sync + 'static) -> Adapter {
        Adapter { sessions: self.clone(), index: Arc::new(index), slides: true }
    }
}

impl Adapter {
    /// The sessions.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// The same sessions, of principals that this reads out of their fields.
    #[must_use]
    pub fn indexed_by(self, index: impl Fn(&Fields) -> Option<Principal> + Send + Sync + 'static) -> Self {
        Self { index: Arc::new(index), ..self }
    }

    /// The same, where a [`load`](Self::load) notes that a session is used but leaves its end where it is: only a save
    /// or a touch begins the idle timeout anew.
    #[must_use]
    pub fn without_sliding(mut self) -> Self {
        self.slides = false;
        self
    }

    /// The session of an id, or `None` where none lives. One `get`, and a throttled touch, as [`Sessions::load`].
    ///
    /// # Errors
    /// As [`Sessions::load`].
    pub async fn load(&self, id: &[u8]) -> Result<Option<Loaded>> {
        let Some((mut session, now)) = self.inner().find_at(id).await? else { return Ok(None) };
        let _ = self.inner().keep(&mut session, self.slides, now).await;
        let trace = Trace::of(&session);
        Ok(Some(Loaded { session, trace }))
    }

    /// The public id of the session of an id, as [`Of::revoke_others`](super::Of::revoke_others) wants it.
    ///
    /// # Errors
    /// As [`Sessions::load`].
    pub async fn public_id(&self, id: &[u8]) -> Result<Option<PublicId>> {
        Ok(self.inner().find(id).await?.map(|session| session.id()))
    }

    /// Makes a session under an id, or continues the one that a trace names and that was retired.
    ///
    /// # Errors
    /// As [`Sessions::create`].
    pub async fn create(&self, id: &[u8], draft: Draft) -> Result<Placed> {
        self.create_traced(id, draft).await.map(|(placed, _)| placed)
    }

    /// The same, and where it is written also gives the trace of what is: for a framework that goes on with the session
    /// in the same request.
    ///
    /// # Errors
    /// As [`Sessions::create`].
    pub async fn create_traced(&self, id: &[u8], draft: Draft) -> Result<(Placed, Option<Trace>)> {
        let inner = self.inner();
        let hash = inner.hashing.newest(SESSION, id);
        let principal = (self.index)(&draft.fields);
        if let Some(trace) = &draft.trace {
            let placed = self.resume(&hash, trace, &draft, principal).await?;
            if placed == Placed::Gone {
                inner.told(What::SaveIgnored, trace.id, None);
            }
            let written = (placed == Placed::Written).then(|| Trace::new(trace.id, hash, &draft.fields));
            return Ok((placed, written));
        }
        let mut body = inner.body(New::default().fields(draft.fields.clone()))?;
        body.principal = principal;
        draft.date(&mut body);
        Ok(match inner.place(&hash, &body).await? {
            admission::Placed::Stored(_) => {
                inner.told(What::Created, body.id, body.principal.as_ref());
                (Placed::Written, Some(Trace::new(body.id, hash, &body.fields)))
            }
            // Whoever ended all meanwhile may be about to delete this very record.
            admission::Placed::Outrun | admission::Placed::Taken => (Placed::Taken, None),
            admission::Placed::Refused(refusal) => (Placed::Refused(refusal), None),
        })
    }

    async fn resume(&self, hash: &Hash, trace: &Trace, draft: &Draft, principal: Option<Principal>) -> Result<Placed> {
        let (inner, marker) = (self.inner(), trace.record.key());
        let is_ours = |slot: &Slot| matches!(slot, Slot::Retired(body) if body.id == trace.id);
        // Looked at before it is taken: a session that lives is not continued, and must not be taken.
        let Some(bytes) = inner.shelf.read(marker.clone()).await? else { return Ok(Placed::Gone) };
        if !is_ours(&Slot::decode(&bytes)?) {
            return Ok(Placed::Gone);
        }
        let Some(bytes) = inner.shelf.take(&marker).await? else { return Ok(Placed::Gone) };
        let Slot::Retired(mut body) = Slot::decode(&bytes)? else { return Ok(Placed::Gone) };
        let before = std::mem::replace(&mut body.principal, principal);
        body.fields = draft.fields.clone();
        body.seen = inner.now();
        draft.date(&mut body);
        if !inner.is_alive(&body, inner.now()) {
            return Ok(Placed::Gone);
        }
        let stays = before == body.principal;
        let mut epoch = None;
        if let Some(before) = &before {
            // Whoever ended all sessions, or this one, has struck it off the list.
            let entry = Entry { id: body.id, keys: vec![hash.clone()], since: inner.now(), until: body.until };
            let pass_on = |roster: &mut Roster| {
                let is_in = roster.holds(entry.id, &trace.record);
                match (is_in, stays) {
                    (true, true) => roster.enter(entry.clone()),
                    (true, false) => roster.sessions.retain(|other| other.id != entry.id),
                    (false, _) => {}
                }
                Ok(is_in.then_some(roster.epoch))
            };
            epoch = inner.change(before, pass_on).await?.0;
            if epoch.is_none() {
                return Ok(Placed::Gone);
            }
        }
        let placed = match (&body.principal, epoch) {
            (Some(principal), Some(epoch)) if stays => inner.settle(principal, epoch, hash, &body).await?,
            _ => inner.place(hash, &body).await?,
        };
        Ok(match placed {
            admission::Placed::Stored(_) => {
                inner.told(What::Renewed, body.id, body.principal.as_ref());
                Placed::Written
            }
            admission::Placed::Taken => Placed::Taken,
            admission::Placed::Outrun | admission::Placed::Refused(Refusal::Ended) => Placed::Gone,
            admission::Placed::Refused(refusal) => Placed::Refused(refusal),
        })
    }

    /// Writes what a request changed of a session, or all of its fields where the draft has no trace. Never brings a
    /// session back.
    ///
    /// # Errors
    /// As [`Sessions::save`].
    pub async fn save(&self, id: &[u8], draft: Draft) -> Result<Saved> {
        let inner = self.inner();
        for () in tries() {
            let Some(session) = inner.find(id).await? else {
                if let Some(trace) = &draft.trace {
                    inner.told(What::SaveIgnored, trace.id, None);
                }
                return Ok(Saved::Gone);
            };
            let Session { hash, stored, body: base } = session;
            let mut planned = base.clone();
            draft.apply(&mut planned);
            let target = (self.index)(&planned.fields);
            let mut outrun = false;
            let apply = |body: &mut Body| {
                draft.apply(body);
                // Others changed it meanwhile, and with it whose it is.
                outrun = (self.index)(&body.fields) != target;
                if outrun { Err(contended()) } else { Ok(()) }
            };
            let saved = match target == base.principal {
                true => inner.merge(hash, Some(stored), apply).await.map(|merged| merged.map(drop).ok_or(Saved::Gone)),
                false => {
                    let given = inner.give(hash, Some(stored), &base, target.as_ref(), apply).await;
                    given.map(|given| given.map(drop))
                }
            };
            if outrun {
                continue;
            }
            return Ok(match saved? {
                Ok(()) => Saved::Written,
                Err(saved) => {
                    if saved == Saved::Gone {
                        inner.told(What::SaveIgnored, base.id, base.principal.as_ref());
                    }
                    saved
                }
            });
        }
        Err(contended())
    }

    /// Ends the session of an id, and leaves for a minute what [`create`](Self::create) with its trace can continue;
    /// answers whether one lived. Told as ended, and as renewed if it is continued.
    ///
    /// # Errors
    /// Those of the backend.
    pub async fn retire(&self, id: &[u8]) -> Result<bool> {
        let inner = self.inner();
        for () in tries() {
            let Some((hash, stored)) = inner.find_stored(id).await? else { return Ok(false) };
            let Slot::Session(mut body) = Slot::decode(&stored)? else { return Ok(false) };
            let (id, principal) = (body.id, body.principal.clone());
            body.fields.clear();
            let marker = Slot::Retired(body).encode()?;
            if inner.shelf.swap(hash.key(), Some(&stored), marker, ttl(RETIRED)).await? {
                inner.told(What::Ended(Why::SignedOut), id, principal.as_ref());
                return Ok(true);
            }
        }
        Err(contended())
    }

    /// Gives a session this idle timeout from now on, unless that would move its end by less than a touch window;
    /// answers whether it lives.
    ///
    /// # Errors
    /// Those of the backend.
    pub async fn touch(&self, id: &[u8], idle: Duration) -> Result<bool> {
        let Some(mut session) = self.inner().find(id).await? else { return Ok(false) };
        self.inner().extend(&mut session, (idle.as_millis() as u64).max(1)).await?;
        Ok(true)
    }

    fn inner(&self) -> &Inner {
        &self.sessions.0
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Adapter")
    }
}
