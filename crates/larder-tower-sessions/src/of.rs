//! The sessions of one principal.

use std::fmt;

use larder::sessions::{self, Listed, PublicId};
use larder::{Error, ErrorKind, Result};

use crate::store::SessionStore;

/// The sessions of one principal; made by [`SessionStore::of`].
///
/// What ends sessions returns when their records are gone: from then on no request finds them, and none under way
/// brings one back. All of it is idempotent.
///
/// # Errors
/// Those of the backend, for every method; after any of them the same call may be made again.
#[derive(Clone)]
pub struct Of {
    store: SessionStore,
    of: sessions::Of,
}

/// The session of the request: what `session.id()` of tower-sessions answers.
#[derive(Clone)]
pub struct Current(pub(crate) Option<String>);

impl Of {
    pub(crate) fn new(store: SessionStore, of: sessions::Of) -> Self {
        Self { store, of }
    }

    /// The living sessions, in the order in which they began. Two round trips, whatever their number.
    pub async fn list(&self) -> Result<Vec<Listed>> {
        self.of.list().await
    }

    /// Ends one session, named as lists name it; answers how many lived, one or none.
    pub async fn revoke(&self, id: &PublicId) -> Result<usize> {
        self.of.revoke(id).await
    }

    /// Ends all sessions but that of the request, `session.id()`; answers how many lived.
    ///
    /// # Errors
    /// Also [`ErrorKind::Invalid`] where the request's session has no id: it is new, or was renewed by `cycle_id`, and
    /// is not written yet. Call `session.save().await?` before.
    pub async fn revoke_others(&self, current: impl Into<Current>) -> Result<usize> {
        let current = current.into();
        if current.0.is_none() {
            return Err(Error::new(ErrorKind::Invalid, "the session has no id yet: save it, and then end the others"));
        }
        match self.store.public_id(current).await? {
            Some(current) => self.of.revoke_others(&current).await,
            // It has ended meanwhile, so that all there are are others.
            None => self.revoke_all().await,
        }
    }

    /// Ends all sessions; answers how many lived. A login under way is before it, and dead, or after it, and kept.
    pub async fn revoke_all(&self) -> Result<usize> {
        self.of.revoke_all().await
    }

    /// Ends all sessions and refuses new ones, until [`unblock`](Self::unblock); answers how many lived.
    pub async fn block(&self) -> Result<usize> {
        self.of.block().await
    }

    /// Lets new sessions begin again; answers whether they were refused.
    pub async fn unblock(&self) -> Result<bool> {
        self.of.unblock().await
    }

    /// Whether new sessions are refused.
    pub async fn is_blocked(&self) -> Result<bool> {
        self.of.is_blocked().await
    }
}

impl fmt::Debug for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Of")
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Current")
    }
}
