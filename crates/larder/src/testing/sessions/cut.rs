//! A backend that dies at a chosen call, whatever its method.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::task::yield_now;

use crate::backend::{Backend, Cursor, Info, Page, Put, Sweep, Swept};
use crate::error::{Error, ErrorKind, Result};
use crate::key;
use crate::key::Key;
use crate::namespace::Namespace;
use crate::pattern::Pattern;
use crate::record::{Found, Select};
use crate::testing::Gate;
use crate::ttl::Ttl;

/// What happens at the chosen call.
#[derive(Clone, Debug)]
pub(super) enum Blow {
    /// The process dies before it: neither it nor any later call gets through.
    Die,
    /// The process dies after it: it gets through, its reply and all later calls do not.
    DieAfter,
    /// It alone is refused.
    Refuse,
    /// It alone loses its reply.
    Lose,
    /// It waits at a gate; where nobody opens that, its future is dropped.
    Hold(Gate),
    /// It waits at a gate and gets through, and the process dies before the next.
    HoldAndDie(Gate),
}

/// A [`Backend`] around a backend that counts its calls, and deals a blow at one of them. Clones are the same.
pub(super) struct Cut<B>(Arc<State<B>>);

struct State<B> {
    backend: B,
    loiters: bool,
    plan: Mutex<Plan>,
}

#[derive(Default)]
struct Plan {
    calls: usize,
    blow: Option<(usize, Blow)>,
    fell: bool,
    is_dead: bool,
}

impl<B: Backend> Cut<B> {
    pub(super) fn new(backend: B) -> Self {
        Self(Arc::new(State { backend, loiters: false, plan: Mutex::default() }))
    }

    /// One that deals no blow and now and then is late, by up to a dozen calls of a backend's: so that between two steps
    /// of one caller others do all of theirs.
    pub(super) fn loitering(backend: B) -> Self {
        Self(Arc::new(State { backend, loiters: true, plan: Mutex::default() }))
    }

    /// Deals a blow at the `nth` call from now on; 1 is the next.
    pub(super) fn at(&self, nth: usize, blow: Blow) {
        self.plan(|plan| *plan = Plan { blow: Some((nth, blow)), ..Plan::default() });
    }

    /// Begins to live and to count anew; answers how many calls there were, and whether the blow fell.
    pub(super) fn heal(&self) -> (usize, bool) {
        self.plan(|plan| {
            let Plan { calls, fell, .. } = std::mem::take(plan);
            (calls, fell)
        })
    }

    fn plan<T>(&self, change: impl FnOnce(&mut Plan) -> T) -> T {
        change(&mut self.0.plan.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn loiter(&self) -> Result<()> {
        if fastrand::u8(..4) == 0 {
            for _ in 0..fastrand::u8(..12) {
                // A delete waits for a disk where a get does not.
                self.0.backend.delete(&Namespace::default(), &[key!["nobody"]]).await?;
                yield_now().await;
            }
        }
        Ok(())
    }

    async fn call<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        if self.0.loiters {
            self.loiter().await?;
        }
        let blow = self.plan(|plan| {
            plan.calls += 1;
            let blow = plan.blow.take_if(|(nth, _)| *nth == plan.calls).map(|(_, blow)| blow);
            plan.fell |= blow.is_some();
            let was_dead = plan.is_dead;
            plan.is_dead |= matches!(blow, Some(Blow::Die | Blow::DieAfter | Blow::HoldAndDie(_)));
            if was_dead { Some(Blow::Refuse) } else { blow }
        });
        match blow {
            None => call.await,
            Some(Blow::Die | Blow::Refuse) => {
                Err(Error::new(ErrorKind::Unavailable, "this backend is down on purpose"))
            }
            Some(Blow::DieAfter | Blow::Lose) => {
                call.await?;
                Err(Error::new(ErrorKind::Unknown, "this backend lost the reply on purpose"))
            }
            Some(Blow::Hold(gate) | Blow::HoldAndDie(gate)) => {
                gate.pass().await;
                call.await
            }
        }
    }
}

impl<B> Clone for Cut<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B: Backend> Backend for Cut<B> {
    async fn put(&self, namespace: &Namespace, puts: &[Put]) -> Result<Vec<Result<bool>>> {
        self.call(self.0.backend.put(namespace, puts)).await
    }
    async fn get(&self, namespace: &Namespace, keys: &[Key], select: Select) -> Result<Vec<Option<Found>>> {
        self.call(self.0.backend.get(namespace, keys, select)).await
    }
    async fn take(&self, namespace: &Namespace, key: &Key) -> Result<Option<Bytes>> {
        self.call(self.0.backend.take(namespace, key)).await
    }
    async fn touch(&self, namespace: &Namespace, keys: &[Key], ttl: Ttl) -> Result<Vec<bool>> {
        self.call(self.0.backend.touch(namespace, keys, ttl)).await
    }
    async fn delete(&self, namespace: &Namespace, keys: &[Key]) -> Result<Vec<bool>> {
        self.call(self.0.backend.delete(namespace, keys)).await
    }
    async fn scan(
        &self,
        namespace: &Namespace,
        pattern: &Pattern,
        select: Select,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<Page> {
        self.call(self.0.backend.scan(namespace, pattern, select, cursor, limit)).await
    }
    async fn sweep(&self, what: Sweep) -> Result<Swept> {
        self.call(self.0.backend.sweep(what)).await
    }
    async fn info(&self) -> Result<Info> {
        self.call(self.0.backend.info()).await
    }
}
