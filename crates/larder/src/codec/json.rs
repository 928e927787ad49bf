//! JSON texts.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::error::{Error, ErrorKind, Result};
use crate::sabotage;

use super::Codec;

/// Values as JSON texts, the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl<V: Serialize + DeserializeOwned> Codec<V> for Json {
    fn encode(&self, value: &V) -> Result<Bytes> {
        match serde_json::to_vec(value) {
            Ok(bytes) => Ok(bytes.into()),
            Err(_) => Err(Error::new(ErrorKind::Codec, "the value has no JSON form")),
        }
    }

    fn decode(&self, bytes: Bytes) -> Result<V> {
        // The error of serde_json can quote the value, so its kind and place are told instead.
        serde_json::from_slice(&bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let what = match error.classify() {
                Category::Data => "is JSON of another shape than this store's type",
                _ => "is no JSON",
            };
            let told = Error::new(ErrorKind::Codec, format!("the stored value {what} (line {line}, column {column})"));
            if sabotage::is_off("secrets") { told.caused_by(error) } else { told }
        })
    }
}
