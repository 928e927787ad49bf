//! Listings over many pages.
//!
//! * S1: the seed's `all` crashed as soon as SCAN needed a second page, and login with it.
//! * S7: what SCAN repeats was listed twice.
//! * S13: one round trip for every ten keys of the whole database.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use larder::{Path, Pattern, Term, key, pattern};
use larder_test_redis::Server;

use super::ground::{Ground, listed, session, sessions};

fn fill(ground: &Ground, keys: u32) {
    ground.ask_all((0..keys).map(|number| vec!["SET".to_owned(), format!("foreign:{number}"), "v".to_owned()]));
}

async fn all_goes_on_behind_the_first_page_of_scan(layout: &'static str) {
    let ground = Ground::new(layout);
    fill(&ground, 5_000);
    let store = ground.store().await;
    for chunk in (0..1_500_u32).collect::<Vec<_>>().chunks(500) {
        let values: Vec<_> = chunk.iter().map(|number| (key!["user", *number], Term::from(*number))).collect();
        store.put_many(values.iter().map(|(key, value)| (key, value))).await.unwrap();
    }
    for pattern in [pattern!["user", _], Pattern::any()] {
        let found = listed(&store, &pattern).await;
        assert_eq!(found.len(), 1_500);
        for (number, (key, value)) in found.iter().enumerate() {
            assert_eq!((key, value), (&key!["user", number as u32], &Term::from(number as u32)));
        }
    }
    // Pow lists a user's sessions at every login.
    store.put(session(7, "f3"), &Term::from(1)).await.unwrap();
    assert_eq!(listed(&store, &sessions(7)).await, [(session(7, "f3"), Term::from(1))]);
}

async fn all_lists_each_record_once_while_other_keys_are_deleted(layout: &'static str) {
    let ground = Arc::new(Ground::new(layout));
    let store = ground.store().await;
    for chunk in (0..3_000_u32).collect::<Vec<_>>().chunks(500) {
        let values: Vec<_> = chunk.iter().map(|number| (key!["user", *number], Term::from(*number))).collect();
        store.put_many(values.iter().map(|(key, value)| (key, value))).await.unwrap();
    }
    fill(&ground, 60_000);
    let gone = Arc::new(AtomicBool::new(false));
    let deleting = {
        let (ground, gone) = (Arc::clone(&ground), Arc::clone(&gone));
        std::thread::spawn(move || {
            ground.ask_all((0..60_000).map(|number| vec!["DEL".to_owned(), format!("foreign:{number}")]));
            gone.store(true, Ordering::Relaxed);
        })
    };
    let mut rounds = 0;
    while !gone.load(Ordering::Relaxed) || rounds < 3 {
        let found = store.all(&pattern!["user", _]).await.unwrap();
        assert_eq!(found.records.len(), 3_000);
        assert_eq!(found.records.iter().map(|(key, _)| key).collect::<BTreeSet<_>>().len(), 3_000);
        assert_eq!(store.count(&pattern!["user", _]).await.unwrap(), 3_000);
        rounds += 1;
    }
    deleting.join().unwrap();
}

async fn a_listing_costs_no_round_trip_for_every_ten_keys(layout: &'static str) {
    let ground = Ground::alone(layout);
    fill(&ground, 20_000);
    let store = ground.store().await;
    for name in ["a", "b", "c"] {
        store.put(session(1, name), &Term::from(name)).await.unwrap();
    }
    ground.server.forget_calls();
    let found = store.all(&sessions(1)).await.unwrap();
    assert_eq!(found.records.len(), 3);
    let calls = ground.server.calls();
    let of = |name: &str| calls.get(name).copied().unwrap_or(0);
    if ground.is_indexed() {
        assert_eq!((found.cost.path, found.cost.round_trips), (Path::Index, 2));
        // Two sets, one for each way of writing atoms; the records in both ways where they were listed so.
        assert_eq!((of("scan"), of("zscan"), of("get")), (0, 2, 3));
    } else {
        assert_eq!(found.cost.path, Path::Scan);
        // A walk for each way of writing atoms, with pages of 512 keys or more.
        assert!(of("scan") <= 2 * (20_000_u64.div_ceil(512) + 1), "{} pages", of("scan"));
        assert_eq!(of("get"), 3, "a key that SCAN brought is read as it was found");
    }
    assert_eq!(of("mget") + of("client|reply"), 0);
}

async fn the_round_trips_of_an_index_do_not_grow_with_the_database(layout: &'static str) {
    let ground = Ground::alone(layout);
    let store = ground.store().await;
    store.put(session(1, "a"), &Term::from(1)).await.unwrap();
    let before = store.all(&sessions(1)).await.unwrap().cost;
    fill(&ground, 20_000);
    let after = store.all(&sessions(1)).await.unwrap().cost;
    let explained = store.explain(&sessions(1)).await.unwrap();
    if ground.is_indexed() {
        assert_eq!(before, after);
        assert_eq!((explained.path, explained.hint), (Path::Index, None));
    } else {
        assert!(after.round_trips > before.round_trips + 20);
        assert_eq!(explained.path, Path::Scan);
        assert!(explained.hint.unwrap().contains("layout=pow-indexed"), "it says what has an index");
        assert!(explained.entries_estimated >= 20_000);
        let strict = store.clone().strict().all(&sessions(1)).await.unwrap_err();
        assert_eq!(strict.kind(), larder::ErrorKind::Invalid);
    }
}

async fn a_listing_over_a_restart_of_the_server_misses_nothing(layout: &'static str) {
    // A cursor of SCAN means nothing to the server once it has started anew: its keys then lie in another order.
    let ground = Ground::on(Arc::new(Server::builder().append_only().start()), 0, layout);
    let store = ground.store().await;
    for chunk in (0..4_000_u32).collect::<Vec<_>>().chunks(500) {
        let values: Vec<_> = chunk.iter().map(|number| (key!["user", *number], Term::from(*number))).collect();
        store.put_many(values.iter().map(|(key, value)| (key, value))).await.unwrap();
    }
    let pattern = pattern!["user", _];
    let mut pages = store.pages(&pattern);
    let mut found = BTreeSet::new();
    let mut number = 0;
    loop {
        match pages.next().await {
            Ok(None) => break,
            Ok(Some(page)) => found.extend(page.records.into_iter().map(|(key, ..)| key)),
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
        number += 1;
        if number == 2 || number == 5 {
            ground.server.restart();
        }
    }
    assert_eq!(found.len(), 4_000);
}

in_both_layouts! {
    a_listing_over_a_restart_of_the_server_misses_nothing
    all_goes_on_behind_the_first_page_of_scan
    all_lists_each_record_once_while_other_keys_are_deleted
    a_listing_costs_no_round_trip_for_every_ten_keys
    the_round_trips_of_an_index_do_not_grow_with_the_database
}
