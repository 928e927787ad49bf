//! Promises of `Store`, about all that is built on a listing.

use crate::backend::{Backend, Cursor, When};
use crate::codec::Json;
use crate::error::ErrorKind;
use crate::key;
use crate::key::Key;
use crate::pattern;
use crate::pattern::{Path, Pattern};
use crate::record::Select;
use crate::store::Store;
use crate::ttl::Ttl;

use super::case::{Case, LONG, ok, put, space};
use super::fixture::Fixture;

/// More records than a page of a store holds, in no order, and others that the pattern leaves out.
async fn filled<F: Fixture>(fixture: F) -> (Case<F>, Store<u64>) {
    let case = Case::open(fixture).await;
    let mut numbers: Vec<u64> = (0..1300).collect();
    fastrand::shuffle(&mut numbers);
    for some in numbers.chunks(500) {
        let puts: Vec<_> =
            some.iter().map(|number| put(&key!["n", *number], &number.to_string(), When::Always)).collect();
        case.put_all(&puts).await;
    }
    case.put(&key!["m", 1], "1").await;
    case.put(&key!["n"], "2").await;
    let store = case.store::<u64>(Json);
    (case, store)
}

/// `all` gives every record that matches, each once, with its value, in key order, over any number of pages.
pub async fn all_gives_each_once_in_key_order<F: Fixture>(fixture: F) {
    let (_, store) = filled(fixture).await;
    let page = ok(store.all(&pattern!["n", _]).await, "all");
    assert!(page.damaged.is_empty() && page.next.is_none());
    let expected: Vec<(Key, u64)> = (0..1300).map(|number| (key!["n", number], number)).collect();
    assert!(page.records == expected, "each once, in key order, with its value");
    assert_eq!(ok(store.all(&Pattern::any()).await, "all").records.len(), 1302);
    assert!(ok(store.all(&pattern!["other", _]).await, "all").records.is_empty());
}

/// `keys` gives the keys of the same, and `count` their number.
pub async fn keys_and_count_agree_with_all<F: Fixture>(fixture: F) {
    let (case, store) = filled(fixture).await;
    case.put_for(&key!["n", 5000], "1", case.short()).await;
    case.expire().await;
    for pattern in [pattern!["n", _], Pattern::any(), pattern![_, 7], pattern!["n", 7], pattern!["other"]] {
        let all: Vec<Key> = ok(store.all(&pattern).await, "all").records.into_iter().map(|(key, _)| key).collect();
        assert!(ok(store.keys(&pattern).await, "keys").records == all);
        assert_eq!(ok(store.count(&pattern).await, "count"), all.len() as u64);
    }
    assert_eq!(ok(store.count(&Pattern::any()).await, "count"), 1302, "the expired do not count");
}

