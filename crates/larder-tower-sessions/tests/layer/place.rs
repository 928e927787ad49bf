//! The place where a promise is put to the test: a backend, an application over it, clients.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use axum::Router;
use larder::sessions::{Event, Sessions};
use larder::testing::{Faulty, ManualClock};
use larder::{Erased, Opened, Raw, Store, pattern};
use larder_test_redis::Server;
use larder_tower_sessions::{Principal, SessionStore};
use tempfile::TempDir;

use crate::app::Holds;
use crate::client::Client;

type App = fn(SessionStore, Holds, bool) -> Router;

pub struct Place {
    pub faulty: Faulty<Erased>,
    pub store: SessionStore,
    pub holds: Holds,
    pub clock: Arc<ManualClock>,
    pub events: Arc<Mutex<Vec<Event>>>,
    opened: Opened,
    app: App,
    _folder: Option<TempDir>,
}

impl Place {
    pub async fn memory(app: App) -> Self {
        let clock = Arc::new(ManualClock::new());
        let opened = larder::open_with_clock("memory:", clock.clone()).await.unwrap();
        Self::over(&opened, app, clock, None)
    }

    pub async fn disk(app: App) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("disk:{}", folder.path().join("sessions.larder").display());
        let opened = larder::open(&url).await.unwrap();
        Self::over(&opened, app, Arc::new(ManualClock::new()), Some(folder))
    }

    pub async fn redis(app: App) -> Self {
        static PLACES: AtomicU64 = AtomicU64::new(0);
        let namespace = format!("?namespace=place{}", PLACES.fetch_add(1, Relaxed));
        let opened = larder::open(&Server::shared().url_with(&namespace)).await.unwrap();
        Self::over(&opened, app, Arc::new(ManualClock::new()), None)
    }

    fn over(opened: &Opened, app: App, clock: Arc<ManualClock>, folder: Option<TempDir>) -> Self {
        let faulty = Faulty::new(opened.backend().clone());
        let namespace = opened.namespace().cloned().unwrap_or_default();
        let opened = Opened::new(Erased::new(faulty.clone())).with_namespace(namespace);
        let events = Arc::new(Mutex::new(Vec::new()));
        let listener = events.clone();
        let sessions = Sessions::builder(&opened)
            .clock(clock.clone())
            .subscriber(move |event| listener.lock().unwrap().push(event.clone()))
            .build()
            .unwrap();
        let store = SessionStore::from(sessions)
            .index_by(|data| data.json("user").map(Principal::from_json))
            .device_by(|data| data.get("b").ok().flatten());
        Self { faulty, store, holds: Holds::new(), clock, events, opened, app, _folder: folder }
    }

    pub fn client(&self) -> Client {
        self.client_of(self.store.clone(), false)
    }

    pub fn client_of(&self, store: SessionStore, with_outage_layer: bool) -> Client {
        Client { app: (self.app)(store, self.holds.clone(), with_outage_layer), cookie: None }
    }

    pub async fn login(&self, user: u64) -> Client {
        let mut client = self.client();
        client.get(&format!("/login/{user}")).await;
        client
    }

    /// All that is stored, keys and values.
    pub async fn dump(&self) -> String {
        let store: Store<bytes::Bytes> = self.opened.store_with(Raw);
        let listing = store.all(&pattern![..]).await.unwrap();
        assert!(!listing.records.is_empty());
        let texts = listing.records.iter().flat_map(|(key, value)| [key.as_bytes(), value]);
        texts.map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n")
    }
}
