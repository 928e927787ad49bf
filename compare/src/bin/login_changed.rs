//! The same with the store's line changed.
#![allow(clippy::all, unused_imports)]

use larder_compare::port;
use larder_tower_sessions::SessionStore;

include!(concat!(env!("OUT_DIR"), "/login-changed.rs"));

/// A user: the documentation has none.
fn backend() -> Backend {
    Backend { users: HashMap::from([(42, User { id: 42, pw_hash: vec![7; 8] })]) }
}

async fn store() -> SessionStore {
    SessionStore::new(larder::open("memory:").await.expect("memory opens")).index_axum_login()
}
