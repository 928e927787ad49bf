//! Space that is freed beside what is written.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::error::ErrorKind;
use crate::pattern;

const MILLI: Duration = Duration::from_millis(1);

#[test]
fn a_put_beside_a_sweep_of_its_key_stays() {
    for value in [b"new".as_slice(), &[1; 50], &[1; 3000]] {
        check(move || put_beside(value, |memory| _ = sweep(memory, Sweep::Expired)));
    }
}

#[test]
fn a_touch_beside_a_sweep_says_what_became_of_the_record() {
    check(|| touched_or_swept(|memory| _ = sweep(memory, Sweep::Expired)));
}

#[test]
fn a_sweep_beside_another_frees_all_that_has_expired() {
    check(|| {
        let (memory, clock) = store(|builder| builder);
        clock.advance(Duration::from_nanos(100 << 27));
        // All end within one stretch of time that timers cannot tell apart.
        for (key, millis) in (0..8).zip([1, 100].into_iter().cycle()) {
            put(&memory, key![key], b"old", Ttl::After(millis * MILLI)).unwrap();
        }
        clock.advance(2 * MILLI);
        let early = || _ = sweep(&memory, Sweep::Expired);
        let late = || {
            clock.advance(100 * MILLI);
            sweep(&memory, Sweep::Expired);
            assert_eq!(stored(&memory), 0);
        };
        at_once([task(early), task(late)]);
        assert_sound(&memory);
    });
}

#[test]
fn a_record_that_is_replaced_beside_a_sweep_is_freed_in_its_time() {
    check(|| {
        let (memory, clock) = store(|builder| builder);
        clock.advance(Duration::from_nanos(100 << 27));
        // All end within one stretch of time that timers cannot tell apart.
        for (key, millis) in (0..8).zip([1, 100].into_iter().cycle()) {
            put(&memory, key![key], b"old", Ttl::After(millis * MILLI)).unwrap();
        }
        clock.advance(2 * MILLI);
        let sweeper = || _ = sweep(&memory, Sweep::Expired);
        let putter = || {
            for key in [1, 3, 5, 7] {
                assert!(put(&memory, key![key], &[1; 50], seconds(9)).unwrap());
            }
        };
        at_once([task(sweeper), task(putter)]);
        assert_sound(&memory);
        clock.advance(Duration::from_secs(10));
        sweep(&memory, Sweep::Expired);
        assert_eq!(stored(&memory), 0);
    });
}

#[test]
fn a_record_that_is_replaced_while_it_makes_room_for_itself_can_be_evicted() {
    check(|| {
        let charge = charge(0, &[0; 100]);
        let (memory, _) = store(|builder| builder.max_bytes(3 * charge).when_full(WhenFull::EvictSoonest));
        for key in 0..3 {
            put(&memory, key![key], &[0; 100], seconds(1 + key)).unwrap();
        }
        let grower = || assert!(put(&memory, key![0], &[1; 200], seconds(9)).unwrap());
        let shrinker = || assert!(put(&memory, key![0], &[2; 10], seconds(9)).unwrap());
        at_once([task(grower), task(shrinker)]);
        assert_sound(&memory);
    });
}

#[test]
fn puts_at_once_into_a_full_store_find_room_by_evicting() {
    check(|| {
        let max = 2 * charge(0, &[0; 100]);
        let (memory, _) = store(|builder| builder.max_bytes(max).when_full(WhenFull::EvictSoonest));
        put(&memory, key![0], &[0; 100], seconds(1)).unwrap();
        put(&memory, key![1], &[0; 100], seconds(2)).unwrap();
        within(&memory, max, 2..5, 100);
    });
}

#[test]
fn puts_at_once_into_a_full_store_find_the_room_of_what_has_expired() {
    check(|| {
        let max = 2 * charge(0, &[0; 100]);
        let (memory, clock) = store(|builder| builder.max_bytes(max));
        put(&memory, key![0], &[0; 100], seconds(1)).unwrap();
        put(&memory, key![1], &[0; 100], seconds(1)).unwrap();
        clock.advance(Duration::from_secs(1));
        within(&memory, max, 2..4, 100);
        assert_eq!(list(&memory, &pattern![..]).len(), 2);
    });
}

