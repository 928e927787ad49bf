//! Listings beside writes, over leaves that split and join.

use super::*;
use crate::pattern;

type List = fn(&Memory) -> Vec<(Key, Bytes)>;

#[test]
fn a_listing_finds_what_lives_throughout_once_and_whole() {
    check(|| finds_all(whole));
}

#[test]
fn a_listing_loses_nothing_where_leaves_split() {
    check(|| {
        let memory = filled(14);
        listed_beside(&memory, whole, [writes(&memory, 0..3), writes(&memory, 10..13)]);
    });
}

#[test]
fn a_listing_loses_nothing_where_leaves_join() {
    check(|| {
        let memory = filled(6);
        for odd in 0..12 {
            put(&memory, key![2 * odd + 1], &[1; 9], seconds(9)).unwrap();
        }
        assert!(memory.records.index.leaves() > 1);
        listed_beside(&memory, whole, [deletes(&memory, 0..6), deletes(&memory, 6..12)]);
        assert_eq!(memory.records.index.leaves(), 1);
    });
}

#[test]
fn leaves_that_split_and_join_at_once_keep_every_record() {
    check(|| {
        let memory = filled(15);
        at_once([writes(&memory, 0..4), writes(&memory, 8..12), deletes(&memory, 0..3)]);
        assert_sound(&memory);
        assert!((0..15).all(|even| get(&memory, key![2 * even]).is_some()));
    });
}

/// Even keys live throughout, and are moved; odd ones come and go.
pub(super) fn finds_all(list: List) {
    let memory = filled(5);
    put(&memory, key![3], &[1; 9], seconds(9)).unwrap();
    let mover = || {
        for even in [0, 3] {
            assert!(put(&memory, key![2 * even], &[2; 60], seconds(9)).unwrap());
        }
    };
    listed_beside(&memory, list, [task(mover), writes(&memory, 2..3), deletes(&memory, 1..2)]);
}

fn listed_beside<'a, const N: usize>(memory: &'a Memory, list: List, writers: [Task<'a>; N]) {
    let evens: Vec<Key> =
        (0..).map(|even| key![2 * even]).take_while(|key| get(memory, key.clone()).is_some()).collect();
    let lister = || {
        let found = list(memory);
        assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0), "out of order, or twice");
        assert!(found.iter().all(|(_, value)| value.iter().all(|byte| *byte == value[0])), "a mix of two values");
        let missed = evens.iter().filter(|even| !found.iter().any(|(key, _)| key == *even)).count();
        assert_eq!(missed, 0, "a listing missed what lived throughout");
    };
    at_once(writers.into_iter().chain([task(lister)]));
    assert_sound(memory);
}

fn whole(memory: &Memory) -> Vec<(Key, Bytes)> {
    list(memory, &pattern![..])
}

fn filled(evens: u64) -> Memory {
    let (memory, _) = store(|builder| builder);
    for even in 0..evens {
        put(&memory, key![2 * even], &[1; 9], seconds(9)).unwrap();
    }
    memory
}

fn writes(memory: &Memory, odd: std::ops::Range<u64>) -> Task<'_> {
    task(|| odd.for_each(|odd| assert!(put(memory, key![2 * odd + 1], &[1; 9], seconds(9)).unwrap())))
}

fn deletes(memory: &Memory, odd: std::ops::Range<u64>) -> Task<'_> {
    task(|| odd.for_each(|odd| _ = delete(memory, key![2 * odd + 1])))
}
