//! The sessions keep every promise over the backends of this crate.
#![allow(clippy::unwrap_used)]

#[allow(dead_code, unused_imports, reason = "the model and other layouts are for the contract below")]
mod fixtures;

#[cfg(feature = "memory")]
mod memory {
    larder::sessions_conformance!(crate::fixtures::InMemory::default());
}

#[cfg(feature = "disk")]
mod disk {
    larder::sessions_conformance!(crate::fixtures::OnDisk::default());
}

#[cfg(feature = "redis")]
mod redis {
    larder::sessions_conformance!(crate::fixtures::OnRedis::default());
}
