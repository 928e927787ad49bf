//! Calls on one key.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use shuttle::rand::{Rng, thread_rng};

use super::*;
use crate::record::Version;
use crate::testing::history::{Call, History, Operation};

#[test]
fn calls_on_a_key_have_an_order() {
    check(|| in_an_order(call));
}

#[test]
fn of_two_who_take_what_a_third_puts_one_has_it() {
    check(|| one_takes(take));
}

#[test]
fn of_three_who_create_one_wins() {
    check(|| one_creates(|memory, value| put_when(memory, key!["k"], value, seconds(9), When::Absent)));
}

#[test]
fn of_swaps_none_is_lost() {
    check(|| {
        counts(|memory, old, new| put_when(memory, key!["k"], new, seconds(9), When::Unchanged(Version::of(old))));
    });
}

#[test]
fn a_touch_beside_a_delete_never_revives() {
    for ttl in [seconds(100), seconds(1), Ttl::Never] {
        check(move || stays_deleted(|memory| touch(memory, key!["k"], ttl)));
    }
}

#[test]
fn a_put_where_something_lives_never_revives() {
    let puts = |value: &'static [u8]| {
        move || stays_deleted(move |memory| put_when(memory, key!["k"], value, seconds(100), When::Present))
    };
    check(puts(b"other"));
    check(puts(&[1; 100]));
}

/// Three threads do three things each, whatever comes to mind.
pub(super) fn in_an_order(call: impl Fn(&Memory, Operation) -> String + Copy + Send + Sync) {
    let (memory, _) = store(|builder| builder);
    let (time, history) = (AtomicU64::new(0), Mutex::new(History::default()));
    let (memory_, time, history) = (&memory, &time, &history);
    let tasks = (0..3).map(|_| {
        let operations: Vec<_> = (0..3).map(|_| Operation::chosen(|below| thread_rng().gen_range(0..below))).collect();
        let work = move || {
            for operation in operations {
                let began = time.fetch_add(1, Ordering::SeqCst);
                let answer = call(memory_, operation);
                let ended = time.fetch_add(1, Ordering::SeqCst);
                history.lock().unwrap().extend(vec![Call { operation, answer, began, ended }]);
            }
        };
        task(work)
    });
    at_once(tasks);
    let history = history.lock().unwrap();
    assert!(history.has_an_order(), "no order of the calls explains their answers:\n{history}");
    assert_sound(&memory);
}

pub(super) fn call(memory: &Memory, operation: Operation) -> String {
    let text = |value: Option<Bytes>| format!("{:?}", value.map(|value| String::from_utf8(value.into()).unwrap()));
    match operation {
        Operation::Put(value, when) => put_when(memory, key!["k"], value.as_bytes(), seconds(9), when).to_string(),
        Operation::Get => text(get(memory, key!["k"])),
        Operation::Take => text(take(memory, &key!["k"])),
        Operation::Touch => touch(memory, key!["k"], seconds(1 + thread_rng().gen_range(0..18))).to_string(),
        Operation::Delete => delete(memory, key!["k"]).to_string(),
    }
}

pub(super) fn one_takes(take: impl Fn(&Memory, &Key) -> Option<Bytes> + Copy + Send + Sync) {
    let (memory, _) = store(|builder| builder);
    let taken = Mutex::new(Vec::new());
    let taker = || {
        task(|| {
            let ticket = take(&memory, &key!["k"]);
            taken.lock().unwrap().extend(ticket);
        })
    };
    let putter = || assert!(put(&memory, key!["k"], b"ticket", seconds(9)).unwrap());
    at_once([task(putter), taker(), taker()]);
    // Both may have come too early.
    let left = get(&memory, key!["k"]);
    assert_eq!(taken.lock().unwrap().len() + left.iter().len(), 1);
    assert_sound(&memory);
}

pub(super) fn one_creates(create: impl Fn(&Memory, &[u8]) -> bool + Copy + Send + Sync) {
    let (memory, _) = store(|builder| builder);
    let won = Mutex::new(Vec::new());
    let creator = |value: &'static [u8]| {
        let (memory, won) = (&memory, &won);
        let work = move || {
            if create(memory, value) {
                won.lock().unwrap().push(value);
            }
        };
        task(work)
    };
    at_once([creator(b"a"), creator(b"b"), creator(&[b'c'; 50])]);
    let won = won.lock().unwrap();
    assert_eq!(won.len(), 1);
    assert_eq!(get(&memory, key!["k"]).unwrap(), won[0]);
    assert_sound(&memory);
}

/// Two threads raise a counter, each by one, where nobody came between its reading and its writing.
pub(super) fn counts(swap: impl Fn(&Memory, &[u8], &[u8]) -> bool + Copy + Send + Sync) {
    let (memory, _) = store(|builder| builder);
    put(&memory, key!["k"], &[0], seconds(9)).unwrap();
    let raised = AtomicU64::new(0);
    let raiser = || {
        let work = || {
            let old = get(&memory, key!["k"]).unwrap();
            if swap(&memory, &old, &[old[0] + 1]) {
                raised.fetch_add(1, Ordering::SeqCst);
            }
        };
        task(work)
    };
    at_once([raiser(), raiser()]);
    let raised = raised.load(Ordering::SeqCst);
    assert!(raised > 0);
    assert_eq!(u64::from(get(&memory, key!["k"]).unwrap()[0]), raised);
}

pub(super) fn stays_deleted(refresh: impl FnOnce(&Memory) -> bool + Send) {
    let (memory, _) = store(|builder| builder);
    put(&memory, key!["k"], b"value", seconds(9)).unwrap();
    at_once([task(|| _ = refresh(&memory)), task(|| assert!(delete(&memory, key!["k"])))]);
    assert!(get(&memory, key!["k"]).is_none(), "what was deleted is there again");
    assert!(list(&memory, &crate::pattern![..]).is_empty());
    assert_sound(&memory);
}
