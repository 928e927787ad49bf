//! What holds a backend fast while a promise is put to it.

use std::future::Future;
use std::time::Duration;

use crate::backend::Backend;
use crate::erased::Erased;
use crate::key::Key;
use crate::namespace::Namespace;
use crate::ttl::Ttl;

/// Opens the backend under test and makes time pass for it; written once for a backend, and all that the suite needs
/// to know of it.
///
/// Each promise gets a fixture of its own, opens it once, and uses namespaces that nobody else has. A backend that
/// judges deadlines by an injected [`Clock`](crate::Clock) is moved by hand, and no test waits; one that counts by a
/// clock of its own, as a server does, waits for real and says by [`Fixture::slack`] how exactly.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use larder::testing::{Fixture, ManualClock, Reference};
///
/// struct Plain(Arc<ManualClock>);
///
/// impl Fixture for Plain {
///     type Backend = Reference;
///     async fn open(&self) -> Reference {
///         Reference::new(self.0.clone())
///     }
///     async fn advance(&self, by: Duration) {
///         self.0.advance(by);
///     }
/// }
/// ```
pub trait Fixture: Send + Sync + Sized + 'static {
    /// The backend under test.
    type Backend: Backend;

    /// Opens the backend: an empty one, or one that others use too at the same time. Panics where it cannot be had, so
    /// that no promise passes by not being tested.
    fn open(&self) -> impl Future<Output = Self::Backend> + Send;

    /// Lets this much time pass for the backend, and at most [`Fixture::slack`] more.
    fn advance(&self, by: Duration) -> impl Future<Output = ()> + Send;

    /// How much more time may have passed than [`Fixture::advance`] was told: nothing where a clock is moved by hand,
    /// and below a fifth of [`Fixture::short`].
    fn slack(&self) -> Duration {
        Duration::ZERO
    }

    /// A ttl that a promise sees the end of: half a second, so that a fixture that waits for real does not wait long.
    fn short(&self) -> Duration {
        Duration::from_millis(500)
    }

    /// The longest ttl that the backend takes: one that never ends, but where it refuses that by design.
    fn longest(&self) -> Ttl {
        Ttl::Never
    }

    /// Whether the backend can hold a key at all. One that no promise needs may be refused by design: as by Pow's
    /// layouts one with a map of several pairs, which Erlang writes in no fixed order.
    fn holds(&self, _key: &Key) -> bool {
        true
    }

    /// Opens the backend again as after a restart of the process: the one opened before has been dropped. `None` where
    /// nothing outlives it.
    fn reopen(&self) -> impl Future<Output = Option<Self::Backend>> + Send {
        async { None }
    }

    /// Damages a record where it lies, while the backend is closed, and opens it again. `None` where a fixture cannot;
    /// the promises about damage are not put to the backend then.
    fn damage(&self, _namespace: &Namespace, _key: &Key) -> impl Future<Output = Option<Self::Backend>> + Send {
        async { None }
    }
}

/// The fixture of the same backend behind [`Erased`], so that the way every [`Store`](crate::Store) goes is proved
/// as well.
#[derive(Debug)]
pub struct ErasedFixture<F>(pub F);

impl<F: Fixture> Fixture for ErasedFixture<F> {
    type Backend = Erased;

    async fn open(&self) -> Erased {
        Erased::new(self.0.open().await)
    }

    async fn advance(&self, by: Duration) {
        self.0.advance(by).await;
    }

    fn slack(&self) -> Duration {
        self.0.slack()
    }

    fn short(&self) -> Duration {
        self.0.short()
    }

    fn longest(&self) -> Ttl {
        self.0.longest()
    }

    fn holds(&self, key: &Key) -> bool {
        self.0.holds(key)
    }

    async fn reopen(&self) -> Option<Erased> {
        self.0.reopen().await.map(Erased::new)
    }

    async fn damage(&self, namespace: &Namespace, key: &Key) -> Option<Erased> {
        self.0.damage(namespace, key).await.map(Erased::new)
    }
}
