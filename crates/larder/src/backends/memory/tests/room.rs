//! The bound on what records take, and room given back.

use super::*;

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
fn a_record_is_not_evicted_by_its_own_refresh() {
    let charge = Entry::charge_of(&Name::new(&Namespace::default(), key![0].as_bytes()), &[0; 100]);
    let (memory, _) = store(|builder| builder.max_bytes(2 * charge + 200).when_full(WhenFull::EvictSoonest));
    put(&memory, key![0], &[0; 100], seconds(1)).unwrap();
    put(&memory, key![1], &[0; 100], seconds(2)).unwrap();
    let when = When::Unchanged(Version::of(&[0; 100]));
    let larger = Put { key: key![0], value: vec![1; 400].into(), ttl: seconds(1), when };
    assert!(now(memory.put(&Namespace::default(), &[larger])).unwrap().remove(0).unwrap());
    assert!(get(&memory, key![0]).is_some() && get(&memory, key![1]).is_none());
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
    // The tables of 64 shards alone take that.
    assert!(sweep(&memory, Sweep::Compact).bytes > 250_000);
    assert!((0..20_000).step_by(100).all(|key| get(&memory, key![key]).is_some()));
    assert_eq!(list(&memory, &pattern![_]).len(), 200);
    assert_agreement(&memory);
}
