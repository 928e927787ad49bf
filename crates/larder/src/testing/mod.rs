//! The conformance suite, a clock that is moved by hand, and backends that fail on purpose.

#![expect(clippy::panic, clippy::missing_panics_doc, reason = "a promise that is not kept fails its test by a panic")]

mod case;
mod clock;
mod faulty;
mod fixture;
mod history;
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
pub mod store;
pub mod sweep;
pub mod take;
pub mod touch;

pub use clock::ManualClock;
pub use faulty::{Fault, Faulty, Gate, Verb};
pub use fixture::{ErasedFixture, Fixture};
pub use model::{Model, Reference};
pub use promise::{Promise, Proof, all};
