//! Promises about limits: what is out of bounds is refused before anything is written, and what is within is not.

use std::time::Duration;

use bytes::Bytes;

use crate::backend::{Backend, Cursor, Put, When};
use crate::error::{ErrorKind, Result};
use crate::key;
use crate::key::Key;
use crate::limits::Limits;
use crate::pattern::{Part, Pattern};
use crate::record::Select;
use crate::ttl::Ttl;

use super::case::{Case, LONG, ok, put};
use super::fixture::Fixture;

fn of_parts(count: usize) -> Key {
    ok(Key::new(vec![7; count]), "it has parts")
}

/// A key of exactly so many encoded bytes.
fn of_bytes(count: usize) -> Key {
    let short = key!["x"].as_bytes().len();
    let key = key!["x".repeat(count + 1 - short)];
    assert_eq!(key.as_bytes().len(), count, "a letter of a text is a byte of a key");
    key
}

fn out_of_bounds(limits: &Limits) -> [Key; 2] {
    [of_parts(limits.parts + 1), of_bytes(limits.key_bytes + 1)]
}

#[track_caller]
fn assert_invalid<T>(answer: Result<T>, what: &str) {
    let error = answer.err().unwrap_or_else(|| panic!("{what} is out of bounds and was not refused"));
    assert_eq!(error.kind(), ErrorKind::Invalid, "{what}");
}

/// A key of too many parts or bytes is `Invalid` for every method.
pub async fn limits_refuse_a_key<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (backend, space) = (&case.backend, &case.space);
    let fine = key!["fine"];
    case.put(&fine, "v").await;
    for bad in out_of_bounds(&case.info().await.limits) {
        let keys = [fine.clone(), bad.clone()];
        assert_invalid(backend.put(space, &[put(&bad, "v", When::Always)]).await, "a put");
        assert_invalid(backend.get(space, &keys, Select::Values).await, "a get");
        assert_invalid(backend.take(space, &bad).await, "a take");
        assert_invalid(backend.touch(space, &keys, Ttl::Never).await, "a touch");
        assert_invalid(backend.delete(space, &keys).await, "a delete");
    }
    assert_eq!(case.get(&fine).await.as_deref(), Some("v"), "the delete that was refused deleted nothing");
    case.assert_remains(case.ttl(&fine).await, LONG, "nor did the touch touch");
}

/// A pattern of too many parts or bytes is `Invalid`.
pub async fn limits_refuse_a_pattern<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let limits = case.info().await.limits;
    let holes = ok(Pattern::new(vec![Part::Any; limits.parts + 1], false), "it has parts");
    let long = ok(Pattern::new([Part::exactly("x".repeat(limits.key_bytes)), Part::Any], true), "it has parts");
    let keys = out_of_bounds(&limits).map(|key| Pattern::from(&key));
    for pattern in keys.iter().chain([&holes, &long]) {
        for limit in [0, 10] {
            let start = Cursor::START;
            let scan = case.backend.scan(&case.space, pattern, Select::Keys, &start, limit);
            assert_invalid(scan.await, "a scan");
        }
    }
}

/// A value over the limit is `Invalid`.
pub async fn limits_refuse_a_value<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let large = Bytes::from(vec![b'x'; case.info().await.limits.value_bytes + 1]);
    let put = Put { key: key!["k"], value: large, ttl: LONG.into(), when: When::Always };
    assert_invalid(case.backend.put(&case.space, &[put]).await, "a put");
    assert_eq!(case.get(&key!["k"]).await, None);
}

/// A ttl of nothing, or over a hundred years, is `Invalid`, and leaves what lives as it was.
pub async fn limits_refuse_a_ttl<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put(&key, "v").await;
    let over = Ttl::MAX + Duration::from_nanos(1);
    for ttl in [Duration::ZERO, over, Duration::from_secs(1_000_000_000_000_000_000), Duration::MAX] {
        let mut put = put(&key, "w", When::Always);
        put.ttl = ttl.into();
        assert_invalid(case.backend.put(&case.space, &[put]).await, "a put");
        let touch = case.backend.touch(&case.space, std::slice::from_ref(&key), ttl.into());
        assert_invalid(touch.await, "a touch");
    }
    assert_eq!(case.get(&key).await.as_deref(), Some("v"));
    case.assert_remains(case.ttl(&key).await, LONG, "the old ttl");
}

/// One record out of bounds refuses the whole batch, and nothing of it is written, wherever it stands.
pub async fn limits_refuse_a_batch_before_anything_is_written<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let limits = case.info().await.limits;
    let fine = put(&key!["fine"], "v", When::Always);
    let [parts, bytes] = out_of_bounds(&limits).map(|key| put(&key, "v", When::Always));
    let mut endless = put(&key!["endless"], "v", When::Always);
    endless.ttl = Duration::ZERO.into();
    let mut large = put(&key!["large"], "v", When::Always);
    large.value = Bytes::from(vec![b'x'; limits.value_bytes + 1]);
    for bad in [parts, bytes, endless, large] {
        for batch in [[fine.clone(), bad.clone()], [bad, fine.clone()]] {
            assert_invalid(case.backend.put(&case.space, &batch).await, "a batch");
            assert!(case.list(&Pattern::any()).await.is_empty(), "something was written");
        }
    }
}

/// What is just within the bounds is kept.
pub async fn limits_allow_the_largest<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let limits = case.info().await.limits;
    for key in [of_parts(limits.parts), of_bytes(limits.key_bytes)] {
        case.put(&key, "v").await;
        assert_eq!(case.get(&key).await.as_deref(), Some("v"));
        assert!(case.list(&Pattern::from(&key)).await.iter().eq([&key]));
        assert!(case.touch(&key, LONG).await);
        assert_eq!(case.take(&key).await.as_deref(), Some("v"));
    }
    let large = Bytes::from(vec![b'x'; limits.value_bytes]);
    let put = Put { key: key!["k"], value: large.clone(), ttl: LONG.into(), when: When::Always };
    let written = ok(case.backend.put(&case.space, &[put]).await, "put");
    assert!(written.into_iter().all(|written| written.is_ok_and(|written| written)));
    assert!(case.found(&key!["k"], Select::Values).await.is_some_and(|found| found.value == large));
}
