//! What memory promises beyond the contract.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::entry::Entry;
use super::index::Move;
use super::*;
use crate::backend::When;
use crate::clock::Moment;
use crate::record::Version;
use crate::term::Term;
use crate::{key, pattern};

#[derive(Debug, Default)]
struct Manual(AtomicU64);

impl Manual {
    fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_nanos() as u64, Ordering::SeqCst);
    }
}

impl Clock for Manual {
    fn monotonic(&self) -> Moment {
        Moment::from_nanos(self.0.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Moment {
        self.monotonic()
    }
}

/// A store on a clock of ours, whose thread will not come by.
fn store(build: impl FnOnce(Builder) -> Builder) -> (Memory, Arc<Manual>) {
    let clock = Arc::new(Manual::default());
    let mut builder = Memory::builder().clock(clock.clone());
    builder.period = Duration::from_secs(3600);
    (build(builder).build(), clock)
}

/// Every future here is ready at once.
fn now<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match std::pin::pin!(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(answer) => answer,
        std::task::Poll::Pending => panic!("memory never waits"),
    }
}

const fn seconds(n: u64) -> Ttl {
    Ttl::After(Duration::from_secs(n))
}

fn put(memory: &Memory, key: Key, value: &[u8], ttl: Ttl) -> Result<bool> {
    let put = Put { key, value: Bytes::copy_from_slice(value), ttl, when: When::Always };
    now(memory.put(&Namespace::default(), &[put]))?.remove(0)
}

fn get(memory: &Memory, key: Key) -> Option<Bytes> {
    now(memory.get(&Namespace::default(), &[key], Select::Values)).unwrap().remove(0).map(|found| found.value)
}

fn delete(memory: &Memory, key: Key) -> bool {
    now(memory.delete(&Namespace::default(), &[key])).unwrap().remove(0)
}

fn list(memory: &Memory, pattern: &Pattern) -> Vec<(Key, Bytes)> {
    let (mut found, mut cursor) = (Vec::new(), Some(Cursor::START));
    while let Some(at) = cursor {
        let page = now(memory.scan(&Namespace::default(), pattern, Select::Values, &at, 7)).unwrap();
        found.extend(page.records.into_iter().map(|record| (record.key, record.found.value)));
        cursor = page.next;
    }
    found
}

fn stored(memory: &Memory) -> u64 {
    now(memory.info()).unwrap().records.unwrap()
}

fn sweep(memory: &Memory, what: Sweep) -> Swept {
    now(memory.sweep(what)).unwrap()
}

/// Every shard's entries are the index's, the same handles, and the account is right.
fn assert_agreement(memory: &Memory) {
    let mut in_shards: Vec<Entry> = memory.records.entries();
    let mut in_index = Vec::new();
    memory.records.index.walk(Name::new(&Namespace::default(), &[]), false, |entry| {
        in_index.push(entry.clone());
        Move::Next
    });
    let bytes = |entry: &Entry| {
        let mut bytes = Vec::new();
        entry.read_name(&mut bytes);
        bytes
    };
    in_shards.sort_by_key(bytes);
    assert_eq!(in_shards.len(), in_index.len());
    assert!(in_shards.iter().zip(&in_index).all(|(one, other)| one.same(other)));
    assert_eq!(in_shards.iter().map(Entry::charge).sum::<u64>(), memory.records.room.used());
}

#[test]
fn a_ttl_ends_at_its_very_moment() {
    let (memory, clock) = store(|builder| builder);
    let ttl = Ttl::After(Duration::from_millis(5));
    put(&memory, key!["k"], b"v", ttl).unwrap();
    clock.advance(Duration::from_nanos(4_999_999));
    assert!(get(&memory, key!["k"]).is_some());
    assert_eq!(list(&memory, &pattern![..]).len(), 1);
    clock.advance(Duration::from_nanos(1));
    assert!(get(&memory, key!["k"]).is_none());
    assert!(list(&memory, &pattern![..]).is_empty());
    assert!(memory.get_now(&Namespace::default(), &key!["k"]).is_none());
    assert!(!now(memory.touch(&Namespace::default(), &[key!["k"]], ttl)).unwrap()[0]);
    assert!(!delete(&memory, key!["k"]));
}

#[test]
fn values_of_every_size_come_back_as_they_were_and_leave_nothing_behind() {
    let (memory, _) = store(|builder| builder);
    let sizes = [0, 1, 7, 8, 9, 300, 301, 290, 5, 2047, 2048, 2049, 100_000, 2048, 100_001, 0];
    let value = |size: usize| (0..size).map(|at| at as u8).collect::<Vec<_>>();
    for size in sizes {
        for key in 0..70 {
            put(&memory, key![key], &value(size), seconds(1)).unwrap();
        }
        assert!((0..70).all(|key| get(&memory, key![key]).unwrap() == value(size)), "{size}");
        assert!(list(&memory, &pattern![_]).iter().all(|(_, found)| *found == value(size)), "{size}");
        assert_agreement(&memory);
    }
    assert!((0..70).all(|key| delete(&memory, key![key])));
    assert_eq!((memory.records.room.used(), memory.records.apart()), (0, 0));
    assert_agreement(&memory);
}

#[test]
fn a_large_value_is_shared_with_readers_and_not_with_the_writer() {
    let (memory, _) = store(|builder| builder);
    let written = Bytes::from(vec![7; 1 << 20]);
    let put = Put { key: key!["k"], value: written.slice(..5000), ttl: seconds(1), when: When::Always };
    now(memory.put(&Namespace::default(), &[put])).unwrap();
    let (one, other) = (get(&memory, key!["k"]).unwrap(), get(&memory, key!["k"]).unwrap());
    assert_eq!(one.as_ptr(), other.as_ptr());
    assert_ne!(one.as_ptr(), written.as_ptr());
}

#[test]
fn a_version_is_judged_of_small_and_of_large_values() {
    let (memory, _) = store(|builder| builder);
    for size in [0, 10, 5000] {
        let value = vec![3; size];
        put(&memory, key!["k"], &value, seconds(1)).unwrap();
        let swap = |version| {
            let when = When::Unchanged(version);
            let put = Put { key: key!["k"], value: Bytes::from_static(b"new"), ttl: seconds(1), when };
            now(memory.put(&Namespace::default(), &[put])).unwrap().remove(0).unwrap()
        };
        assert!(!swap(Version::of(b"other")));
        assert!(swap(Version::of(&value)));
        assert_eq!(get(&memory, key!["k"]).unwrap(), "new");
    }
}

#[test]
fn writes_free_what_has_expired_a_little_each() {
    let (memory, clock) = store(|builder| builder);
    for key in 0..2000 {
        put(&memory, key!["old", key], b"v", seconds(1)).unwrap();
    }
    clock.advance(Duration::from_secs(2));
    let mut before = stored(&memory);
    assert_eq!(before, 2000);
    for key in 0..4000 {
        put(&memory, key!["new", key], b"v", seconds(60)).unwrap();
        let after = stored(&memory);
        assert!(after + 1 >= before, "one write freed more than {} records", records::EACH_WRITE);
        before = after;
    }
    assert_eq!(before, 4000);
    assert_agreement(&memory);
}

#[test]
fn an_idle_store_is_freed_by_its_thread() {
    let clock = Arc::new(Manual::default());
    let mut builder = Memory::builder().clock(clock.clone());
    builder.period = Duration::from_millis(1);
    let memory = builder.build();
    for key in 0..1000 {
        put(&memory, key![key], b"v", seconds(1)).unwrap();
    }
    clock.advance(Duration::from_secs(2));
    let begun = std::time::Instant::now();
    while stored(&memory) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the thread freed nothing");
        thread::yield_now();
    }
}

