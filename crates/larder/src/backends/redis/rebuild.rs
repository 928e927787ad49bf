//! Makes the indexes of a namespace whole: a walk over its records that adds what is missing and removes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use redis::Value;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::sleep;

use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use crate::ttl::Ttl;

use super::batch::Batch;
use super::clock::{self, ServerClock};
use super::connection::{Command, Connection, Effect};
use super::get::on;
use super::index::{self, Token};
use super::layout::{Layout, native};
use super::mark::{Evictions, Look, Mark, Watch};
use super::scan::LOOKED_AT;
use super::{Redis, reply};

/// A database of at most so many keys is walked over while the listing that wants an index waits: some 20 ms.
const SOON: u64 = 10_000;

/// A walk that nobody waits for leaves the server alone for so many times as long as it keeps it busy.
const REST: u32 = 4;

/// How long after a walk the next one of a namespace begins that nobody waits for: a server that evicts all the time
/// is not walked over all the time.
const BETWEEN: Duration = Duration::from_secs(10);

/// How long others leave the walk to who began it, after its last step.
const LOCKED: &str = "30000";

/// The walks of this process that are under way.
#[derive(Default)]
pub(super) struct Rebuilds {
    /// The namespaces that were written to.
    written: RwLock<BTreeSet<Namespace>>,
    begun: Mutex<BTreeMap<Vec<u8>, (AbortHandle, Instant)>>,
}

impl Redis {
    /// Before the first put of this store in a namespace: where the database is small, its indexes are made whole, so that
    /// they are known to be from then on, however large it grows.
    pub(super) async fn begin_whole(&self, space: &Namespace) {
        if self.rebuilds.is_first(space) {
            Box::pin(self.begin_first(space)).await;
        }
    }

    async fn begin_first(&self, space: &Namespace) {
        let Some(space) = self.layout.marked_space(space) else { return };
        // No put fails for want of what a listing can do without.
        if matches!(self.connection.call(&on("GET", &native::mark(&space)), Effect::Read).await, Ok(Value::Nil))
            && self.is_small().await.unwrap_or(false)
        {
            let _ = self.make_whole(&space).await;
        }
    }

    async fn is_small(&self) -> Result<bool> {
        let keys = reply::integer(self.connection.call(&Command::new("DBSIZE"), Effect::Read).await?)?;
        Ok(u64::try_from(keys).is_ok_and(|keys| keys <= SOON))
    }

    /// Sees to it that the indexes of a namespace, spelled, become whole. Answers whether they may be now, so that
    /// another look at their mark is worth it.
    pub(super) async fn make_whole(&self, space: &[u8]) -> Result<bool> {
        let waits = self.is_small().await?;
        let Some(walk) = self.begin(space, waits) else { return Ok(false) };
        // What a walk fails of, the listing without an index meets as well, and says.
        Ok(waits && matches!(self.connection.in_time(walk).await, Some(Ok(Ok(true)))))
    }

    /// Begins a walk unless one is under way. It goes on where the caller does not wait, and ends with the store.
    fn begin(&self, space: &[u8], waits: bool) -> Option<JoinHandle<Result<bool>>> {
        let mut begun = self.rebuilds.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|_, (walk, at)| !walk.is_finished() || at.elapsed() < BETWEEN);
        if begun.get(space).is_some_and(|(walk, _)| !walk.is_finished() || !waits) {
            return None;
        }
        let rebuild = Rebuild::of(self, space, if waits { 0 } else { REST });
        let walk = tokio::spawn(async move { rebuild.run(false).await });
        begun.insert(space.to_vec(), (walk.abort_handle(), Instant::now()));
        Some(walk)
    }

    /// Walks over the records of a namespace, spelled, although its mark may say that nothing is missing.
    pub(super) async fn check_whole(&self, space: &[u8]) -> Result<()> {
        Rebuild::of(self, space, 0).run(true).await.map(drop)
    }
}

impl Rebuilds {
    fn is_first(&self, space: &Namespace) -> bool {
        let is_known = self.written.read().unwrap_or_else(PoisonError::into_inner).contains(space);
        !is_known && self.written.write().unwrap_or_else(PoisonError::into_inner).insert(space.clone())
    }
}

impl Drop for Rebuilds {
    fn drop(&mut self) {
        let begun = self.begun.get_mut().unwrap_or_else(PoisonError::into_inner);
        begun.values().for_each(|(walk, _)| walk.abort());
    }
}

