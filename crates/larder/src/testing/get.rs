//! Promises of `get`.

use std::time::Duration;

use crate::backend::{Backend, When};
use crate::key;
use crate::record::Select;

use super::case::{Case, LONG, MILLI, put};
use super::fixture::Fixture;

/// The answers stand in the order of the keys, one for each, those that stand twice and those without a record too.
pub async fn get_answers_in_order<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (a, b, none) = (key!["a"], key!["b"], key!["none"]);
    case.put_all(&[put(&a, "1", When::Always), put(&b, "2", When::Always)]).await;
    let found = case.get_all(&[b.clone(), none.clone(), a.clone(), b, none, a]).await;
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found, [text("2"), None, text("1"), text("2"), None, text("1")]);
}

/// It tells what remains of a ttl, never more than was given.
pub async fn get_tells_what_remains<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put_for(&key, "v", case.short()).await;
    case.assert_remains(case.ttl(&key).await, case.short(), "all of it at first");
    case.advance(case.short() / 4).await;
    case.assert_remains(case.ttl(&key).await, case.short() - case.short() / 4, "what is left later");
    case.put_for(&key, "v", LONG).await;
    case.advance(case.short()).await;
    case.assert_remains(case.ttl(&key).await, LONG - case.short(), "and of a long one");
}

/// Of a record without an end it tells that it has none.
pub async fn get_tells_that_a_record_never_ends<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put_for(&key, "v", case.longest()).await;
    case.assert_longest(case.ttl(&key).await, Duration::ZERO, "no end, where there can be none");
}

/// A record is there a millisecond before its deadline, and is not there a millisecond later.
pub async fn get_ends_at_the_deadline<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (key, later) = (key!["k"], key!["later"]);
    case.put_all(&[{
        let mut put = put(&later, "l", When::Always);
        put.ttl = (case.short() * 2).into();
        put
    }])
    .await;
    case.put_for(&key, "v", case.short()).await;
    case.advance_to_the_end_of(case.short()).await;
    assert_eq!(case.get(&key).await.as_deref(), Some("v"), "a millisecond remains");
    case.advance_over_the_end().await;
    assert_eq!(case.get(&key).await, None, "at its very deadline a record is not there");
    assert_eq!(case.ttl(&key).await, None);
    assert_eq!(case.get(&later).await.as_deref(), Some("l"), "another's deadline is its own");
}

/// Reading prolongs nothing.
pub async fn get_prolongs_nothing<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put_for(&key, "v", case.short()).await;
    for _ in 0..4 {
        case.get(&key).await;
        case.ttl(&key).await;
        case.list(&(&key).into()).await;
        case.advance(case.short() / 4).await;
    }
    assert_eq!(case.get(&key).await, None);
}

/// It brings what was selected: nothing but that it is there, the value, or the value and what remains.
pub async fn get_brings_what_is_selected<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (key, none) = (key!["k"], key!["none"]);
    case.put(&key, "v").await;
    let keys = case.found(&key, Select::Keys).await.expect("it lives");
    assert!(keys.value.is_empty() && keys.ttl.is_none());
    let values = case.found(&key, Select::Values).await.expect("it lives");
    assert_eq!(&values.value[..], b"v");
    let both = case.found(&key, Select::ValuesAndTtls).await.expect("it lives");
    assert_eq!(&both.value[..], b"v");
    case.assert_remains(both.ttl, LONG, "the ttl is there when asked for");
    for select in [Select::Keys, Select::Values, Select::ValuesAndTtls] {
        assert!(case.found(&none, select).await.is_none());
    }
}

/// An expired record is absent for every method, though nobody has swept it.
pub async fn get_and_all_others_take_the_expired_for_absent<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    let again = || case.put_for(&key, "v", case.short());
    again().await;
    case.expire().await;
    assert!(case.found(&key, Select::Keys).await.is_none(), "get");
    assert!(case.list(&(&key).into()).await.is_empty(), "scan of a point");
    assert!(case.list(&crate::pattern::Pattern::any()).await.is_empty(), "scan");
    assert!(!case.touch(&key, LONG).await, "touch");
    assert_eq!(case.get(&key).await, None, "and touch has not brought it back");
    again().await;
    case.expire().await;
    assert_eq!(case.take(&key).await, None, "take");
    again().await;
    case.expire().await;
    assert!(!case.delete(&key).await, "delete");
    again().await;
    case.advance(case.short() + MILLI).await;
    let found = case.backend.get(&case.space, &[key.clone(), key.clone()], Select::Values).await;
    assert!(found.is_ok_and(|found| found == [None, None]), "get of several");
}
