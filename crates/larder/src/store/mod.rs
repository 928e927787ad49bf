//! What users hold: a backend, a namespace, a ttl and a codec.

mod listing;
mod pages;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend::{Backend, Info, Put, Sweep, Swept, When};
use crate::codec::{Codec, Json};
use crate::erased::Erased;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::namespace::Namespace;
use crate::record::{Select, Version};
use crate::ttl::Ttl;

pub use listing::{Explanation, Stats};
pub use pages::Pages;

/// A namespace of records with values of one type.
///
/// Made by [`Opened::store`](crate::Opened::store); clones are cheap and share the backend. Each method says what it
/// promises beyond [`Backend`], which speaks for the rest. Dropping the future of a read is harmless; dropping that
/// of a write leaves it unknown whether the write happened, and never half of it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
/// use larder::{Store, Ttl, key, pattern};
///
/// let store: Store<String> = larder::open("memory:?ttl=30m").await?.store();
/// store.put(key!["user", 42, "session", "f3"], &"phone".to_owned()).await?;
/// store.put(key!["user", 42, "session", "a9"], &"laptop".to_owned()).await?;
///
/// let sessions = store.all(&pattern!["user", 42, "session", _]).await?;
/// assert_eq!(sessions.records.len(), 2);
/// assert_eq!(store.delete_all(&pattern!["user", 42, ..]).await?, 2);
/// # Ok(()) }
/// ```
pub struct Store<V> {
    backend: Erased,
    namespace: Namespace,
    ttl: Option<Ttl>,
    strict: bool,
    codec: Arc<dyn Codec<V>>,
    values: PhantomData<fn(V) -> V>,
}

impl<V> Clone for Store<V> {
    fn clone(&self) -> Self {
        Self {
            backend: self.backend.clone(),
            namespace: self.namespace.clone(),
            ttl: self.ttl,
            strict: self.strict,
            codec: Arc::clone(&self.codec),
            values: PhantomData,
        }
    }
}

impl<V> fmt::Debug for Store<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("ttl", &self.ttl).field("strict", &self.strict).finish_non_exhaustive()
    }
}

impl<V: Serialize + DeserializeOwned + 'static> Store<V> {
    /// The store of a backend, in the default namespace, without a ttl, with JSON values.
    pub fn new(backend: Erased) -> Self {
        Self::with_codec(backend, Json)
    }
}

