//! The store that the layer of tower-sessions is given.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use larder::sessions::adapter::{Adapter, Draft, Placed, Trace};
use larder::sessions::{Fields, Principal, PublicId, Sessions};
use larder::{Opened, Result};
use serde_json::Value;
use time::OffsetDateTime;

use crate::data::{HIDDEN, draft, shown, traced};
use crate::of::{Current, Of};

type Describe = Arc<dyn Fn(&Fields) -> Option<String> + Send + Sync>;

/// The store for the session layer of tower-sessions, with which sessions can be listed and ended for certain.
///
/// It implements the trait `SessionStore` of every version whose feature is on. Clones are cheap and are the same
/// sessions. What it promises, and what the trait does not let it promise, the [crate](crate) says.
///
/// ```rust,no_run
/// # use axum::Router;
/// # use tower_sessions_0_14::{Session, SessionManagerLayer};
/// # struct User { id: i64 }
/// # fn routes() -> Router { Router::new() }
/// # async fn example(user: User, session: Session) -> larder::Result<()> {
/// let store = larder::open("redis://127.0.0.1/?namespace=myapp").await?;
/// let sessions = larder_tower_sessions::SessionStore::new(store).index_axum_login();
/// let app = Router::new().merge(routes()).layer(SessionManagerLayer::new(sessions.clone()));
///
/// // Wherever a password was changed:
/// sessions.of(&user.id).revoke_others(session.id()).await?;
/// # let _: Router = app;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SessionStore {
    adapter: Adapter,
    device: Option<Describe>,
    address: Option<Describe>,
}

impl SessionStore {
    /// The sessions of an open store, as [`Sessions::new`] has them. They belong to nobody, and are listed nowhere,
    /// until it is said by whom to index them.
    pub fn new(opened: Opened) -> Self {
        Self::from(Sessions::new(&opened))
    }

    /// Indexes the sessions by the user whom axum-login keeps in them, under its own key `axum-login.data`.
    #[must_use]
    pub fn index_axum_login(self) -> Self {
        self.index_by(|fields| match fields.json("axum-login.data")?.get("user_id")? {
            Value::Null => None,
            id => Some(Principal::from_json(id)),
        })
    }

    /// Indexes the sessions by the principal that this reads out of their data. It must answer the same for the same
    /// data; where the answer changes, the session moves.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
    /// use larder_tower_sessions::{Principal, SessionStore};
    ///
    /// let opened = larder::open("memory:").await?;
    /// let sessions = SessionStore::new(opened).index_by(|data| data.json("user").map(Principal::from_json));
    /// # drop(sessions);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn index_by(mut self, index: impl Fn(&Fields) -> Option<Principal> + Send + Sync + 'static) -> Self {
        self.adapter = self.adapter.indexed_by(index);
        self
    }

    /// Names the device in lists by what this reads out of a session's data.
    #[must_use]
    pub fn device_by(mut self, device: impl Fn(&Fields) -> Option<String> + Send + Sync + 'static) -> Self {
        self.device = Some(Arc::new(device));
        self
    }

    /// Gives the address in lists by what this reads out of a session's data.
    #[must_use]
    pub fn address_by(mut self, address: impl Fn(&Fields) -> Option<String> + Send + Sync + 'static) -> Self {
        self.address = Some(Arc::new(address));
        self
    }

    /// Leaves the end of a session where the last save put it, so that `Expiry::AtDateTime` is an end that no use
    /// moves. Else every use begins the time to the expiry date anew, to within the touch window.
    #[must_use]
    pub fn without_sliding(mut self) -> Self {
        self.adapter = self.adapter.without_sliding();
        self
    }

    /// The sessions of a principal: to list, end, block. What `id` prints names it.
    pub fn of(&self, id: impl ToString) -> Of {
        Of::new(self.clone(), self.sessions().of(id))
    }

    /// All that the sessions can do beside the framework.
    pub fn sessions(&self) -> &Sessions {
        self.adapter.sessions()
    }

    /// The name under which lists show the session of a request: `public_id(session.id())`. `None` where none lives.
    ///
    /// # Errors
    /// Those of the backend.
    pub async fn public_id(&self, current: impl Into<Current>) -> Result<Option<PublicId>> {
        match current.into().0 {
            Some(id) => self.adapter.public_id(id.as_bytes()).await,
            None => Ok(None),
        }
    }

    /// Writes a new session, or the one that `cycle_id` let go of. False where the id is taken.
    ///
    /// Where the session has ended meanwhile, or its principal may have none, nothing is written and that is no error:
    /// the next request finds no session.
    pub(crate) async fn create(
        &self,
        id: &str,
        data: &mut HashMap<String, Value>,
        ends: OffsetDateTime,
    ) -> Result<bool> {
        let (placed, trace) = self.adapter.create_traced(id.as_bytes(), self.draft(data, ends)?).await?;
        if let Some(trace) = trace {
            // The request may go on with it, and save or renew it again.
            data.insert(HIDDEN.to_owned(), trace.to_json());
        }
        Ok(placed != Placed::Taken)
    }

    pub(crate) async fn save(&self, id: &str, data: &HashMap<String, Value>, ends: OffsetDateTime) -> Result<()> {
        // A session that has ended is told by its event: the trait has no value for it, and an error would be a 500.
        let _ = self.adapter.save(id.as_bytes(), self.draft(data, ends)?).await?;
        Ok(())
    }

    pub(crate) async fn load(&self, id: &str) -> Result<Option<(HashMap<String, Value>, OffsetDateTime)>> {
        let Some(loaded) = self.adapter.load(id.as_bytes()).await? else { return Ok(None) };
        let ends = loaded.session.expires().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let ends = time::Duration::try_from(ends).unwrap_or(time::Duration::MAX);
        Ok(Some((shown(loaded.session.fields(), &loaded.trace), OffsetDateTime::UNIX_EPOCH.saturating_add(ends))))
    }

    pub(crate) async fn delete(&self, id: &str) -> Result<()> {
        self.adapter.retire(id.as_bytes()).await.map(drop)
    }

    fn draft(&self, data: &HashMap<String, Value>, ends: OffsetDateTime) -> Result<Draft> {
        let (fields, trace): (Fields, Option<Trace>) = draft(data)?;
        let described = |describe: &Option<Describe>| describe.as_ref().and_then(|describe| describe(&fields));
        let (device, address) = (described(&self.device), described(&self.address));
        let idle = Duration::try_from(ends - OffsetDateTime::now_utc()).unwrap_or_default();
        let mut draft = traced(Draft::new(fields), trace).idle(idle);
        if let Some(device) = device {
            draft = draft.device(device);
        }
        if let Some(address) = address {
            draft = draft.address(address);
        }
        Ok(draft)
    }
}

impl From<Sessions> for SessionStore {
    /// Sessions that were set up: with another absolute timeout, a limit, secrets, a subscriber.
    fn from(sessions: Sessions) -> Self {
        Self { adapter: sessions.adapter(|_| None), device: None, address: None }
    }
}

impl fmt::Debug for SessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionStore")
    }
}
