//! An index of ours that was lost, while its records live on: by hand, by eviction, by a server that began anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use larder::{ErrorKind, Path, Pattern, Store, Term, Ttl, key, pattern};
use larder_test_redis::{Fault, Proxy, Reply, Server};

use super::ground::{Ground, SPACE};

/// More than a listing waits for.
const MANY: u32 = 20_000;

fn of_user(user: u32) -> Pattern {
    pattern!["user", user, _]
}

async fn put(store: &Store<Term>, user: u32, names: &[&str]) {
    for name in names {
        store.put(key!["user", user, *name], &Term::from(*name)).await.unwrap();
    }
}

/// How many records a listing finds, and how.
async fn found(store: &Store<Term>, user: u32) -> (usize, Path) {
    let page = store.all(&of_user(user)).await.unwrap();
    (page.records.len(), page.cost.path)
}

fn mark() -> String {
    format!("%index1:last:{SPACE}:")
}

fn index(user: u32) -> String {
    format!("%index1:last:{SPACE}:user:#{user}")
}

fn remove(ground: &Ground, names: &str) {
    let keys = ground.ask(&["KEYS", names]);
    assert!(!keys.as_array().is_empty());
    for key in keys.as_array() {
        ground.ask(&["DEL", &key.as_text()]);
    }
}

fn populate(ground: &Ground) {
    assert_eq!(ground.ask(&["DEBUG", "POPULATE", &MANY.to_string(), "foreign", "10"]), Reply::ok());
}

