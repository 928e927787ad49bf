//! What the end of records costs and gives back, in a process that holds nothing else.

use std::fmt;
use std::fs::read_to_string;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread::sleep;
use std::time::{Duration, Instant};

use larder::backends::memory::Memory;
use larder::{Backend, Clock, Moment, Namespace, Put, Sweep, Ttl, When, key};

use crate::{process_time, resident_bytes, shuffled, thread_time};

const VALUE: usize = 300;
const TTL: Duration = Duration::from_secs(1800);
const TICKS: u32 = 1000;

/// How long after the end of all records memory is looked at.
pub const LATER: Duration = Duration::from_secs(10);

/// What was measured; as text, and from it, six numbers.
#[derive(Debug, Default)]
pub struct Ended {
    /// CPU nanoseconds of a sweep while nothing is due.
    pub idle: f64,
    /// CPU nanoseconds of the sweep that frees all records.
    pub full: f64,
    /// Bytes that the process holds ahead of the first record.
    pub before: f64,
    /// The most bytes that the process held.
    pub peak: f64,
    /// Bytes it holds some time after the end of all records, which the sweeping thread freed; meanwhile the store is in
    /// use, a little.
    pub after: f64,
    /// Bytes it holds after `Sweep::Compact`.
    pub compact: f64,
}

/// A clock that is moved.
#[derive(Debug, Default)]
struct Manual(AtomicU64);

impl Clock for Manual {
    fn monotonic(&self) -> Moment {
        Moment::from_nanos(self.0.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Moment {
        self.monotonic()
    }
}

/// Puts records, lets them end at one moment, and looks at what that costs and leaves.
pub fn measure(records: usize) -> Ended {
    let mut ended = Ended { before: resident_bytes() as f64, ..Ended::default() };
    let (memory, clock) = filled(records);
    let began = thread_time();
    for _ in 0..TICKS {
        assert_eq!(swept(&memory, Sweep::Expired), 0);
    }
    ended.idle = (thread_time() - began).as_nanos() as f64 / f64::from(TICKS);

    ended.peak = peak_bytes() as f64;
    let began = (process_time(), Instant::now());
    // A little later than their end: the sweeping thread leaves the present stretch of time to its next round.
    clock.0.fetch_add((TTL + Duration::from_secs(1)).as_nanos() as u64, Ordering::SeqCst);
    while stored(&memory) > 0 {
        sleep(Duration::from_millis(50));
    }
    ended.full = (process_time() - began.0).as_nanos() as f64;
    if began.1.elapsed() > LATER / 2 {
        eprintln!("the sweep alone took {:.0} s: what is held is looked at too soon", began.1.elapsed().as_secs_f64());
    }
    // Allocators give back while they are called, and a store is there to be called.
    while began.1.elapsed() < LATER {
        put(&memory, 0, records);
        sleep(Duration::from_millis(10));
    }
    ended.after = resident_bytes() as f64;
    swept(&memory, Sweep::Compact);
    ended.compact = resident_bytes() as f64;
    ended
}

fn filled(records: usize) -> (Memory, Arc<Manual>) {
    let clock = Arc::new(Manual::default());
    let memory = Memory::builder().clock(clock.clone()).build();
    for item in 0..records {
        put(&memory, item, records);
    }
    (memory, clock)
}

fn put(memory: &Memory, item: usize, records: usize) {
    let item = shuffled(item, records);
    let key = key!["user", (item / 10) as u64, "session", format!("{item:028x}")];
    let put = Put { key, value: vec![7; VALUE].into(), ttl: Ttl::After(TTL), when: When::Always };
    ready(memory.put(&Namespace::default(), &[put])).expect("it is within limits");
}

fn swept(memory: &Memory, what: Sweep) -> u64 {
    ready(memory.sweep(what)).expect("memory can be swept").records
}

fn stored(memory: &Memory) -> u64 {
    ready(memory.info()).expect("memory tells").records.unwrap_or(0)
}

fn peak_bytes() -> u64 {
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("memory never waits"),
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { idle, full, before, peak, after, compact } = self;
        write!(f, "{idle} {full} {before} {peak} {after} {compact}")
    }
}

impl Ended {
    /// The figures that were written as text.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split_whitespace().map_while(|number| number.parse().ok());
        let mut next = || numbers.next();
        Some(Self { idle: next()?, full: next()?, before: next()?, peak: next()?, after: next()?, compact: next()? })
    }
}
