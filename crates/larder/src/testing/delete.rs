//! Promises of `delete`.

use crate::backend::{Backend, When};
use crate::key;
use crate::pattern::Pattern;

use super::case::{Case, LONG, ok, put};
use super::fixture::Fixture;

/// It says of each key, in order, whether it lived; one that stands twice lived once.
pub async fn delete_says_what_lived<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (a, b, none) = (key!["a"], key!["b"], key!["none"]);
    case.put_all(&[put(&a, "1", When::Always), put(&b, "2", When::Always)]).await;
    let keys = [b.clone(), none, a.clone(), b.clone()];
    let lived = ok(case.backend.delete(&case.space, &keys).await, "delete");
    assert_eq!(lived, [true, false, true, false]);
    assert_eq!(case.get_all(&[a, b]).await, [None, None]);
}

/// A second delete finds nothing, and is no error.
pub async fn delete_is_idempotent<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put(&key, "v").await;
    assert!(case.delete(&key).await);
    assert!(!case.delete(&key).await);
    assert!(!case.delete(&key).await);
}

/// What has expired did not live.
pub async fn delete_counts_the_expired_as_absent<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put_for(&key, "v", case.short()).await;
    case.advance_to_the_end_of(case.short()).await;
    case.advance_over_the_end().await;
    assert!(!case.delete(&key).await);
}

/// Once it has returned the record is gone for every method, and no other record is.
pub async fn delete_is_final<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (key, longer, shorter) = (key!["a", "b"], key!["a", "b", "c"], key!["a"]);
    for key in [&key, &longer, &shorter] {
        case.put(key, "v").await;
    }
    assert!(case.delete(&key).await);
    assert_eq!(case.get(&key).await, None);
    assert_eq!(case.ttl(&key).await, None);
    assert_eq!(case.take(&key).await, None);
    assert!(!case.touch(&key, LONG).await);
    assert!(!case.put_when(&key, "v", When::Present).await);
    assert_eq!(case.list(&(&key).into()).await, []);
    let mut others = case.list(&Pattern::any()).await;
    others.sort_unstable();
    assert_eq!(others, [shorter, longer], "keys that begin like it, or that it begins like, live on");
}

/// A record put after a delete is a new one, with a deadline of its own.
pub async fn delete_leaves_no_deadline_behind<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put_for(&key, "old", case.short()).await;
    case.delete(&key).await;
    case.put_for(&key, "new", LONG).await;
    case.expire().await;
    assert_eq!(case.get(&key).await.as_deref(), Some("new"));
}
