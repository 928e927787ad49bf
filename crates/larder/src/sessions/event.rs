//! What happens to sessions, told to whoever listens.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::principal::Principal;
use super::public_id::PublicId;

/// What happened to a session; told to the subscriber ([`Builder::subscriber`](super::Builder::subscriber)) and, with
/// the feature `tracing`, as an event of the target `larder::sessions` (without the principal).
///
/// Never holds a token. Told at least once where the process that did it lives on, after it has happened; nothing
/// depends on it. An expiry happens where nobody is: it is told only where somebody comes upon it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub what: What,
    /// The session.
    pub id: PublicId,
    /// Whose it is, where it is somebody's.
    pub principal: Option<Principal>,
}

/// What can happen to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum What {
    /// It was made.
    Created,
    /// It got a new token.
    Renewed,
    /// It ended.
    Ended(Why),
    /// Somebody saved it after it had ended; nothing was written.
    SaveIgnored,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Why {
    /// Its client signed out.
    SignedOut,
    /// It was ended from elsewhere: alone, with the others or with all.
    Revoked,
    /// Its principal was blocked.
    Blocked,
    /// Its principal had as many as are allowed, and began another.
    Limit,
    /// One of its two times was over.
    Expired,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Renewed => "renewed",
            Self::SaveIgnored => "save ignored",
            Self::Ended(Why::SignedOut) => "ended: signed out",
            Self::Ended(Why::Revoked) => "ended: revoked",
            Self::Ended(Why::Blocked) => "ended: principal blocked",
            Self::Ended(Why::Limit) => "ended: limit",
            Self::Ended(Why::Expired) => "ended: expired",
        })
    }
}