#[test]
fn the_thread_does_not_keep_its_store() {
    // It sleeps for an hour.
    let (memory, _) = store(|builder| builder);
    put(&memory, key!["k"], b"v", seconds(1)).unwrap();
    assert!(!memory.records.is_unswept());
    let records = Arc::downgrade(&memory.records);
    drop(memory);
    assert!(records.upgrade().is_none());
}

#[test]
fn a_sweep_removes_all_that_has_expired_and_nothing_else() {
    let (memory, clock) = store(|builder| builder);
    // All within one stretch of time that timers cannot tell apart.
    for millis in 1..=100 {
        put(&memory, key![millis], b"v", Ttl::After(Duration::from_millis(millis))).unwrap();
    }
    put(&memory, key!["never"], b"v", Ttl::Never).unwrap();
    put(&memory, key!["late"], b"v", Ttl::After(Ttl::MAX)).unwrap();
    clock.advance(Duration::from_millis(40));
    assert_eq!(sweep(&memory, Sweep::Expired).records, 40);
    assert_eq!(sweep(&memory, Sweep::Expired).records, 0);
    clock.advance(Duration::from_millis(60));
    assert_eq!(sweep(&memory, Sweep::Expired).records, 60);
    assert_eq!(stored(&memory), 2);
    clock.advance(Ttl::MAX);
    assert_eq!(sweep(&memory, Sweep::Compact).records, 1);
    assert_eq!(list(&memory, &pattern![..]), [(key!["never"], Bytes::from_static(b"v"))]);
    assert_agreement(&memory);
}

