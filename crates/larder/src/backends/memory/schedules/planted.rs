//! Calls with a race in them, which the scenarios must find: who finds nothing proves nothing.

use super::calls::{call, counts, in_an_order, one_creates, one_takes, stays_deleted};
use super::index::Move;
use super::listings::finds_all;
use super::locks::{read, write};
use super::row::Named;
use super::space::touched_or_swept;
use super::timers::spread;
use super::values::{read as read_record, wholly};
use super::*;
use crate::testing::history::Operation;

#[test]
fn a_touch_in_two_steps_is_found() {
    let touch = |memory: &Memory| {
        let Some(value) = get(memory, key!["k"]) else { return false };
        put(memory, key!["k"], &value, seconds(100)).unwrap()
    };
    assert_found(move || stays_deleted(touch));
}

#[test]
fn a_create_in_two_steps_is_found() {
    let create = |memory: &Memory, value: &[u8]| {
        get(memory, key!["k"]).is_none() && put(memory, key!["k"], value, seconds(9)).unwrap()
    };
    assert_found(move || one_creates(create));
}

#[test]
fn a_take_in_two_steps_is_found() {
    let take = |memory: &Memory, key: &Key| {
        let value = get(memory, key.clone());
        delete(memory, key.clone());
        value
    };
    assert_found(move || one_takes(take));
}

#[test]
fn a_swap_in_two_steps_is_found() {
    let swap = |memory: &Memory, old: &[u8], new: &[u8]| {
        get(memory, key!["k"]).is_some_and(|value| value == old) && put(memory, key!["k"], new, seconds(9)).unwrap()
    };
    assert_found(move || counts(swap));
}

#[test]
fn a_delete_that_answers_by_an_earlier_look_is_found() {
    let delete = |memory: &Memory, operation| match operation {
        Operation::Delete => {
            let lived = get(memory, key!["k"]).is_some();
            delete(memory, key!["k"]);
            lived.to_string()
        }
        _ => call(memory, operation),
    };
    assert_found(move || in_an_order(delete));
}

#[test]
fn an_index_that_is_told_after_the_lock_is_found() {
    let delete = |memory: &Memory, operation| match operation {
        Operation::Delete => {
            let name = name_of(&key!["k"]);
            let hash = memory.records.hash(&name);
            let removed = {
                let mut shard = write(memory.records.shard(hash));
                let found = shard.find(spread(hash), &name).cloned();
                found.inspect(|entry| shard.remove(entry))
            };
            if let Some(entry) = &removed {
                memory.records.index.remove(&name);
                memory.records.room.give_back(entry.charge());
            }
            removed.is_some().to_string()
        }
        _ => call(memory, operation),
    };
    assert_found(move || in_an_order(delete));
}

#[test]
fn a_value_that_is_written_under_a_readers_lock_is_found() {
    let overwrite = |memory: &Memory, value: &[u8], ttl: Ttl| {
        let name = name_of(&key!["k"]);
        let hash = memory.records.hash(&name);
        let written = {
            let shard = read(memory.records.shard(hash));
            let entry = shard.find(spread(hash), &name).unwrap();
            let written = entry.overwrite(value);
            if written {
                entry.set_deadline(ttl.deadline(memory.records.now()).unwrap());
            }
            written
        };
        assert!(written || put(memory, key!["k"], value, ttl).unwrap());
    };
    assert_found(move || wholly(overwrite, read_record));
}

#[test]
fn a_ttl_that_is_written_after_its_value_is_found() {
    let overwrite = |memory: &Memory, value: &[u8], ttl: Ttl| {
        let old = read_record(memory).unwrap().ttl.unwrap();
        assert!(put(memory, key!["k"], value, old).unwrap());
        assert!(touch(memory, key!["k"], ttl));
    };
    assert_found(move || wholly(overwrite, read_record));
}

#[test]
fn a_sweep_that_judges_before_it_locks_is_found() {
    let sweep = |memory: &Memory| {
        let name = name_of(&key!["k"]);
        let hash = memory.records.hash(&name);
        let expired = {
            let shard = read(memory.records.shard(hash));
            let found = shard.find(spread(hash), &name);
            found.filter(|entry| entry.deadline().is_past(memory.records.now())).cloned()
        };
        if let Some(entry) = expired {
            let mut shard = write(memory.records.shard(hash));
            if shard.find(spread(hash), &name).is_some() {
                memory.records.remove(&mut shard, &name, &entry);
            }
        }
    };
    assert_found(move || touched_or_swept(sweep));
}

#[test]
fn a_listing_that_does_not_look_twice_is_found() {
    assert_found(|| {
        finds_all(|memory| {
            let mut entries = Vec::new();
            memory.records.index.walk(Name::new(&Namespace::default(), &[]), false, |entry| {
                entries.push(entry.clone());
                Move::Next
            });
            let now = memory.records.now();
            let living = |entry: Entry| {
                let name = entry.name();
                let shard = read(memory.records.shard(memory.records.hash(&name)));
                let mut bytes = Vec::new();
                entry.read_name(&mut bytes);
                let key = Bytes::from(bytes.split_off(Namespace::default().as_bytes().len()));
                (!entry.deadline().is_past(now)).then(|| (Key::from_stored(key), shard.value(&entry)))
            };
            entries.into_iter().filter_map(living).collect()
        });
    });
}

fn name_of(key: &Key) -> Name {
    Name::new(&Namespace::default(), key.as_bytes())
}
