//! The trait of actix-session 0.11.

use std::collections::HashMap;
use std::time::Duration;

use actix_session::Session;
use actix_session::storage::{self, LoadError, SaveError, SessionKey, UpdateError};
use actix_web::cookie::time;

use crate::of::Current;
use crate::outage;
use crate::state::{HIDDEN, hidden};
use crate::store::SessionStore;

type State = HashMap<String, String>;

impl storage::SessionStore for SessionStore {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        // Never `Deserialization`: the middleware takes that for an empty session.
        self.state(key.as_ref()).await.map_err(|error| LoadError::Other(failed(error)))
    }

    async fn save(&self, state: State, ttl: &time::Duration) -> Result<SessionKey, SaveError> {
        let key = self.create(state, idle(ttl)).await.map_err(|error| SaveError::Other(failed(error)))?;
        key.try_into().map_err(|error| SaveError::Other(anyhow::Error::new(error)))
    }

    async fn update(&self, key: SessionKey, state: State, ttl: &time::Duration) -> Result<SessionKey, UpdateError> {
        self.change(key.as_ref(), state, idle(ttl)).await.map_err(|error| UpdateError::Other(failed(error)))?;
        Ok(key)
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &time::Duration) -> anyhow::Result<()> {
        self.extend(key.as_ref(), idle(ttl)).await.map_err(failed)
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        self.end(key.as_ref()).await.map_err(failed)
    }
}

/// A negative one is over at once.
fn idle(ttl: &time::Duration) -> Duration {
    Duration::try_from(*ttl).unwrap_or_default()
}

fn failed(error: larder::Error) -> anyhow::Error {
    outage::note(&error);
    anyhow::Error::new(error)
}

impl From<&Session> for Current {
    fn from(session: &Session) -> Self {
        let entries = session.entries();
        Self(entries.get(HIDDEN).and_then(|text| hidden(text).ok()).map(|trace| trace.id()))
    }
}

impl SessionStore {
    /// The name under which lists show the session of a request. `None` for one that is new or was cleared. Asks no
    /// store.
    pub fn public_id(&self, session: &Session) -> Option<larder::sessions::PublicId> {
        Current::from(session).0
    }
}