impl<V: 'static> Store<V> {
    /// The store of a backend with a codec of the caller's choice.
    pub fn with_codec(backend: Erased, codec: impl Codec<V>) -> Self {
        Self {
            backend,
            namespace: Namespace::default(),
            ttl: None,
            strict: false,
            codec: Arc::new(codec),
            values: PhantomData,
        }
    }

    /// The same store in another namespace.
    #[must_use]
    pub fn with_namespace(mut self, namespace: Namespace) -> Self {
        self.namespace = namespace;
        self
    }

    /// The same store with this ttl for what it puts.
    #[must_use]
    pub fn with_ttl(mut self, ttl: Ttl) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// The same store, refusing every listing that would scan: [`ErrorKind::Invalid`], with the hint that
    /// [`Store::explain`] gives.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// The namespace.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The backend, to share it with another store or a layer.
    pub fn backend(&self) -> &Erased {
        &self.backend
    }

    fn ttl(&self) -> Result<Ttl> {
        self.ttl.ok_or_else(|| {
            Error::new(
                ErrorKind::Config,
                "this store has no ttl: set one with `with_ttl`, or `?ttl=30m` in its URL; `never` must be written out",
            )
        })
    }

    /// Writes a value, whatever is there, for the store's ttl.
    ///
    /// Value and ttl are replaced in one step. Idempotent.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] without a ttl, [`ErrorKind::Invalid`] over a limit, [`ErrorKind::Codec`] where the value
    /// has no bytes, and those of the backend.
    pub async fn put(&self, key: impl Into<Key>, value: &V) -> Result<()> {
        self.put_when(key, value, When::Always).await.map(drop)
    }

    /// Writes a value under a condition, judged in the same step; answers whether it was written.
    ///
    /// # Errors
    /// As [`Store::put`].
    pub async fn put_when(&self, key: impl Into<Key>, value: &V, when: When) -> Result<bool> {
        let put = Put { key: key.into(), value: self.codec.encode(value)?, ttl: self.ttl()?, when };
        one(self.backend.put(&self.namespace, &[put]).await?)?
    }

    /// Writes several values in one call; answers of each. [`Info::batch`] says whether a reader can see a part.
    ///
    /// A key that stands twice keeps its last value.
    ///
    /// # Errors
    /// As [`Store::put`] for the whole call, with nothing written; an inner error speaks for its record.
    pub async fn put_many<'v, K: Into<Key>>(
        &self,
        records: impl IntoIterator<Item = (K, &'v V)>,
    ) -> Result<Vec<Result<bool>>> {
        let ttl = self.ttl()?;
        let put = |(key, value): (K, &V)| {
            Ok(Put { key: key.into(), value: self.codec.encode(value)?, ttl, when: When::Always })
        };
        let puts = records.into_iter().map(put).collect::<Result<Vec<_>>>()?;
        self.backend.put(&self.namespace, &puts).await
    }

    /// The value under a key, or `None` where nothing lives.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`] where what is stored does not decode: that is never "absent".
    pub async fn get(&self, key: impl Into<Key>) -> Result<Option<V>> {
        let found = one(self.backend.get(&self.namespace, &[key.into()], Select::Values).await?)?;
        found.map(|found| self.codec.decode(found.value)).transpose()
    }

    /// The value under a key and what remains of its ttl.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub async fn get_with_ttl(&self, key: impl Into<Key>) -> Result<Option<(V, Ttl)>> {
        let found = one(self.backend.get(&self.namespace, &[key.into()], Select::ValuesAndTtls).await?)?;
        let Some(found) = found else { return Ok(None) };
        let ttl = found.ttl.ok_or_else(|| Error::new(ErrorKind::Corrupt, "the backend told no ttl"))?;
        Ok(Some((self.codec.decode(found.value)?, ttl)))
    }

    /// The value under a key and its version, for [`When::Unchanged`].
    ///
    /// # Errors
    /// As [`Store::get`].
    pub async fn get_with_version(&self, key: impl Into<Key>) -> Result<Option<(V, Version)>> {
        let found = one(self.backend.get(&self.namespace, &[key.into()], Select::Values).await?)?;
        let Some(found) = found else { return Ok(None) };
        let version = Version::of(&found.value);
        Ok(Some((self.codec.decode(found.value)?, version)))
    }

    /// The values under several keys, each by itself and in the order of the keys; one that does not decode hides no
    /// other.
    ///
    /// # Errors
    /// Those of the backend; an inner one, of kind [`ErrorKind::Codec`], speaks for its record.
    pub async fn get_many<K: Into<Key>>(&self, keys: impl IntoIterator<Item = K>) -> Result<Vec<Result<Option<V>>>> {
        let keys: Vec<Key> = keys.into_iter().map(Into::into).collect();
        let found = self.backend.get(&self.namespace, &keys, Select::Values).await?;
        Ok(found.into_iter().map(|found| found.map(|found| self.codec.decode(found.value)).transpose()).collect())
    }

    /// Gets and deletes in one step: of many concurrent takers exactly one is given the value.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`] where the value does not decode; it is spent all the same. So it is where the reply was
    /// lost, [`ErrorKind::Unknown`].
    pub async fn take(&self, key: impl Into<Key>) -> Result<Option<V>> {
        let taken: Option<Bytes> = self.backend.take(&self.namespace, &key.into()).await?;
        taken.map(|value| self.codec.decode(value)).transpose()
    }

    /// Gives a living record the store's ttl anew and leaves its value; answers whether it lived. Never creates.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] without a ttl, and those of the backend.
    pub async fn touch(&self, key: impl Into<Key>) -> Result<bool> {
        one(self.backend.touch(&self.namespace, &[key.into()], self.ttl()?).await?)
    }

    /// Ends a record; answers whether it lived. Idempotent.
    ///
    /// # Errors
    /// Those of the backend.
    pub async fn delete(&self, key: impl Into<Key>) -> Result<bool> {
        one(self.backend.delete(&self.namespace, &[key.into()]).await?)
    }

    /// Ends several records; answers of each whether it lived. Idempotent.
    ///
    /// # Errors
    /// Those of the backend.
    pub async fn delete_many<K: Into<Key>>(&self, keys: impl IntoIterator<Item = K>) -> Result<Vec<bool>> {
        let keys: Vec<Key> = keys.into_iter().map(Into::into).collect();
        self.backend.delete(&self.namespace, &keys).await
    }

    /// Frees all the space that can be given back to the system. May keep writers waiting; changes no answer.
    ///
    /// # Errors
    /// Those of the backend.
    pub async fn compact(&self) -> Result<Swept> {
        self.backend.sweep(Sweep::Compact).await
    }

    /// What the backend is, what it can, its limits, its health and its sizes. Cheap.
    ///
    /// # Errors
    /// Those of the backend.
    pub async fn status(&self) -> Result<Info> {
        self.backend.info().await
    }
}

/// The one answer to a call with one argument.
fn one<T>(answers: Vec<T>) -> Result<T> {
    let mut answers = answers.into_iter();
    match (answers.next(), answers.next()) {
        (Some(answer), None) => Ok(answer),
        _ => Err(Error::new(ErrorKind::Corrupt, "the backend gave another number of answers than it was asked for")),
    }
}
