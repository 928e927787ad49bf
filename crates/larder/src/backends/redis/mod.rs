//! Records on a Redis server.

#[allow(dead_code, unused_imports)] // Until the verbs use all of it.
mod connection;
