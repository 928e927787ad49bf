#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(any(feature = "v0_14", feature = "v0_15")),
    allow(dead_code, unused_macros, reason = "without a version there is no trait to serve")
)]

mod data;
mod of;
mod outage;
mod store;
#[cfg(any(feature = "v0_14", feature = "v0_15"))]
mod versions;

pub use data::HIDDEN;
pub use larder::sessions::{Fields, Listed, Principal, PublicId, Sessions};
pub use of::{Current, Of};
pub use outage::{Outage, OutageLayer};
pub use store::SessionStore;
