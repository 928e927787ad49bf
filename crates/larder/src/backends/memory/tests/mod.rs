//! What memory promises beyond the contract.

mod expiry;
mod order;
mod room;

use std::thread;

use super::case::*;
use super::entry::Entry;
use super::*;
use crate::backend::When;
use crate::key;
use crate::pattern;
use crate::record::Version;
use crate::term::Term;

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
fn a_url_sets_what_it_says_and_nothing_is_guessed() {
    let opened = |url: &str| open(Url::parse(url).unwrap(), Arc::new(SystemClock));
    let memory = opened("memory:?max_bytes=64MiB&when_full=evict-soonest&max_value=1KiB").unwrap();
    let info = now(memory.info()).unwrap();
    assert_eq!((info.max_bytes, info.limits.value_bytes), (Some(64 << 20), 1024));
    assert_eq!(memory.records.when_full, WhenFull::EvictSoonest);
    assert_eq!(put(&memory, key!["k"], &[0; 1025], seconds(1)).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(now(opened("memory:").unwrap().info()).unwrap().max_bytes, None);
    for url in ["memory:x", "memory:?max_bytes=lots", "memory:?when_full=lru", "memory:?size=1", "memory:?max_value=-1"]
    {
        assert_eq!(opened(url).unwrap_err().kind(), ErrorKind::Config, "{url}");
    }
}

#[test]
fn it_says_what_it_is_and_shows_no_record() {
    let (memory, _) = store(|builder| builder);
    put(&memory, key!["secret"], b"secret", seconds(1)).unwrap();
    let info = now(memory.info()).unwrap();
    assert_eq!(
        (info.backend, info.batch, info.listing, info.persistent),
        ("memory", Batch::InOrder, Listing::Ordered, false)
    );
    assert_eq!(info.records, Some(1));
    assert!(info.bytes.unwrap() > 100 && info.warnings.is_empty());
    assert!(!format!("{memory:?}").contains("secret"));
}
