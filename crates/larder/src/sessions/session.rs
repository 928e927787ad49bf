//! One session, as a request holds it.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Result;

use super::fields::Fields;
use super::principal::Principal;
use super::public_id::PublicId;
use super::secret::Hash;
use super::slot::Body;

/// A session as it was when it was loaded, and what the request has changed of it since.
///
/// Nothing is written before [`Sessions::save`](super::Sessions::save), which merges field by field. It holds no
/// bearer: it may be kept, but it is no key to anything. `Debug` shows its public id alone.
pub struct Session {
    pub(super) hash: Hash,
    /// The bytes it was read from: what a save compares with.
    pub(super) stored: Bytes,
    /// On the heap, since a session goes from hand to hand.
    pub(super) body: Box<Body>,
}

impl Session {
    /// Its name in user interfaces.
    pub fn id(&self) -> PublicId {
        self.body.id
    }

    /// Whose it is; `None` for a visitor who has not signed in.
    pub fn principal(&self) -> Option<&Principal> {
        self.body.principal.as_ref()
    }

    /// Gives it to another principal, or to none, when it is saved. Prefer a new session: its token is new too.
    pub fn set_principal(&mut self, principal: Option<Principal>) {
        self.body.principal = principal;
    }

    /// When it was made, by the clock of who made it.
    pub fn created(&self) -> SystemTime {
        time(self.body.created)
    }

    /// When it was last used, to within the touch window.
    pub fn last_seen(&self) -> SystemTime {
        time(self.body.seen)
    }

    /// When it ends unless it is used before, and at the latest.
    pub fn expires(&self) -> SystemTime {
        time(self.body.end())
    }

    /// The device, as the application named it.
    pub fn device(&self) -> Option<&str> {
        self.body.device.as_deref()
    }

    /// Names the device, when it is saved.
    pub fn set_device(&mut self, device: impl Into<String>) {
        self.body.device = Some(device.into());
    }

    /// The address, as the application gave it.
    pub fn address(&self) -> Option<&str> {
        self.body.address.as_deref()
    }

    /// Sets the address, when it is saved.
    pub fn set_address(&mut self, address: impl Into<String>) {
        self.body.address = Some(address.into());
    }

    /// The value of a field; see [`Fields::get`].
    ///
    /// # Errors
    /// As [`Fields::get`].
    pub fn get<T: DeserializeOwned>(&self, field: &str) -> Result<Option<T>> {
        self.body.fields.get(field)
    }

    /// Sets a field, when it is saved; see [`Fields::set`].
    ///
    /// # Errors
    /// As [`Fields::set`].
    pub fn set(&mut self, field: impl Into<String>, value: impl Serialize) -> Result<()> {
        self.body.fields.set(field, value)
    }

    /// Removes a field, when it is saved.
    pub fn remove(&mut self, field: &str) {
        self.body.fields.remove(field);
    }

    /// All fields.
    pub fn fields(&self) -> &Fields {
        &self.body.fields
    }

    /// All fields, to change.
    pub fn fields_mut(&mut self) -> &mut Fields {
        &mut self.body.fields
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.body.id)
    }
}

pub(super) fn time(millis: u64) -> SystemTime {
    // A time that the system cannot hold is as far away as can be told.
    UNIX_EPOCH.checked_add(Duration::from_millis(millis)).unwrap_or(UNIX_EPOCH + Duration::from_secs(u32::MAX.into()))
}
