//! What stands under a session's key (`docs/format.md`, "Sessions").

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

use super::fields::Fields;
use super::principal::Principal;
use super::public_id::PublicId;
use super::reader;
use super::secret::Hash;

/// The version of the stored form. A reader refuses any other. It also stands in the form that [`reader`] knows.
pub(super) const FORMAT: u8 = 1;

/// What stands under a session's key. Only the first of them is a living session.
pub(super) enum Slot {
    /// A session.
    Session(Box<Body>),
    /// Was a session, which has a new token: for a short while requests with the old one are led on.
    Moved(Moved),
    /// Was a session, which an adapter has let go of and may take up again under another id.
    Retired(Box<Body>),
}

/// A session as it is stored. Times are milliseconds since the Unix epoch.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Body {
    pub(super) id: PublicId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) principal: Option<Principal>,
    pub(super) created: u64,
    pub(super) seen: u64,
    /// The end that nothing moves.
    pub(super) until: u64,
    /// The idle timeout in milliseconds.
    pub(super) idle: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) device: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub(super) fields: Fields,
}

impl Body {
    /// The moment it ends unless it is used before.
    pub(super) fn end(&self) -> u64 {
        self.seen.saturating_add(self.idle).min(self.until)
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Moved {
    pub(super) to: Hash,
    /// Until then the old token is as good as the new one.
    pub(super) until: u64,
}

#[derive(Deserialize)]
struct Read {
    v: u8,
    session: Option<Box<Body>>,
    moved: Option<Moved>,
    retired: Option<Box<Body>>,
}

#[derive(Default, Serialize)]
struct Written<'a> {
    v: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a Body>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<&'a Moved>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retired: Option<&'a Body>,
}

impl Slot {
    pub(super) fn is_session(&self) -> bool {
        matches!(self, Self::Session(_))
    }

    /// Reads stored bytes. What cannot be read is an error, never an absent session.
    pub(super) fn decode(bytes: &Bytes) -> Result<Self> {
        reader::read(bytes).map_or_else(|| Self::decode_any(bytes), |body| Ok(Self::Session(body)))
    }

    /// The same, of records in any form.
    pub(super) fn decode_any(bytes: &[u8]) -> Result<Self> {
        let read: Read = decode(bytes)?;
        match read {
            Read { v: FORMAT, session: Some(body), .. } => Ok(Self::Session(body)),
            Read { v: FORMAT, moved: Some(moved), .. } => Ok(Self::Moved(moved)),
            Read { v: FORMAT, retired: Some(body), .. } => Ok(Self::Retired(body)),
            _ => Err(damaged()),
        }
    }

    pub(super) fn encode(&self) -> Result<Bytes> {
        let empty = Written { v: FORMAT, ..Written::default() };
        encode(&match self {
            Self::Session(body) => Written { session: Some(body), ..empty },
            Self::Moved(moved) => Written { moved: Some(moved), ..empty },
            Self::Retired(body) => Written { retired: Some(body), ..empty },
        })
    }
}

pub(super) fn encode(value: &impl Serialize) -> Result<Bytes> {
    let bytes = serde_json::to_vec(value);
    bytes.map(Bytes::from).map_err(|_| Error::new(ErrorKind::Codec, "the session has no JSON form"))
}

/// The error of serde_json can quote what it read, so it is not kept.
pub(super) fn decode<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|_| damaged())
}

pub(super) fn damaged() -> Error {
    let message = "a stored record of the sessions is damaged, or a newer version of this library wrote it";
    Error::new(ErrorKind::Corrupt, message)
}
