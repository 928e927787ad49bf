//! The model as a backend, with one thing wrong.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use larder::testing::{Fixture, ManualClock, Reference};
use larder::{
    Backend, Clock, Cursor, Deadline, Error, ErrorKind, Found, Info, Key, Namespace, Page, Pattern, Put, Result,
    Select, Sweep, Swept, Term, Ttl,
};
use tokio::task::yield_now;

use crate::defect::Defect;
use crate::{end, get, put, scan};

pub(crate) type At = (Namespace, Key);

pub(crate) struct Broken {
    pub(crate) defect: Defect,
    pub(crate) reference: Reference,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) memory: Mutex<Memory>,
}

/// What a defect needs to go wrong by.
#[derive(Default)]
pub(crate) struct Memory {
    /// What was put and not deleted since, whether it still lives or not.
    pub(crate) ghosts: BTreeMap<At, Ghost>,
    pub(crate) deleted: BTreeSet<At>,
    pub(crate) touched: BTreeSet<At>,
    pub(crate) damaged: BTreeSet<At>,
    pub(crate) timers: Vec<(At, Deadline)>,
    pub(crate) replies: VecDeque<Vec<Option<Found>>>,
    pub(crate) used: BTreeSet<Vec<u8>>,
    pub(crate) snapshot: Vec<larder::Record>,
    pub(crate) position: Vec<u8>,
    pub(crate) explained: u64,
    pub(crate) busy: bool,
}

pub(crate) struct Ghost {
    pub(crate) value: Bytes,
    pub(crate) ttl: Ttl,
    pub(crate) writes: u64,
    /// What was there before, until a get has told it.
    pub(crate) before: Option<Option<Bytes>>,
}

impl Broken {
    pub(crate) fn is(&self, defect: Defect) -> bool {
        self.defect == defect
    }

    pub(crate) fn memory<T>(&self, use_it: impl FnOnce(&mut Memory) -> T) -> T {
        use_it(&mut self.memory.lock().unwrap())
    }

    /// The key that is really used.
    pub(crate) fn key(&self, key: &Key) -> Key {
        if self.is(Defect::TakesOneForOnePointZero) { whole_numbers(key) } else { key.clone() }
    }

    pub(crate) fn keys(&self, keys: &[Key]) -> Vec<Key> {
        keys.iter().map(|key| self.key(key)).collect()
    }

    /// The namespace that is really used.
    pub(crate) fn space(&self, namespace: &Namespace) -> Namespace {
        match self.defect {
            Defect::IgnoresTheNamespace => Namespace::default(),
            Defect::TakesAnAtomForAText => match namespace.term().as_atom() {
                Some(name) => Namespace::new(name).unwrap(),
                None => namespace.clone(),
            },
            _ => namespace.clone(),
        }
    }

    pub(crate) async fn living(&self, at: &At) -> Option<Found> {
        // A key out of bounds has nothing.
        self.reference.get(&at.0, std::slice::from_ref(&at.1), Select::ValuesAndTtls).await.ok()?.remove(0)
    }

    /// The value of what was put and has expired since.
    pub(crate) async fn expired(&self, at: &At) -> Option<Bytes> {
        let ghost = self.memory(|memory| memory.ghosts.get(at).map(|ghost| ghost.value.clone()));
        if self.living(at).await.is_none() { ghost } else { None }
    }

    /// Ends what timers are due, where a defect relies on them.
    pub(crate) async fn fire(&self) {
        let now = self.clock.monotonic();
        let due = self.memory(|memory| {
            let (due, wait) = memory.timers.drain(..).partition(|(_, deadline)| deadline.is_past(now));
            memory.timers = wait;
            due
        });
        let due: Vec<(At, Deadline)> = due;
        for ((space, key), _) in due {
            self.reference.delete(&space, &[key]).await.unwrap();
        }
    }

    /// Fails while another call is under way, and is under way until it is done.
    async fn lock(&self) -> Result<()> {
        if !self.is(Defect::StaysBusyWhenCancelled) {
            return Ok(());
        }
        if self.memory(|memory| std::mem::replace(&mut memory.busy, true)) {
            return Err(Error::new(ErrorKind::Overloaded, "another call is under way"));
        }
        yield_now().await;
        self.memory(|memory| memory.busy = false);
        Ok(())
    }