/// `pages` gives the same page by page, with what remains of each ttl.
pub async fn pages_of_a_store_hold_each_record<F: Fixture>(fixture: F) {
    let (case, store) = filled(fixture).await;
    let wanted = pattern!["n", _];
    let (mut numbers, mut pages) = (Vec::new(), store.pages(&wanted));
    while let Some(page) = ok(pages.next().await, "a page") {
        for (key, number, ttl) in page.records {
            assert!(key == key!["n", number], "a value stands with its key");
            case.assert_remains(Some(ttl), LONG, "its ttl");
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers, (0..1300).collect::<Vec<_>>());
    assert!(ok(pages.next().await, "after the last page").is_none());
}

/// `delete_all` ends what matches and nothing else, and says how many lived; again, it finds nothing.
pub async fn delete_all_ends_what_matches<F: Fixture>(fixture: F) {
    let (case, store) = filled(fixture).await;
    case.put_for(&key!["n", 5000], "1", case.short()).await;
    case.expire().await;
    assert_eq!(ok(store.delete_all(&pattern!["n", _]).await, "delete all"), 1300);
    assert_eq!(ok(store.delete_all(&pattern!["n", _]).await, "delete all"), 0);
    assert_eq!(case.list(&Pattern::any()).await.len(), 2);
    assert_eq!(ok(store.delete_all(&pattern!["n"]).await, "delete all"), 1);
    assert_eq!(case.list(&Pattern::any()).await, [key!["m", 1]]);
}

/// `clear` ends one namespace, and no record of another.
pub async fn clear_ends_one_namespace<F: Fixture>(fixture: F) {
    let (case, store) = filled(fixture).await;
    let other = case.seen_from(&space());
    other.put(&key!["n", 1], "1").await;
    assert_eq!(ok(store.clone().strict().clear().await, "clear"), 1302, "a strict store clears all the same");
    assert!(case.list(&Pattern::any()).await.is_empty());
    assert_eq!(other.get(&key!["n", 1]).await.as_deref(), Some("1"));
    assert_eq!(ok(store.clear().await, "clear"), 0);
}

/// `explain` says how a pattern's matches would be found, and lists nothing; a scan comes with a hint.
pub async fn explain_says_how_matches_are_found<F: Fixture>(fixture: F) {
    let (_, store) = filled(fixture).await;
    for pattern in patterns() {
        let explained = ok(store.explain(&pattern).await, "explain");
        assert_eq!(explained.hint.is_some(), explained.path == Path::Scan, "a scan, and only it, has a hint");
        assert!(explained.entries_estimated >= 1, "something is looked at");
    }
    let point = ok(store.explain(&pattern!["n", 7]).await, "explain");
    let every = ok(store.explain(&Pattern::any()).await, "explain");
    assert!(every.entries_estimated >= 1302 / 4, "about what is there");
    assert!(point.path != Path::Index || point.entries_estimated <= every.entries_estimated);
}

/// A strict store refuses what would scan, as `explain` tells it, and nothing else.
pub async fn strict_refuses_what_would_scan<F: Fixture>(fixture: F) {
    let (_, store) = filled(fixture).await;
    let strict = store.clone().strict();
    for pattern in patterns() {
        let scans = ok(store.explain(&pattern).await, "explain").path == Path::Scan;
        let kind = |error: crate::error::Error| error.kind();
        let answers = [
            strict.all(&pattern).await.map(drop).map_err(kind),
            strict.keys(&pattern).await.map(drop).map_err(kind),
            strict.count(&pattern).await.map(drop).map_err(kind),
            strict.pages(&pattern).next().await.map(drop).map_err(kind),
        ];
        for answer in answers {
            assert_eq!(answer, if scans { Err(ErrorKind::Invalid) } else { Ok(()) });
        }
    }
}

fn patterns() -> [Pattern; 5] {
    [pattern!["n", 7], pattern!["n", _], pattern![_, 7], Pattern::any(), pattern![$1, $1]]
}

/// `stats` counts what lives, its bytes, and what never ends, and tells the nearest and the furthest end.
pub async fn stats_count_what_lives<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let store = case.store::<String>(Json);
    let empty = ok(store.stats().await, "stats");
    assert_eq!((empty.records, empty.value_bytes, empty.first_end, empty.last_end), (0, 0, None, None));
    case.put_for(&key!["gone"], "gone", case.short()).await;
    case.expire().await;
    case.put_for(&key!["a"], "1234", LONG).await;
    case.put_for(&key!["b"], "12", LONG * 2).await;
    case.put_for(&key!["c"], "1", case.longest()).await;
    let stats = ok(store.clone().strict().stats().await, "stats");
    assert_eq!((stats.records, stats.value_bytes, stats.damaged), (3, 7, 0));
    case.assert_remains(stats.first_end, LONG, "the nearest end");
    let endless = case.longest() == Ttl::Never;
    assert_eq!(stats.without_end, u64::from(endless));
    let furthest = if endless { LONG * 2 } else { Ttl::MAX };
    case.assert_remains(stats.last_end, furthest, "the furthest end");
}

/// A value that does not decode is reported with its key, and hides no other.
pub async fn all_reports_what_does_not_decode<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let store = case.store::<u64>(Json);
    for (name, value) in [("a", "1"), ("bad", "one"), ("c", "3")] {
        case.put(&key!["k", name], value).await;
    }
    let page = ok(store.all(&pattern!["k", _]).await, "all");
    assert!(page.records == [(key!["k", "a"], 1), (key!["k", "c"], 3)]);
    assert_eq!(page.damaged.len(), 1);
    assert!(page.damaged[0].key() == Some(&key!["k", "bad"]), "the report leads to the record");
    let page = ok(store.pages(&Pattern::any()).next().await, "a page").expect("there is one");
    assert_eq!((page.records.len(), page.damaged.len()), (2, 1));
    assert_eq!(ok(store.count(&Pattern::any()).await, "count"), 3, "it is there");
    assert_eq!(ok(store.delete_all(&Pattern::any()).await, "delete all"), 3, "and can be ended");
}

/// A record damaged where it lies is an error for who asks for it, is reported by a listing, and hides no other.
pub async fn damage_hides_no_other_record<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    for number in 0..10 {
        case.put(&key!["k", number], "1").await;
    }
    let bad = key!["k", 4];
    let Some(case) = case.damage(&bad).await else { return };
    let got = case.backend.get(&case.space, std::slice::from_ref(&bad), Select::Values).await;
    assert_eq!(got.err().map(|error| error.kind()), Some(ErrorKind::Corrupt), "it is an error, never absent");
    assert_eq!(case.get(&key!["k", 5]).await.as_deref(), Some("1"));
    let (mut found, mut damaged, mut next) = (0, 0, Some(Cursor::START));
    while let Some(cursor) = next {
        let page = case.scan(&pattern!["k", _], Select::ValuesAndTtls, &cursor, 3).await;
        found += page.records.len();
        damaged += page.damaged.len();
        next = page.next;
    }
    assert_eq!((found, damaged), (9, 1), "the others are listed, and it is reported");
}