#[test]
fn a_refresh_outlives_the_timer_it_had() {
    let (memory, clock) = store(|builder| builder);
    put(&memory, key!["put"], b"v", seconds(1)).unwrap();
    put(&memory, key!["touched"], b"v", seconds(1)).unwrap();
    put(&memory, key!["grown"], b"v", seconds(1)).unwrap();
    put(&memory, key!["put"], b"w", seconds(10)).unwrap();
    put(&memory, key!["grown"], &[0; 500], seconds(10)).unwrap();
    assert!(now(memory.touch(&Namespace::default(), &[key!["touched"]], seconds(10))).unwrap()[0]);
    clock.advance(Duration::from_secs(5));
    assert_eq!(sweep(&memory, Sweep::Expired).records, 0);
    clock.advance(Duration::from_secs(5));
    assert_eq!(sweep(&memory, Sweep::Expired).records, 3);
}

#[test]
fn a_shorter_ttl_is_freed_in_its_own_time() {
    let (memory, clock) = store(|builder| builder);
    for key in ["put", "touched", "grown"] {
        put(&memory, key![key], b"v", Ttl::Never).unwrap();
    }
    put(&memory, key!["put"], b"w", seconds(1)).unwrap();
    put(&memory, key!["grown"], &[0; 500], seconds(1)).unwrap();
    assert!(now(memory.touch(&Namespace::default(), &[key!["touched"]], seconds(1))).unwrap()[0]);
    clock.advance(Duration::from_secs(1));
    assert_eq!(sweep(&memory, Sweep::Expired).records, 3);
}

#[test]
fn timers_of_what_was_deleted_or_refreshed_do_not_pile_up() {
    let (memory, _) = store(|builder| builder);
    let month = seconds(30 * 86_400);
    for _ in 0..5000 {
        put(&memory, key!["k"], b"v", month).unwrap();
        assert!(delete(&memory, key!["k"]));
    }
    assert!(memory.records.timers() <= 130, "{} timers of nothing", memory.records.timers());
    for round in 0..5000 {
        put(&memory, key!["k"], b"v", seconds(100_000 - round)).unwrap();
        now(memory.touch(&Namespace::default(), &[key!["k"]], month)).unwrap();
    }
    assert!(memory.records.timers() <= 132, "{} timers of one record", memory.records.timers());
}

#[test]
fn a_read_or_a_refresh_does_not_touch_the_index() {
    let (memory, _) = store(|builder| builder);
    put(&memory, key!["k"], b"value", seconds(1)).unwrap();
    let (done, waits) = std::sync::mpsc::channel();
    memory.records.index.locked(|| {
        let memory = memory.clone();
        thread::spawn(move || {
            put(&memory, key!["k"], b"other", seconds(2)).unwrap();
            now(memory.touch(&Namespace::default(), &[key!["k"]], seconds(3))).unwrap();
            done.send(get(&memory, key!["k"]))
        });
        assert_eq!(waits.recv_timeout(Duration::from_secs(20)).unwrap().unwrap(), "other");
    });
}

