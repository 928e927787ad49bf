//! Larder: an expiring, namespaced record store for sessions, tokens and other short-lived state.

mod error;
pub mod term;

pub use error::{Error, ErrorKind, Result};
pub use term::Term;
