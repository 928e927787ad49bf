//! A backend that fails on purpose.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::backend::{Backend, Cursor, Info, Page, Put, Sweep, Swept};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::namespace::Namespace;
use crate::pattern::Pattern;
use crate::record::{Found, Select};
use crate::ttl::Ttl;

/// A method of [`Backend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// [`Backend::put`].
    Put,
    /// [`Backend::get`].
    Get,
    /// [`Backend::take`].
    Take,
    /// [`Backend::touch`].
    Touch,
    /// [`Backend::delete`].
    Delete,
    /// [`Backend::scan`].
    Scan,
    /// [`Backend::sweep`].
    Sweep,
    /// [`Backend::info`].
    Info,
}

/// What goes wrong with a call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is not carried out, and fails with this kind.
    Refuse(ErrorKind),
    /// It is carried out, and its reply is lost: it fails as [`ErrorKind::Unknown`].
    Lose,
    /// It is carried out once the gate is opened.
    Hold(Gate),
}

/// Where a call is held until a test lets it go. Clones are the same gate.
#[derive(Clone)]
pub struct Gate {
    reached: Arc<Semaphore>,
    opened: Arc<Semaphore>,
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self { reached: Arc::new(Semaphore::new(0)), opened: Arc::new(Semaphore::new(0)) }
    }

    /// Waits until a call is held here.
    pub async fn reached(&self) {
        // The semaphore is never closed, so there is nothing to handle.
        let _ = self.reached.acquire().await;
    }

    pub(super) fn is_reached(&self) -> bool {
        self.reached.available_permits() > 0
    }

    /// Lets every call pass, now and later.
    pub fn open(&self) {
        self.opened.close();
    }

    pub(super) async fn pass(&self) {
        self.reached.add_permits(1);
        let _ = self.opened.acquire().await;
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.opened.is_closed() { "Gate(open)" } else { "Gate(closed)" })
    }
}

/// A [`Backend`] around a backend that fails where a test tells it to. Clones are the same backend, so that a test
/// keeps one and hands the other on.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> larder::Result<()> {
/// use std::sync::Arc;
/// use larder::testing::{Fault, Faulty, ManualClock, Reference, Verb};
/// use larder::{Erased, ErrorKind, Store};
///
/// let faulty = Faulty::new(Reference::new(Arc::new(ManualClock::new())));
/// let store: Store<String> = Store::new(Erased::new(faulty.clone()));
/// faulty.at(Verb::Get, 2, Fault::Refuse(ErrorKind::Unavailable));
/// assert!(store.get("k").await?.is_none());
/// assert!(store.get("k").await.is_err_and(|error| error.is_retryable()));
/// # Ok(()) }
/// ```
pub struct Faulty<B>(Arc<State<B>>);

struct State<B> {
    backend: B,
    plan: Mutex<Plan>,
}

#[derive(Default)]
struct Plan {
    calls: BTreeMap<Verb, u64>,
    faults: BTreeMap<(Verb, u64), Fault>,
    outage: Option<ErrorKind>,
}

impl<B: Backend> Faulty<B> {
    /// A backend that does what this one does, until it is told otherwise.
    pub fn new(backend: B) -> Self {
        Self(Arc::new(State { backend, plan: Mutex::default() }))
    }

    /// Makes the `nth` call of this method from now on go wrong; 1 is the next.
    pub fn at(&self, verb: Verb, nth: u64, fault: Fault) {
        self.plan(|plan| {
            let past = plan.calls.get(&verb).copied().unwrap_or(0);
            plan.faults.insert((verb, past + nth), fault);
        });
    }

    /// Refuses every call with this kind, until an outage of `None` ends it.
    pub fn outage(&self, kind: Option<ErrorKind>) {
        self.plan(|plan| plan.outage = kind);
    }

    /// How many calls of this method there were.
    pub fn calls(&self, verb: Verb) -> u64 {
        self.plan(|plan| plan.calls.get(&verb).copied().unwrap_or(0))
    }