#[test]
fn a_full_store_refuses_and_still_reads_and_deletes() {
    let charge = Entry::charge_of(&Name::new(&Namespace::default(), key![0].as_bytes()), &[0; 100]);
    let (memory, clock) = store(|builder| builder.max_bytes(3 * charge));
    let batch: Vec<Put> = (0..5)
        .map(|key| Put { key: key![key], value: vec![0; 100].into(), ttl: seconds(10), when: When::Always })
        .collect();
    let answers = now(memory.put(&Namespace::default(), &batch)).unwrap();
    assert!(answers[..3].iter().all(|answer| *answer.as_ref().unwrap()));
    assert!(answers[3..].iter().all(|answer| answer.as_ref().unwrap_err().kind() == ErrorKind::Full));
    assert!(get(&memory, key![2]).is_some());
    // In place of what is there: nothing more is needed.
    assert!(put(&memory, key![0], &[1; 100], seconds(10)).unwrap());
    assert_eq!(put(&memory, key![0], &[1; 200], seconds(10)).unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(get(&memory, key![0]).unwrap().len(), 100);
    assert!(delete(&memory, key![1]));
    assert!(put(&memory, key![4], &[0; 100], seconds(20)).unwrap());
    assert_eq!(put(&memory, key![5], &[0; 100], seconds(20)).unwrap_err().kind(), ErrorKind::Full);
    // What has expired is absent, so it is not in the way.
    clock.advance(Duration::from_secs(10));
    assert!(put(&memory, key![5], &[0; 100], seconds(20)).unwrap());
    assert_eq!(now(memory.info()).unwrap().max_bytes, Some(3 * charge));
    assert_agreement(&memory);
}

#[test]
fn who_ends_soonest_is_evicted_first_and_who_never_ends_stays() {
    let charge = Entry::charge_of(&Name::new(&Namespace::default(), key![10].as_bytes()), b"v");
    let (memory, _) = store(|builder| builder.max_bytes(10 * charge).when_full(WhenFull::EvictSoonest));
    put(&memory, key![10], b"v", Ttl::Never).unwrap();
    let mut order = [60, 20, 90, 40, 30, 80, 50, 70, 100];
    for ttl in order {
        put(&memory, key![ttl + 1000], b"v", seconds(ttl)).unwrap();
    }
    // The soonest is refreshed, and is the last one then.
    put(&memory, key![20 + 1000], b"v", seconds(200)).unwrap();
    order.sort_unstable();
    for (at, ttl) in order[1..].iter().enumerate() {
        put(&memory, key![at as u64 + 2000], b"v", seconds(500)).unwrap();
        assert!(get(&memory, key![ttl + 1000]).is_none(), "{ttl}");
        assert!(order[at + 2..].iter().all(|later| get(&memory, key![later + 1000]).is_some()));
    }
    assert!(get(&memory, key![20 + 1000]).is_some() && get(&memory, key![10]).is_some());
    for at in 0..9 {
        put(&memory, key![at + 3000], b"v", Ttl::Never).unwrap();
    }
    assert_eq!(put(&memory, key![5000], b"v", seconds(1)).unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(stored(&memory), 10);
    assert_agreement(&memory);
}

#[test]
fn a_record_too_large_for_the_whole_store_evicts_nobody() {
    let (memory, _) = store(|builder| builder.max_bytes(1000).when_full(WhenFull::EvictSoonest));
    put(&memory, key!["k"], b"v", seconds(1)).unwrap();
    assert_eq!(put(&memory, key!["large"], &[0; 1000], seconds(9)).unwrap_err().kind(), ErrorKind::Full);
    assert!(get(&memory, key!["k"]).is_some());
}

#[test]
fn table_and_index_agree_after_four_threads_of_anything() {
    let (memory, clock) = store(|builder| builder);
    let work = |seed: u64| {
        let (memory, clock) = (memory.clone(), clock.clone());
        move || {
            let mut state = seed;
            let mut next = |below: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % below
            };
            for _ in 0..8000 {
                let key = key!["user", next(40), next(60)];
                match next(10) {
                    0..=4 => drop(put(&memory, key, &vec![1; next(3000) as usize], seconds(1 + next(5))).unwrap()),
                    5 | 6 => drop(delete(&memory, key)),
                    7 => drop(now(memory.take(&Namespace::default(), &key)).unwrap()),
                    8 => drop(now(memory.touch(&Namespace::default(), &[key], seconds(1 + next(5)))).unwrap()),
                    _ if next(20) == 0 => drop(sweep(&memory, Sweep::Compact)),
                    _ => {
                        clock.advance(Duration::from_millis(next(10)));
                        let found = list(&memory, &pattern!["user", next(40), _]);
                        assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0));
                    }
                }
            }
        }
    };
    thread::scope(|scope| (0..4).for_each(|seed| drop(scope.spawn(work(seed)))));
    assert_agreement(&memory);
    for (key, value) in list(&memory, &pattern![..]) {
        assert_eq!(get(&memory, key), Some(value));
    }
}

