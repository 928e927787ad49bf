//! The store that the middleware of actix-session is given.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use larder::sessions::adapter::{Adapter, Draft, Placed};
use larder::sessions::{Bearer, Fields, Principal, Sessions};
use larder::{Opened, Result};

use crate::of::Of;
use crate::state::{read, shown, stored};

type Describe = Arc<dyn Fn(&Fields) -> Option<String> + Send + Sync>;

/// The store for the session middleware of actix-session, with which sessions can be listed and ended for certain.
///
/// It implements actix-session's trait `SessionStore` where the feature of its version is on. Clones are cheap and are
/// the same sessions: make it once, and clone it into each worker. What it promises, and what the trait does not let it
/// promise, the [crate](crate) says.
///
/// ```rust,no_run
/// # use actix_session::{Session, SessionMiddleware};
/// # use actix_web::{App, cookie::Key};
/// # struct User { id: i64 }
/// # async fn example(user: User, session: Session, key: Key) -> larder::Result<()> {
/// let store = larder::open("redis://127.0.0.1/?namespace=myapp").await?;
/// let sessions = larder_actix_session::SessionStore::new(store).index_actix_identity();
/// let app = App::new().wrap(SessionMiddleware::new(sessions.clone(), key));
///
/// // Wherever a password was changed:
/// sessions.of(&user.id).revoke_others(&session).await?;
/// # drop(app);
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

    /// Indexes the sessions by the user whom actix-identity keeps in them, under its own key
    /// `actix_identity.user_id`.
    #[must_use]
    pub fn index_actix_identity(self) -> Self {
        self.index_by(|state| state.json("actix_identity.user_id").map(Principal::from_json))
    }

    /// Indexes the sessions by the principal that this reads out of their state, whose JSON is read already. It must
    /// answer the same for the same state; where the answer changes, the session moves.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
    /// use larder_actix_session::{Principal, SessionStore};
    ///
    /// let opened = larder::open("memory:").await?;
    /// let sessions = SessionStore::new(opened).index_by(|state| state.json("user").map(Principal::from_json));
    /// # drop(sessions);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn index_by(mut self, index: impl Fn(&Fields) -> Option<Principal> + Send + Sync + 'static) -> Self {
        self.adapter = self.adapter.indexed_by(move |fields| index(&read(fields)));
        self
    }

    /// Names the device in lists by what this reads out of a session's state.
    #[must_use]
    pub fn device_by(mut self, device: impl Fn(&Fields) -> Option<String> + Send + Sync + 'static) -> Self {
        self.device = Some(Arc::new(device));
        self
    }

    /// Gives the address in lists by what this reads out of a session's state.
    #[must_use]
    pub fn address_by(mut self, address: impl Fn(&Fields) -> Option<String> + Send + Sync + 'static) -> Self {
        self.address = Some(Arc::new(address));
        self
    }

    /// The sessions of a principal: to list, end, block. What `id` prints names it.
    pub fn of(&self, id: impl ToString) -> Of {
        Of::new(self.sessions().of(id))
    }

    /// All that the sessions can do beside the framework.
    pub fn sessions(&self) -> &Sessions {
        self.adapter.sessions()
    }

    /// The state of a session. Notes its use, and moves its end only when the middleware asks for that.
    pub(crate) async fn state(&self, key: &str) -> Result<Option<HashMap<String, String>>> {
        let Some(loaded) = self.adapter.load(key.as_bytes()).await? else { return Ok(None) };
        Ok(Some(shown(loaded.session.fields(), &loaded.trace)))
    }

    /// Writes a new session, or the one that a renewal let go of, and answers its key.
    ///
    /// Where the session has ended meanwhile, or its principal may have none, nothing is written under the key and that
    /// is no error: the next request finds no session.
    pub(crate) async fn create(&self, state: HashMap<String, String>, idle: Duration) -> Result<String> {
        let draft = self.draft(state, idle)?;
        loop {
            let key = Bearer::generate()?.expose();
            if self.adapter.create(key.as_bytes(), draft.clone()).await? != Placed::Taken {
                return Ok(key);
            }
        }
    }

    pub(crate) async fn change(&self, key: &str, state: HashMap<String, String>, idle: Duration) -> Result<()> {
        // A session that has ended is told by its event: the trait has no value for it, and an error would be a 500.
        let _ = self.adapter.save(key.as_bytes(), self.draft(state, idle)?).await?;
        Ok(())
    }

    pub(crate) async fn extend(&self, key: &str, idle: Duration) -> Result<()> {
        self.adapter.touch(key.as_bytes(), idle).await.map(drop)
    }

    pub(crate) async fn end(&self, key: &str) -> Result<()> {
        self.adapter.retire(key.as_bytes()).await.map(drop)
    }

    fn draft(&self, state: HashMap<String, String>, idle: Duration) -> Result<Draft> {
        let (fields, trace) = stored(state)?;
        let described = |describe: &Option<Describe>| describe.as_ref().and_then(|describe| describe(&read(&fields)));
        let (device, address) = (described(&self.device), described(&self.address));
        let mut draft = Draft::new(fields).idle(idle);
        if let Some(trace) = trace {
            draft = draft.trace(trace);
        }
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
        Self { adapter: sessions.adapter(|_| None).without_sliding(), device: None, address: None }
    }
}

impl fmt::Debug for SessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionStore")
    }
}
