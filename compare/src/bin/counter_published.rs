//! The sample of tower-sessions as it was published, on a port that can be set.
#![allow(clippy::all, unused_imports)]

use larder_compare::port;

include!(concat!(env!("OUT_DIR"), "/counter-published.rs"));
