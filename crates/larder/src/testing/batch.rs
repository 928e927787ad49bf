//! Promises of `put`, of several records in one call.

use crate::backend::{Backend, When};
use crate::error::ErrorKind;
use crate::key;
use crate::key::Key;
use crate::pattern::Pattern;
use crate::record::Select;

use super::case::{Case, ok, put, version};
use super::fixture::Fixture;

/// The answers stand in the order of the records, one for each.
pub async fn batch_answers_in_order<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (lives, absent) = (key!["lives"], key!["absent"]);
    case.put(&lives, "v").await;
    let puts = [
        put(&absent, "1", When::Present),
        put(&key!["x"], "2", When::Always),
        put(&lives, "3", When::Absent),
        put(&key!["y"], "4", When::Absent),
        put(&key!["z"], "5", When::Unchanged(version("5"))),
        put(&key!["last"], "6", When::Always),
    ];
    assert_eq!(case.put_all(&puts).await, [false, true, false, true, false, true]);
}

/// A condition that does not hold is that record's answer, and undoes no other record of the batch.
pub async fn batch_condition_undoes_nothing_else<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (before, lives, after) = (key!["before"], key!["lives"], key!["after"]);
    case.put(&lives, "old").await;
    let puts = [put(&before, "b", When::Always), put(&lives, "new", When::Absent), put(&after, "a", When::Absent)];
    assert_eq!(case.put_all(&puts).await, [true, false, true]);
    let values = case.get_all(&[before, lives, after]).await;
    assert_eq!(values, [Some("b".into()), Some("old".into()), Some("a".into())]);
}

/// Each record of a batch has a ttl of its own.
pub async fn batch_records_have_their_own_ttls<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (short, long) = (key!["short"], key!["long"]);
    let mut puts = [put(&short, "s", When::Always), put(&long, "l", When::Always)];
    puts[0].ttl = case.short().into();
    case.put_all(&puts).await;
    case.expire().await;
    assert_eq!(case.get_all(&[short, long]).await, [None, Some("l".into())]);
}

/// A key that stands twice is put in order where both puts are `Always`: the last one stays.
pub async fn batch_puts_a_key_twice_in_order<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    let mut puts = ["1", "2", "3"].map(|value| put(&key, value, When::Always));
    puts[2].ttl = case.short().into();
    assert_eq!(case.put_all(&puts).await, [true, true, true]);
    assert_eq!(case.get(&key).await.as_deref(), Some("3"));
    case.assert_remains(case.ttl(&key).await, case.short(), "the ttl is the last one's too");
}

/// A key that stands twice, once under a condition, is `Invalid`, and nothing of the batch is written.
pub async fn batch_refuses_a_key_twice_under_a_condition<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    for when in [When::Absent, When::Present, When::Unchanged(version("1"))] {
        for order in [[When::Always, when], [when, When::Always], [when, when]] {
            let other = put(&key!["other"], "v", When::Always);
            let puts = [other, put(&key, "1", order[0]), put(&key, "2", order[1])];
            let refused = case.backend.put(&case.space, &puts).await;
            assert_eq!(refused.err().map(|error| error.kind()), Some(ErrorKind::Invalid));
        }
    }
    assert!(case.list(&Pattern::any()).await.is_empty(), "nothing was written");
}

/// An empty slice is fine everywhere, and answers nothing.
pub async fn batch_may_be_empty<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (backend, space) = (&case.backend, &case.space);
    assert!(ok(backend.put(space, &[]).await, "put").is_empty());
    assert!(ok(backend.get(space, &[], Select::ValuesAndTtls).await, "get").is_empty());
    assert!(ok(backend.touch(space, &[], case.short().into()).await, "touch").is_empty());
    assert!(ok(backend.delete(space, &[]).await, "delete").is_empty());
}

/// A thousand records go in one call, and are all there, each with its own value.
pub async fn batch_of_a_thousand_is_whole<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let keys: Vec<Key> = (0..1000).map(|number| key!["k", number]).collect();
    let value = |number: usize| format!("value {number}");
    let puts: Vec<_> = keys.iter().enumerate().map(|(number, key)| put(key, &value(number), When::Absent)).collect();
    assert_eq!(case.put_all(&puts).await, vec![true; 1000]);
    let found = case.get_all(&keys).await;
    assert!(found.iter().enumerate().all(|(number, found)| found.as_ref() == Some(&value(number))));
    assert_eq!(ok(case.backend.delete(&case.space, &keys).await, "delete"), vec![true; 1000]);
    assert!(case.list(&Pattern::any()).await.is_empty());
}
