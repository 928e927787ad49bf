//! The conformance suite for backends, a clock that is moved by hand, and a backend that fails on purpose.
//!
//! Each promise of [`Backend`](crate::Backend), and of [`Store`](crate::Store) above it, is one test with the promise
//! for its name. They are grouped by verb in the modules below; [`conformance!`](crate::conformance) makes tests of
//! all of them for a backend of your own, and [`all`] lists them for another runner. [`sessions`] does the same for the sessions above. The suite needs to know how the
//! backend is opened and how time passes for it, which a [`Fixture`] tells. Promises use namespaces that nobody else
//! has, so they run in any order, side by side, and on a server that others use.
//!
//! ```
//! // tests/conformance.rs of a crate with `larder = { features = ["testing"] }` and
//! // `tokio = { features = ["macros", "rt-multi-thread"] }` among its dev-dependencies.
//! use std::sync::Arc;
//! use std::time::Duration;
//! use larder::testing::{Fixture, ManualClock};
//! # use larder::testing::Reference as MyBackend;
//!
//! #[derive(Default)]
//! struct Mine(Arc<ManualClock>);
//!
//! impl Fixture for Mine {
//!     type Backend = MyBackend;
//!
//!     async fn open(&self) -> MyBackend {
//!         MyBackend::new(self.0.clone())
//!     }
//!
//!     async fn advance(&self, by: Duration) {
//!         self.0.advance(by);
//!     }
//! }
//!
//! larder::conformance!(Mine::default());
//! ```
//!
//! [`model`] holds what all of it is measured by: the contract as a sorted map, and a random walk beside it. Where a
//! walk, or a pattern at random, fails, its seed is printed; `LARDER_SEED` sets it. Which of several tasks comes first
//! no seed can set.

#![expect(clippy::panic, clippy::missing_panics_doc, reason = "a promise that is not kept fails its test by a panic")]

mod case;
mod clock;
mod faulty;
mod fixture;
pub(crate) mod history;
pub mod model;
mod promise;

pub mod batch;
pub mod cancel;
pub mod concurrency;
pub mod delete;
pub mod get;
pub mod keys;
pub mod limits;
pub mod listing;
pub mod namespace;
pub mod pages;
pub mod put;
pub mod scan;
pub mod secrets;
pub mod sessions;
pub mod store;
pub mod sweep;
pub mod take;
pub mod touch;

pub use clock::ManualClock;
pub use faulty::{Fault, Faulty, Gate, Verb};
pub use fixture::{ErasedFixture, Fixture};
pub use model::{Model, Reference};
pub use promise::{Promise, Proof, all};
