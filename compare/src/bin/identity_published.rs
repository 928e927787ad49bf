//! The sample of actix-identity as it was published, on a port that can be set.
#![allow(clippy::all)]

use larder_compare::port;

include!(concat!(env!("OUT_DIR"), "/identity-published.rs"));
