//! The sessions keep every promise over the backends of this crate.
#![allow(clippy::unwrap_used)]

mod fixtures;

mod reference {
    larder::sessions_conformance!(crate::fixtures::Plain::default());
}

#[cfg(feature = "memory")]
mod memory {
    larder::sessions_conformance!(crate::fixtures::InMemory::default());
}

#[cfg(feature = "disk")]
mod disk {
    larder::sessions_conformance!(crate::fixtures::OnDisk::default());
}