    /// An error, told with the key where that is the defect.
    pub(crate) fn telling(&self, error: Error, keys: &[Key]) -> Error {
        let quotes = match error.kind() {
            ErrorKind::Corrupt => Defect::QuotesWhatIsDamaged,
            _ => Defect::QuotesTheKey,
        };
        match keys.last() {
            Some(key) if self.is(quotes) => Error::new(error.kind(), format!("{} is wrong", text(key))),
            _ => error,
        }
    }
}

pub(crate) fn text(key: &Key) -> String {
    key.parts().iter().filter_map(Term::as_text).collect()
}

pub(crate) fn whole_numbers(key: &Key) -> Key {
    let whole = |part: Term| match part.as_f64() {
        Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => Term::from(float as i64),
        _ => part,
    };
    Key::new(key.parts().into_iter().map(whole)).unwrap()
}

impl Backend for Opened {
    async fn put(&self, namespace: &Namespace, puts: &[Put]) -> Result<Vec<Result<bool>>> {
        self.0.lock().await?;
        self.0.fire().await;
        let keys: Vec<Key> = puts.iter().map(|put| put.key.clone()).collect();
        put::put(&self.0, &self.0.space(namespace), puts).await.map_err(|error| self.0.telling(error, &keys))
    }

    async fn get(&self, namespace: &Namespace, keys: &[Key], select: Select) -> Result<Vec<Option<Found>>> {
        self.0.lock().await?;
        self.0.fire().await;
        let answer = get::get(&self.0, &self.0.space(namespace), &self.0.keys(keys), select).await;
        answer.map_err(|error| self.0.telling(error, keys))
    }

    async fn take(&self, namespace: &Namespace, key: &Key) -> Result<Option<Bytes>> {
        self.0.lock().await?;
        self.0.fire().await;
        end::take(&self.0, &(self.0.space(namespace), self.0.key(key))).await
    }

    async fn touch(&self, namespace: &Namespace, keys: &[Key], ttl: Ttl) -> Result<Vec<bool>> {
        self.0.lock().await?;
        self.0.fire().await;
        end::touch(&self.0, &self.0.space(namespace), &self.0.keys(keys), ttl).await
    }

    async fn delete(&self, namespace: &Namespace, keys: &[Key]) -> Result<Vec<bool>> {
        self.0.lock().await?;
        self.0.fire().await;
        end::delete(&self.0, &self.0.space(namespace), &self.0.keys(keys)).await
    }

    async fn scan(
        &self,
        namespace: &Namespace,
        pattern: &Pattern,
        select: Select,
        cursor: &Cursor,
        limit: usize,
    ) -> Result<Page> {
        self.0.fire().await;
        scan::scan(&self.0, &self.0.space(namespace), pattern, select, cursor, limit).await
    }

    async fn sweep(&self, what: Sweep) -> Result<Swept> {
        end::sweep(&self.0, what).await
    }

    async fn info(&self) -> Result<Info> {
        self.0.lock().await?;
        let mut info = self.0.reference.info().await?;
        match self.0.defect {
            Defect::HasNoName => info.backend = "",
            Defect::ClaimsToPersist => info.persistent = true,
            Defect::WarnsWithAKey => {
                let keys = self.0.memory(|memory| memory.ghosts.keys().map(|(_, key)| text(key)).collect::<String>());
                info.warnings.push(format!("{keys} is old"));
            }
            _ => {}
        }
        Ok(info)
    }
}

/// The broken backend as it is opened; a fixture keeps it beside the promise, to damage it.
pub(crate) struct Opened(pub(crate) Arc<Broken>);

/// Opens a backend with this defect.
pub(crate) struct Breaking {
    clock: Arc<ManualClock>,
    broken: Arc<Broken>,
}

impl Breaking {
    pub(crate) fn new(defect: Defect) -> Self {
        let clock = Arc::new(ManualClock::new());
        let reference = Reference::new(clock.clone());
        let broken = Broken { defect, reference, clock: clock.clone(), memory: Mutex::default() };
        Self { clock, broken: Arc::new(broken) }
    }
}

impl Fixture for Breaking {
    type Backend = Opened;

    async fn open(&self) -> Opened {
        Opened(self.broken.clone())
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    async fn damage(&self, namespace: &Namespace, key: &Key) -> Option<Opened> {
        self.broken.memory(|memory| memory.damaged.insert((namespace.clone(), key.clone())));
        Some(self.open().await)
    }
}
