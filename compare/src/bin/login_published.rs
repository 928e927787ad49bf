//! The application of axum-login's documentation, on a port that can be set and with a user.
#![allow(clippy::all, unused_imports)]

use larder_compare::port;

include!(concat!(env!("OUT_DIR"), "/login-published.rs"));

/// A user: the documentation has none.
fn backend() -> Backend {
    Backend { users: HashMap::from([(42, User { id: 42, pw_hash: vec![7; 8] })]) }
}
