//! What becomes of a call that the server refuses or does not answer.
//!
//! * S5: a refused write was `:ok`, and nothing was stored.
//! * S9: with the server down, writes answered in an undocumented way, and reads raised.
//! * S10: a write that got no answer in time was called failed and applied later.
//! * S11: so it was with one in flight when the server was killed.

use std::time::{Duration, Instant};

use larder::{ErrorKind, Key, Pattern, Store, Term, Ttl, key};
use larder_test_redis::Reply;

use super::ground::{Ground, listed, session, sessions};

/// One record of each sort: in one spelling, and in two.
fn keys() -> [Key; 2] {
    [key!["k"], session(1, "f3")]
}

async fn refused_writes(store: &Store<Term>, kind: ErrorKind) {
    for key in keys() {
        assert_eq!(store.put(&key, &Term::from("new")).await.unwrap_err().kind(), kind);
    }
    let values = keys().map(|key| (key, Term::from("new")));
    let many = store.put_many(values.iter().map(|(key, value)| (key, value))).await;
    let kinds: Vec<_> = match many {
        Err(error) => vec![error.kind()],
        Ok(each) => each.into_iter().map(|written| written.unwrap_err().kind()).collect(),
    };
    assert!(kinds.iter().all(|of| *of == kind), "{kinds:?}");
}

async fn a_refused_write_is_an_error_and_changes_nothing(layout: &'static str) {
    let ground = Ground::alone(layout);
    let store = ground.store_with("grace=100ms").await;
    for key in keys() {
        store.put(&key, &Term::from("old")).await.unwrap();
    }
    ground.server.set("maxmemory", "1");
    refused_writes(&store, ErrorKind::Full).await;
    for key in keys() {
        assert_eq!(store.get(&key).await.unwrap(), Some(Term::from("old")));
    }
    assert_eq!(listed(&store, &sessions(1)).await, [(session(1, "f3"), Term::from("old"))]);
    assert!(store.delete("k").await.unwrap(), "what makes room needs none");
    ground.server.set("maxmemory", "0");
    store.put("k", &Term::from("old")).await.unwrap();

    let store = ground.store_with("grace=100ms&timeout=500ms").await;
    ground.server.command(&["REPLICAOF", "127.0.0.1", "1"]);
    for key in keys() {
        assert_eq!(store.put(&key, &Term::from("new")).await.unwrap_err().kind(), ErrorKind::Unavailable);
    }
    ground.server.command(&["REPLICAOF", "NO", "ONE"]);
    let store = ground.store().await;
    for key in keys() {
        assert_eq!(store.get(&key).await.unwrap(), Some(Term::from("old")));
    }
}

