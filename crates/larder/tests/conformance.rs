//! The backends of this crate keep every promise, each by itself and behind `Erased`.

use std::sync::Arc;
use std::time::Duration;

use larder::testing::{ErasedFixture, Fixture, ManualClock, Reference};

/// The model itself: what the suite asks for is possible, and the other backends are held to no more.
#[derive(Default)]
struct Plain(Arc<ManualClock>);

impl Fixture for Plain {
    type Backend = Reference;

    async fn open(&self) -> Reference {
        Reference::new(self.0.clone())
    }

    async fn advance(&self, by: Duration) {
        self.0.advance(by);
    }
}

mod reference {
    use super::*;
    larder::conformance!(Plain::default());
}

mod reference_erased {
    use super::*;
    larder::conformance!(ErasedFixture(Plain::default()));
}
