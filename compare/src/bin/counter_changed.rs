//! The same with the store's line changed.
#![allow(clippy::all, unused_imports)]

use larder_compare::port;
use larder_tower_sessions::SessionStore;

include!(concat!(env!("OUT_DIR"), "/counter-changed.rs"));

async fn store() -> SessionStore {
    SessionStore::new(larder::open("memory:").await.expect("memory opens"))
}
