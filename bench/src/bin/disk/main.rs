//! The disk backend beside redb used directly, in the same mode and in its own, and beside SQLite: the same records, in
//! turn.
//!
//! Options: `--quick`, `--records N` (1,000,000), `--puts N` (2,000), `--directory PATH` (the system's temporary one).

mod peers;
mod writers;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use larder::backends::disk::{Disk, Durability};
use larder::{Backend, Clock, Key, Moment, Namespace, Put, Select, Sweep, SystemClock, Ttl, When, key};
use larder_bench::{Figures, Random, Unit, allocator, date, machine, report, thread_time, version_of};
use redb::ConcurrencyMode::{ExclusiveWriter, SingleWriter};
use tokio::runtime::Runtime;

use peers::{CACHE, Peer, Record, Redb, Sqlite};
use writers::Crowd;

const VALUE: usize = 300;
const BATCH: usize = 1000;
const ROUNDS: usize = 5;
const HOUR: u64 = 3600 * 1_000_000_000;

/// The system's clock, until it is told to run ahead.
#[derive(Debug, Default)]
struct Ahead(AtomicU64);

impl Clock for Ahead {
    fn monotonic(&self) -> Moment {
        Moment::from_nanos(SystemClock.monotonic().nanos() + self.0.load(Ordering::Relaxed))
    }
    fn wall(&self) -> Moment {
        Moment::from_nanos(SystemClock.wall().nanos() + self.0.load(Ordering::Relaxed))
    }
}

type Shared<P> = Arc<Mutex<P>>;

fn shared<P: Peer>(peer: P) -> Shared<P> {
    Arc::new(Mutex::new(peer))
}

/// All who are measured.
struct All {
    runtime: Runtime,
    clock: Arc<Ahead>,
    disk: Arc<Disk>,
    space: Namespace,
    redb: Shared<Redb>,
    exclusive: Shared<Redb>,
    sqlite: Shared<Sqlite>,
}

impl All {
    fn open(folder: &Path, clock: &Arc<Ahead>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let disk = runtime.block_on(open_ours(folder, clock));
        let redb = |name: &str, mode| shared(Redb::open(&folder.join(name), mode));
        Self {
            disk: Arc::new(disk),
            space: Namespace::default(),
            redb: redb("redb", SingleWriter),
            exclusive: redb("redb-exclusive", ExclusiveWriter),
            sqlite: shared(Sqlite::open(&folder.join("sqlite"))),
            clock: Arc::clone(clock),
            runtime,
        }
    }

