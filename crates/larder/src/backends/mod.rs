//! The backends, and [`open`], which chooses one by URL.

#[cfg(feature = "disk")]
pub mod disk;
#[cfg(feature = "memory")]
pub mod memory;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(any(feature = "disk", feature = "memory", feature = "redis"))]
mod size;
#[cfg_attr(
    not(any(feature = "disk", feature = "memory", feature = "redis")),
    expect(dead_code, reason = "without a backend nobody takes a URL apart to its end")
)]
mod url;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::{Clock, SystemClock};
use crate::codec::{Codec, Etf, Json};
use crate::erased::Erased;
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use crate::store::Store;
use crate::term::Otp;
use crate::ttl::Ttl;

#[cfg(any(feature = "disk", feature = "memory", feature = "redis"))]
pub(crate) use size::Size;
pub(crate) use url::Url;

/// Opens the backend that a URL names.
///
/// | URL | backend |
/// | --- | --- |
/// | `memory:` | this process's memory, [`memory::Memory`] |
/// | `disk:./sessions.larder` | one file, [`disk::Disk`] |
/// | `redis://user:pass@host:6379/0`, `rediss://…` over TLS, `redis+unix:///run/redis.sock` | a Redis server, [`redis::Redis`] |
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
    let opened = backend(url, clock).await?;
    Ok(Opened { namespace, ttl, ..opened })
}

#[cfg_attr(
    not(any(feature = "disk", feature = "memory")),
    expect(unused_variables, reason = "a server has a clock of its own")
)]
async fn backend(url: Url, clock: Arc<dyn Clock>) -> Result<Opened> {
    match url.scheme() {
        #[cfg(feature = "memory")]
        "memory" => memory::open(url, clock).map(Opened::from),
        #[cfg(feature = "disk")]
        "disk" => disk::open(url, clock).await.map(Opened::from),
        #[cfg(feature = "redis")]
        "redis" | "rediss" | "redis+unix" => redis::open(url).await.map(Opened::from),
        _ => Err(Error::new(ErrorKind::Config, format!("a store's URL begins with one of {SCHEMES}"))),
    }
}

const SCHEMES: &str = match (cfg!(feature = "memory"), cfg!(feature = "disk"), cfg!(feature = "redis")) {
    (true, true, true) => "`memory:`, `disk:`, `redis:`, `rediss:`, `redis+unix:`",
    (true, true, false) => "`memory:`, `disk:` (the feature `redis` is off)",
    (true, false, true) => "`memory:`, `redis:`, `rediss:`, `redis+unix:` (the feature `disk` is off)",
    (true, false, false) => "`memory:` (the features `disk` and `redis` are off)",
    (false, true, true) => "`disk:`, `redis:`, `rediss:`, `redis+unix:` (the feature `memory` is off)",
    (false, true, false) => "`disk:` (the features `memory` and `redis` are off)",
    (false, false, true) => "`redis:`, `rediss:`, `redis+unix:` (the features `memory` and `disk` are off)",
    (false, false, false) => "none: no backend's feature is on",
};

/// An open backend and the defaults its URL named; makes [`Store`]s.
#[derive(Clone)]
pub struct Opened {
    backend: Erased,
    namespace: Option<Namespace>,
    ttl: Option<Ttl>,
    etf: Option<Otp>,
}

impl Opened {
    /// The same without a URL: a backend of somebody else's. Our own convert with `Opened::from`.
    pub fn new(backend: Erased) -> Self {
        Self { backend, namespace: None, ttl: None, etf: None }
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

    /// Whose spelling of Erlang's terms values are written in, where the layout fixes that they are such terms.
    pub fn etf(&self) -> Option<Otp> {
        self.etf
    }

    /// The backend.
    pub fn backend(&self) -> &Erased {
        &self.backend
    }

    /// A store of values in JSON or, in Pow's layouts, in Erlang's external term format.
    pub fn store<V: Serialize + DeserializeOwned + 'static>(&self) -> Store<V> {
        match self.etf {
            Some(otp) => self.store_with(Etf { otp }),
            None => self.store_with(Json),
        }
    }

    /// A store of values in the caller's choice of bytes. In Pow's layouts a put is refused, as
    /// [`ErrorKind::Config`], where these are no term of Erlang's, since every Pow that read them would crash.
    pub fn store_with<V: 'static>(&self, codec: impl Codec<V>) -> Store<V> {
        let store = match self.etf {
            Some(_) => Store::with_codec(self.backend.clone(), OnlyEtf(codec)),
            None => Store::with_codec(self.backend.clone(), codec),
        };
        let store = store.with_namespace(self.namespace.clone().unwrap_or_default());
        match self.ttl {
            Some(ttl) => store.with_ttl(ttl),
            None => store,
        }
    }
}

/// A codec whose bytes must be a term of Erlang's.
struct OnlyEtf<C>(C);

impl<V, C: Codec<V>> Codec<V> for OnlyEtf<C> {
    fn encode(&self, value: &V) -> Result<Bytes> {
        const VERSION: u8 = 131;
        let bytes = self.0.encode(value)?;
        if bytes.first() == Some(&VERSION) {
            return Ok(bytes);
        }
        Err(Error::new(
            ErrorKind::Config,
            "Pow's layouts hold values in Erlang's external term format: use the codec `Etf`",
        ))
    }

    fn decode(&self, bytes: Bytes) -> Result<V> {
        self.0.decode(bytes)
    }
}

#[cfg(feature = "memory")]
impl From<memory::Memory> for Opened {
    fn from(backend: memory::Memory) -> Self {
        Self::new(Erased::new(backend))
    }
}

#[cfg(feature = "disk")]
impl From<disk::Disk> for Opened {
    fn from(backend: disk::Disk) -> Self {
        Self::new(Erased::new(backend))
    }
}

#[cfg(feature = "redis")]
impl From<redis::Redis> for Opened {
    fn from(backend: redis::Redis) -> Self {
        let etf = backend.layout().etf();
        Self { etf, ..Self::new(Erased::new(backend)) }
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("ttl", &self.ttl).finish_non_exhaustive()
    }
}
