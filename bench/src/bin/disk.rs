//! The disk backend beside redb used directly: the same tables, the same mode, the same records, interleaved.
//!
//! Options: `--quick`, `--records N` (1,000,000), `--puts N` (2,000), `--directory PATH` (the system's temporary one).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use larder::backends::disk::{Disk, Durability};
use larder::{Backend, Clock, Key, Moment, Namespace, Put, Select, Sweep, SystemClock, Ttl, When, key};
use larder_bench::{Random, machine, median, table, thread_time};
use redb::{ConcurrencyMode, Database, ReadOnlyTable, ReadableDatabase, TableDefinition, WriteTransaction};
use tokio::runtime::Runtime;

const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");
const DEADLINES: TableDefinition<'_, &[u8], ()> = TableDefinition::new("deadlines");
const VALUE: usize = 300;
const CACHE: usize = 64 << 20;
const WRITERS: usize = 64;
const BATCH: usize = 1000;

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

/// redb as one would use it for the same: records, and their deadlines in order.
struct Peer(Database);

impl Peer {
    fn open(path: &Path, mode: ConcurrencyMode) -> Self {
        let mut builder = Database::builder();
        Self(builder.set_cache_size(CACHE).set_concurrency_mode(mode).create(path).unwrap())
    }

    fn put(&self, records: &[(Vec<u8>, Vec<u8>)]) {
        let mut transaction: WriteTransaction = self.0.begin_write().unwrap();
        transaction.set_quick_repair(true);
        {
            let mut table = transaction.open_table(RECORDS).unwrap();
            let mut deadlines = transaction.open_table(DEADLINES).unwrap();
            for (key, value) in records {
                let entry = [&value[..8], key].concat();
                table.insert(key.as_slice(), value.as_slice()).unwrap();
                deadlines.insert(entry.as_slice(), ()).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
}

fn key_of(number: usize) -> Key {
    key!["user", number / 10, "session", format!("{:032x}", number as u128 * 0x9e37_79b9_7f4a_7c15)]
}

fn put_of(number: usize) -> Put {
    let value = vec![number as u8; VALUE].into();
    Put { key: key_of(number), value, ttl: Ttl::After(Duration::from_secs(3600)), when: When::Always }
}

fn stored(space: &Namespace, number: usize) -> (Vec<u8>, Vec<u8>) {
    let key = [space.as_bytes(), key_of(number).as_bytes()].concat();
    let deadline = SystemClock.wall().nanos() + 3600 * 1_000_000_000;
    (key, [&deadline.to_be_bytes()[..], &[0; 4], &vec![number as u8; VALUE]].concat())
}

fn percent(times: &[Duration], share: f64) -> f64 {
    let mut times: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e6).collect();
    times.sort_by(f64::total_cmp);
    times[((times.len() - 1) as f64 * share) as usize]
}

struct Asked {
    records: usize,
    puts: usize,
    directory: PathBuf,
}

fn asked() -> Asked {
    let mut asked = Asked { records: 1_000_000, puts: 2000, directory: std::env::temp_dir() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut next = || arguments.next().unwrap_or_else(|| panic!("{argument} wants a value"));
        match argument.as_str() {
            "--quick" => (asked.records, asked.puts) = (20_000, 200),
            "--records" => asked.records = next().parse().expect("a number"),
            "--puts" => asked.puts = next().parse().expect("a number"),
            "--directory" => asked.directory = next().into(),
            other => panic!("{other} is not known"),
        }
    }
    asked
}

fn main() {
    let asked = asked();
    let folder = tempfile::tempdir_in(&asked.directory).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let space = Namespace::default();
    let clock = Arc::new(Ahead::default());
    let (ours, theirs, exclusive) =
        (folder.path().join("ours"), folder.path().join("theirs"), folder.path().join("exclusive"));
    let open = || Disk::builder(&ours).clock(clock.clone()).cache_bytes(CACHE).open();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row =
        |what: &str, ours: String, theirs: String, ratio: String| rows.push(vec![what.into(), ours, theirs, ratio]);

    // Filling: many records in a commit.
    let disk = Arc::new(runtime.block_on(open()).unwrap());
    let peer = Peer::open(&theirs, ConcurrencyMode::SingleWriter);
    let alone = Peer::open(&exclusive, ConcurrencyMode::ExclusiveWriter);
    let (mut our_time, mut their_time) = (Duration::ZERO, Duration::ZERO);
    for start in (0..asked.records).step_by(BATCH) {
        let numbers = start..(start + BATCH).min(asked.records);
        let puts: Vec<_> = numbers.clone().map(put_of).collect();
        let begin = Instant::now();
        runtime.block_on(disk.put(&space, &puts)).unwrap();
        our_time += begin.elapsed();
        let records: Vec<_> = numbers.map(|number| stored(&space, number)).collect();
        let begin = Instant::now();
        peer.put(&records);
        their_time += begin.elapsed();
        alone.put(&records);
    }
    let rate = |time: Duration| asked.records as f64 / time.as_secs_f64();
    let ratio = rate(our_time) / rate(their_time);
    let rates = |rate: f64| format!("{rate:.0} records/s");
    row("put, 1,000 in a batch", rates(rate(our_time)), rates(rate(their_time)), format!("{ratio:.2} ×"));

    puts(&asked, &runtime, &space, &disk, [&peer, &alone], &mut row);
    writers(&asked, &runtime, &space, &disk, &mut row);
    relaxed(&asked, &runtime, &space, folder.path(), &mut row);
    gets(&asked, &runtime, &space, &disk, &peer, &mut row);

    // Opening.
    drop((disk, peer, alone));
    let mut times = [vec![], vec![]];
    for _ in 0..5 {
        let begin = Instant::now();
        let disk = runtime.block_on(open()).unwrap();
        runtime.block_on(disk.get(&space, &[key_of(7)], Select::Values)).unwrap();
        times[0].push(begin.elapsed().as_secs_f64() * 1e3);
        drop(disk);
        let begin = Instant::now();
        let peer = Peer::open(&theirs, ConcurrencyMode::SingleWriter);
        drop(table_of(&peer).get(stored(&space, 7).0.as_slice()).unwrap());
        times[1].push(begin.elapsed().as_secs_f64() * 1e3);
    }
    let [ours, theirs] = times.map(median);
    let millis = |time: f64| format!("{time:.2} ms");
    row("open and get one", millis(ours), millis(theirs), format!("{:.2}", ours / theirs));

    // Room given back.
    let disk = runtime.block_on(open()).unwrap();
    let bytes = |disk: &Disk| runtime.block_on(disk.info()).unwrap().bytes.unwrap_or(0) as f64 / f64::from(1 << 20);
    let full = bytes(&disk);
    clock.0.store(2 * 3600 * 1_000_000_000, Ordering::Relaxed);
    let begin = Instant::now();
    let swept = runtime.block_on(disk.sweep(Sweep::Expired)).unwrap();
    let each = begin.elapsed().as_secs_f64() * 1e6 / swept.records.max(1) as f64;
    row("remove an expired record", format!("{each:.1} µs"), String::new(), String::new());
    let begin = Instant::now();
    runtime.block_on(disk.sweep(Sweep::Compact)).unwrap();
    let (time, left) = (begin.elapsed().as_secs_f64(), bytes(&disk));
    row(
        "size, all expired, compacted",
        format!("{left:.2} MiB of {full:.0} in {time:.2} s"),
        String::new(),
        String::new(),
    );

    println!("\n{}: {} records of {VALUE} bytes, {}\n", machine(), asked.records, file_system(&asked.directory));
    let head = ["", "larder", "redb in the same mode", "ratio"].map(str::to_owned);
    print!("{}", table(&head, &rows));
}

fn table_of(peer: &Peer) -> ReadOnlyTable<&'static [u8], &'static [u8]> {
    peer.0.begin_read().unwrap().open_table(RECORDS).unwrap()
}

type Row<'r> = &'r mut dyn FnMut(&str, String, String, String);

/// One durable put at a time.
fn puts(asked: &Asked, runtime: &Runtime, space: &Namespace, disk: &Disk, peers: [&Peer; 2], row: Row<'_>) {
    let mut random = Random::new(1);
    let mut times = [vec![], vec![], vec![]];
    for _ in 0..asked.puts {
        // Some new, some known, as sessions are.
        let number = random.below(asked.records * 2);
        let put = [put_of(number)];
        let begin = Instant::now();
        runtime.block_on(disk.put(space, &put)).unwrap();
        times[0].push(begin.elapsed());
        let record = [stored(space, number)];
        for (times, peer) in times[1..].iter_mut().zip(peers) {
            let begin = Instant::now();
            peer.put(&record);
            times.push(begin.elapsed());
        }
    }
    let [ours, theirs, exclusive] = times;
    for (name, share) in [("durable put, p50", 0.5), ("durable put, p99", 0.99)] {
        let (our, their) = (percent(&ours, share), percent(&theirs, share));
        row(name, format!("{our:.0} µs"), format!("{their:.0} µs"), format!("{:.2}", our / their));
    }
    let (our, their) = (percent(&ours, 0.5), percent(&exclusive, 0.5));
    row("the same, redb exclusive", format!("{our:.0} µs"), format!("{their:.0} µs"), format!("{:.2}", our / their));
}

/// Many durable writers at once.
fn writers(asked: &Asked, runtime: &Runtime, space: &Namespace, disk: &Arc<Disk>, row: Row<'_>) {
    let mut rates = vec![];
    for writers in [1, WRITERS] {
        let begin = Instant::now();
        let tasks: Vec<_> = (0..writers)
            .map(|writer| {
                let (disk, space, each, records) = (Arc::clone(disk), space.clone(), asked.puts, asked.records);
                runtime.spawn(async move {
                    let mut random = Random::new(writer as u64);
                    for _ in 0..each {
                        disk.put(&space, &[put_of(random.below(records * 2))]).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            runtime.block_on(task).unwrap();
        }
        rates.push((writers * asked.puts) as f64 / begin.elapsed().as_secs_f64());
    }
    let (one, many) = (rates[0], rates[1]);
    let rate = |rate: f64| format!("{rate:.0} puts/s");
    row(
        "durable puts, 64 writers beside one",
        rate(many),
        format!("{} (one writer of ours)", rate(one)),
        format!("{:.1} ×", many / one),
    );
}

/// Puts that may be lost in a power cut within 50 ms.
fn relaxed(asked: &Asked, runtime: &Runtime, space: &Namespace, folder: &Path, row: Row<'_>) {
    let durability = Durability::Relaxed { delay: Duration::from_millis(50) };
    let disk = runtime.block_on(Disk::builder(folder.join("relaxed")).durability(durability).open()).unwrap();
    let mut times = vec![];
    for number in 0..asked.puts * 5 {
        let put = [put_of(number)];
        let begin = Instant::now();
        runtime.block_on(disk.put(space, &put)).unwrap();
        times.push(begin.elapsed());
    }
    row("relaxed put (50 ms), p50", format!("{:.0} µs", percent(&times, 0.5)), String::new(), String::new());
}

/// Point reads on one thread, in CPU time.
fn gets(asked: &Asked, runtime: &Runtime, space: &Namespace, disk: &Disk, peer: &Peer, row: Row<'_>) {
    let count = (asked.puts * 20).min(100_000);
    let mut random = Random::new(2);
    let numbers: Vec<_> = (0..count).map(|_| random.below(asked.records)).collect();
    let keys: Vec<Key> = numbers.iter().map(|number| key_of(*number)).collect();
    let stored: Vec<_> = numbers.iter().map(|number| stored(space, *number).0).collect();
    let kept = table_of(peer);
    let mut times = [vec![], vec![], vec![]];
    for _ in 0..3 {
        let mut measure = |which: usize, get: &mut dyn FnMut(usize)| {
            let begin = thread_time();
            (0..count).for_each(|index| get(index));
            times[which].push((thread_time() - begin).as_secs_f64() * 1e6 / count as f64);
        };
        measure(0, &mut |index| {
            let found = runtime.block_on(disk.get(space, std::slice::from_ref(&keys[index]), Select::Values)).unwrap();
            assert!(found[0].is_some());
        });
        measure(1, &mut |index| {
            let value = table_of(peer).get(stored[index].as_slice()).unwrap();
            assert_eq!(value.unwrap().value().to_vec().len(), 12 + VALUE);
        });
        measure(2, &mut |index| {
            let value = kept.get(stored[index].as_slice()).unwrap();
            assert_eq!(value.unwrap().value().to_vec().len(), 12 + VALUE);
        });
    }
    let [ours, fresh, kept] = times.map(median);
    let micros = |time: f64| format!("{time:.2} µs");
    row("get, beside a transaction each", micros(ours), micros(fresh), format!("{:.2}", ours / fresh));
    row("get, beside a transaction kept", micros(ours), micros(kept), format!("{:.2}", ours / kept));
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
