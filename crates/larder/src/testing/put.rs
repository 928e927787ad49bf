//! Promises of `put`, of one record: what it replaces, and under which condition.

use std::time::Duration;

use bytes::Bytes;

use crate::backend::{Backend, Put, When};
use crate::key;
use crate::record::Select;
use crate::ttl::Ttl;

use super::case::{Case, LONG, MILLI, ok, one, version};
use super::fixture::Fixture;

/// A put replaces what is there, value and ttl together.
pub async fn put_replaces_value_and_ttl_together<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put_for(&key, "first", case.short()).await;
    case.put_for(&key, "second", LONG).await;
    assert_eq!(case.get(&key).await.as_deref(), Some("second"));
    case.assert_remains(case.ttl(&key).await, LONG, "the ttl is that of the last put");
    case.expire().await;
    assert_eq!(case.get(&key).await.as_deref(), Some("second"), "the first put's deadline does not end the second");
    case.put_for(&key, "third", case.short()).await;
    case.expire().await;
    assert_eq!(case.get(&key).await, None, "nor does the second's prolong the third");
}

/// A record put without an end stays until it is deleted; one put with an end in its place ends.
pub async fn put_never_ends_until_replaced<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put_for(&key, "v", case.short()).await;
    case.put_for(&key, "v", case.longest()).await;
    case.expire().await;
    case.assert_longest(case.ttl(&key).await, case.short(), "the first ttl is forgotten");
    case.put_for(&key, "v", case.short()).await;
    case.expire().await;
    assert_eq!(case.get(&key).await, None);
}

/// A ttl is rounded up to whole milliseconds, never down.
pub async fn put_rounds_a_ttl_up<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (key, tiny) = (key!["k"], key!["tiny"]);
    case.put_for(&key, "v", case.short() - MILLI + Duration::from_nanos(1)).await;
    case.assert_remains(case.ttl(&key).await, case.short(), "the fraction counts as a millisecond");
    if case.fixture.slack().is_zero() {
        case.put_for(&tiny, "v", Duration::from_nanos(1)).await;
        assert_eq!(case.ttl(&tiny).await, Some(Ttl::After(Ttl::MIN)), "and a nanosecond lives for one");
    }
}

/// The longest ttl is kept as it is, and does not overflow into the past.
pub async fn put_keeps_the_longest_ttl<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put_for(&key, "v", Ttl::MAX).await;
    case.assert_remains(case.ttl(&key).await, Ttl::MAX, "a hundred years remain");
    assert!(case.get(&key).await.is_some());
}

/// A value comes back byte for byte, whatever its bytes.
pub async fn put_keeps_every_byte<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let every: Vec<u8> = (0..=255).collect();
    let values = [
        Bytes::new(),
        Bytes::from_static(b"\0"),
        Bytes::from_static(b"\r\n*1\r\n$8\r\nFLUSHALL\r\n"),
        Bytes::from(every.clone()),
        Bytes::from(every.repeat(4096)),
    ];
    for value in values {
        let put = Put { key: key!["k", every.clone()], value: value.clone(), ttl: LONG.into(), when: When::Always };
        let written = one(ok(case.backend.put(&case.space, &[put]).await, "put"));
        assert!(ok(written, "put"));
        let found = case.found(&key!["k", every.clone()], Select::Values).await;
        assert!(found.is_some_and(|found| found.value == value), "{} bytes came back otherwise", value.len());
    }
}

/// What looks like nothing is a value like any other: empty, `null`, `nil`, Erlang's `:not_found`.
pub async fn put_of_a_nothing_is_present<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    for nothing in ["", "null", "nil", "\u{83}w\tnot_found", "0", "{}"] {
        case.put(&key, nothing).await;
        assert_eq!(case.get(&key).await.as_deref(), Some(nothing));
        assert!(!case.put_when(&key, "other", When::Absent).await, "it lives");
        assert!(case.list(&(&key).into()).await.iter().eq([&key]), "it is listed");
        assert_eq!(case.take(&key).await.as_deref(), Some(nothing), "it is given");
        assert_eq!(case.get(&key).await, None);
    }
}

