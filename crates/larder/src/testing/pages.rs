//! Promises of `scan`: what happens between two pages.

use std::collections::BTreeSet;

use crate::backend::{Cursor, Listing, Sweep, When};
use crate::key;
use crate::key::Key;
use crate::pattern;
use crate::pattern::Pattern;
use crate::record::Select;

use super::case::{Case, LONG, put, sorted};
use super::fixture::Fixture;

async fn numbered<F: Fixture>(fixture: F, count: i64) -> (Case<F>, Vec<Key>) {
    let case = Case::open(fixture).await;
    let keys: Vec<Key> = (0..count).map(|number| key!["k", number]).collect();
    let puts: Vec<_> = keys.iter().map(|key| put(key, "v", When::Always)).collect();
    case.put_all(&puts).await;
    (case, keys)
}

/// The pages together hold each matching record, whatever their limit; each once, where the backend says so.
pub async fn pages_hold_each_record<F: Fixture>(fixture: F) {
    let (case, keys) = numbered(fixture, 50).await;
    let listing = case.info().await.listing;
    for limit in [1, 2, 7, 49, 50, 51, 1000, usize::MAX] {
        for pattern in [pattern!["k", _], pattern![_, _], Pattern::any(), pattern!["k", ..]] {
            let listed = case.list_by(&pattern, limit).await;
            let each: BTreeSet<&Key> = listed.iter().collect();
            assert!(each.len() == 50 && keys.iter().all(|key| each.contains(key)), "by pages of {limit}");
            assert!(listing == Listing::AtLeastOnce || listed.len() == 50, "each once, by pages of {limit}");
        }
    }
}

/// Keys come in key order, over pages and within them, where the backend says so.
pub async fn pages_come_in_key_order_where_told<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let keys = super::keys::one_of_each_kind();
    for key in keys.iter().rev() {
        case.put(key, "v").await;
    }
    if case.info().await.listing == Listing::Ordered {
        for limit in [1, 3, 1000] {
            let listed = case.list_by(&Pattern::any(), limit).await;
            assert!(listed.is_sorted(), "in key order, by pages of {limit}");
        }
    }
}

/// A record that lives throughout is found, whatever is written and deleted between the pages.
pub async fn pages_find_what_lives_throughout<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let stays: Vec<Key> = (0..40).map(|number| key!["k", number * 10]).collect();
    for key in &stays {
        case.put(key, "v").await;
    }
    for pattern in [pattern!["k", _], Pattern::any()] {
        let goes: Vec<Key> = (0..40).map(|number| key!["k", number * 10 + 5]).collect();
        for key in &goes {
            case.put(key, "v").await;
        }
        let (mut listed, mut cursor, mut round) = (BTreeSet::new(), Cursor::START, 0);
        loop {
            let page = case.page(&pattern, &cursor, 3).await;
            listed.extend(page.records.into_iter().map(|record| record.key));
            // Before, at and behind the position: others go and come, and those that stay are written anew.
            for key in goes.iter().skip(round % 3).step_by(3) {
                case.delete(key).await;
            }
            case.put(&key!["k", fastrand::i64(0..40) * 10 + 1], "v").await;
            case.put(&stays[round % 40], "w").await;
            case.touch(&stays[(round + 7) % 40], LONG * 2).await;
            round += 1;
            let Some(next) = page.next else { break };
            cursor = next;
        }
        assert!(stays.iter().all(|key| listed.contains(key)), "one that lived throughout was not found");
    }
}

/// What expires between two pages is left out of the later one, and is no error.
pub async fn pages_leave_out_what_expires_between<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    for number in 0..30 {
        case.put_for(&key!["k", number], "v", if number % 3 == 0 { LONG } else { case.short() }).await;
    }
    let page = case.page(&pattern!["k", _], &Cursor::START, 5).await;
    let mut seen: Vec<Key> = page.records.into_iter().map(|record| record.key).collect();
    case.advance_to_the_end_of(case.short()).await;
    case.advance_over_the_end().await;
    let mut next = page.next;
    while let Some(cursor) = next {
        let page = case.page(&pattern!["k", _], &cursor, 5).await;
        for record in page.records {
            let number = record.key.parts()[1].as_i64().expect("the second part is a number");
            assert_eq!(number % 3, 0, "an expired record is listed");
            seen.push(record.key);
        }
        next = page.next;
    }
    assert!((0..10).all(|number| seen.contains(&key!["k", number * 3])), "those that live are all listed");
}

/// With limit 0 nothing is listed, and the cost of the whole listing is estimated.
pub async fn pages_of_limit_zero_estimate<F: Fixture>(fixture: F) {
    let (case, _) = numbered(fixture, 50).await;
    for pattern in [pattern!["k", _], pattern![_, _], Pattern::any(), pattern!["k", 7]] {
        for select in [Select::Keys, Select::ValuesAndTtls] {
            let page = case.scan(&pattern, select, &Cursor::START, 0).await;
            assert!(page.records.is_empty() && page.damaged.is_empty(), "nothing is listed");
            assert!(page.next.is_none(), "and there is nothing to go on with");
            assert!(page.cost.entries >= 1, "looking at what matches costs something");
        }
    }
}

/// A cursor is a position: it is good for more than one page, outlives the record it stands on, a sweep and any time.
pub async fn pages_go_on_from_a_position<F: Fixture>(fixture: F) {
    let (case, keys) = numbered(fixture, 30).await;
    let pattern = pattern!["k", _];
    let first = case.page(&pattern, &Cursor::START, 10).await;
    let listed: BTreeSet<Key> = first.records.iter().map(|record| record.key.clone()).collect();
    let cursor = first.next.expect("there are more than ten");
    let rest = rest_of(&case, &pattern, &cursor).await;
    for key in &listed {
        case.delete(key).await;
    }
    case.advance(case.short()).await;
    case.sweep(Sweep::Compact).await;
    let copied = Cursor::new(cursor.as_bytes().to_vec());
    assert!(rest_of(&case, &pattern, &copied).await == rest, "a copy of its bytes goes on where it did");
    let expected: BTreeSet<Key> = keys.into_iter().filter(|key| !listed.contains(key)).collect();
    assert!(expected.is_subset(&rest), "what the first page did not list, the others do");
}

async fn rest_of<F: Fixture>(case: &Case<F>, pattern: &Pattern, from: &Cursor) -> BTreeSet<Key> {
    let (mut keys, mut cursor) = (BTreeSet::new(), from.clone());
    loop {
        let page = case.page(pattern, &cursor, 7).await;
        keys.extend(page.records.into_iter().map(|record| record.key));
        match page.next {
            Some(next) => cursor = next,
            None => return keys,
        }
    }
}

/// Two listings at once, by different patterns, do not disturb each other.
pub async fn pages_of_two_listings_stand_apart<F: Fixture>(fixture: F) {
    let (case, keys) = numbered(fixture, 20).await;
    let others: Vec<Key> = (0..20).map(|number| key!["other", number]).collect();
    for key in &others {
        case.put(key, "v").await;
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let (mut at_left, mut at_right) = (Some(Cursor::START), Some(Cursor::START));
    while at_left.is_some() || at_right.is_some() {
        for (at, listed, name) in [(&mut at_left, &mut left, "k"), (&mut at_right, &mut right, "other")] {
            let Some(cursor) = at.take() else { continue };
            let page = case.page(&pattern![name, _], &cursor, 3).await;
            listed.extend(page.records.into_iter().map(|record| record.key));
            *at = page.next;
        }
    }
    left.dedup();
    right.dedup();
    assert!(sorted(left) == keys && sorted(right) == others);
}
