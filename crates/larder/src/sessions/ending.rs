//! How the client ends its session.

use crate::error::Result;

use super::bearer::Bearer;
use super::event::{What, Why};
use super::slot::Slot;
use super::{SESSION, Sessions};

impl Sessions {
    /// Ends the session of a bearer, old or new; answers whether one lived. Idempotent.
    ///
    /// When it returns, no request finds the session, and no save brings it back. One round trip for a visitor, three
    /// for a principal's session.
    ///
    /// # Errors
    /// Those of the backend. After [`ErrorKind::Unknown`](crate::ErrorKind::Unknown) end it again.
    pub async fn end(&self, bearer: &Bearer) -> Result<bool> {
        for hash in self.0.hashing.all(SESSION, bearer.as_bytes()) {
            let mut next = Some(hash);
            while let Some(hash) = next.take() {
                // Taken, not deleted: where a rotation comes first, what is taken says where the session went.
                let Some(bytes) = self.0.shelf.take(&hash.key()).await? else { break };
                match Slot::decode(&bytes)? {
                    Slot::Moved(moved) => next = Some(moved.to),
                    Slot::Retired(_) => return Ok(false),
                    Slot::Session(body) => {
                        self.0.told(What::Ended(Why::SignedOut), body.id, body.principal.as_ref());
                        if let Some(principal) = &body.principal {
                            // It is dead already; where this fails, its entry is dropped by a later login.
                            let _ = self.0.withdraw(principal, body.id).await;
                        }
                        return Ok(self.0.now() < body.until);
                    }
                }
            }
        }
        Ok(false)
    }
}
