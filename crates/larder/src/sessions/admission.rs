//! How a session begins.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;

use crate::backend::When;
use crate::error::Result;

use super::bearer::Bearer;
use super::event::What;
use super::fields::Fields;
use super::principal::Principal;
use super::public_id::PublicId;
use super::roster::Entry;
use super::secret::Hash;
use super::session::Session;
use super::shelf::{contended, tries, ttl};
use super::slot::{Body, Slot};
use super::{Inner, SESSION, Sessions};

/// A session to be made.
///
/// ```
/// # fn main() -> larder::Result<()> {
/// use larder::sessions::New;
///
/// let new = New::of(42).device("Firefox on Linux").address("203.0.113.7").field("theme", "dark")?;
/// # drop(new);
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct New {
    principal: Option<Principal>,
    device: Option<String>,
    address: Option<String>,
    fields: Fields,
}

impl New {
    /// A session of a principal.
    pub fn of(principal: impl ToString) -> Self {
        Self { principal: Some(Principal::of(principal)), ..Self::default() }
    }

    /// A session of nobody yet. It is not listed, and ends by itself or by its bearer alone.
    pub fn visitor() -> Self {
        Self::default()
    }

    /// Names the device, as a person would.
    #[must_use]
    pub fn device(mut self, device: impl Into<String>) -> Self {
        self.device = Some(device.into());
        self
    }

    /// Sets the address, which is kept as it is given.
    #[must_use]
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// Sets a field.
    ///
    /// # Errors
    /// As [`Fields::set`].
    pub fn field(mut self, field: impl Into<String>, value: impl Serialize) -> Result<Self> {
        self.fields.set(field, value)?;
        Ok(self)
    }

    /// Sets all fields.
    #[must_use]
    pub fn fields(mut self, fields: Fields) -> Self {
        self.fields = fields;
        self
    }
}

impl fmt::Debug for New {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "New({} fields)", self.fields.len())
    }
}

/// How a login went.
#[derive(Debug)]
#[must_use = "a login can be refused"]
pub enum Created {
    /// The session lives; the bearer is for its client.
    Session(Bearer, Session),
    /// There is none.
    Refused(Refusal),
}

impl Created {
    /// The bearer and the session, where there is one.
    pub fn session(self) -> Option<(Bearer, Session)> {
        match self {
            Self::Session(bearer, session) => Some((bearer, session)),
            Self::Refused(_) => None,
        }
    }
}

/// Why a login was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The principal is blocked.
    Blocked,
    /// The principal has as many sessions as are allowed.
    Limit,
    /// The session was ended while it was being made.
    Ended,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blocked => "the principal is blocked",
            Self::Limit => "the principal has as many sessions as are allowed",
            Self::Ended => "the session was ended while it was being made",
        })
    }
}

impl std::error::Error for Refusal {}

impl Sessions {
    /// Makes a session, and hands out its bearer when nothing can take it back any longer but an end.
    ///
    /// A login that races with [`revoke_all`](super::Of::revoke_all) is before it, and dead, or after it, and kept.
    /// Takes five round trips for a principal's session, one for a visitor's, more where others log in at once.
    ///
    /// # Cancellation and crashes
    /// Who gets no answer has no session: what is left of it cannot be reached by anybody and is gone within
    /// [`Builder::pending`](super::Builder::pending).
    ///
    /// # Errors
    /// Those of the backend, and [`ErrorKind::Overloaded`](crate::ErrorKind::Overloaded) where others were faster
    /// for five seconds.
    pub async fn create(&self, new: New) -> Result<Created> {
        let inner = &self.0;
        let mut body = inner.body(new)?;
        for () in tries() {
            let bearer = Bearer::generate()?;
            let hash = inner.hashing.newest(SESSION, bearer.as_bytes());
            match inner.place(&hash, &body).await? {
                Placed::Stored(stored) => {
                    inner.told(What::Created, body.id, body.principal.as_ref());
                    return Ok(Created::Session(bearer, Session { hash, stored, body }));
                }
                Placed::Refused(refusal) => return Ok(Created::Refused(refusal)),
                // All sessions were ended meanwhile: this one begins after that, as another one.
                Placed::Outrun | Placed::Taken => body.id = PublicId::generate()?,
            }
        }
        Err(contended())
    }
}

