//! Numbers that nobody else can guess.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// A number from the keys that the system gave this process for its hash maps.
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
