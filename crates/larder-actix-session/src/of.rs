//! The sessions of one principal.

use std::fmt;

use larder::Result;
use larder::sessions::{self, Listed, PublicId};

/// The sessions of one principal; made by [`SessionStore::of`](crate::SessionStore::of).
///
/// What ends sessions returns when their records are gone: from then on no request finds them, and none under way
/// brings one back. All of it is idempotent.
///
/// # Errors
/// Those of the backend, for every method; after any of them the same call may be made again.
#[derive(Clone)]
pub struct Of(sessions::Of);

/// The session of the request: of a `&Session` of actix-session, or of its public id.
#[derive(Clone, Copy, Debug)]
pub struct Current(pub(crate) Option<PublicId>);

impl Of {
    pub(crate) fn new(of: sessions::Of) -> Self {
        Self(of)
    }

    /// The living sessions, in the order in which they began. Two round trips, whatever their number.
    pub async fn list(&self) -> Result<Vec<Listed>> {
        self.0.list().await
    }

    /// Ends one session, named as lists name it; answers how many lived, one or none.
    pub async fn revoke(&self, id: &PublicId) -> Result<usize> {
        self.0.revoke(id).await
    }

    /// Ends all sessions but that of the request; answers how many lived. A session that the request has just begun, or
    /// cleared, is written at its end and is none of those yet.
    pub async fn revoke_others(&self, current: impl Into<Current>) -> Result<usize> {
        match current.into().0 {
            Some(current) => self.0.revoke_others(&current).await,
            None => self.0.revoke_all().await,
        }
    }

    /// Ends all sessions; answers how many lived. A login under way is before it, and dead, or after it, and kept.
    pub async fn revoke_all(&self) -> Result<usize> {
        self.0.revoke_all().await
    }

    /// Ends all sessions and refuses new ones, until [`unblock`](Self::unblock); answers how many lived.
    pub async fn block(&self) -> Result<usize> {
        self.0.block().await
    }

    /// Lets new sessions begin again; answers whether they were refused.
    pub async fn unblock(&self) -> Result<bool> {
        self.0.unblock().await
    }

    /// Whether new sessions are refused.
    pub async fn is_blocked(&self) -> Result<bool> {
        self.0.is_blocked().await
    }
}

impl From<PublicId> for Current {
    fn from(id: PublicId) -> Self {
        Self(Some(id))
    }
}

impl fmt::Debug for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Of")
    }
}