/// Waits until a listing goes by the index again; each until then finds as many.
async fn await_index(store: &Store<Term>, user: u32, count: usize) {
    let since = Instant::now();
    loop {
        let (records, path) = found(store, user).await;
        assert_eq!(records, count);
        if path == Path::Index {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "the index becomes whole");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_index_that_was_removed_by_hand_hides_no_record() {
    let ground = Ground::alone("native");
    let store = ground.store().await;
    put(&store, 1, &["a", "b"]).await;
    store.clone().with_ttl(Ttl::Never).put(key!["user", 1, "endless"], &Term::nil()).await.unwrap();
    assert_eq!(found(&store, 1).await, (3, Path::Index));
    for names in ["%index1:*", "%index1:last*", "%index1:last:*", &format!("%index1:last:{SPACE}:*")] {
        remove(&ground, names);
        // A put makes an index of its own record alone.
        put(&store, 1, &["b"]).await;
        assert_eq!(found(&store, 1).await, (3, Path::Index), "{names}");
        assert_eq!(ground.ask(&["ZCARD", &index(1)]).as_integer(), 2);
        assert!(ground.ask(&["PTTL", &index(1)]).as_integer() > 1_790_000, "it outlives its records");
    }
    // Only records and indexes of this namespace, the one mark, and nothing left of who made it.
    assert_eq!(ground.ask(&["DBSIZE"]).as_integer(), 3 + 2 + 1);
}

#[tokio::test]
async fn an_emptied_database_begins_anew() {
    let ground = Ground::alone("native");
    let store = ground.store().await;
    put(&store, 1, &["a", "b"]).await;
    assert_eq!(found(&store, 1).await, (2, Path::Index));
    ground.ask(&["FLUSHALL"]);
    assert_eq!(found(&store, 1).await, (0, Path::Index));
    put(&store, 1, &["c"]).await;
    assert_eq!(found(&store, 1).await, (1, Path::Index));
}

#[tokio::test]
async fn among_many_keys_a_listing_scans_until_the_index_is_whole_and_says_so() {
    let ground = Ground::alone("native");
    populate(&ground);
    let store = ground.store().await;
    put(&store, 1, &["a", "b", "c"]).await;
    let explained = store.explain(&of_user(1)).await.unwrap();
    assert_eq!(explained.path, Path::Scan);
    assert!(explained.hint.unwrap().contains("is being made whole"));
    let refused = store.clone().strict().all(&of_user(1)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    await_index(&store, 1, 3).await;
    let explained = store.explain(&of_user(1)).await.unwrap();
    assert_eq!((explained.path, explained.entries_estimated), (Path::Index, 3));
    assert_eq!(store.all(&of_user(1)).await.unwrap().cost.round_trips, 2);
    // Foreign keys are listed in nothing of ours.
    assert_eq!(ground.ask(&["DBSIZE"]).as_integer(), i64::from(MANY) + 3 + 1 + 1);
}

#[tokio::test]
async fn a_listing_that_lost_its_index_midway_misses_nothing() {
    let ground = Ground::alone("native");
    let store = ground.store().await;
    populate(&ground);
    let names: Vec<_> = (0..1_500).map(|at| format!("s{at}")).collect();
    for some in names.chunks(250) {
        let values: Vec<_> = some.iter().map(|name| (key!["user", 1, &name[..]], Term::nil())).collect();
        store.put_many(values.iter().map(|(key, value)| (key, value))).await.unwrap();
    }
    await_index(&store, 1, 1_500).await;
    let mut pages = store.pages(&of_user(1));
    let mut seen = std::collections::BTreeSet::new();
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!(first.cost.path, Path::Index);
    assert!(first.next.is_some());
    seen.extend(first.records.into_iter().map(|(key, ..)| key));
    remove(&ground, "%index1:*");
    while let Some(page) = pages.next().await.unwrap() {
        seen.extend(page.records.into_iter().map(|(key, ..)| key));
    }
    assert_eq!(seen.len(), 1_500);
}

/// Lets a server evict the indexes and none of the records: alone they have a ttl.
fn evict_indexes(ground: &Ground, user: u32) {
    let records = ground.ask(&["KEYS", &format!("{SPACE}:*")]);
    records.as_array().iter().for_each(|record| drop(ground.ask(&["PERSIST", &record.as_text()])));
    ground.server.set("maxmemory-policy", "volatile-random");
    ground.server.set("maxmemory", "1mb");
    let since = Instant::now();
    while ground.exists(index(user).as_bytes()) {
        ground.ask(&["SET", "filler", "x"]);
        assert!(since.elapsed() < Duration::from_secs(20), "the index is evicted");
    }
    assert!(ground.exists(mark().as_bytes()), "the mark stands, and is not believed");
}

#[tokio::test]
async fn an_index_that_the_server_evicted_hides_no_record() {
    let ground = Ground::alone("native");
    let store = ground.store().await;
    put(&store, 1, &["a", "b"]).await;
    assert_eq!(found(&store, 1).await, (2, Path::Index));
    // What was known of a server that evicts nothing holds for a second.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    evict_indexes(&ground, 1);
    // The server takes nothing at the moment, no index either.
    assert_eq!(found(&store, 1).await, (2, Path::Scan));
    ground.server.set("maxmemory", "1gb");
    assert_eq!(found(&store, 1).await, (2, Path::Index));
    assert_eq!(found(&store, 1).await, (2, Path::Index));
    // From now on every listing asks, and at once.
    evict_indexes_again(&ground);
    ground.server.set("maxmemory", "1gb");
    assert_eq!(found(&store, 1).await, (2, Path::Index));
    assert_eq!(store.all(&of_user(1)).await.unwrap().cost.round_trips, 2);
}

/// The indexes made whole are of endless records now, and are not volatile: all of them go with everything volatile.
fn evict_indexes_again(ground: &Ground) {
    let endless = format!("%index1:last.never:{SPACE}:user:#1");
    ground.ask(&["PEXPIRE", &endless, "1000000"]);
    ground.server.set("maxmemory", "1mb");
    let since = Instant::now();
    while ground.exists(endless.as_bytes()) {
        ground.ask(&["SET", "filler", "x"]);
        assert!(since.elapsed() < Duration::from_secs(20), "the index is evicted");
    }
}

#[tokio::test]
async fn after_a_restart_the_index_is_believed_unless_the_server_may_have_evicted_it() {
    let ground = Ground::on(
        Arc::new(Server::builder().append_only().config("maxmemory-policy", "allkeys-lru").start()),
        0,
        "native",
    );
    let store = ground.store().await;
    put(&store, 1, &["a", "b"]).await;
    assert_eq!(found(&store, 1).await, (2, Path::Index));
    let of_mark = || ground.server.command(&["GET", &mark()]).as_text();
    let first = of_mark();
    ground.server.restart();
    assert_eq!(found(&store, 1).await, (2, Path::Index));
    assert_eq!(of_mark(), first, "memory is unbounded");
    ground.server.command(&["CONFIG", "SET", "maxmemory", "1gb"]);
    ground.server.command(&["CONFIG", "REWRITE"]);
    ground.server.restart();
    ground.server.command(&["CONFIG", "SET", "maxmemory", "1gb"]);
    // Gone in the run before, where nobody looked.
    ground.server.command(&["DEL", &index(1)]);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(found(&store, 1).await, (2, Path::Index));
    assert_ne!(of_mark(), first, "it was walked over anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_come_and_go_while_an_index_is_made_whole_are_in_it() {
    let ground = Arc::new(Ground::alone("native"));
    let store = ground.store().await;
    populate(&ground);
    for user in 0..=200 {
        let values: Vec<_> = (0..50).map(|at| (key!["user", user, at], Term::nil())).collect();
        store.put_many(values.iter().map(|(key, value)| (key, value))).await.unwrap();
    }
    await_index(&store, 7, 50).await;
    remove(&ground, "%index1:*");
    let whole = Arc::new(AtomicBool::new(false));
    let writing: Vec<_> = (0..8_u32)
        .map(|task| {
            let (store, whole) = (store.clone(), Arc::clone(&whole));
            tokio::spawn(async move {
                let mut at = 0_u32;
                while !whole.load(Ordering::Relaxed) || !at.is_multiple_of(50) {
                    let key = key!["user", task * 25 + at % 25, at % 50];
                    match (at / 50) % 3 {
                        0 => drop(store.delete(&key).await.unwrap()),
                        1 => store.clone().with_ttl(Ttl::Never).put(&key, &Term::nil()).await.unwrap(),
                        _ => store.put(&key, &Term::nil()).await.unwrap(),
                    }
                    at += 1;
                }
            })
        })
        .collect();
    // Two stores, as of two processes, want it at once; one walks. Nobody writes to the user that they list.
    let other = ground.store().await;
    ground.server.forget_calls();
    tokio::join!(await_index(&store, 200, 50), await_index(&other, 200, 50));
    whole.store(true, Ordering::Relaxed);
    for task in writing {
        task.await.unwrap();
    }
    let listed = store.count(&Pattern::any()).await.unwrap();
    let mut indexed = 0;
    for user in 0..=200 {
        let page = store.keys(&of_user(user)).await.unwrap();
        assert_eq!(page.cost.path, Path::Index);
        indexed += page.records.len() as u64;
    }
    assert_eq!(indexed, listed);
}

#[tokio::test]
async fn a_store_that_began_in_a_small_database_never_walks_over_a_large_one() {
    let ground = Ground::alone("native");
    let store = ground.store().await;
    put(&store, 1, &["a", "b"]).await;
    populate(&ground);
    ground.server.forget_calls();
    assert_eq!(found(&ground.store().await, 1).await, (2, Path::Index), "and so for whoever opens it later");
    assert_eq!(ground.server.calls().get("scan"), None);
}

#[tokio::test]
async fn a_listing_that_waits_for_its_index_to_be_made_whole_keeps_its_deadline() {
    let ground = Ground::alone("native");
    put(&ground.store().await, 1, &["a", "b"]).await;
    ground.ask(&["DEL", &mark()]);
    let proxy = Proxy::new(&ground.server, 1);
    let timeout = Duration::from_millis(500);
    let url = format!("{}/0?namespace={SPACE}&ttl=30m&timeout={}ms", proxy.url(), timeout.as_millis());
    let store: Store<Term> = larder::open(&url).await.unwrap().store();
    assert_eq!(store.get(key!["user", 1, "a"]).await.unwrap(), Some(Term::from("a")));
    // Each reply comes in time by itself. Those to a listing and a walk take three times as long as a call may.
    proxy.set(Fault::Delay(Duration::from_millis(200)));
    let since = Instant::now();
    assert_eq!(store.all(&of_user(1)).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(since.elapsed() < timeout + Duration::from_millis(300), "{:?}", since.elapsed());
}

#[tokio::test]
async fn a_compaction_lists_what_was_removed_from_one_index_by_hand() {
    let ground = Ground::alone("native");
    let store = ground.store().await;
    put(&store, 1, &["a", "b"]).await;
    put(&store, 2, &["c"]).await;
    assert_eq!(found(&store, 1).await, (2, Path::Index));
    ground.ask(&["DEL", &index(1)]);
    ground.ask(&["ZREM", &index(2), "c"]);
    store.compact().await.unwrap();
    assert_eq!(found(&store, 1).await, (2, Path::Index));
    assert_eq!(found(&store, 2).await, (1, Path::Index));
}

#[tokio::test]
async fn to_know_that_an_index_is_whole_costs_no_round_trip() {
    let ground = Ground::alone("native");
    let store = ground.store().await;
    put(&store, 1, &["a", "b", "c"]).await;
    found(&store, 1).await;
    for policy in ["noeviction", "allkeys-lru"] {
        ground.server.set("maxmemory-policy", policy);
        ground.server.set("maxmemory", "1gb");
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        found(&store, 1).await;
        ground.server.forget_calls();
        let since = Instant::now();
        for _ in 0..20 {
            let page = store.all(&of_user(1)).await.unwrap();
            assert_eq!((page.cost.path, page.cost.round_trips), (Path::Index, 2));
        }
        let seconds = since.elapsed().as_secs() + 1;
        let calls = ground.server.calls();
        let of = |name: &str| calls.get(name).copied().unwrap_or(0);
        assert_eq!((of("zscan"), of("get"), of("scan"), of("set")), (40, 20 * (3 + 1), 0, 0), "{policy}");
        // The rig asks once itself.
        let asked = of("info");
        assert!(if policy == "noeviction" { asked <= seconds + 1 } else { asked >= 20 }, "{policy}: {asked}");
    }
}
