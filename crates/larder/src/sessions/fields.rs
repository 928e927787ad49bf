//! What an application keeps in a session.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};

/// What an application keeps in a session: values in JSON, each under a name.
///
/// A field is what is merged: two requests that change different fields both land. `Debug` tells how many there are.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(BTreeMap<String, Value>);

impl Fields {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a field, or `None` where there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`] where it is of another type.
    pub fn get<T: DeserializeOwned>(&self, field: &str) -> Result<Option<T>> {
        let Some(value) = self.0.get(field) else { return Ok(None) };
        // The error of serde_json can quote the value, so it is not kept.
        T::deserialize(value)
            .map(Some)
            .map_err(|_| Error::new(ErrorKind::Codec, "a field of the session is of another type than asked for"))
    }

    /// Sets a field.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`] where the value has no JSON form.
    pub fn set(&mut self, field: impl Into<String>, value: impl Serialize) -> Result<()> {
        let value = serde_json::to_value(value)
            .map_err(|_| Error::new(ErrorKind::Codec, "the value for a field of the session has no JSON form"))?;
        self.0.insert(field.into(), value);
        Ok(())
    }

    /// The same with a field set, for building.
    ///
    /// # Errors
    /// As [`Fields::set`].
    pub fn with(mut self, field: impl Into<String>, value: impl Serialize) -> Result<Self> {
        self.set(field, value)?;
        Ok(self)
    }

    /// Removes a field; answers its value.
    pub fn remove(&mut self, field: &str) -> Option<Value> {
        self.0.remove(field)
    }

    /// Removes all fields.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The JSON value of a field.
    pub fn json(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    /// The fields, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(field, value)| (field.as_str(), value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What has to be done to `base` to make it these.
    pub(super) fn since(&self, base: &Self) -> Changes {
        let set = self.0.iter().filter(|(field, value)| base.0.get(*field) != Some(value));
        let removed = base.0.keys().filter(|field| !self.0.contains_key(*field));
        let set = set.map(|(field, value)| (field.clone(), Some(value.clone())));
        Changes(set.chain(removed.map(|field| (field.clone(), None))).collect())
    }

    pub(super) fn apply(&mut self, changes: &Changes) {
        for (field, change) in &changes.0 {
            match change {
                Some(value) => self.0.insert(field.clone(), value.clone()),
                None => self.0.remove(field),
            };
        }
    }
}

/// Fields set, and fields removed.
#[derive(Clone, Default)]
pub(super) struct Changes(pub(super) Vec<(String, Option<Value>)>);

impl FromIterator<(String, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl IntoIterator for Fields {
    type Item = (String, Value);
    type IntoIter = std::collections::btree_map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields({})", self.len())
    }
}
