//! When records end, and when their space is freed.

use super::*;
use crate::backends::memory::expiry::EACH_WRITE;

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
        assert!(after + 1 >= before, "one write freed more than {EACH_WRITE} records");
        before = after;
    }
    assert_eq!(before, 4000);
    assert_agreement(&memory);
}

#[test]
fn an_idle_store_is_freed_by_its_thread_which_does_not_keep_it() {
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
    assert!(!memory.records.is_unswept());
    let records = Arc::downgrade(&memory.records);
    drop(memory);
    while records.upgrade().is_some() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the thread keeps its store");
        thread::yield_now();
    }
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
