//! The sessions keep every promise over the backends of this crate.
#![allow(clippy::unwrap_used)]

#[allow(dead_code, reason = "the model is for the contract below")]
mod fixtures;

#[cfg(feature = "memory")]
mod memory {
    larder::sessions_conformance!(crate::fixtures::InMemory::default());
}

#[cfg(feature = "disk")]
mod disk {
    larder::sessions_conformance!(crate::fixtures::OnDisk::default());
}
