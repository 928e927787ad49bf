#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "v0_11"), allow(dead_code, reason = "without a version there is no trait to serve"))]

mod of;
#[cfg(feature = "v0_11")]
mod outage;
mod state;
mod store;
#[cfg(feature = "v0_11")]
mod v0_11;

pub use larder::sessions::{Fields, Listed, Principal, PublicId, Sessions};
pub use of::{Current, Of};
#[cfg(feature = "v0_11")]
pub use outage::outage;
pub use state::HIDDEN;
pub use store::SessionStore;