#[test]
fn puts_at_once_never_take_more_than_there_is() {
    check(|| {
        let max = 2 * charge(0, &[0; 100]);
        let (memory, _) = store(|builder| builder.max_bytes(max));
        let refused = Mutex::new(0);
        let putter = |key: u64| {
            let (memory, refused) = (&memory, &refused);
            let work = move || {
                if let Err(error) = put(memory, key![key], &[0; 100], seconds(9)) {
                    assert_eq!(error.kind(), ErrorKind::Full);
                    *refused.lock().unwrap() += 1;
                }
                assert!(memory.records.room.used() <= max);
            };
            task(work)
        };
        at_once((0..3).map(putter));
        assert_eq!((*refused.lock().unwrap(), stored(&memory)), (1, 2));
        assert_sound(&memory);
    });
}

#[test]
fn compacting_beside_writes_loses_nothing() {
    check(|| {
        let (memory, _) = store(|builder| builder);
        for key in 0..20 {
            put(&memory, key![key], b"v", seconds(9)).unwrap();
        }
        let compactor = || _ = sweep(&memory, Sweep::Compact);
        let writer = || {
            for key in 4..16 {
                assert!(delete(&memory, key![key]));
            }
            assert!(put(&memory, key![30], b"v", seconds(9)).unwrap());
            assert!(put(&memory, key![0], &[1; 50], seconds(9)).unwrap());
        };
        at_once([task(compactor), task(writer)]);
        assert_eq!(list(&memory, &pattern![..]).len(), 9);
        assert_sound(&memory);
    });
}

#[test]
fn the_sweeping_thread_frees_and_ends_with_its_store() {
    check(|| {
        let (memory, clock) = store(|builder| Builder { period: MILLI, ..builder });
        put(&memory, key!["k"], b"v", seconds(1)).unwrap();
        clock.advance(Duration::from_secs(2));
        assert!(put(&memory, key!["k"], b"w", seconds(9)).unwrap());
        assert!(put(&memory, key!["other"], b"v", seconds(9)).unwrap());
        assert!(!memory.records.is_unswept());
        assert_eq!(list(&memory, &pattern![..]).len(), 2);
        let records = Arc::downgrade(&memory.records);
        drop(memory);
        while records.upgrade().is_some() {
            thread::yield_now();
        }
    });
}

/// A new value in place of one that has expired: no sweep takes it for the old one.
pub(super) fn put_beside(value: &[u8], sweep_some: impl Fn(&Memory) + Sync) {
    let (memory, clock) = store(|builder| builder);
    put(&memory, key!["k"], b"old", seconds(1)).unwrap();
    clock.advance(Duration::from_secs(2));
    let sweeper = || sweep_some(&memory);
    let putter = || assert!(put(&memory, key!["k"], value, seconds(9)).unwrap());
    at_once([task(sweeper), task(putter)]);
    assert_eq!(get(&memory, key!["k"]).unwrap(), value);
    assert_sound(&memory);
}

/// A record's last moment: a touch that says it has prolonged it has, and one that says it was gone did not.
fn touched_or_swept(sweep_some: impl Fn(&Memory) + Sync) {
    let (memory, clock) = store(|builder| builder);
    put(&memory, key!["k"], b"v", seconds(1)).unwrap();
    clock.advance(Duration::from_secs(1) - Duration::from_nanos(1));
    let touched = AtomicBool::new(false);
    let sweeper = || {
        clock.advance(Duration::from_nanos(1));
        sweep_some(&memory);
    };
    let toucher = || touched.store(touch(&memory, key!["k"], seconds(9)), Ordering::SeqCst);
    at_once([task(sweeper), task(toucher)]);
    assert_eq!(get(&memory, key!["k"]).is_some(), touched.load(Ordering::SeqCst));
    assert_sound(&memory);
}

/// Puts records at once, each of which finds room.
fn within(memory: &Memory, max: u64, keys: std::ops::Range<u64>, size: usize) {
    let putter = |key: u64| {
        let work = move || {
            assert!(put(memory, key![key], &vec![1; size], seconds(10 + key)).unwrap());
            assert!(memory.records.room.used() <= max);
        };
        task(work)
    };
    at_once(keys.map(putter));
    assert_sound(memory);
}

fn charge(key: u64, value: &[u8]) -> u64 {
    Entry::charge_of(&Name::new(&Namespace::default(), key![key].as_bytes()), value)
}