    fn peers(&self) -> [(&'static str, Shared<dyn Peer>); 3] {
        [("redb", self.redb.clone()), ("redb exclusive", self.exclusive.clone()), ("SQLite", self.sqlite.clone())]
    }

    fn put(&self, puts: &[Put]) {
        let written = self.runtime.block_on(self.disk.put(&self.space, puts)).unwrap();
        assert!(written.iter().all(Result::is_ok));
    }
}

async fn open_ours(folder: &Path, clock: &Arc<Ahead>) -> Disk {
    Disk::builder(folder.join("larder")).clock(clock.clone()).cache_bytes(CACHE).open().await.unwrap()
}

fn key_of(number: usize) -> Key {
    key!["user", number / 10, "session", format!("{:032x}", number as u128 * 0x9e37_79b9_7f4a_7c15)]
}

fn put_of(number: usize) -> Put {
    let value = vec![number as u8; VALUE].into();
    Put { key: key_of(number), value, ttl: Ttl::After(Duration::from_nanos(HOUR)), when: When::Always }
}

fn stored_key(number: usize) -> Vec<u8> {
    [Namespace::default().as_bytes(), key_of(number).as_bytes()].concat()
}

fn record_of(number: usize) -> Record {
    let deadline = SystemClock.wall().nanos() + HOUR;
    Record { key: stored_key(number), deadline, value: vec![number as u8; VALUE] }
}

struct Asked {
    records: usize,
    puts: usize,
    directory: PathBuf,
    quick: bool,
}

fn asked() -> Asked {
    let mut asked = Asked { records: 1_000_000, puts: 2000, directory: std::env::temp_dir(), quick: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut next = || arguments.next().unwrap_or_else(|| panic!("{argument} wants a value"));
        match argument.as_str() {
            "--quick" => (asked.records, asked.puts, asked.quick) = (20_000, 200, true),
            "--records" => asked.records = next().parse().expect("a number"),
            "--puts" => asked.puts = next().parse().expect("a number"),
            "--directory" => asked.directory = next().into(),
            other => panic!("{other} is not known"),
        }
    }
    asked
}

fn main() -> std::io::Result<()> {
    let asked = asked();
    let folder = tempfile::tempdir_in(&asked.directory)?;
    let mut figures = Figures::default();
    figures.fact("machine", machine());
    figures.fact("allocator", allocator());
    figures.fact("date", date());
    figures.fact("records", asked.records);
    figures.fact("value bytes", VALUE);
    figures.fact("key bytes", stored_key(0).len());
    figures.fact("cache", CACHE >> 20);
    figures.fact("file system", file_system(&asked.directory));
    figures.fact("redb", version_of("redb"));
    figures.fact("SQLite", rusqlite::version());

    let began = Instant::now();
    let tell = |what: &str| eprintln!("{:>4.0} s: {what}", began.elapsed().as_secs_f64());
    let clock = Arc::new(Ahead::default());
    let all = All::open(folder.path(), &clock);
    tell("filling");
    fill(&all, &asked, &mut figures);
    tell("one put at a time");
    puts(&all, &asked, &mut figures);
    tell("one writer and 64");
    writers(&all, &asked, &mut figures);
    relaxed(&all.runtime, folder.path(), &asked, &mut figures);
    tell("gets");
    gets(&all, &asked, &mut figures);
    drop(all);
    tell("opening");
    openings(folder.path(), &clock, &mut figures);
    tell("expiry and compaction");
    expiry(&All::open(folder.path(), &clock), &mut figures);
    tell("done");

    let saved = figures.save("disk", asked.quick)?;
    println!("{}", report::disk::tables(&figures));
    eprintln!("Saved as {}.", saved.display());
    Ok(())
}

/// All records, many in a commit.
fn fill(all: &All, asked: &Asked, figures: &mut Figures) {
    let peers = all.peers();
    let mut times = [Duration::ZERO; 4];
    for start in (0..asked.records).step_by(BATCH) {
        let numbers = start..(start + BATCH).min(asked.records);
        let puts: Vec<_> = numbers.clone().map(put_of).collect();
        times[0] += timed(|| all.put(&puts));
        let records: Vec<_> = numbers.map(record_of).collect();
        for (time, (_, peer)) in times[1..].iter_mut().zip(&peers) {
            *time += timed(|| peer.lock().unwrap().put(&records));
        }
    }
    let names = ["larder"].into_iter().chain(peers.iter().map(|(name, _)| *name));
    for (name, time) in names.zip(times) {
        let rate = asked.records as f64 / time.as_secs_f64();
        figures.add("", "records put, 1,000 in a commit", name, Unit::PerSecond, vec![rate]);
    }
}

/// One durable put at a time.
fn puts(all: &All, asked: &Asked, figures: &mut Figures) {
    let peers = all.peers();
    let mut random = Random::new(1);
    let mut times = vec![Vec::new(); 1 + peers.len()];
    for _ in 0..asked.puts {
        // Some new, some known, as sessions are.
        let number = random.below(asked.records * 2);
        let (put, record) = ([put_of(number)], [record_of(number)]);
        times[0].push(timed(|| all.put(&put)));
        for (times, (_, peer)) in times[1..].iter_mut().zip(&peers) {
            times.push(timed(|| peer.lock().unwrap().put(&record)));
        }
    }
    for (row, share) in [("durable put, p50", 0.5), ("durable put, p99", 0.99)] {
        let names = ["larder"].into_iter().chain(peers.iter().map(|(name, _)| *name));
        for (name, times) in names.zip(&times) {
            figures.add("", row, name, Unit::Nanos, vec![percentile(times, share)]);
        }
    }
}

/// Durable writers, alone and in a crowd.
fn writers(all: &All, asked: &Asked, figures: &mut Figures) {
    for (row, writers) in [("durable puts, 1 writer", 1), ("durable puts, 64 writers", 64)] {
        let crowd = Crowd { writers, each: asked.puts / 2, records: asked.records };
        let mut rates = [vec![], vec![], vec![], vec![]];
        for _ in 0..3 {
            rates[0].push(crowd.to_larder(&all.runtime, &all.disk));
            rates[1].push(crowd.to_peer(&all.runtime, &all.redb));
            rates[2].push(crowd.to_peer(&all.runtime, &all.exclusive));
            rates[3].push(crowd.to_peer(&all.runtime, &all.sqlite));
        }
        for (name, rates) in ["larder", "redb", "redb exclusive", "SQLite"].into_iter().zip(rates) {
            figures.add("", row, name, Unit::PerSecond, rates);
        }
    }
}

/// Puts that may be lost in a power cut within 50 ms.
fn relaxed(runtime: &Runtime, folder: &Path, asked: &Asked, figures: &mut Figures) {
    let durability = Durability::Relaxed { delay: Duration::from_millis(50) };
    let disk = runtime.block_on(Disk::builder(folder.join("relaxed")).durability(durability).open()).unwrap();
    let space = Namespace::default();
    let put = |number| {
        let put = [put_of(number)];
        timed(|| drop(runtime.block_on(disk.put(&space, &put)).unwrap()))
    };
    let times: Vec<_> = (0..asked.puts * 5).map(put).collect();
    figures.add("", "relaxed put (at most 50 ms unsynced), p50", "larder", Unit::Nanos, vec![percentile(&times, 0.5)]);
}

/// Point reads on one thread, in CPU time.
fn gets(all: &All, asked: &Asked, figures: &mut Figures) {
    let count = (asked.puts * 20).min(100_000);
    let mut random = Random::new(2);
    let numbers: Vec<_> = (0..count).map(|_| random.below(asked.records)).collect();
    let keys: Vec<Key> = numbers.iter().map(|number| key_of(*number)).collect();
    let stored: Vec<Vec<u8>> = numbers.iter().map(|number| stored_key(*number)).collect();
    let measure = |get: &mut dyn FnMut(usize) -> usize| {
        let before = thread_time();
        (0..count).for_each(|index| assert_eq!(get(index), VALUE));
        (thread_time() - before).as_nanos() as f64 / count as f64
    };
    let (alone, kept) = ("get", "get, in one transaction");
    let mut rounds: Vec<(&str, &str, Vec<f64>)> = vec![(alone, "larder", vec![])];
    rounds.extend(all.peers().map(|(name, _)| (alone, name, vec![])));
    rounds.extend([(kept, "larder", vec![]), (kept, "redb", vec![]), (kept, "redb exclusive", vec![])]);
    rounds.push((kept, "SQLite", vec![]));
    for _ in 0..ROUNDS {
        let mut times = vec![measure(&mut |index| {
            let keys = std::slice::from_ref(&keys[index]);
            let found = all.disk.get(&all.space, keys, Select::Values);
            all.runtime.block_on(found).unwrap()[0].as_ref().expect("it was put").value.len()
        })];
        for (_, peer) in all.peers() {
            let mut peer = peer.lock().unwrap();
            times.push(measure(&mut |index| peer.get(&stored[index]).expect("it was put").len()));
        }
        times.push(times[0]);
        for redb in [&all.redb, &all.exclusive] {
            let records = redb.lock().unwrap().records();
            times.push(measure(&mut |index| Redb::get_in(&records, &stored[index]).expect("it was put").len()));
        }
        let mut sqlite = all.sqlite.lock().unwrap();
        sqlite.run("BEGIN");
        times.push(measure(&mut |index| sqlite.get(&stored[index]).expect("it was put").len()));
        sqlite.run("COMMIT");
        rounds.iter_mut().zip(times).for_each(|((_, _, rounds), time)| rounds.push(time));
    }
    for (row, name, rounds) in rounds {
        figures.add("", row, name, Unit::Nanos, rounds);
    }
}

/// From a closed file to the first value.
fn openings(folder: &Path, clock: &Arc<Ahead>, figures: &mut Figures) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let key = stored_key(7);
    let mut times = [vec![], vec![], vec![], vec![]];
    let nanos = |work: &mut dyn FnMut()| timed(work).as_nanos() as f64;
    for _ in 0..ROUNDS {
        let mut open = None; // So that closing is not measured.
        times[0].push(nanos(&mut || {
            let disk = runtime.block_on(open_ours(folder, clock));
            let found = runtime.block_on(disk.get(&Namespace::default(), &[key_of(7)], Select::Values)).unwrap();
            assert!(found[0].is_some());
            open = Some(disk);
        }));
        drop(open);
        for (times, (name, mode)) in
            times[1..].iter_mut().zip([("redb", SingleWriter), ("redb-exclusive", ExclusiveWriter)])
        {
            let mut open = None;
            times.push(nanos(&mut || {
                let mut redb = Redb::open(&folder.join(name), mode);
                assert!(redb.get(&key).is_some());
                open = Some(redb);
            }));
        }
        let mut open = None;
        times[3].push(nanos(&mut || {
            let mut sqlite = Sqlite::open(&folder.join("sqlite"));
            assert!(sqlite.get(&key).is_some());
            open = Some(sqlite);
        }));
    }
    for (name, times) in ["larder", "redb", "redb exclusive", "SQLite"].into_iter().zip(times) {
        figures.add("", "open and get one", name, Unit::Nanos, times);
    }
}

