//! What an application keeps in a session.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};

/// What an application keeps in a session: values in JSON, each under a name.
///
/// A field is what is merged: two requests that change different fields both land. `Debug` tells how many there are.
///
/// Those of a session that was loaded are JSON that has been checked, and become values when the first of them is asked
/// for or changed.
#[derive(Default)]
pub struct Fields {
    /// What is to be read where `values` is not set yet; nothing where there are no fields.
    unread: Bytes,
    values: OnceLock<BTreeMap<String, Value>>,
}

impl Fields {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// The fields of a JSON object that [`holds_fields`](super::checked::holds_fields).
    pub(super) fn unread(json: Bytes) -> Self {
        Self { unread: json, values: OnceLock::new() }
    }

    fn of(values: BTreeMap<String, Value>) -> Self {
        Self { unread: Bytes::new(), values: values.into() }
    }

    fn values(&self) -> &BTreeMap<String, Value> {
        self.values.get_or_init(|| match self.unread.is_empty() {
            true => BTreeMap::new(),
            false => serde_json::from_slice(&self.unread).expect("it was checked before it became fields"),
        })
    }

    fn values_mut(&mut self) -> &mut BTreeMap<String, Value> {
        self.values();
        self.values.get_mut().expect("they have just been read")
    }

    /// The value of a field, or `None` where there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`] where it is of another type.
    pub fn get<T: DeserializeOwned>(&self, field: &str) -> Result<Option<T>> {
        let Some(value) = self.values().get(field) else { return Ok(None) };
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
        self.values_mut().insert(field.into(), value);
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
        self.values_mut().remove(field)
    }

    /// Removes all fields.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// The JSON value of a field.
    pub fn json(&self, field: &str) -> Option<&Value> {
        self.values().get(field)
    }

    /// The fields, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values().iter().map(|(field, value)| (field.as_str(), value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.values().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values().is_empty()
    }

    /// What has to be done to `base` to make it these.
    pub(super) fn since(&self, base: &Self) -> Changes {
        let (now, base) = (self.values(), base.values());
        let set = now.iter().filter(|(field, value)| base.get(*field) != Some(value));
        let removed = base.keys().filter(|field| !now.contains_key(*field));
        let set = set.map(|(field, value)| (field.clone(), Some(value.clone())));
        Changes(set.chain(removed.map(|field| (field.clone(), None))).collect())
    }

    pub(super) fn apply(&mut self, changes: &Changes) {
        for (field, change) in &changes.0 {
            match change {
                Some(value) => self.values_mut().insert(field.clone(), value.clone()),
                None => self.values_mut().remove(field),
            };
        }
    }
}

/// Fields set, and fields removed.
#[derive(Clone, Default)]
pub(super) struct Changes(pub(super) Vec<(String, Option<Value>)>);

impl FromIterator<(String, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Self {
        Self::of(fields.into_iter().collect())
    }
}

impl Clone for Fields {
    fn clone(&self) -> Self {
        match self.values.get() {
            Some(values) => Self::of(values.clone()),
            None => Self::unread(self.unread.clone()),
        }
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.values() == other.values()
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.values().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self::of)
    }
}

impl IntoIterator for Fields {
    type Item = (String, Value);
    type IntoIter = std::collections::btree_map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.values();
        self.values.into_inner().unwrap_or_default().into_iter()
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields({})", self.len())
    }
}
