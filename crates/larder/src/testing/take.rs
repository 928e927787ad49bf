//! Promises of `take`.

use crate::backend::When;
use crate::key;

use super::case::Case;
use super::fixture::Fixture;

/// It gives the value and ends the record, once.
pub async fn take_gives_the_value_once<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let (key, other) = (key!["k"], key!["k", "other"]);
    case.put(&key, "v").await;
    case.put(&other, "o").await;
    assert_eq!(case.take(&key).await.as_deref(), Some("v"));
    assert_eq!(case.take(&key).await, None);
    assert_eq!(case.get(&key).await, None);
    assert_eq!(case.get(&other).await.as_deref(), Some("o"), "no other record is touched");
    assert!(case.put_when(&key, "w", When::Absent).await, "a new one can be made in its place");
}

/// Of nothing it gives nothing, and it never gives what has expired.
pub async fn take_never_gives_the_expired<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    assert_eq!(case.take(&key).await, None);
    case.put_for(&key, "v", case.short()).await;
    case.advance_to_the_end_of(case.short()).await;
    case.advance_over_the_end().await;
    assert_eq!(case.take(&key).await, None);
}

/// Of a hundred who take at once exactly one is given the value.
pub async fn take_has_one_winner_of_a_hundred<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["token"];
    for round in 0..10 {
        let value = format!("round {round}");
        case.put(&key, &value).await;
        let takers: Vec<_> = (0..100)
            .map(|_| {
                let (seen, key) = (case.seen(), key.clone());
                tokio::spawn(async move { seen.take(&key).await })
            })
            .collect();
        let mut won = Vec::new();
        for taker in takers {
            won.extend(taker.await.expect("a taker does not panic"));
        }
        assert_eq!(won, [value], "exactly one is given the value");
    }
}