#[test]
fn a_listing_finds_a_record_that_moved_while_it_was_read() {
    let (memory, _) = store(|builder| builder);
    put(&memory, key!["k"], b"small", seconds(1)).unwrap();
    let entry = memory.records.entries().remove(0);
    put(&memory, key!["k"], &[0; 1000], seconds(1)).unwrap();
    let read = || memory.records.read_listed(&entry, memory.records.now(), Select::Values);
    assert_eq!(read().unwrap().value.len(), 1000);
    delete(&memory, key!["k"]);
    assert!(read().is_none());
}

#[test]
fn a_page_ends_though_it_has_found_nothing() {
    let (memory, _) = store(|builder| builder);
    for key in 0..6000 {
        put(&memory, key!["a", key], b"v", seconds(1)).unwrap();
    }
    let nobody = pattern![_, $1, ..];
    let absent: Pattern = "[{:_, :_}, :_]".parse().unwrap();
    let page = now(memory.scan(&Namespace::default(), &absent, Select::Keys, &Cursor::START, 10)).unwrap();
    assert!(page.records.is_empty() && page.cost.entries < 5000);
    assert_eq!(list(&memory, &nobody).len(), 6000);
    let named: Pattern = r#"["a", {:_, :_}]"#.parse().unwrap();
    assert!(list(&memory, &named).is_empty());
    put(&memory, key!["a", Term::tuple(vec![Term::from(1), Term::from(2)])], b"v", seconds(1)).unwrap();
    assert_eq!(list(&memory, &named).len(), 1);
}

#[test]
fn an_estimate_is_exact_where_little_is_found_and_bounded_where_much_is() {
    let (memory, _) = store(|builder| builder);
    for key in 0..5000 {
        put(&memory, key!["a", key / 10, key], b"v", seconds(1)).unwrap();
    }
    let estimate = |pattern: Pattern| {
        let page = now(memory.scan(&Namespace::default(), &pattern, Select::Values, &Cursor::START, 0)).unwrap();
        assert!(page.records.is_empty() && page.next.is_none());
        page.cost.entries
    };
    assert!((10..=12).contains(&estimate(pattern!["a", 7, _])));
    assert_eq!(estimate(pattern!["a", ..]), 5000);
    assert_eq!(estimate(pattern!["a", 7, 70]), 1);
}

