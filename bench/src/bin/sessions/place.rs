//! Sessions in a store, and the names of their records.

use std::time::Duration;

use bytes::Bytes;
use larder::sessions::{New, Sessions};
use larder::{Key, Raw, Store, pattern};

/// Sessions of one user.
pub(crate) const DEVICES: usize = 10;

const HOUR: Duration = Duration::from_secs(3600);

/// A store and sessions in it, over one backend.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) sessions: Sessions,
    pub(crate) store: Store<Bytes>,
}

impl Place {
    pub(crate) async fn open(url: &str) -> Self {
        let opened = larder::open(url).await.expect("it opens");
        // A load is measured that notes no use: that is a write more, once in a window.
        let sessions = Sessions::builder(&opened).idle(24 * HOUR).touch_window(12 * HOUR).build();
        Self { sessions: sessions.expect("it is set up"), store: opened.store_with(Raw) }
    }

    /// Signs a user in, as a framework with a few things to remember does; answers the cookie.
    pub(crate) async fn sign_in(&self, user: usize) -> String {
        let new = New::of(user).device("Firefox on Linux").address("203.0.113.7");
        let new = new.field("user", user).and_then(|new| new.field("theme", "dark"));
        let new = new.and_then(|new| new.field("csrf", format!("{user:043}"))).expect("they have JSON forms");
        let created = self.sessions.create(new).await.expect("it answers");
        created.session().expect("nobody is refused").0.expose()
    }

    /// The names of all sessions' records.
    pub(crate) async fn keys(&self) -> Vec<Key> {
        let all = self.store.all(&pattern!["session", _]).await.expect("it answers");
        all.records.into_iter().map(|(key, _)| key).collect()
    }

    /// The session of a cookie, which must live.
    pub(crate) async fn load(&self, cookie: &str) {
        let bearer = cookie.parse().expect("it is a bearer");
        let session = self.sessions.load(&bearer).await.expect("it answers");
        assert!(std::hint::black_box(session).is_some());
    }

    /// The bytes of a record, which must be there.
    pub(crate) async fn get(&self, key: &Key) {
        let bytes = self.store.get(key).await.expect("it answers");
        assert!(std::hint::black_box(bytes).is_some());
    }
}
