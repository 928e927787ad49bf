//! Larder's memory backend and its peers, in one run: CPU time an operation, and bytes beyond what was stored.
//!
//! Each candidate lives in a process of its own and is measured in turn, round after round, so that neither heaps nor a
//! machine's moods mix. All keep the same names and values, judge a deadline by the same precise clock on every read,
//! and read every byte of what they got. Names are made ahead and are the callee's to keep; each value comes in a new
//! buffer, made in the time that is measured, which peers keep and Larder copies into its record.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::pin::pin;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::slice;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use dashmap::DashMap;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use larder::backends::memory::Memory;
use larder::{
    Backend, Clock, Cursor, Erased, Key, Namespace, Pattern, Put, Raw, Select, Store, SystemClock, Ttl, When,
};
use larder::{key, pattern};
use larder_bench::{Random, Zipf, machine, median, resident_bytes, shuffled, table, thread_time};

const VALUE: usize = 300;
const A_USER: usize = 10;
const TTL: Duration = Duration::from_secs(1800);

/// How many operations are prepared at a time. What is prepared stays in the cache nearest to the core, as the name in a
/// request just read would.
const CHUNK: usize = 256;

const CANDIDATES: [&str; 5] = ["dashmap", "sharded hashbrown", "moka", "larder", "larder, through Store"];

const ROWS: [Row; 9] = [
    Row { name: "get, uniform", operation: Operation::Get, zipf: false },
    Row { name: "get, zipf", operation: Operation::Get, zipf: true },
    Row { name: "refresh, uniform", operation: Operation::Put, zipf: false },
    Row { name: "refresh, zipf", operation: Operation::Put, zipf: true },
    Row { name: "90 get / 10 refresh, zipf", operation: Operation::Mixed, zipf: true },
    Row { name: "new key", operation: Operation::New, zipf: false },
    Row { name: "delete", operation: Operation::Delete, zipf: false },
    Row { name: "all of 10", operation: Operation::All, zipf: false },
    Row { name: "bytes over payload", operation: Operation::Size, zipf: false },
];

struct Row {
    name: &'static str,
    operation: Operation,
    zipf: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Operation {
    Get,
    Put,
    Mixed,
    New,
    Delete,
    All,
    Size,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, default: usize| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(default)
    };
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let records = number("--records", if quick { 100_000 } else { 1_000_000 });
    if let Some(at) = arguments.iter().position(|argument| argument == "--candidate") {
        return serve(&arguments[at + 1], records);
    }
    measure(records, number("--rounds", if quick { 3 } else { 5 }));
}

/// Runs the candidates in turn and prints the tables.
fn measure(records: usize, rounds: usize) {
    let mut candidates: Vec<Served> = CANDIDATES.iter().map(|name| Served::start(name, records)).collect();
    let mut figures = vec![vec![Vec::new(); candidates.len()]; ROWS.len()];
    for round in 0..rounds {
        for (row, figures) in figures.iter_mut().enumerate() {
            for (candidate, figures) in candidates.iter_mut().zip(figures) {
                figures.push(candidate.ask(row, round));
            }
        }
    }
    println!("{records} records of {VALUE} bytes under names of {} bytes, {A_USER} a user.", name_of(0).len());
    println!(
        "{}; 1 thread, {}.",
        machine(),
        if cfg!(target_env = "gnu") { "glibc's allocator" } else { "the system's allocator" }
    );
    println!("larder is `Memory` itself, its gets by `get_now`; the last column is `Store<Bytes>` with `Raw` over it.");
    println!(
        "CPU nanoseconds an operation, the median of {rounds} rounds in turn; in brackets the ratio to dashmap.\n"
    );
    let head: Vec<String> = [""].iter().chain(&CANDIDATES).map(|name| (*name).to_owned()).collect();
    let mut rows = Vec::new();
    for (row, figures) in ROWS.iter().zip(figures) {
        let medians: Vec<f64> = figures.into_iter().map(median).collect();
        let cell = |value: &f64| format!("{value:.0} ({:.2})", value / medians[0]);
        rows.push([row.name.to_owned()].into_iter().chain(medians.iter().map(cell)).collect());
    }
    println!("{}", table(&head, &rows));
}