/// `Absent` writes where nothing lives, and only there.
pub async fn put_absent_creates_and_never_overwrites<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    assert!(case.put_when(&key, "first", When::Absent).await);
    assert!(!case.put_when(&key, "second", When::Absent).await);
    assert_eq!(case.get(&key).await.as_deref(), Some("first"));
    case.delete(&key).await;
    assert!(case.put_when(&key, "third", When::Absent).await, "what was deleted is nothing");
}

/// An `Absent` that is not written leaves the ttl of what lives as it was.
pub async fn put_absent_prolongs_nothing<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put_for(&key, "v", case.short()).await;
    assert!(!case.put_when(&key, "v", When::Absent).await);
    case.expire().await;
    assert_eq!(case.get(&key).await, None);
}

/// For `Absent` an expired record is nothing, though nobody has swept it.
pub async fn put_absent_counts_the_expired_as_nothing<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put_for(&key, "old", case.short()).await;
    case.expire().await;
    assert!(case.put_when(&key, "new", When::Absent).await);
    assert_eq!(case.get(&key).await.as_deref(), Some("new"));
}

/// `Present` writes over what lives, and creates nothing.
pub async fn put_present_overwrites_and_never_creates<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    assert!(!case.put_when(&key, "first", When::Present).await);
    assert_eq!(case.get(&key).await, None);
    case.put_for(&key, "second", case.short()).await;
    assert!(case.put_when(&key, "third", When::Present).await);
    assert_eq!(case.get(&key).await.as_deref(), Some("third"));
    case.assert_remains(case.ttl(&key).await, LONG, "value and ttl are replaced together");
}

/// `Present` never brings back what was deleted or taken.
pub async fn put_present_never_brings_back_the_deleted<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (deleted, taken) = (key!["deleted"], key!["taken"]);
    case.put(&deleted, "v").await;
    case.put(&taken, "v").await;
    case.delete(&deleted).await;
    case.take(&taken).await;
    for key in [deleted, taken] {
        assert!(!case.put_when(&key, "v", When::Present).await);
        assert_eq!(case.get(&key).await, None);
    }
}

/// `Present` never brings back what has expired, though nobody has swept it.
pub async fn put_present_never_brings_back_the_expired<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put_for(&key, "old", case.short()).await;
    case.expire().await;
    assert!(!case.put_when(&key, "new", When::Present).await);
    assert_eq!(case.get(&key).await, None);
}

/// `Unchanged` writes over a value of that version, and over no other.
pub async fn put_unchanged_writes_over_that_version_alone<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put(&key, "one").await;
    assert!(!case.put_when(&key, "two", When::Unchanged(version("other"))).await);
    assert_eq!(case.get(&key).await.as_deref(), Some("one"));
    assert!(case.put_when(&key, "two", When::Unchanged(version("one"))).await);
    assert_eq!(case.get(&key).await.as_deref(), Some("two"));
    assert!(!case.put_when(&key, "three", When::Unchanged(version("one"))).await, "it has changed meanwhile");
    assert_eq!(case.get(&key).await.as_deref(), Some("two"));
}

/// `Unchanged` goes by bytes: the same bytes, written anew, are of the same version.
pub async fn put_unchanged_goes_by_the_bytes<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put(&key, "a").await;
    case.put(&key, "b").await;
    case.put(&key, "a").await;
    assert!(case.put_when(&key, "c", When::Unchanged(version("a"))).await);
    case.put(&key, "").await;
    assert!(case.put_when(&key, "d", When::Unchanged(version(""))).await, "empty bytes have a version too");
}

/// `Unchanged` never brings back what was deleted or has expired, though its bytes were of that version.
pub async fn put_unchanged_never_brings_back<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (absent, deleted, expired) = (key!["absent"], key!["deleted"], key!["expired"]);
    case.put(&deleted, "v").await;
    case.delete(&deleted).await;
    case.put_for(&expired, "v", case.short()).await;
    case.expire().await;
    for key in [absent, deleted, expired] {
        assert!(!case.put_when(&key, "w", When::Unchanged(version("v"))).await);
        assert!(!case.put_when(&key, "w", When::Unchanged(version(""))).await);
        assert_eq!(case.get(&key).await, None);
    }
}
