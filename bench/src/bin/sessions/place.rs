//! Sessions in a store, and the names of their records.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use larder::sessions::{New, Sessions};
use larder::{Key, Raw, Store, pattern};
use larder_bench::report::sessions as report;
use serde::{Deserialize, Serialize};

/// Sessions of one user.
pub(crate) const DEVICES: usize = 10;

const HOUR: Duration = Duration::from_secs(3600);

/// A store and sessions in it, over one backend.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) sessions: Sessions,
    pub(crate) store: Store<Bytes>,
    values: Store<Kept>,
}

/// A session's record, as an application would have one of its own.
#[derive(Deserialize, Serialize)]
struct Kept {
    v: u8,
    session: Record,
}

#[derive(Deserialize, Serialize)]
struct Record {
    id: String,
    principal: Option<String>,
    created: u64,
    seen: u64,
    until: u64,
    idle: u64,
    device: Option<String>,
    address: Option<String>,
    fields: BTreeMap<String, serde_json::Value>,
}

/// What is done.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Deed {
    /// `Store::get` of the record's bytes.
    Bytes,
    /// `Store::get` of the record as a value.
    Value,
    Load,
}

impl Deed {
    pub(crate) const ALL: [Self; 3] = [Self::Bytes, Self::Value, Self::Load];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bytes => report::BYTES,
            Self::Value => report::VALUE,
            Self::Load => report::LOAD,
        }
    }
}

impl Place {
    pub(crate) async fn open(url: &str) -> Self {
        let opened = larder::open(url).await.expect("it opens");
        // A load is measured that notes no use: that is a write more, once in a window.
        let sessions = Sessions::builder(&opened).idle(24 * HOUR).touch_window(12 * HOUR).build();
        Self { sessions: sessions.expect("it is set up"), store: opened.store_with(Raw), values: opened.store() }
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

    /// Does it, to something that must be there.
    pub(crate) async fn act(&self, deed: Deed, cookie: &str, key: &Key) {
        let is_there = match deed {
            Deed::Bytes => black_box(self.store.get(key).await.expect("it answers")).is_some(),
            Deed::Value => black_box(self.values.get(key).await.expect("it answers")).is_some(),
            Deed::Load => {
                let bearer = cookie.parse().expect("it is a bearer");
                black_box(self.sessions.load(&bearer).await.expect("it answers")).is_some()
            }
        };
        assert!(is_there);
    }
}
