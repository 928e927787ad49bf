//! The sessions of one principal.

use std::fmt;

use crate::error::Result;

use super::Sessions;
use super::event::Why;
use super::principal::Principal;
use super::public_id::PublicId;
use super::roster::Roster;

/// The sessions of one principal; made by [`Sessions::of`].
///
/// What ends sessions returns when their records are gone: from then on no request finds them, and none under way
/// brings one back. All of it is idempotent. What a crash or an error cuts off is finished by the next who ends or lists
/// sessions of this principal, or begins one.
///
/// # Errors
/// Those of the backend, for every method; after any of them the same call may be made again.
/// [`ErrorKind::Overloaded`](crate::ErrorKind::Overloaded) where others were faster for five seconds.
#[derive(Clone)]
pub struct Of {
    pub(super) sessions: Sessions,
    pub(super) principal: Principal,
}

impl Of {
    pub(super) fn new(sessions: Sessions, principal: Principal) -> Self {
        Self { sessions, principal }
    }

    /// The principal.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Ends one session; answers how many lived, one or none.
    pub async fn revoke(&self, id: &PublicId) -> Result<usize> {
        let end = self.change(|roster| {
            roster.end(Why::Revoked, |entry| entry.id == *id);
            Ok(())
        });
        end.await
    }

    /// Ends all sessions but this one; answers how many lived. A login under way is refused.
    pub async fn revoke_others(&self, current: &PublicId) -> Result<usize> {
        let end = self.change(|roster| {
            roster.end(Why::Revoked, |entry| entry.id != *current);
            Ok(())
        });
        end.await
    }

    /// Ends all sessions; answers how many lived. A login under way is before it, and dead, or after it, and kept.
    pub async fn revoke_all(&self) -> Result<usize> {
        self.change(|roster| roster.end_all(Why::Revoked)).await
    }

    /// Ends all sessions and refuses new ones, until [`unblock`](Self::unblock); answers how many lived.
    ///
    /// The block never expires.
    pub async fn block(&self) -> Result<usize> {
        let block = self.change(|roster| {
            // A block that is there already has ended them; another epoch would only make another record of it.
            if !roster.blocked || !roster.sessions.is_empty() {
                roster.blocked = true;
                roster.end_all(Why::Blocked)?;
            }
            Ok(())
        });
        block.await
    }

    /// Lets new sessions begin again; answers whether they were refused.
    pub async fn unblock(&self) -> Result<bool> {
        let unblock = |roster: &mut Roster| Ok(std::mem::replace(&mut roster.blocked, false));
        self.sessions.0.change(&self.principal, unblock).await.map(|(was, _)| was)
    }

    /// Whether new sessions are refused.
    pub async fn is_blocked(&self) -> Result<bool> {
        Ok(self.sessions.0.roster(&self.principal).await?.is_some_and(|roster| roster.blocked))
    }

    async fn change(&self, change: impl FnMut(&mut Roster) -> Result<()>) -> Result<usize> {
        self.sessions.0.change(&self.principal, change).await.map(|((), ended)| ended)
    }
}

impl fmt::Debug for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Of")
    }
}
