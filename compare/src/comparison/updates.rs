//! Two requests of one session at once, each of which changes a field of its own.

use super::contender::Contender;

/// So many updates in pairs: both requests have read the session before either writes. Answers how many of them were
/// not there afterwards.
pub async fn lost(contender: &Contender, updates: usize) -> usize {
    let mut client = contender.app.client();
    client.must("/login/9").await;
    let mut lost = 0;
    for round in 1..=updates / 2 {
        let (mut one, mut other) = (client.clone(), client.clone());
        let (one_path, other_path) = (format!("/set/a/{round}?meets=1"), format!("/set/b/{round}?meets=1"));
        tokio::join!(one.must(&one_path), other.must(&other_path));
        let shown = client.shown().await;
        lost += usize::from(shown["a"] != round) + usize::from(shown["b"] != round);
    }
    lost
}
