//! The conformance suite, a clock that is moved by hand, and backends that fail on purpose.

#![expect(clippy::panic, clippy::missing_panics_doc, reason = "a promise that is not kept fails its test by a panic")]

mod case;
mod clock;
mod fixture;
mod model;
mod promise;

pub mod batch;
pub mod delete;
pub mod get;
pub mod put;
pub mod take;
pub mod touch;

pub use clock::ManualClock;
pub use fixture::{ErasedFixture, Fixture};
pub use model::{Model, Reference};
pub use promise::{Promise, Proof, all};