/// What became of a record that was to be placed.
pub(super) enum Placed {
    /// It is there, with these bytes.
    Stored(Bytes),
    /// All sessions of the principal were ended meanwhile.
    Outrun,
    /// Something is there already.
    Taken,
    /// It may not be there.
    Refused(Refusal),
}

impl Inner {
    pub(super) fn body(&self, new: New) -> Result<Box<Body>> {
        let now = self.now();
        let New { principal, device, address, fields } = new;
        let (id, until) = (PublicId::generate()?, now.saturating_add(self.absolute));
        let (created, seen, idle) = (now, now, self.idle);
        Ok(Box::new(Body { id, principal, created, seen, until, idle, device, address, fields }))
    }

    /// Makes a session's record: enters it with its principal, writes it, and makes sure that nothing came between.
    pub(super) async fn place(&self, hash: &Hash, body: &Body) -> Result<Placed> {
        let Some(principal) = &body.principal else { return self.write_new(hash, body).await };
        let entry = Entry { id: body.id, keys: vec![hash.clone()], since: self.now(), until: body.until };
        match self.enroll(principal, &entry).await? {
            Ok(epoch) => self.settle(principal, epoch, hash, body).await,
            Err(refusal) => Ok(Placed::Refused(refusal)),
        }
    }

    async fn write_new(&self, hash: &Hash, body: &Body) -> Result<Placed> {
        let bytes = Slot::Session(Box::new(body.clone())).encode()?;
        let written = self.shelf.write(hash.key(), bytes.clone(), Self::ttl(body, self.now()), When::Absent).await?;
        Ok(if written { Placed::Stored(bytes) } else { Placed::Taken })
    }

    /// Writes the record of a session that is entered.
    pub(super) async fn settle(&self, principal: &Principal, epoch: u64, hash: &Hash, body: &Body) -> Result<Placed> {
        let full = Self::ttl(body, self.now());
        let bytes = Slot::Session(Box::new(body.clone())).encode()?;
        // Whoever ended it meanwhile could not delete what was not there. So it is written for a short while, and for
        // its whole life only once it is known to be entered still: should this process die in between, or its write
        // arrive late, then what nobody lists does not stay.
        let short = full.min(ttl(self.pending));
        if !self.shelf.write(hash.key(), bytes.clone(), short, When::Absent).await? {
            self.withdraw(principal, body.id).await?;
            return Ok(Placed::Taken);
        }
        let is_entered = self.is_entered(principal, epoch, hash, body).await?;
        if is_entered.is_ok() && self.shelf.touch(hash.key(), full).await? {
            return Ok(Placed::Stored(bytes));
        }
        self.shelf.delete(&[hash.key()]).await?;
        // Ended between the look and the touch, or before the look.
        let why = match is_entered {
            Ok(()) => self.is_entered(principal, epoch, hash, body).await?,
            outrun => outrun,
        };
        Ok(why.err().unwrap_or(Placed::Refused(Refusal::Ended)))
    }

    async fn is_entered(
        &self,
        principal: &Principal,
        epoch: u64,
        hash: &Hash,
        body: &Body,
    ) -> Result<Result<(), Placed>> {
        Ok(match self.roster(principal).await? {
            Some(roster) if roster.epoch == epoch && roster.holds(body.id, hash) => Ok(()),
            Some(roster) if roster.epoch == epoch => Err(Placed::Refused(Refusal::Ended)),
            _ => Err(Placed::Outrun),
        })
    }
}
