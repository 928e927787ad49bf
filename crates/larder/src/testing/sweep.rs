//! Promises of `sweep` and `info`.

use crate::backend::{Sweep, When};
use crate::key;
use crate::key::Key;
use crate::pattern::Pattern;

use super::case::{Case, LONG, MILLI};
use super::fixture::Fixture;

/// A sweep changes no answer: what lives goes on living, with its value and deadline, and what has expired stays gone.
pub async fn sweep_changes_no_answer<F: Fixture>(fixture: F) {
    prove(fixture, Sweep::Expired).await;
}

/// Nor does one that compacts.
pub async fn sweep_that_compacts_changes_no_answer<F: Fixture>(fixture: F) {
    prove(fixture, Sweep::Compact).await;
}

async fn prove<F: Fixture>(fixture: F, what: Sweep) {
    let case = Case::open(fixture).await;
    let (short, long): (Vec<Key>, Vec<Key>) =
        (0..20).map(|number| (key!["short", number], key!["long", number])).unzip();
    for key in &short {
        case.put_for(key, "s", case.short()).await;
    }
    for key in &long {
        case.put_for(key, "l", LONG).await;
    }
    case.sweep(what).await;
    assert!(case.get_all(&short).await.iter().all(Option::is_some), "nothing has expired yet");
    case.advance(case.short() + MILLI).await;
    case.sweep(what).await;
    assert!(case.get_all(&short).await.iter().all(Option::is_none));
    assert!(case.get_all(&long).await.iter().all(|value| value.as_deref() == Some("l")));
    case.assert_remains(case.ttl(&long[0]).await, LONG - case.short() - MILLI, "its deadline is as it was");
    assert_eq!(case.list(&Pattern::any()).await.len(), 20);
    assert!(!case.put_when(&short[0], "w", When::Present).await);
    case.sweep(what).await;
    if case.fixture.slack().is_zero() {
        // Nobody waits an hour for it where time cannot be moved.
        case.advance(LONG).await;
        case.sweep(what).await;
        assert!(case.list(&Pattern::any()).await.is_empty(), "and later the others expire");
    }
}

/// A sweep frees what has expired: of a backend that nobody else uses, none of it is stored any longer.
pub async fn sweep_frees_what_has_expired<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    if case.info().await.records != Some(0) {
        return; // Others use it, or it does not count: then nothing can be said here.
    }
    for number in 0..50 {
        case.put_for(&key!["k", number], "v", if number < 10 { LONG } else { case.short() }).await;
    }
    case.advance(case.short() + MILLI).await;
    case.sweep(Sweep::Expired).await;
    assert_eq!(case.info().await.records, Some(10), "what lives, and nothing else");
}

/// `info` names the backend, and tells limits that allow something.
pub async fn info_says_what_the_backend_is<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let info = case.info().await;
    assert!(!info.backend.is_empty());
    let limits = info.limits;
    assert!(limits.parts >= 8 && limits.key_bytes >= 1024 && limits.value_bytes >= 1 << 16, "sessions fit");
    assert!(info.warnings.is_empty(), "a backend just opened for a test is well");
    if let (Some(bytes), Some(most)) = (info.bytes, info.max_bytes) {
        assert!(bytes <= most, "it takes no more than it may");
    }
}

/// What `info` calls persistent outlives a restart, with value and deadline, and what has expired while it was closed
/// is not there again.
pub async fn info_says_whether_records_persist<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let persistent = case.info().await.persistent;
    let (short, long, deleted) = (key!["short"], key!["long"], key!["deleted"]);
    case.put_for(&short, "s", case.short()).await;
    case.put_for(&long, "l", LONG).await;
    case.put(&deleted, "d").await;
    case.delete(&deleted).await;
    let away = case.short() + MILLI;
    let Some(case) = case.reopen(away).await else {
        assert!(!persistent, "what is called persistent can be opened again");
        return;
    };
    assert_eq!(case.get(&short).await, None, "the first call after a restart does not give what has expired");
    assert_eq!(case.get(&deleted).await, None);
    if persistent {
        assert_eq!(case.get(&long).await.as_deref(), Some("l"));
        case.assert_remains(case.ttl(&long).await, LONG - case.short() - MILLI, "its deadline went on");
        assert_eq!(case.list(&Pattern::any()).await, [long]);
    }
}
