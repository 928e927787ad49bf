//! What an adapter hides in the data of a framework's session.

use std::collections::BTreeMap;
use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

use super::fields::{Changes, Fields};
use super::principal::write_canonical;
use super::public_id::PublicId;
use super::secret::Hash;
use super::session::Session;

/// What an adapter hides in the data of a framework's session when it loads one, and finds there when the framework
/// saves it: which session it was, and a digest of every field, by which what the request changed is told.
///
/// It holds no bearer and no value, and belongs into the server's memory alone.
#[derive(Clone, Serialize, Deserialize)]
pub struct Trace {
    pub(super) id: PublicId,
    pub(super) record: Hash,
    fields: BTreeMap<String, String>,
}

impl Trace {
    pub(super) fn of(session: &Session) -> Self {
        let fields = session.fields().iter().map(|(field, value)| (field.to_owned(), digest(value))).collect();
        Self { id: session.id(), record: session.hash.clone(), fields }
    }

    /// The value to hide.
    pub fn to_json(&self) -> Value {
        // Texts and a map of texts always have a JSON form.
        serde_json::to_value(self).unwrap_or(Value::Null)
    }

    /// The trace that was hidden.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for another value.
    pub fn from_json(value: &Value) -> Result<Self> {
        Self::deserialize(value).map_err(|_| Error::invalid("the entry that this adapter hid in a session was changed"))
    }

    /// What the request did to the fields it was given.
    pub(super) fn changes(&self, now: &Fields) -> Changes {
        let set = now.iter().filter(|(field, value)| self.fields.get(*field) != Some(&digest(value)));
        let removed = self.fields.keys().filter(|field| now.json(field).is_none());
        let set = set.map(|(field, value)| (field.to_owned(), Some(value.clone())));
        Changes(set.chain(removed.map(|field| (field.clone(), None))).collect())
    }
}

fn digest(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    Base64UrlUnpadded::encode_string(&Sha256::digest(text)[..16])
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trace({} fields)", self.fields.len())
    }
}
