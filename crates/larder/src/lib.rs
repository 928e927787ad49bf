//! Larder: an expiring, namespaced record store for sessions, tokens and other short-lived state.
//!
//! One small contract, [`Backend`], over memory, an embedded file and a Redis server; [`Store`] is what you hold. Every record has a
//! [`Key`] of several parts, a ttl of its own, and can be listed and ended by [`Pattern`].
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
//! use larder::{Store, key, pattern};
//!
//! let store: Store<String> = larder::open("memory:?ttl=30m").await?.store();
//! store.put(key!["user", 42, "session", "f3"], &"phone".to_owned()).await?;
//! for (key, device) in store.all(&pattern!["user", 42, "session", _]).await?.records {
//!     println!("{} parts: {device}", key.len());
//! }
//! store.delete_all(&pattern!["user", 42, ..]).await?;
//! # Ok(()) }
//! ```
//!
//! [`sessions`] is the layer that most come for: sessions that can be listed, and ended for certain.
//!
//! # Limits
//! A key or pattern has at most 64 parts and 16 KiB encoded, a value 16 MiB, a namespace 1 KiB ([`Limits`]); a ttl
//! lies between 1 ms and 100 years, or is [`Ttl::Never`]. All of it is checked before anything is written.
//!
//! # Features
//! `memory`, `disk` and `redis` (all on) are the backends; `testing` is the conformance suite for a backend of your own;
//! `tracing` sends what happens to sessions to `tracing`.

mod backend;
pub mod backends;
mod clock;
mod codec;
mod erased;
mod error;
mod key;
mod limits;
mod namespace;
mod pattern;
mod record;
mod sabotage;
pub mod sessions;
mod store;
pub mod term;
#[cfg(feature = "testing")]
pub mod testing;
mod ttl;

pub use backend::{Backend, Batch, Cost, Cursor, Damaged, Health, Info, Listing, Page, Put, Sweep, Swept, When};
pub use backends::{Opened, open, open_with_clock};
pub use clock::{Clock, Moment, SystemClock};
pub use codec::{Codec, Etf, Json, Raw};
pub use erased::Erased;
pub use error::{Error, ErrorKind, Result};
pub use key::Key;
pub use limits::Limits;
pub use namespace::Namespace;
pub use pattern::{Part, Path, Pattern, Step};
pub use record::{Found, Record, Select, Version};
pub use store::{Explanation, Pages, Stats, Store};
pub use term::Term;
pub use ttl::{Deadline, Ttl};

/// The code of the guide runs.
#[cfg(all(doctest, feature = "redis"))]
#[doc = include_str!("../../../docs/redis.md")]
mod redis_guide {}
