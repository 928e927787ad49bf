//! 64 tasks on one store, while faults come and go.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fastrand::Rng;
use larder::{Key, Path, Store, Ttl};
use larder_test_redis::Server;
use tokio::task::JoinHandle;

use super::tally::Tally;
use super::task::{SLOTS, Task, all_of, number_in};

const TASKS: usize = 64;

/// The deadline of each call; short, so that a test can wait for many.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(600);

/// What a call may take beyond its deadline, and a service to come back, is promised for a machine that runs what is to
/// be run. Here two cores run tests beside one another: what the runtime itself was late at most is added, some times.
const PROMISED: Duration = Duration::from_millis(100);
const BACK_WITHIN: Duration = Duration::from_secs(2);

/// What 64 tasks need until the last of them has made a read and a write, one after another and in any order.
const ALL_BACK: Duration = Duration::from_millis(500);

pub(crate) struct Load {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<Task>>,
    clock: JoinHandle<()>,
    name: &'static str,
    until: Instant,
    rounds: u32,
}

pub(crate) struct Shared {
    pub(crate) store: Store<String>,
    pub(crate) pace: Duration,
    pub(crate) cancels: bool,
    /// The names of the records that are written to.
    pub(crate) names: Vec<AtomicU64>,
    stop: AtomicBool,
    lossy: AtomicBool,
    faults: Mutex<Faults>,
    /// In microseconds.
    lag: AtomicU64,
}

struct Faults {
    /// How many have ended, and when the last one did.
    ended: u64,
    at: Instant,
    /// How many tasks have been answered a read and a write since.
    back: usize,
    /// Since when no fault has had an effect.
    well: Option<Instant>,
}

impl Load {
    /// Opens a store by this URL (with this deadline for calls) and lets the tasks begin.
    pub(crate) async fn start(name: &'static str, url: &str) -> Self {
        Self::start_with(name, url, true).await
    }

