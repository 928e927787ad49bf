//! Promise 9: tokens that work once.

use std::time::Duration;

use crate::testing::Fixture;
use crate::testing::case::ok;
use crate::testing::concurrency::run;

use super::place::Place;

/// Longer than every promise.
const LONG: Duration = Duration::from_secs(36_000);

/// Of a hundred who redeem a token at once, exactly one is given what it stands for.
pub async fn tokens_work_once<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let resets = place.sessions.tokens("reset", LONG);
    let token = ok(resets.issue(&"ann").await, "issue");
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let (resets, text) = (resets.clone(), token.expose());
            tokio::spawn(async move { ok(resets.redeem::<String>(&ok(text.parse(), "it is one")).await, "redeem") })
        })
        .collect();
    let mut won = Vec::new();
    for task in tasks {
        won.extend(run(task).await);
    }
    assert_eq!(won, ["ann"]);
}

/// A token of one purpose is none of another, and neither is a session's; one that has expired is none.
pub async fn tokens_are_of_one_purpose_and_end<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let life = place.unit * 5;
    let (resets, links) = (place.sessions.tokens("reset", life), place.sessions.tokens("link", life));
    let token = ok(resets.issue(&1).await, "issue");
    assert_eq!(ok(links.redeem::<u8>(&token).await, "redeem"), None);
    assert!(!super::place::lives(&place.sessions, &token).await);
    assert_eq!(ok(resets.redeem::<u8>(&token).await, "redeem"), Some(1));
    let token = ok(resets.issue(&1).await, "issue");
    place.advance(life).await;
    assert_eq!(ok(resets.redeem::<u8>(&token).await, "redeem"), None);
}

/// With a grace, all who come at once are given the same, and nobody once it is over.
pub async fn tokens_with_grace_serve_parallel_requests<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let grace = place.unit * 3;
    let remembered = place.sessions.tokens("remember", LONG).with_grace(grace);
    let token = ok(remembered.issue(&"ann").await, "issue");
    let tasks: Vec<_> = (0..20)
        .map(|task| {
            let sessions = if task % 2 == 0 { place.sessions.clone() } else { place.another() };
            let remembered = sessions.tokens("remember", LONG).with_grace(grace);
            let text = token.expose();
            tokio::spawn(async move { ok(remembered.redeem::<String>(&ok(text.parse(), "it is one")).await, "redeem") })
        })
        .collect();
    for task in tasks {
        assert_eq!(run(task).await.as_deref(), Some("ann"), "nobody of those at once goes away empty");
    }
    let strict = place.sessions.tokens("remember", LONG);
    place.advance(grace).await;
    assert_eq!(ok(remembered.redeem::<String>(&token).await, "redeem"), None);
    assert_eq!(ok(strict.redeem::<String>(&token).await, "redeem"), None);
}
