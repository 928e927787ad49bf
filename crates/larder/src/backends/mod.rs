//! The backends, and [`open`], which chooses one by URL.

#[cfg(feature = "disk")]
pub mod disk;
#[cfg(feature = "memory")]
pub mod memory;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(any(feature = "disk", feature = "memory"))]
mod size;
mod url;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::{Clock, SystemClock};
use crate::codec::{Codec, Json};
use crate::erased::Erased;
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use crate::store::Store;
use crate::ttl::Ttl;

#[cfg(any(feature = "disk", feature = "memory"))]
pub(crate) use size::Size;
pub(crate) use url::Url;

/// Opens the backend that a URL names.
///
/// | URL | backend |
/// | --- | --- |
/// | `memory:` | this process's memory, [`memory::Memory`] |
/// | `disk:./sessions.larder` | one file, [`disk::Disk`] |
///
/// Options stand in the query: `namespace=` and `ttl=` for the stores made of it, and the backend's own, listed in its
/// documentation. An unknown one is an error that lists the known ones. What is set in code beats the URL.
///
/// # Errors
/// [`ErrorKind::Config`] for a URL or an option that is not understood; those of the backend.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
/// let opened = larder::open("memory:?namespace=myapp&ttl=30m").await?;
/// let store = opened.store::<String>();
/// store.put("k", &"v".to_owned()).await?;
/// assert_eq!(store.get("k").await?.as_deref(), Some("v"));
/// # Ok(()) }
/// ```
pub async fn open(url: &str) -> Result<Opened> {
    open_with_clock(url, Arc::new(SystemClock)).await
}

/// [`open`] with a clock of the caller's, for tests: memory and disk judge deadlines by it.
///
/// # Errors
/// As [`open`].
pub async fn open_with_clock(url: &str, clock: Arc<dyn Clock>) -> Result<Opened> {
    let mut url = Url::parse(url)?;
    let namespace = url.take("namespace").map(Namespace::new).transpose()?;
    let ttl = url.take_parsed("ttl")?;
    let backend = match url.scheme() {
        #[cfg(feature = "memory")]
        "memory" => Erased::new(memory::open(url, clock)?),
        #[cfg(feature = "disk")]
        "disk" => Erased::new(disk::open(url, clock).await?),
        _ => return Err(Error::new(ErrorKind::Config, format!("a store's URL begins with one of {SCHEMES}"))),
    };
    Ok(Opened { backend, namespace, ttl })
}

const SCHEMES: &str = match (cfg!(feature = "memory"), cfg!(feature = "disk")) {
    (true, true) => "`memory:`, `disk:`",
    (true, false) => "`memory:` (the feature `disk` is off)",
    (false, true) => "`disk:` (the feature `memory` is off)",
    (false, false) => "none: no backend's feature is on",
};

/// An open backend and the defaults its URL named; makes [`Store`]s.
#[derive(Clone)]
pub struct Opened {
    backend: Erased,
    namespace: Option<Namespace>,
    ttl: Option<Ttl>,
}

impl Opened {
    /// The same without a URL: a backend built in code.
    pub fn new(backend: Erased) -> Self {
        Self { backend, namespace: None, ttl: None }
    }

    /// Sets the namespace of the stores made of it.
    #[must_use]
    pub fn with_namespace(mut self, namespace: Namespace) -> Self {
        self.namespace = Some(namespace);
        self
    }

    /// Sets the ttl of the stores made of it.
    #[must_use]
    pub fn with_ttl(mut self, ttl: Ttl) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// The namespace its URL named.
    pub fn namespace(&self) -> Option<&Namespace> {
        self.namespace.as_ref()
    }

    /// The ttl its URL named.
    pub fn ttl(&self) -> Option<Ttl> {
        self.ttl
    }

    /// The backend.
    pub fn backend(&self) -> &Erased {
        &self.backend
    }

    /// A store of values in JSON.
    pub fn store<V: Serialize + DeserializeOwned + 'static>(&self) -> Store<V> {
        self.store_with(Json)
    }

    /// A store of values in the caller's choice of bytes.
    pub fn store_with<V: 'static>(&self, codec: impl Codec<V>) -> Store<V> {
        let store =
            Store::with_codec(self.backend.clone(), codec).with_namespace(self.namespace.clone().unwrap_or_default());
        match self.ttl {
            Some(ttl) => store.with_ttl(ttl),
            None => store,
        }
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("ttl", &self.ttl).finish_non_exhaustive()
    }
}