#[test]
fn names_of_any_shape_are_found_in_order() {
    let (memory, _) = store(|builder| builder);
    let spaces = ["cache", "", "cachet", "a name that takes more than sixteen words of eight bytes, so that it lies elsewhere"];
    let spaces: Vec<_> = spaces.map(|name| Namespace::new(name).unwrap()).into();
    let mut expected = BTreeSet::new();
    let mut state = 1u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for round in 0..12_000 {
        let parts = (0..1 + next(3)).map(|_| match next(4) {
            0 => Term::from(next(50) as u64),
            1 => Term::from("\0".repeat(next(12)).as_str()),
            2 => Term::from("x".repeat(next(200)).as_str()),
            _ => Term::from(format!("{}", next(500)).as_str()),
        });
        let key = Key::new(parts.collect::<Vec<_>>()).unwrap();
        let space = next(spaces.len());
        let puts = [Put { key: key.clone(), value: Bytes::new(), ttl: Ttl::Never, when: When::Always }];
        if round % 4 < 3 {
            now(memory.put(&spaces[space], &puts)).unwrap();
            expected.insert((spaces[space].clone(), key));
        } else if let Some((space, key)) = expected.range((spaces[space].clone(), key)..).next().cloned() {
            assert!(now(memory.delete(&space, &[key.clone()])).unwrap()[0]);
            expected.remove(&(space, key));
        }
    }
    for space in &spaces {
        let (mut found, mut cursor) = (Vec::new(), Some(Cursor::START));
        while let Some(at) = cursor {
            let page = now(memory.scan(space, &pattern![..], Select::Keys, &at, 1000)).unwrap();
            found.extend(page.records.into_iter().map(|record| (space.clone(), record.key)));
            cursor = page.next;
        }
        assert!(found.iter().eq(expected.iter().filter(|(other, _)| other == space)));
        assert!(found.len() > 1000);
    }
    let left: Vec<_> = expected.into_iter().collect();
    for (space, key) in &left[5..] {
        assert!(now(memory.delete(space, &[key.clone()])).unwrap()[0]);
    }
    sweep(&memory, Sweep::Compact);
    assert_eq!((stored(&memory), memory.records.index.leaves()), (5, 1));
}

#[test]
fn compacting_gives_room_back_and_loses_nothing() {
    let (memory, _) = store(|builder| builder);
    for key in 0..20_000 {
        put(&memory, key![key], b"v", seconds(1)).unwrap();
    }
    for key in 0..20_000 {
        if key % 100 != 0 {
            delete(&memory, key![key]);
        }
    }
    assert!(sweep(&memory, Sweep::Compact).bytes > 100_000);
    assert!((0..20_000).step_by(100).all(|key| get(&memory, key![key]).is_some()));
    assert_eq!(list(&memory, &pattern![_]).len(), 200);
    assert_agreement(&memory);
}

#[test]
fn a_url_sets_what_it_says_and_nothing_is_guessed() {
    let opened = |url: &str| open(Url::parse(url).unwrap(), Arc::new(SystemClock));
    let memory = opened("memory:?max_bytes=64MiB&when_full=evict-soonest&max_value=1KiB").unwrap();
    let info = now(memory.info()).unwrap();
    assert_eq!((info.max_bytes, info.limits.value_bytes), (Some(64 << 20), 1024));
    assert_eq!(memory.records.when_full, WhenFull::EvictSoonest);
    assert_eq!(put(&memory, key!["k"], &[0; 1025], seconds(1)).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(now(opened("memory:").unwrap().info()).unwrap().max_bytes, None);
    for url in ["memory:x", "memory:?max_bytes=lots", "memory:?when_full=lru", "memory:?size=1", "memory:?max_value=-1"] {
        assert_eq!(opened(url).unwrap_err().kind(), ErrorKind::Config, "{url}");
    }
}

#[test]
fn it_says_what_it_is_and_shows_no_record() {
    let (memory, _) = store(|builder| builder);
    put(&memory, key!["secret"], b"secret", seconds(1)).unwrap();
    let info = now(memory.info()).unwrap();
    assert_eq!((info.backend, info.batch, info.listing, info.persistent), ("memory", Batch::InOrder, Listing::Ordered, false));
    assert_eq!(info.records, Some(1));
    assert!(info.bytes.unwrap() > 100 && info.warnings.is_empty());
    assert!(!format!("{memory:?}").contains("secret"));
}
