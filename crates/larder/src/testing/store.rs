//! Promises of `Store`, about single records.

use std::time::Duration;

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::backend::When;
use crate::codec::{Json, Raw};
use crate::erased::Erased;
use crate::error::{ErrorKind, Result};
use crate::key;
use crate::pattern::Pattern;
use crate::record::Version;
use crate::store::Store;

use super::case::{Case, LONG, ok};
use super::faulty::{Fault, Faulty, Verb};
use super::fixture::Fixture;

/// A value comes back equal, with what remains of its ttl, and with the version that `Unchanged` goes by.
pub async fn store_gives_values_back<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let store = case.store::<BTreeMap<String, Vec<f64>>>(Json);
    let value = BTreeMap::from([("é\0\"".to_owned(), vec![0.5, -1e300]), (String::new(), vec![])]);
    ok(store.put("k", &value).await, "put");
    assert_eq!(ok(store.get("k").await, "get"), Some(value.clone()));
    let (with_ttl, ttl) = ok(store.get_with_ttl("k").await, "get with ttl").expect("it lives");
    assert_eq!(with_ttl, value);
    case.assert_remains(Some(ttl), LONG, "the store's ttl");
    let (with_version, version) = ok(store.get_with_version("k").await, "get with version").expect("it lives");
    assert_eq!(with_version, value);
    let next = BTreeMap::new();
    assert!(ok(store.put_when("k", &next, When::Unchanged(version)).await, "put"));
    assert!(!ok(store.put_when("k", &value, When::Unchanged(version)).await, "put"));
    assert_eq!(ok(store.take("k").await, "take"), Some(next));
    assert_eq!(ok(store.get("k").await, "get"), None);
    assert_eq!(ok(store.get_with_ttl("k").await, "get with ttl"), None);
}

/// A stored null is present, and other than an absence.
pub async fn store_takes_null_for_present<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let store = case.store::<Option<String>>(Json);
    assert_eq!(ok(store.get("k").await, "get"), None);
    ok(store.put("k", &None).await, "put");
    assert_eq!(ok(store.get("k").await, "get"), Some(None));
    let all = ok(store.all(&Pattern::from(&key!["k"])).await, "all");
    assert_eq!(all.records.len(), 1);
    assert_eq!(ok(store.take("k").await, "take"), Some(None));
}

/// Nothing is put or touched without a ttl: it must be set, `Never` too.
pub async fn store_needs_a_ttl<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let store = Store::with_codec(Erased::new(case.backend.clone()), Raw).with_namespace(case.space.clone());
    let value = Bytes::from_static(b"v");
    let kind = |answer: Result<()>| answer.err().map(|error| error.kind());
    assert_eq!(kind(store.put("k", &value).await), Some(ErrorKind::Config));
    assert_eq!(kind(store.put_many([("k", &value)]).await.map(drop)), Some(ErrorKind::Config));
    assert_eq!(kind(store.touch("k").await.map(drop)), Some(ErrorKind::Config));
    assert_eq!(case.get(&key!["k"]).await, None, "nothing was written");
    let store = store.with_ttl(case.longest());
    ok(store.put("k", &value).await, "put");
    case.assert_longest(case.ttl(&key!["k"]).await, Duration::ZERO, "as it was set");
    assert!(ok(store.clone().with_ttl(case.short().into()).touch("k").await, "touch"));
    case.expire().await;
    assert_eq!(ok(store.get("k").await, "get"), None, "a clone with another ttl touched by its own");
}

/// Many are put and got in one call, each answered in its place; a key that stands twice keeps its last value.
pub async fn store_puts_and_gets_many<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let store = case.store::<u64>(Json);
    let put = store.put_many([(key!["a"], &1), (key!["b"], &2), (key!["a"], &3)]).await;
    assert!(ok(put, "put").into_iter().all(|written| written.is_ok_and(|written| written)));
    let got = ok(store.get_many([key!["b"], key!["none"], key!["a"]]).await, "get");
    let got: Vec<Option<u64>> = got.into_iter().map(|value| ok(value, "get, of one record")).collect();
    assert_eq!(got, [Some(2), None, Some(3)]);
    let lived = ok(store.delete_many([key!["none"], key!["a"], key!["b"]]).await, "delete");
    assert_eq!(lived, [false, true, true]);
    assert!(!ok(store.delete("a").await, "delete"));
}

