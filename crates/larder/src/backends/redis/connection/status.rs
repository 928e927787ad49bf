//! How a connection is.

use std::time::Duration;

use crate::error::ErrorKind;

/// A look at a connection.
#[derive(Clone, Debug)]
pub(in crate::backends::redis) struct Status {
    pub(in crate::backends::redis) state: State,
    /// `master`, `slave` or `sentinel`, where we may know.
    pub(in crate::backends::redis) role: Option<String>,
    /// The version of the server, where we may know.
    pub(in crate::backends::redis) version: Option<String>,
    /// How long the last heartbeat took.
    pub(in crate::backends::redis) round_trip: Option<Duration>,
    /// How often a connection was made after the first.
    pub(in crate::backends::redis) reconnects: u64,
    /// The kind of the last error of the connection.
    pub(in crate::backends::redis) last_error: Option<ErrorKind>,
    /// How many calls are under way, those included that were given up and that the server has yet to answer.
    pub(in crate::backends::redis) queued: usize,
}

/// Whether calls can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::backends::redis) enum State {
    Connected,
    /// Also before the first call.
    Connecting,
    /// With the words of the last error.
    Down(String),
}
