//! The worked backend of the documentation, over moka, keeps every promise.

#[expect(
    unreachable_pub,
    reason = "the file stands word for word in the documentation, where it is a crate of its own"
)]
mod backend;

use std::sync::Arc;
use std::time::Duration;

use backend::Moka;
use larder::testing::{Fixture, ManualClock};

#[derive(Default)]
struct OverMoka(Arc<ManualClock>);

impl Fixture for OverMoka {
    type Backend = Moka;

    async fn open(&self) -> Moka {
        Moka::new(self.0.clone())
    }

    async fn advance(&self, by: Duration) {
        self.0.advance(by);
    }
}

larder::conformance!(OverMoka::default());