    fn plan<T>(&self, change: impl FnOnce(&mut Plan) -> T) -> T {
        change(&mut self.0.plan.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn call<T>(&self, verb: Verb, call: impl Future<Output = Result<T>>) -> Result<T> {
        let fault = self.plan(|plan| {
            let calls = plan.calls.entry(verb).or_default();
            *calls += 1;
            let planned = plan.faults.remove(&(verb, *calls));
            plan.outage.map(Fault::Refuse).or(planned)
        });
        match fault {
            None => call.await,
            Some(Fault::Refuse(kind)) => Err(Error::new(kind, "this backend was told to refuse the call")),
            Some(Fault::Lose) => {
                call.await?;
                Err(Error::new(ErrorKind::Unknown, "this backend was told to lose the reply"))
            }
            Some(Fault::Hold(gate)) => {
                gate.pass().await;
                call.await
            }
        }
    }
}

impl<B> Clone for Faulty<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B> fmt::Debug for Faulty<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

impl<B: Backend> Backend for Faulty<B> {
    async fn put(&self, namespace: &Namespace, puts: &[Put]) -> Result<Vec<Result<bool>>> {
        self.call(Verb::Put, self.0.backend.put(namespace, puts)).await
    }
    async fn get(&self, namespace: &Namespace, keys: &[Key], select: Select) -> Result<Vec<Option<Found>>> {
        self.call(Verb::Get, self.0.backend.get(namespace, keys, select)).await
    }
    async fn take(&self, namespace: &Namespace, key: &Key) -> Result<Option<Bytes>> {
        self.call(Verb::Take, self.0.backend.take(namespace, key)).await
    }
    async fn touch(&self, namespace: &Namespace, keys: &[Key], ttl: Ttl) -> Result<Vec<bool>> {
        self.call(Verb::Touch, self.0.backend.touch(namespace, keys, ttl)).await
    }
    async fn delete(&self, namespace: &Namespace, keys: &[Key]) -> Result<Vec<bool>> {
        self.call(Verb::Delete, self.0.backend.delete(namespace, keys)).await
    }
    async fn scan(
        &self,
        namespace: &Namespace,
        pattern: &Pattern,
        select: Select,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<Page> {
        self.call(Verb::Scan, self.0.backend.scan(namespace, pattern, select, cursor, limit)).await
    }
    async fn sweep(&self, what: Sweep) -> Result<Swept> {
        self.call(Verb::Sweep, self.0.backend.sweep(what)).await
    }
    async fn info(&self) -> Result<Info> {
        self.call(Verb::Info, self.0.backend.info()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::When;
    use crate::key;
    use crate::testing::{ManualClock, Reference};
    use crate::ttl::Ttl;

    fn faulty() -> Faulty<Reference> {
        Faulty::new(Reference::new(Arc::new(ManualClock::new())))
    }

    fn put() -> [Put; 1] {
        [Put { key: key!["k"], value: Bytes::from_static(b"v"), ttl: Ttl::Never, when: When::Always }]
    }

    async fn lives(faulty: &Faulty<Reference>) -> bool {
        faulty.get(&Namespace::default(), &[key!["k"]], Select::Keys).await.unwrap()[0].is_some()
    }

    #[tokio::test]
    async fn the_nth_call_fails_and_no_other() {
        let (faulty, space) = (faulty(), Namespace::default());
        faulty.at(Verb::Put, 2, Fault::Refuse(ErrorKind::Unavailable));
        faulty.at(Verb::Put, 3, Fault::Lose);
        assert!(faulty.put(&space, &[]).await.is_ok());
        assert_eq!(faulty.put(&space, &put()).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert!(!lives(&faulty).await, "what is refused is not carried out");
        assert_eq!(faulty.put(&space, &put()).await.unwrap_err().kind(), ErrorKind::Unknown);
        assert!(lives(&faulty).await, "what is lost is");
        assert!(faulty.put(&space, &put()).await.is_ok());
        assert_eq!(faulty.calls(Verb::Put), 4);
    }

    #[tokio::test]
    async fn a_call_is_held_until_its_gate_opens() {
        let (faulty, gate) = (faulty(), Gate::new());
        faulty.at(Verb::Put, 1, Fault::Hold(gate.clone()));
        let held = tokio::spawn({
            let faulty = faulty.clone();
            async move { faulty.put(&Namespace::default(), &put()).await.map(|_| ()) }
        });
        gate.reached().await;
        assert!(!lives(&faulty).await && !held.is_finished());
        gate.open();
        held.await.unwrap().unwrap();
        assert!(lives(&faulty).await);
    }
}