/// Bytes that do not decode are an error of kind `Codec`, never "absent"; and they hide no other record.
pub async fn store_tells_what_does_not_decode_from_what_is_absent<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let store = case.store::<u64>(Json);
    for (name, value) in [("text", "\"7\""), ("cut", "{\"a\":"), ("empty", ""), ("binary", "\u{1}"), ("fine", "7")] {
        case.put(&key![name], value).await;
    }
    let kind = |answer: Result<()>| answer.err().map(|error| error.kind());
    for name in ["text", "cut", "empty", "binary"] {
        assert_eq!(kind(store.get(name).await.map(drop)), Some(ErrorKind::Codec), "get");
        assert_eq!(kind(store.get_with_ttl(name).await.map(drop)), Some(ErrorKind::Codec), "get with ttl");
        assert_eq!(kind(store.get_with_version(name).await.map(drop)), Some(ErrorKind::Codec), "get with version");
    }
    let many = ok(store.get_many(["text", "fine", "none"]).await, "one that does not decode fails alone");
    let kinds: Vec<_> = many.into_iter().map(|one| one.map_err(|error| error.kind())).collect();
    assert_eq!(kinds, [Err(ErrorKind::Codec), Ok(Some(7)), Ok(None)]);
    assert_eq!(kind(store.take("text").await.map(drop)), Some(ErrorKind::Codec), "take");
    assert_eq!(case.get(&key!["text"]).await, None, "what was taken is spent all the same");
}

/// A backend that is down is an error with its kind, never "absent", "not written" or an empty listing; and when it is
/// back everything is there.
pub async fn store_tells_an_outage_from_an_absence<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let faulty = Faulty::new(case.backend.clone());
    let store = Store::with_codec(Erased::new(faulty.clone()), Raw).with_namespace(case.space.clone());
    let store = store.with_ttl(LONG.into());
    let value = Bytes::from_static(b"v");
    ok(store.put("k", &value).await, "put");
    for kind in [ErrorKind::Unavailable, ErrorKind::Overloaded, ErrorKind::Denied] {
        faulty.outage(Some(kind));
        let every = Pattern::any();
        let kinds = [
            store.put("k", &value).await.err(),
            store.put_when("k", &value, When::Absent).await.err(),
            store.put_many([("k", &value)]).await.err(),
            store.get("k").await.err(),
            store.get("none").await.err(),
            store.get_with_ttl("k").await.err(),
            store.get_with_version("k").await.err(),
            store.get_many(["k"]).await.err(),
            store.take("k").await.err(),
            store.touch("k").await.err(),
            store.delete("k").await.err(),
            store.delete_many(["k"]).await.err(),
            store.all(&every).await.err(),
            store.keys(&every).await.err(),
            store.count(&every).await.err(),
            store.pages(&every).next().await.err(),
            store.delete_all(&every).await.err(),
            store.clear().await.err(),
            store.explain(&every).await.err(),
            store.stats().await.err(),
            store.compact().await.err(),
            store.status().await.err(),
        ];
        for error in kinds {
            assert_eq!(error.map(|error| error.kind()), Some(kind), "an outage is an error");
        }
    }
    faulty.outage(None);
    assert_eq!(ok(store.get("k").await, "get"), Some(value), "no call that failed has changed anything");
    assert_eq!(case.list(&Pattern::any()).await.len(), 1);
}

/// A write whose reply is lost is `Unknown`, and not to be repeated blindly; a taken record counts as spent.
pub async fn store_tells_a_lost_reply<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let faulty = Faulty::new(case.backend.clone());
    let store = Store::with_codec(Erased::new(faulty.clone()), Raw).with_namespace(case.space.clone());
    let store = store.with_ttl(LONG.into());
    let value = Bytes::from_static(b"v");
    faulty.at(Verb::Put, 1, Fault::Lose);
    faulty.at(Verb::Take, 1, Fault::Lose);
    let put = store.put("k", &value).await.expect_err("its reply was lost");
    assert!(put.kind() == ErrorKind::Unknown && !put.is_retryable());
    let written = ok(store.get_with_version("k").await, "get").expect("it had been written");
    assert_eq!(written.1, Version::of(&value));
    let take = store.take("k").await.expect_err("its reply was lost");
    assert!(take.kind() == ErrorKind::Unknown && !take.is_retryable());
    assert_eq!((faulty.calls(Verb::Put), faulty.calls(Verb::Take)), (1, 1), "neither was repeated");
    assert_eq!(ok(store.take("k").await, "take"), None, "the record is spent");
}
