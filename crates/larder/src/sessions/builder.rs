//! How sessions are set up.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::backends::Opened;
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use crate::ttl::Ttl;

use super::event::Event;
use super::secret::{Hashing, Secret};
use super::shelf::Shelf;
use super::{Inner, Sessions};

/// How many sessions a principal may have at once, and what happens to one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The new one is refused.
    RefuseNew(usize),
    /// The oldest is ended.
    EndOldest(usize),
}

impl Limit {
    pub(super) fn most(self) -> usize {
        match self {
            Self::RefuseNew(most) | Self::EndOldest(most) => most,
        }
    }
}

/// Sets sessions up; made by [`Sessions::builder`].
///
/// | what | unless set |
/// | --- | --- |
/// | [`namespace`](Self::namespace) | the URL's, else `"cache"` |
/// | [`idle`](Self::idle) | the URL's `ttl`, else 30 minutes |
/// | [`absolute`](Self::absolute) | 30 days |
/// | [`limit`](Self::limit) | none |
/// | [`touch_window`](Self::touch_window) | a tenth of `idle`, at most a minute |
/// | [`grace`](Self::grace) | 10 seconds |
/// | [`secrets`](Self::secrets) | none: a plain hash |
/// | [`pending`](Self::pending) | 30 seconds |
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
/// use larder::sessions::{Limit, Sessions};
/// use std::time::Duration;
///
/// let opened = larder::open("memory:?namespace=myapp").await?;
/// let sessions = Sessions::builder(&opened)
///     .idle(Duration::from_secs(30 * 60))
///     .absolute(Duration::from_secs(12 * 3600))
///     .limit(Limit::EndOldest(5))
///     .subscriber(|event| println!("session {}: {}", event.id, event.what))
///     .build()?;
/// # drop(sessions);
/// # Ok(()) }
/// ```
pub struct Builder {
    opened: Opened,
    namespace: Option<Namespace>,
    idle: Option<Duration>,
    absolute: Duration,
    limit: Option<Limit>,
    window: Option<Duration>,
    grace: Duration,
    pending: Duration,
    secrets: Vec<Secret>,
    clock: Arc<dyn Clock>,
    subscriber: Option<Subscriber>,
}

pub(super) type Subscriber = Box<dyn Fn(&Event) + Send + Sync>;

impl Builder {
    pub(super) fn new(opened: &Opened) -> Self {
        Self {
            opened: opened.clone(),
            namespace: None,
            idle: None,
            absolute: Duration::from_secs(30 * 24 * 3600),
            limit: None,
            window: None,
            grace: Duration::from_secs(10),
            pending: Duration::from_secs(30),
            secrets: Vec::new(),
            clock: Arc::new(SystemClock),
            subscriber: None,
        }
    }

    /// Sets the namespace in which the records lie.
    #[must_use]
    pub fn namespace(mut self, namespace: Namespace) -> Self {
        self.namespace = Some(namespace);
        self
    }

    /// Sets after how long without use a session ends.
    #[must_use]
    pub fn idle(mut self, timeout: Duration) -> Self {
        self.idle = Some(timeout);
        self
    }

    /// Sets after how long a session ends whatever its use. Nothing extends it.
    #[must_use]
    pub fn absolute(mut self, timeout: Duration) -> Self {
        self.absolute = timeout;
        self
    }

    /// Sets how many sessions a principal may have at once.
    #[must_use]
    pub fn limit(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets how often a session's use is written down: once in this time at most. A session that is used may end this
    /// much early, and "last seen" is exact to this.
    #[must_use]
    pub fn touch_window(mut self, window: Duration) -> Self {
        self.window = Some(window);
        self
    }

    /// Sets for how long the old token still leads to a session after a rotation, so that requests under way, and a
    /// client that did not get the answer, are not thrown out. Zero ends it at once.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sets the secrets that bearers are hashed with, the newest first. New sessions use the first; sessions of the
    /// others are still found. Changing from none to one ends all sessions: the plain hash is not tried.
    #[must_use]
    pub fn secrets(mut self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        self.secrets = secrets.into_iter().collect();
        self
    }

    /// Sets how long the steps of a login may take. What a crash between two of them leaves is gone after this time;
    /// a login that takes longer is refused.
    #[must_use]
    pub fn pending(mut self, pending: Duration) -> Self {
        self.pending = pending;
        self
    }

    /// Sets the clock that sessions are dated by: its wall, milliseconds since the Unix epoch.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets who is told of events. Called after the fact, by the task that did it, which waits: be quick, and do not
    /// panic.
    #[must_use]
    pub fn subscriber(mut self, subscriber: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.subscriber = Some(Box::new(subscriber));
        self
    }

    /// The sessions.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where a time does not lie between 1 ms and 100 years (the grace may be zero), or the limit
    /// is none at all.
    pub fn build(self) -> Result<Sessions> {
        let from_url = match self.opened.ttl().map(Ttl::checked) {
            Some(Ok(Ttl::After(idle))) => Some(idle),
            _ => None,
        };
        let idle = self.idle.or(from_url).unwrap_or(Duration::from_secs(30 * 60));
        let window = self.window.unwrap_or((idle / 10).min(Duration::from_secs(60)).max(Ttl::MIN));
        if self.limit.is_some_and(|limit| limit.most() == 0) {
            return Err(Error::new(ErrorKind::Config, "a limit of no session at all is no limit: block the principal"));
        }
        let namespace = self.namespace.or_else(|| self.opened.namespace().cloned()).unwrap_or_default();
        Ok(Sessions(Arc::new(Inner {
            shelf: Shelf::new(self.opened.backend().clone(), namespace),
            hashing: Hashing(self.secrets),
            idle: millis(idle, "idle timeout")?,
            absolute: millis(self.absolute, "absolute timeout")?,
            limit: self.limit,
            window: millis(window, "touch window")?,
            grace: if self.grace.is_zero() { 0 } else { millis(self.grace, "grace")? },
            pending: millis(self.pending, "time for a login")?,
            clock: self.clock,
            subscriber: self.subscriber,
        })))
    }
}

fn millis(time: Duration, what: &str) -> Result<u64> {
    match Ttl::After(time).checked() {
        Ok(Ttl::After(time)) => Ok(time.as_millis() as u64),
        _ => Err(Error::new(ErrorKind::Config, format!("the {what} of sessions lies between 1 ms and 100 years"))),
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("idle", &self.idle).field("limit", &self.limit).finish_non_exhaustive()
    }
}
