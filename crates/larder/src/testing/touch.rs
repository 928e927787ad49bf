//! Promises of `touch`.

use crate::backend::{Backend, When};
use crate::key;
use crate::pattern::Pattern;

use super::case::{Case, LONG, ok, put, version};
use super::fixture::Fixture;

/// A record has the new ttl, from now, and its old value.
pub async fn touch_gives_a_new_ttl_and_keeps_the_value<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put_for(&key, "v", case.short()).await;
    case.advance(case.short() / 2).await;
    assert!(case.touch(&key, LONG).await);
    case.assert_remains(case.ttl(&key).await, LONG, "it counts from the touch");
    case.expire().await;
    assert_eq!(case.get(&key).await.as_deref(), Some("v"), "the old deadline does not end it");
}

/// A touch shortens as well as it prolongs, and takes an end away or gives one.
pub async fn touch_shortens_too<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (long, never, kept) = (key!["long"], key!["never"], key!["kept"]);
    case.put_for(&long, "v", LONG).await;
    case.put_for(&never, "v", case.longest()).await;
    case.put_for(&kept, "v", case.short()).await;
    assert!(case.touch(&long, case.short()).await);
    assert!(case.touch(&never, case.short()).await);
    assert!(case.touch(&kept, case.longest()).await);
    case.expire().await;
    assert_eq!(case.get_all(&[long, never]).await, [None, None]);
    case.assert_longest(case.ttl(&kept).await, case.short(), "it was prolonged");
}

/// A touch creates nothing.
pub async fn touch_never_creates<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    assert!(!case.touch(&key, LONG).await);
    assert!(!case.touch(&key, case.longest()).await);
    assert_eq!(case.get(&key).await, None);
    assert!(case.list(&Pattern::any()).await.is_empty());
    assert!(case.put_when(&key, "v", When::Absent).await);
}

/// A touch brings nothing back: neither what was deleted or taken, nor what has expired.
pub async fn touch_never_brings_back<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (deleted, taken, expired) = (key!["deleted"], key!["taken"], key!["expired"]);
    case.put(&deleted, "v").await;
    case.put(&taken, "v").await;
    case.put_for(&expired, "v", case.short()).await;
    case.delete(&deleted).await;
    case.take(&taken).await;
    case.advance_to_the_end_of(case.short()).await;
    case.advance_over_the_end().await;
    for key in [deleted, taken, expired] {
        assert!(!case.touch(&key, LONG).await);
        assert_eq!(case.get(&key).await, None);
    }
}

/// The version is that of the bytes, whatever their ttl: a touch keeps it.
pub async fn touch_keeps_the_version<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put(&key, "v").await;
    case.touch(&key, case.longest()).await;
    assert!(case.put_when(&key, "w", When::Unchanged(version("v"))).await);
}

/// The answers stand in the order of the keys, one for each; a key that stands twice lives twice.
pub async fn touch_answers_in_order<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (a, b, none) = (key!["a"], key!["b"], key!["none"]);
    case.put_all(&[put(&a, "1", When::Always), put(&b, "2", When::Always)]).await;
    let keys = [none.clone(), b.clone(), none, a.clone(), b.clone()];
    let lived = ok(case.backend.touch(&case.space, &keys, case.short().into()).await, "touch");
    assert_eq!(lived, [false, true, false, true, true]);
    case.expire().await;
    assert_eq!(case.get_all(&[a, b]).await, [None, None], "every one has the new ttl");
}

/// A touch that races with a delete leaves the record deleted.
pub async fn touch_racing_a_delete_leaves_it_deleted<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    for round in 0..50 {
        let key = key!["k", round];
        case.put(&key, "v").await;
        let touches: Vec<_> = (0..4)
            .map(|_| {
                let (seen, key) = (case.seen(), key.clone());
                tokio::spawn(async move {
                    for _ in 0..5 {
                        seen.touch(&key, LONG.into()).await;
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(case.delete(&key).await, "it lived until it was deleted");
        assert_eq!(case.get(&key).await, None, "a delete that has returned is final");
        for touch in touches {
            touch.await.expect("a touch does not panic");
        }
        assert_eq!(case.get(&key).await, None, "no late touch brings it back");
    }
}