/// One walk.
struct Rebuild {
    connection: Connection,
    layout: Layout,
    watch: Arc<Watch>,
    clock: ServerClock,
    space: Vec<u8>,
    rest: u32,
}

impl Rebuild {
    fn of(redis: &Redis, space: &[u8], rest: u32) -> Self {
        let (connection, watch) = (redis.connection.clone(), Arc::clone(&redis.watch));
        Self { connection, layout: redis.layout, watch, clock: ServerClock::default(), space: space.to_vec(), rest }
    }

    /// Answers whether it has put the mark; another process may be at it. With `again`, a mark that holds stays while
    /// the walk goes on.
    async fn run(&self, again: bool) -> Result<bool> {
        let (mark, lock) = (native::mark(&self.space), native::lock(&self.space));
        let ours = on("SET", &lock).number(fastrand::u64(..)).arg("PX").arg(LOCKED);
        if !reply::set(self.write(&ours.clone().arg("NX")).await?)? {
            return Ok(false);
        }
        let walked = self.walk(&mark, &ours, again).await;
        self.write(&on("UNLINK", &lock)).await?;
        walked
    }

    async fn walk(&self, mark: &[u8], ours: &Command, again: bool) -> Result<bool> {
        // What is evicted from here on counts against the mark.
        let run = self.connection.run_of_server().await?;
        let evictions = self.evictions(run).await?;
        let holds = Mark::read(self.read(&on("GET", mark)).await?).is_some_and(|mark| mark.holds(evictions));
        if !(again && holds) {
            self.write(&on("SET", mark).arg(Mark::Building.text())).await?;
        }
        let mut cursor = 0;
        loop {
            let began = Instant::now();
            let scan = Command::new("SCAN").number(cursor).arg("MATCH").arg([&self.space[..], b":*"].concat());
            let scan = scan.arg("COUNT").number(LOOKED_AT).arg("TYPE").arg("string");
            let (next, mut stored) = reply::page(self.read(&scan).await?)?;
            stored.retain(|stored| native::is_of(&self.space, stored));
            for stored in stored.chunks(self.layout.portion()) {
                self.list(stored).await?;
            }
            self.write(&ours.clone().arg("XX")).await?;
            if self.connection.run_of_server().await? != run {
                return Err(Error::new(ErrorKind::Unavailable, "the server has started anew meanwhile"));
            }
            if next == 0 {
                break;
            }
            cursor = next;
            sleep(began.elapsed() * self.rest).await;
        }
        let whole = Mark::Whole { run, evicted: evictions.map_or(0, |evictions| evictions.evicted) };
        // Whoever removed the indexes meanwhile has removed the mark as well.
        reply::set(self.write(&on("SET", mark).arg(whole.text()).arg("XX")).await?)
    }

    /// Lists records in their indexes, until they end. One that is ended meanwhile leaves a hint that finds nothing; one
    /// that is put meanwhile is listed by its put, and its entry only raised here.
    async fn list(&self, stored: &[Bytes]) -> Result<()> {
        let now = clock::moment(self.clock.millis(&self.connection).await?);
        let mut looks = Batch::default();
        let asked: Vec<_> = stored.iter().map(|stored| looks.push(&on("PTTL", stored))).collect();
        let mut replies = looks.send(&self.connection, Effect::Read).await?;
        let mut batch = Batch::default();
        for (stored, place) in stored.iter().zip(asked) {
            let ttl = match reply::integer(replies.take(place)?)? {
                -1 => Ttl::Never,
                millis @ 0.. => Ttl::After(Duration::from_millis(millis.unsigned_abs())),
                _ => continue,
            };
            for entry in self.layout.entries(stored) {
                for step in index::list(&entry, ttl, now, Token::of(fastrand::u64(..))) {
                    batch.step(&step);
                }
            }
        }
        batch.send(&self.connection, Effect::Write).await?.done()
    }

    async fn evictions(&self, run: u64) -> Result<Option<Evictions>> {
        let told = match self.watch.look(&self.connection, run) {
            Look::Known(known) => return Ok(Some(known)),
            Look::Blind => return Ok(None),
            Look::Ask(ask) => Evictions::read(run, self.read(&ask).await?),
        };
        self.watch.keep(told);
        Ok(told)
    }

    async fn read(&self, command: &Command) -> Result<Value> {
        self.connection.call(command, Effect::Read).await
    }

    async fn write(&self, command: &Command) -> Result<Value> {
        self.connection.call(command, Effect::Write).await
    }
}
