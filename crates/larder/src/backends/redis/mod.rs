//! The backend on a Redis server, 7.0 or later.
//!
//! Records are plain strings with a ttl of the server's, so that every client can read them and the server ends them
//! by itself. How they are named is the [`Layout`]'s: readable keys with an index, or those of Pow. `docs/format.md`
//! has the bytes, `docs/redis.md` the way to set it up.
//!
//! Beyond what it promises as a [`Backend`]:
//! * A put of several records is one MULTI: all of them or, where the server refuses one at once, none.
//! * One connection serves all clones. Opening succeeds while the server is down; calls wait a short grace for it, then
//!   fail with [`Unavailable`](crate::ErrorKind::Unavailable). Every call ends within its timeout.
//! * A write whose reply is lost is [`Unknown`](crate::ErrorKind::Unknown); only reads are sent again.
//! * What survives a crash of the server is what its own persistence is set to: `appendonly` and `appendfsync` there.
//! * A script is needed for [`When::Unchanged`](crate::When::Unchanged), and in Pow's layouts for every condition and
//!   `take` on keys with atoms, which have two spellings.

mod batch;
mod builder;
mod clock;
mod connection;
mod foreign;
mod get;
mod index;
mod info;
mod layout;
mod mark;
mod position;
mod put;
mod rebuild;
mod reply;
mod scan;
mod script;
mod sweep;
mod touch;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::backend::{Backend, Cursor, Info, Page, Put, Sweep, Swept};
use crate::error::Result;
use crate::key::Key;
use crate::limits::Limits;
use crate::namespace::Namespace;
use crate::pattern::Pattern;
use crate::record::{Found, Select};
use crate::ttl::Ttl;

pub use builder::Builder;
pub(crate) use builder::open;
pub use foreign::{Foreign, ForeignString};
pub use layout::Layout;

use clock::ServerClock;
use connection::Connection;
use mark::Watch;
use rebuild::Rebuilds;

/// Records on a Redis server.
///
/// `Debug` tells where the server is and nothing that lets anybody in.
pub struct Redis {
    connection: Connection,
    layout: Layout,
    limits: Limits,
    clock: ServerClock,
    watch: Arc<Watch>,
    rebuilds: Rebuilds,
}

impl Redis {
    /// How it names records.
    pub fn layout(&self) -> Layout {
        self.layout
    }
}

impl Backend for Redis {
    async fn put(&self, namespace: &Namespace, puts: &[Put]) -> Result<Vec<Result<bool>>> {
        self.connection.as_one_call(self.write(namespace, puts)).await
    }

    async fn get(&self, namespace: &Namespace, keys: &[Key], select: Select) -> Result<Vec<Option<Found>>> {
        self.connection.as_one_call(self.read(namespace, keys, select)).await
    }

    async fn take(&self, namespace: &Namespace, key: &Key) -> Result<Option<Bytes>> {
        self.connection.as_one_call(self.spend(namespace, key)).await
    }

    async fn touch(&self, namespace: &Namespace, keys: &[Key], ttl: Ttl) -> Result<Vec<bool>> {
        self.connection.as_one_call(self.prolong(namespace, keys, ttl)).await
    }

    async fn delete(&self, namespace: &Namespace, keys: &[Key]) -> Result<Vec<bool>> {
        self.connection.as_one_call(self.end(namespace, keys)).await
    }

    async fn scan(
        &self,
        namespace: &Namespace,
        pattern: &Pattern,
        select: Select,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<Page> {
        self.connection.as_one_call(self.list(namespace, pattern, select, cursor, limit)).await
    }

    async fn sweep(&self, what: Sweep) -> Result<Swept> {
        self.trim(what).await
    }

    async fn info(&self) -> Result<Info> {
        self.connection.as_one_call(self.describe()).await
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("layout", &self.layout).finish_non_exhaustive()
    }
}
