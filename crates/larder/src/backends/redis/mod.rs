//! The backend on a Redis server.

#[allow(dead_code, reason = "the verbs are still to come")]
mod index;
#[allow(dead_code, reason = "the verbs are still to come")]
mod layout;
