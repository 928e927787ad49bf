//! Any backend behind one type.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use crate::backend::{Backend, Cursor, Info, Page, Put, Sweep, Swept};
use crate::error::Result;
use crate::key::Key;
use crate::namespace::Namespace;
use crate::pattern::Pattern;
use crate::record::{Found, Select};
use crate::ttl::Ttl;

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Any [`Backend`] behind one type, shared by its clones.
///
/// Costs one allocation and one indirect call a method (`docs/benchmarks.md`, "What `Store` adds"); promises what the backend promises.
#[derive(Clone)]
pub struct Erased(Arc<dyn Dyn>);

impl Erased {
    /// Erases the type of a backend.
    pub fn new(backend: impl Backend) -> Self {
        Self(Arc::new(backend))
    }
}

impl fmt::Debug for Erased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Erased")
    }
}

/// [`Backend`] with boxed futures, implemented for every backend.
trait Dyn: Send + Sync {
    fn put<'a>(&'a self, namespace: &'a Namespace, puts: &'a [Put]) -> Answer<'a, Vec<Result<bool>>>;
    fn get<'a>(&'a self, namespace: &'a Namespace, keys: &'a [Key], select: Select) -> Answer<'a, Vec<Option<Found>>>;
    fn take<'a>(&'a self, namespace: &'a Namespace, key: &'a Key) -> Answer<'a, Option<Bytes>>;
    fn touch<'a>(&'a self, namespace: &'a Namespace, keys: &'a [Key], ttl: Ttl) -> Answer<'a, Vec<bool>>;
    fn delete<'a>(&'a self, namespace: &'a Namespace, keys: &'a [Key]) -> Answer<'a, Vec<bool>>;
    fn scan<'a>(
        &'a self,
        namespace: &'a Namespace,
        pattern: &'a Pattern,
        select: Select,
        cursor: &'a Cursor,
        limit: usize,
    ) -> Answer<'a, Page>;
    fn sweep(&self, what: Sweep) -> Answer<'_, Swept>;
    fn info(&self) -> Answer<'_, Info>;
}

impl<B: Backend> Dyn for B {
    fn put<'a>(&'a self, namespace: &'a Namespace, puts: &'a [Put]) -> Answer<'a, Vec<Result<bool>>> {
        Box::pin(Backend::put(self, namespace, puts))
    }
    fn get<'a>(&'a self, namespace: &'a Namespace, keys: &'a [Key], select: Select) -> Answer<'a, Vec<Option<Found>>> {
        Box::pin(Backend::get(self, namespace, keys, select))
    }
    fn take<'a>(&'a self, namespace: &'a Namespace, key: &'a Key) -> Answer<'a, Option<Bytes>> {
        Box::pin(Backend::take(self, namespace, key))
    }
    fn touch<'a>(&'a self, namespace: &'a Namespace, keys: &'a [Key], ttl: Ttl) -> Answer<'a, Vec<bool>> {
        Box::pin(Backend::touch(self, namespace, keys, ttl))
    }
    fn delete<'a>(&'a self, namespace: &'a Namespace, keys: &'a [Key]) -> Answer<'a, Vec<bool>> {
        Box::pin(Backend::delete(self, namespace, keys))
    }
    fn scan<'a>(
        &'a self,
        namespace: &'a Namespace,
        pattern: &'a Pattern,
        select: Select,
        cursor: &'a Cursor,
        limit: usize,
    ) -> Answer<'a, Page> {
        Box::pin(Backend::scan(self, namespace, pattern, select, cursor, limit))
    }
    fn sweep(&self, what: Sweep) -> Answer<'_, Swept> {
        Box::pin(Backend::sweep(self, what))
    }
    fn info(&self) -> Answer<'_, Info> {
        Box::pin(Backend::info(self))
    }
}

impl Backend for Erased {
    async fn put(&self, namespace: &Namespace, puts: &[Put]) -> Result<Vec<Result<bool>>> {
        self.0.put(namespace, puts).await
    }
    async fn get(&self, namespace: &Namespace, keys: &[Key], select: Select) -> Result<Vec<Option<Found>>> {
        self.0.get(namespace, keys, select).await
    }
    async fn take(&self, namespace: &Namespace, key: &Key) -> Result<Option<Bytes>> {
        self.0.take(namespace, key).await
    }
    async fn touch(&self, namespace: &Namespace, keys: &[Key], ttl: Ttl) -> Result<Vec<bool>> {
        self.0.touch(namespace, keys, ttl).await
    }
    async fn delete(&self, namespace: &Namespace, keys: &[Key]) -> Result<Vec<bool>> {
        self.0.delete(namespace, keys).await
    }
    async fn scan(
        &self,
        namespace: &Namespace,
        pattern: &Pattern,
        select: Select,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<Page> {
        self.0.scan(namespace, pattern, select, cursor, limit).await
    }
    async fn sweep(&self, what: Sweep) -> Result<Swept> {
        self.0.sweep(what).await
    }
    async fn info(&self) -> Result<Info> {
        self.0.info().await
    }
}