    pub(crate) async fn start_with(name: &'static str, url: &str, cancels: bool) -> Self {
        let seed = number("LARDER_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
        let long = number("LARDER_FAULT_SECONDS");
        let joint = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{joint}timeout={}ms&connect_timeout=300ms", TIMEOUT.as_millis());
        let store: Store<String> =
            larder::open(&url).await.unwrap().store().with_ttl(Ttl::After(Duration::from_secs(3600)));
        // From here on a listing is one page of the index, which has one deadline.
        assert_eq!(store.all(&all_of(0)).await.unwrap().cost.path, Path::Index);
        let shared = Arc::new(Shared {
            store,
            pace: Duration::from_millis(if long.is_some() { 1 } else { 5 }),
            cancels,
            names: (0..TASKS).flat_map(|_| (0..SLOTS as u64).map(AtomicU64::new)).collect(),
            stop: AtomicBool::new(false),
            lossy: AtomicBool::new(false),
            faults: Mutex::new(Faults { ended: 0, at: Instant::now(), back: TASKS, well: None }),
            lag: AtomicU64::new(0),
        });
        println!("{name}: LARDER_SEED={seed}");
        let mut seeds = Rng::with_seed(seed);
        let tasks = (0..TASKS)
            .map(|number| tokio::spawn(Task::new(Arc::clone(&shared), number, seeds.u64(..)).run()))
            .collect();
        let clock = tokio::spawn(measure_lag(Arc::clone(&shared)));
        let until = Instant::now() + Duration::from_secs(long.unwrap_or(0));
        Self { shared, tasks, clock, name, until, rounds: 0 }
    }

    /// Whether the fault is to come once more: once in the small portion, until the time is up in the long one.
    pub(crate) fn again(&mut self) -> bool {
        let again = self.rounds == 0 || Instant::now() < self.until;
        self.rounds += u32::from(again);
        again
    }

    /// Lets the tasks call for so long.
    pub(crate) async fn go_on(&self, millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    /// Says that a fault begins.
    pub(crate) fn hurt(&self) {
        self.shared.faults.lock().unwrap().well = None;
    }

    /// Says that nothing stands in the way from now on, waits until all tasks are answered again, and lets them call
    /// on while nothing may fail.
    pub(crate) async fn heal(&self) {
        let at = Instant::now();
        self.shared.ended(at);
        let mut back = 0;
        while back < TASKS {
            let late = PROMISED + self.lag() * 2 + if back == 0 { Duration::ZERO } else { ALL_BACK };
            let (name, allowed) = (self.name, BACK_WITHIN + late);
            assert!(at.elapsed() <= allowed, "{name}: only {back} tasks are back after {allowed:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
            back = self.shared.faults.lock().unwrap().back;
        }
        self.shared.faults.lock().unwrap().well = Some(Instant::now());
        self.go_on(300).await;
    }

    /// Says that records may be gone from now on.
    pub(crate) fn may_lose(&self) {
        self.shared.lossy.store(true, Ordering::Release);
    }

    pub(crate) fn store(&self) -> &Store<String> {
        &self.shared.store
    }

    fn lag(&self) -> Duration {
        Duration::from_micros(self.shared.lag.load(Ordering::Acquire))
    }

    /// Ends the tasks, reads every record once more past all proxies, and judges what holds under every fault.
    pub(crate) async fn finish(self, server: &Server) -> Tally {
        let tally = self.finish_unjudged(server).await;
        assert_eq!((tally.wrong, tally.misreported), (0, 0), "{tally}");
        tally
    }

    /// The same for a load under which replies are expected to go wrong.
    pub(crate) async fn finish_unjudged(mut self, server: &Server) -> Tally {
        let alive = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        assert!(alive < TASKS + 20, "{alive} tasks are alive: something piles up");
        let clients = server.info("connected_clients").parse::<usize>().unwrap();
        assert!(clients < 10, "{clients} connections are open: something piles up");
        self.shared.stop.store(true, Ordering::Release);
        let mut tally = Tally::default();
        let mut records: BTreeMap<Key, (String, Vec<Option<u64>>)> = BTreeMap::new();
        for task in std::mem::take(&mut self.tasks) {
            let task = task.await.unwrap();
            records.extend(task.records());
            tally.add(task.tally);
        }
        self.clock.abort();
        let store: Store<String> = larder::open(&server.url_with("?timeout=20s")).await.unwrap().store();
        let records: Vec<_> = records.into_iter().collect();
        for records in records.chunks(500) {
            let found = store.get_many(records.iter().map(|(key, _)| key.clone())).await.unwrap();
            for (found, (_, (name, states))) in found.into_iter().zip(records) {
                judge(found.unwrap().as_deref(), name, states, self.shared.may_be_lost(), &mut tally);
            }
        }
        tally.lag = self.lag();
        println!("{}: {} times, {tally}", self.name, self.rounds);
        let allowed = TIMEOUT + PROMISED + tally.lag * 2;
        assert!(tally.slowest.0 <= allowed, "a call took longer than {allowed:?}: {tally}");
        assert!(tally.errors_when_well == 0 || tally.stood_still(), "calls failed when all had been well: {tally}");
        tally
    }
}

impl Shared {
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    pub(crate) fn may_be_lost(&self) -> bool {
        self.lossy.load(Ordering::Acquire)
    }

    /// How many faults have ended, and when the last one did.
    pub(crate) fn healed(&self) -> (u64, Instant) {
        let faults = self.faults.lock().unwrap();
        (faults.ended, faults.at)
    }

    /// One more has ended.
    fn ended(&self, at: Instant) {
        let mut faults = self.faults.lock().unwrap();
        *faults = Faults { ended: faults.ended + 1, at, back: 0, well: None };
    }

    /// A task has been answered a read and a write since the fault of this number ended.
    pub(crate) fn back(&self, fault: u64) {
        let mut faults = self.faults.lock().unwrap();
        faults.back += usize::from(faults.ended == fault);
    }

    /// Since when no fault has had an effect.
    pub(crate) fn well_since(&self) -> Option<Instant> {
        self.faults.lock().unwrap().well
    }

    /// A record that somebody writes to.
    pub(crate) fn any_record(&self, rng: &mut Rng) -> (usize, u64) {
        let at = rng.usize(..self.names.len());
        (at / SLOTS, self.names[at].load(Ordering::Relaxed))
    }
}

fn judge(found: Option<&str>, name: &str, states: &[Option<u64>], lossy: bool, tally: &mut Tally) {
    let read = match found.map(|found| number_in(found, name)) {
        Some(None) => return tally.wrong(|| format!("in the end {name} holds another's value")),
        Some(number) => number,
        None => None,
    };
    let lost = lossy && read.is_none();
    if !lost && !states.contains(&read) {
        tally.misreported(|| format!("in the end {name} is {read:?} and can only be one of {states:?}"));
    }
}

/// How late the runtime is at most.
async fn measure_lag(shared: Arc<Shared>) {
    const TICK: Duration = Duration::from_millis(5);
    loop {
        let began = Instant::now();
        tokio::time::sleep(TICK).await;
        let late = began.elapsed().saturating_sub(TICK);
        shared.lag.fetch_max(u64::try_from(late.as_micros()).unwrap_or(u64::MAX), Ordering::AcqRel);
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}