async fn a_ttl_that_the_server_would_refuse_is_refused_before_it_is_asked(layout: &'static str) {
    let ground = Ground::new(layout);
    let store = ground.store().await;
    store.put("k", &Term::from("old")).await.unwrap();
    for ttl in [Ttl::After(Duration::ZERO), Ttl::After(Duration::MAX), Ttl::Never] {
        let store = store.clone().with_ttl(ttl);
        assert_eq!(store.put("k", &Term::from("new")).await.unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(store.touch("k").await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    for ttl in ["0", "-1", "1.5", "abc", "infinity", "9223372036854775807"] {
        assert!(ttl.parse::<Ttl>().is_err(), "{ttl}");
    }
    assert_eq!(store.get("k").await.unwrap(), Some(Term::from("old")));
    let without: Store<Term> =
        larder::open(&ground.server.url_with(&format!("?layout={layout}"))).await.unwrap().store();
    assert_eq!(without.put("k", &Term::from("new")).await.unwrap_err().kind(), ErrorKind::Config);
}

async fn an_empty_batch_and_an_absent_record_are_no_errors(layout: &'static str) {
    let ground = Ground::new(layout);
    let store = ground.store().await;
    assert_eq!(store.put_many::<Key>([]).await.unwrap().len(), 0);
    assert!(store.delete_many::<Key>([]).await.unwrap().is_empty());
    assert!(!store.delete("k").await.unwrap());
    assert!(Key::new(Vec::<Term>::new()).is_err(), "no key is empty");
}

async fn while_the_server_is_down_every_call_says_that_nothing_was_applied(layout: &'static str) {
    let ground = Ground::alone(layout);
    let store = ground.store_with("grace=50ms").await;
    store.put("k", &Term::from("v")).await.unwrap();
    ground.server.kill();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let _ = store.get("k").await; // the first one may find it out
    let kinds = [
        store.put("k", &Term::nil()).await.map(drop).unwrap_err().kind(),
        store.get("k").await.map(drop).unwrap_err().kind(),
        store.delete("k").await.map(drop).unwrap_err().kind(),
        store.take("k").await.map(drop).unwrap_err().kind(),
        store.touch("k").await.map(drop).unwrap_err().kind(),
        store.all(&Pattern::any()).await.map(drop).unwrap_err().kind(),
    ];
    assert_eq!(kinds, [ErrorKind::Unavailable; 6]);
    ground.server.restart();
    let begun = Instant::now();
    while store.put("k", &Term::from("again")).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(5), "service resumes by itself");
    }
    assert_eq!(listed(&store, &Pattern::any()).await, [(key!["k"], Term::from("again"))]);
}

async fn a_write_that_gets_no_answer_is_never_called_failed(layout: &'static str) {
    let ground = Ground::alone(layout);
    let patient = ground.store().await;
    patient.put("k", &Term::from("old")).await.unwrap();
    let store = ground.store_with("timeout=400ms").await;
    store.put("k", &Term::from("old")).await.unwrap();

    // It hangs.
    ground.server.stop_signal();
    let begun = Instant::now();
    let error = store.put("k", &Term::from("new")).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
    ground.server.continue_signal();
    assert_eq!(error.kind(), ErrorKind::Unknown);
    assert!(!error.is_retryable());

    // It is killed while it works.
    let store = ground.store().await;
    store.put("k", &Term::from("new")).await.unwrap();
    let mut busy = ground.server.client().unwrap();
    busy.send(&["DEBUG", "SLEEP", "30"]).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let [writing, deleting] = [store.clone(), store.clone()];
    let write = tokio::spawn(async move { writing.put("k", &Term::from("newer")).await });
    let delete = tokio::spawn(async move { deleting.delete(session(1, "f3")).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    ground.server.kill();
    assert_eq!(write.await.unwrap().unwrap_err().kind(), ErrorKind::Unknown);
    assert_eq!(delete.await.unwrap().unwrap_err().kind(), ErrorKind::Unknown);
}

async fn a_stale_answer_of_another_call_reaches_nobody(layout: &'static str) {
    // What Pow's CLIENT REPLY OFF did where it was refused: the next calls got one another's answers.
    let ground = Ground::new(layout);
    let store = ground.store().await;
    for user in 0..50 {
        store.put(key!["user", user], &Term::from(user)).await.unwrap();
    }
    let calls: Vec<_> = (0..400_u32)
        .map(|call| {
            let store = store.clone();
            tokio::spawn(async move {
                let user = call % 50;
                let key = key!["user", user];
                match call % 5 {
                    0 => store.put(key, &Term::from(user)).await.unwrap(),
                    1 => assert!(store.touch(key).await.unwrap()),
                    _ => assert_eq!(store.get(key).await.unwrap(), Some(Term::from(user))),
                }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert!(!matches!(ground.ask(&["PING"]), Reply::Error(_)));
}

in_both_layouts! {
    a_refused_write_is_an_error_and_changes_nothing
    a_ttl_that_the_server_would_refuse_is_refused_before_it_is_asked
    an_empty_batch_and_an_absent_record_are_no_errors
    while_the_server_is_down_every_call_says_that_nothing_was_applied
    a_write_that_gets_no_answer_is_never_called_failed
    a_stale_answer_of_another_call_reaches_nobody
}
