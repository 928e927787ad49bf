//! Listings, and the index under them.

use std::collections::BTreeSet;

use super::super::shard::Shard;
use super::*;

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
fn a_listing_finds_a_record_that_moved_while_it_was_read() {
    let (memory, _) = store(|builder| builder);
    put(&memory, key!["k"], b"small", seconds(1)).unwrap();
    let entry = memory.records.entries().remove(0);
    put(&memory, key!["k"], &[0; 1000], seconds(1)).unwrap();
    let read = |entry| memory.records.read_listed(entry, memory.records.now(), Shard::value);
    assert_eq!(read(&entry).unwrap().len(), 1000);
    let moved = memory.records.entries().remove(0);
    delete(&memory, key!["k"]);
    assert!(read(&entry).is_none() && read(&moved).is_none());
}

#[test]
fn a_listed_value_of_over_half_a_kibibyte_keeps_no_other_alive() {
    let (memory, _) = store(|builder| builder);
    for (key, size) in [300, 512, 513, 2048].into_iter().enumerate() {
        put(&memory, key!["a", key as u64], &vec![key as u8; size], seconds(1)).unwrap();
    }
    let found = list(&memory, &pattern!["a", _]);
    let alone: Vec<_> = found.iter().map(|(_, value)| value.is_unique()).collect();
    assert_eq!(alone, [false, false, true, true]);
}

#[test]
fn a_page_ends_though_it_has_found_nothing() {
    let (memory, _) = store(|builder| builder);
    for key in 0..6000 {
        put(&memory, key!["a", key], b"v", seconds(1)).unwrap();
    }
    let nobody = pattern![$1, $1];
    let page = now(memory.scan(&Namespace::default(), &nobody, Select::Keys, &Cursor::START, 10)).unwrap();
    assert!(page.records.is_empty() && page.next.is_some() && page.cost.entries < 5000);
    put(&memory, key!["b", "b"], b"v", seconds(1)).unwrap();
    assert_eq!(list(&memory, &nobody).len(), 1);
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
    for key in 0..3000 {
        put(&memory, key!["b", key, key], b"v", seconds(1)).unwrap();
    }
    let estimate = |pattern: Pattern| {
        let page = now(memory.scan(&Namespace::default(), &pattern, Select::Values, &Cursor::START, 0)).unwrap();
        assert!(page.records.is_empty() && page.next.is_none());
        page.cost.entries
    };
    assert!((10..=12).contains(&estimate(pattern!["a", 7, _])));
    assert_eq!(estimate(pattern!["a", ..]), 8000);
    assert!((3000..=3001).contains(&estimate(pattern!["b", ..])));
    assert_eq!(estimate(pattern!["a", 7, 70]), 1);
}

#[test]
fn names_of_any_shape_are_found_in_order() {
    let (memory, _) = store(|builder| builder);
    let spaces =
        ["cache", "", "cachet", "a name that takes more than sixteen words of eight bytes, so that it lies elsewhere"];
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
            assert!(now(memory.delete(&space, std::slice::from_ref(&key))).unwrap()[0]);
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
        for number in 0..50u64 {
            for pattern in [pattern![number, _], pattern![number, _, _], pattern!["xxx", number, _], pattern![_, _]] {
                let (mut found, mut cursor) = (Vec::new(), Some(Cursor::START));
                while let Some(at) = cursor {
                    let page = now(memory.scan(space, &pattern, Select::Values, &at, 1 + number as usize * 9)).unwrap();
                    found.extend(page.records.into_iter().map(|record| (space.clone(), record.key)));
                    cursor = page.next;
                }
                let matching = |(other, key): &&(Namespace, Key)| other == space && pattern.matches(key);
                assert!(found.iter().eq(expected.iter().filter(matching)));
            }
        }
    }
    let left: Vec<_> = expected.into_iter().collect();
    for (at, (space, key)) in left.iter().enumerate() {
        assert!(at % 50 == 0 || now(memory.delete(space, std::slice::from_ref(key))).unwrap()[0]);
    }
    assert!(memory.records.index.leaves() < 10);
    sweep(&memory, Sweep::Compact);
    assert_eq!(memory.records.index.leaves(), 1);
}