/// A candidate in a process of its own.
struct Served {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Served {
    fn start(name: &str, records: usize) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut process = Command::new(program)
            .args(["--candidate", name, "--records", &records.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts again");
        let questions = process.stdin.take().expect("it is piped");
        let answers = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut served = Self { process, questions, answers };
        served.answer();
        served
    }

    fn ask(&mut self, row: usize, round: usize) -> f64 {
        writeln!(self.questions, "{row} {round}").expect("the candidate listens");
        self.answer()
    }

    fn answer(&mut self) -> f64 {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the candidate answers");
        line.trim().parse().expect("the candidate answers a number")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Is a candidate: fills it, then measures the rows that it is asked for.
fn serve(name: &str, records: usize) {
    let before = resident_bytes();
    match name {
        "dashmap" => answer(&Dash(DashMap::with_hasher(RandomState::default())), records, before),
        "sharded hashbrown" => answer(&Sharded::new(), records, before),
        "moka" => answer(&Moka::new(), records, before),
        "larder" => answer(&Direct { memory: Memory::new(), namespace: Namespace::default() }, records, before),
        _ => {
            let store = Store::with_codec(Erased::new(Memory::new()), Raw).with_ttl(Ttl::After(TTL));
            answer(&Through(store), records, before);
        }
    }
}

fn answer<C: Candidate>(candidate: &C, records: usize, before: u64) {
    for item in 0..records {
        let item = shuffled(item, records);
        candidate.put(C::name(item), value());
    }
    let payload = records * (VALUE + name_of(0).len());
    let over = (resident_bytes() - before).saturating_sub(payload as u64) as f64 / records as f64;
    let zipf = Zipf::new(records);
    println!("0");
    for line in stdin().lines() {
        let line = line.expect("questions are text");
        let mut numbers = line.split_whitespace().map(|number| number.parse::<usize>().expect("a number"));
        let (row, round) = (&ROWS[numbers.next().expect("a row")], numbers.next().expect("a round"));
        let figure = if row.operation == Operation::Size { over } else { run(candidate, row, round, records, &zipf) };
        println!("{figure}");
        stdout().flush().expect("somebody asked");
    }
}

/// Measures a row once: CPU nanoseconds an operation.
fn run<C: Candidate>(candidate: &C, row: &Row, round: usize, records: usize, zipf: &Zipf) -> f64 {
    let mut random = Random::new((round as u64) << 8 | row.zipf as u64);
    let operations = match row.operation {
        Operation::All if !C::ORDERED => 2,
        Operation::All => records / 500,
        Operation::New | Operation::Delete => records / 5,
        _ => records / 2,
    };
    let mut spent = Duration::ZERO;
    let mut done = 0;
    while done < operations {
        let chunk = CHUNK.min(operations - done);
        let items: Vec<usize> = (0..chunk)
            .map(|at| match row.operation {
                Operation::New | Operation::Delete => records + shuffled(done + at, operations),
                Operation::All => random.below(records / A_USER),
                _ if row.zipf => zipf.choose(&mut random),
                _ => random.below(records),
            })
            .collect();
        done += chunk;
        if row.operation == Operation::All {
            let users: Vec<_> = items.iter().map(|user| C::user(*user)).collect();
            spent += timed(|| users.iter().for_each(|user| assert_eq!(candidate.all(user), A_USER)));
            continue;
        }
        let names: Vec<_> = items.iter().map(|item| C::name(*item)).collect();
        let is_write = |at: usize| match row.operation {
            Operation::Get | Operation::Delete => false,
            Operation::Mixed => at.is_multiple_of(10),
            _ => true,
        };
        spent += timed(|| {
            for (at, name) in names.into_iter().enumerate() {
                match is_write(at).then(value) {
                    Some(value) => candidate.put(name, value),
                    None if row.operation == Operation::Delete => assert!(candidate.delete(&name)),
                    None => {
                        black_box(candidate.get(&name).expect("it was put"));
                    }
                }
            }
        });
    }
    spent.as_nanos() as f64 / operations as f64
}

fn timed(work: impl FnOnce()) -> Duration {
    let before = thread_time();
    work();
    thread_time() - before
}

/// The key of an item: 54 bytes, and 62 with the namespace ahead of it.
fn key_of(item: usize) -> Key {
    key!["user", (item / A_USER + 1_000_000) as u64, "session", format!("{:028x}", item)]
}

fn sessions_of(user: usize) -> Pattern {
    pattern!["user", (user + 1_000_000) as u64, "session", _]
}

/// What Larder stores for it, as peers are given it.
fn name_of(item: usize) -> Box<[u8]> {
    [Namespace::default().as_bytes(), key_of(item).as_bytes()].concat().into()
}

/// A value as a codec makes it: in a new buffer.
fn value() -> Bytes {
    static ENCODED: [u8; VALUE] = [7; VALUE];
    Bytes::copy_from_slice(&ENCODED)
}

/// Reads every byte.
fn sum(value: &[u8]) -> u64 {
    value.iter().map(|byte| u64::from(*byte)).sum()
}

fn moment() -> u64 {
    SystemClock.monotonic().nanos()
}

fn deadline() -> u64 {
    moment() + TTL.as_nanos() as u64
}

trait Candidate {
    type Name;
    type User;
    const ORDERED: bool;
    fn name(item: usize) -> Self::Name;
    fn user(user: usize) -> Self::User;
    fn put(&self, name: Self::Name, value: Bytes);
    fn get(&self, name: &Self::Name) -> Option<u64>;
    fn delete(&self, name: &Self::Name) -> bool;
    fn all(&self, user: &Self::User) -> usize;
}

/// The names and users of candidates that know no keys and no order.
macro_rules! plain {
    () => {
        type Name = Box<[u8]>;
        type User = Box<[u8]>;
        const ORDERED: bool = false;
        fn name(item: usize) -> Box<[u8]> {
            name_of(item)
        }
        fn user(user: usize) -> Box<[u8]> {
            let first = name_of(user * A_USER);
            first[..first.len() - 31].into()
        }
    };
}

struct Dash(DashMap<Box<[u8]>, (Bytes, u64), RandomState>);

impl Candidate for Dash {
    plain!();

    fn put(&self, name: Box<[u8]>, value: Bytes) {
        // Cheaper than `insert` where the name is there already.
        match self.0.get_mut(&name) {
            Some(mut place) => *place = (value, deadline()),
            None => drop(self.0.insert(name, (value, deadline()))),
        }
    }

    fn get(&self, name: &Box<[u8]>) -> Option<u64> {
        let value = {
            let found = self.0.get(name)?;
            (found.1 > moment()).then(|| found.0.clone())
        };
        value.map(|value| sum(&value))
    }

    fn delete(&self, name: &Box<[u8]>) -> bool {
        self.0.remove(name).is_some()
    }

    fn all(&self, user: &Box<[u8]>) -> usize {
        let now = moment();
        let of_user = self.0.iter().filter(|found| found.key().starts_with(user) && found.1 > now);
        let found: Vec<_> = of_user.map(|found| (found.key().clone(), found.0.clone())).collect();
        black_box(found.iter().map(|(_, value)| sum(value)).sum::<u64>());
        found.len()
    }
}

type Shard = std::sync::RwLock<HashMap<Box<[u8]>, (Bytes, u64), RandomState>>;

struct Sharded(Vec<Shard>, RandomState);

impl Sharded {
    fn new() -> Self {
        let hasher = RandomState::default();
        Self((0..64).map(|_| Shard::new(HashMap::with_hasher(hasher.clone()))).collect(), hasher)
    }

    fn shard(&self, name: &[u8]) -> &Shard {
        use std::hash::BuildHasher;
        &self.0[(self.1.hash_one(name) >> 32) as usize % self.0.len()]
    }
}

impl Candidate for Sharded {
    plain!();

    fn put(&self, name: Box<[u8]>, value: Bytes) {
        let mut shard = self.shard(&name).write().expect("no thread panics");
        match shard.get_mut(&name) {
            Some(place) => *place = (value, deadline()),
            None => drop(shard.insert(name, (value, deadline()))),
        }
    }

    fn get(&self, name: &Box<[u8]>) -> Option<u64> {
        let value = {
            let shard = self.shard(name).read().expect("no thread panics");
            let (value, deadline) = shard.get(name)?;
            (*deadline > moment()).then(|| value.clone())
        };
        value.map(|value| sum(&value))
    }

    fn delete(&self, name: &Box<[u8]>) -> bool {
        self.shard(name).write().expect("no thread panics").remove(name).is_some()
    }

    fn all(&self, user: &Box<[u8]>) -> usize {
        let now = moment();
        let mut found = Vec::new();
        for shard in &self.0 {
            let shard = shard.read().expect("no thread panics");
            let of_user = shard.iter().filter(|(name, (_, deadline))| name.starts_with(user) && *deadline > now);
            found.extend(of_user.map(|(name, (value, _))| (name.clone(), value.clone())));
        }
        black_box(found.iter().map(|(_, value)| sum(value)).sum::<u64>());
        found.len()
    }
}

struct Moka(moka::sync::Cache<Box<[u8]>, Bytes, RandomState>);

/// A ttl for each entry, as Larder has.
struct OwnTtl;

impl moka::Expiry<Box<[u8]>, Bytes> for OwnTtl {
    fn expire_after_create(&self, _: &Box<[u8]>, _: &Bytes, _: Instant) -> Option<Duration> {
        Some(TTL)
    }

    fn expire_after_update(&self, _: &Box<[u8]>, _: &Bytes, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(TTL)
    }
}

impl Moka {
    fn new() -> Self {
        Self(moka::sync::Cache::builder().expire_after(OwnTtl).build_with_hasher(RandomState::default()))
    }
}

impl Candidate for Moka {
    plain!();

    fn put(&self, name: Box<[u8]>, value: Bytes) {
        self.0.insert(name, value);
    }

    fn get(&self, name: &Box<[u8]>) -> Option<u64> {
        self.0.get(name).map(|value| sum(&value))
    }

    fn delete(&self, name: &Box<[u8]>) -> bool {
        self.0.remove(name).is_some()
    }

    fn all(&self, user: &Box<[u8]>) -> usize {
        let of_user = self.0.iter().filter(|(name, _)| name.starts_with(user));
        let found: Vec<_> = of_user.collect();
        black_box(found.iter().map(|(_, value)| sum(value)).sum::<u64>());
        found.len()
    }
}

/// The names and users of Larder's candidates.
macro_rules! keyed {
    () => {
        type Name = Key;
        type User = Pattern;
        const ORDERED: bool = true;
        fn name(item: usize) -> Key {
            key_of(item)
        }
        fn user(user: usize) -> Pattern {
            sessions_of(user)
        }
    };
}

struct Direct {
    memory: Memory,
    namespace: Namespace,
}

impl Candidate for Direct {
    keyed!();

    fn put(&self, key: Key, value: Bytes) {
        let put = Put { key, value, ttl: Ttl::After(TTL), when: When::Always };
        let answers = ready(self.memory.put(&self.namespace, slice::from_ref(&put))).expect("it is within limits");
        assert!(matches!(answers[..], [Ok(true)]));
    }

    fn get(&self, key: &Key) -> Option<u64> {
        self.memory.get_now(&self.namespace, key).map(|value| sum(&value))
    }

    fn delete(&self, key: &Key) -> bool {
        ready(self.memory.delete(&self.namespace, slice::from_ref(key))).expect("it is within limits")[0]
    }

    fn all(&self, user: &Pattern) -> usize {
        let page = ready(self.memory.scan(&self.namespace, user, Select::Values, &Cursor::START, 512));
        let found = page.expect("it is within limits").records;
        black_box(found.iter().map(|record| sum(&record.found.value)).sum::<u64>());
        found.len()
    }
}

struct Through(Store<Bytes>);

impl Candidate for Through {
    keyed!();

    fn put(&self, key: Key, value: Bytes) {
        ready(self.0.put(key, &value)).expect("it is within limits");
    }

    fn get(&self, key: &Key) -> Option<u64> {
        ready(self.0.get(key)).expect("it is within limits").map(|value| sum(&value))
    }

    fn delete(&self, key: &Key) -> bool {
        ready(self.0.delete(key)).expect("it is within limits")
    }

    fn all(&self, user: &Pattern) -> usize {
        let found = ready(self.0.all(user)).expect("it is within limits").records;
        black_box(found.iter().map(|(_, value)| sum(value)).sum::<u64>());
        found.len()
    }
}

/// The answer of a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("memory never waits"),
    }
}
