//! When sessions end. Time is moved by hand, so that these are asked over memory alone.

use std::time::Duration;

use crate::app::Setup;
use crate::place::Place;

const MINUTES: Duration = Duration::from_secs(60);

async fn lives_after(extends_always: bool, used_every: Duration, times: u32) -> bool {
    let place = Place::memory().await;
    let mut client = place.client_of(Setup { extends_always, ..Setup::default() }).await;
    client.get("/set/a/1").await;
    for _ in 0..times {
        place.clock.advance(used_every);
        client.shown().await;
    }
    client.shown().await.get("a").is_some()
}

/// The application has a ttl of an hour.
#[actix_web::test]
async fn use_moves_the_end_where_the_application_says_so() {
    assert!(lives_after(true, 40 * MINUTES, 10).await);
    assert!(!lives_after(true, 61 * MINUTES, 1).await);
    assert!(lives_after(false, 29 * MINUTES, 2).await);
    assert!(!lives_after(false, 29 * MINUTES, 3).await);
}

#[actix_web::test]
async fn no_use_outlives_the_absolute_end() {
    assert!(!lives_after(true, 50 * MINUTES, 31 * 24 * 6 / 5).await);
}

#[actix_web::test]
async fn use_is_noted_even_where_it_moves_no_end() {
    let place = Place::memory().await;
    let client = place.login(1).await;
    let before = place.store.of(1).list().await.unwrap().remove(0);
    place.clock.advance(10 * MINUTES);
    client.shown().await;
    let after = place.store.of(1).list().await.unwrap().remove(0);
    assert_eq!(after.last_seen, before.last_seen + 10 * MINUTES);
    assert_eq!(after.expires, before.expires);
}
