//! When sessions end. Time is moved by hand, so that these are asked over memory alone.

use std::time::Duration;

use larder_tower_sessions::SessionStore;

use crate::app;
use crate::place::Place;

const MINUTES: Duration = Duration::from_secs(60);

async fn lives_after(place: &Place, store: SessionStore, used_every: Duration, times: u32) -> bool {
    let mut client = place.client_of(store, false);
    client.get("/set/a/1").await;
    for _ in 0..times {
        place.clock.advance(used_every);
        client.shown().await;
    }
    client.shown().await.get("a").is_some()
}

/// The application has an expiry of an hour.
#[tokio::test]
async fn use_begins_the_time_to_the_expiry_date_anew() {
    let place = Place::memory(app::v0_15).await;
    assert!(lives_after(&place, place.store.clone(), 40 * MINUTES, 10).await);
    assert!(!lives_after(&place, place.store.clone(), 61 * MINUTES, 1).await);
}

#[tokio::test]
async fn without_sliding_the_expiry_date_is_an_end_that_no_use_moves() {
    let place = Place::memory(app::v0_15).await;
    let store = place.store.clone().without_sliding();
    assert!(lives_after(&place, store.clone(), 29 * MINUTES, 2).await);
    assert!(!lives_after(&place, store.clone(), 29 * MINUTES, 3).await);
    let mut client = place.client_of(store, false);
    for _ in 0..5 {
        place.clock.advance(40 * MINUTES);
        client.get("/set/a/1").await;
    }
    assert!(client.shown().await.get("a").is_some(), "a save does move it, as tower-sessions has it");
}

#[tokio::test]
async fn no_use_outlives_the_absolute_end() {
    let place = Place::memory(app::v0_14).await;
    assert!(!lives_after(&place, place.store.clone(), 50 * MINUTES, 31 * 24 * 6 / 5).await);
}