/// The end of all records, and the room they leave.
fn expiry(all: &All, figures: &mut Figures) {
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let bytes = || all.runtime.block_on(all.disk.info()).unwrap().bytes.unwrap_or(0);
    let mut add = |name: &str, full: u64, swept: (u64, Duration), compacted: Duration, left: u64| {
        assert!(swept.0 > 0, "all had expired");
        let each = swept.1.as_nanos() as f64 / swept.0 as f64;
        figures.add("", "an expired record removed", name, Unit::Nanos, vec![each]);
        figures.add("", "size, all stored", name, Unit::Mebibytes, vec![mebibytes(full)]);
        figures.add("", "compaction, all expired", name, Unit::Nanos, vec![compacted.as_nanos() as f64]);
        figures.add("", "size, all expired and compacted", name, Unit::Mebibytes, vec![mebibytes(left)]);
    };
    let full = bytes();
    all.clock.0.store(2 * HOUR, Ordering::Relaxed);
    let mut records = 0;
    let sweep = |what| all.runtime.block_on(all.disk.sweep(what)).unwrap();
    let swept = timed(|| records = sweep(Sweep::Expired).records);
    let compacted = timed(|| _ = sweep(Sweep::Compact));
    add("larder", full, (records, swept), compacted, bytes());
    for (name, peer) in all.peers() {
        let mut peer = peer.lock().unwrap();
        let full = peer.bytes();
        let mut records = 0;
        let swept = timed(|| records = peer.expire(all.clock.wall().nanos()));
        let compacted = timed(|| peer.compact());
        add(name, full, (records, swept), compacted, peer.bytes());
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let begin = Instant::now();
    work();
    begin.elapsed()
}

/// The nanoseconds that a share of all times does not exceed.
fn percentile(times: &[Duration], share: f64) -> f64 {
    let mut times: Vec<f64> = times.iter().map(|time| time.as_nanos() as f64).collect();
    times.sort_by(f64::total_cmp);
    times[((times.len() - 1) as f64 * share) as usize]
}

/// On what the files lay: what a sync costs depends on it more than on anything else.
fn file_system(directory: &Path) -> String {
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let path = directory.canonicalize().unwrap_or_default();
    let best = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (place, kind) = (words.next()?, words.next()?);
        path.starts_with(place).then_some((place.len(), kind))
    });
    best.max().map_or("an unknown file system".to_owned(), |(_, kind)| kind.to_owned())
}
