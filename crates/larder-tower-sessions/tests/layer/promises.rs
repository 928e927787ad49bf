//! The promises that hold for every version and every backend.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::http::StatusCode;
use larder::ErrorKind;
use larder::sessions::What;
use serde_json::json;

use crate::app::Holds;
use crate::place::Place;

/// A user nobody else has.
fn user() -> u64 {
    static USERS: AtomicU64 = AtomicU64::new(1);
    USERS.fetch_add(1, Relaxed)
}

pub async fn revoked_sessions_stay_out_while_a_slow_request_saves(place: Place) {
    let user = user();
    let client = place.login(user).await;
    let mut slow = client.clone();
    let request = tokio::spawn(async move { slow.ask("/slow/a/1").await });
    place.holds.first.reached_by(1).await;
    assert_eq!(place.store.of(user).revoke_all().await.unwrap(), 1);
    place.holds.first.open();
    assert_eq!(request.await.unwrap().0, StatusCode::OK, "the request itself is none the worse for it");
    assert_eq!(client.user().await, None);
    assert!(place.store.of(user).list().await.unwrap().is_empty());
    let events = place.events.lock().unwrap();
    assert_eq!(events.last().unwrap().what, What::SaveIgnored);
}

pub async fn requests_at_once_lose_no_field(place: Place) {
    let client = place.login(user()).await;
    let requests: Vec<_> = (0..32)
        .map(|n| {
            let mut client = client.clone();
            tokio::spawn(async move { client.get(&format!("/slow/{n}/x")).await })
        })
        .collect();
    // All of them have loaded the session before the first saves it.
    place.holds.first.reached_by(32).await;
    place.holds.first.open();
    for request in requests {
        request.await.unwrap();
    }
    let shown = client.shown().await;
    assert_eq!(shown.as_object().unwrap().len(), 33, "{shown}");
}

pub async fn fields_that_are_removed_are_gone(place: Place) {
    let mut client = place.client();
    client.get("/set/a/1").await;
    client.get("/set/b/1").await;
    let mut slow = client.clone();
    let request = tokio::spawn(async move { slow.get("/slow/c/1").await });
    place.holds.first.reached_by(1).await;
    client.get("/remove/a").await;
    place.holds.first.open();
    request.await.unwrap();
    assert_eq!(client.shown().await, json!({"b": "1", "c": "1"}));
}

pub async fn cleared_sessions_hold_nothing_of_before(place: Place) {
    let mut client = place.client();
    client.get("/set/a/1").await;
    let cookie = client.cookie.clone();
    client.get("/clear/b/2").await;
    assert_eq!(client.shown().await, json!({"b": "2"}));
    assert_eq!(client.cookie, cookie);
    client.get("/logout").await;
    assert_eq!(client.cookie, None);
    client.cookie = cookie;
    assert_eq!(client.shown().await, json!({}));
}

pub async fn sessions_are_listed_and_ended(place: Place) {
    let (user, other) = (user(), user());
    let of = place.store.of(user);
    let mut clients = Vec::new();
    for device in ["phone", "desk", "lap"] {
        let mut client = place.login(user).await;
        client.get(&format!("/set/b/{device}")).await;
        clients.push(client);
    }
    let stranger = place.login(other).await;
    let listed = of.list().await.unwrap();
    assert_eq!(listed.iter().map(|l| l.device.as_deref().unwrap()).collect::<Vec<_>>(), ["phone", "desk", "lap"]);
    assert_eq!(clients[1].get("/id").await, listed[1].id.to_string());

    assert_eq!(of.revoke(&listed[0].id).await.unwrap(), 1);
    assert_eq!(of.revoke(&listed[0].id).await.unwrap(), 0);
    assert_eq!(clients[0].user().await, None);
    assert_eq!(clients[1].get("/end-others").await, "1");
    assert_eq!(clients[2].user().await, None);
    assert_eq!(clients[1].user().await, Some(user));
    assert_eq!(of.list().await.unwrap().len(), 1);
    assert_eq!(of.revoke_all().await.unwrap(), 1);
    assert_eq!(clients[1].user().await, None);
    assert_eq!(stranger.user().await, Some(other));
}

pub async fn current_session_needs_an_id(place: Place) {
    let user = user();
    let (mut client, other) = (place.login(user).await, place.login(user).await);
    assert_eq!(client.get("/end-others-at-once").await, "1");
    assert_eq!((client.user().await, other.user().await), (Some(user), None));
}

pub async fn renewal_keeps_the_session_and_ends_the_old_id(place: Place) {
    let user = user();
    let mut client = place.client();
    client.get("/set/a/1").await;
    let visitor = client.clone();
    client.get(&format!("/login/{user}")).await;
    assert_ne!(client.cookie, visitor.cookie);
    assert_eq!(client.shown().await, json!({"a": "1", "user": user}));
    assert_eq!(visitor.shown().await, json!({}));
    let (old, id) = (client.clone(), client.get("/id").await);
    place.holds.first.open();
    place.holds.second.open();
    client.get("/renew").await;
    assert_ne!(client.cookie, old.cookie);
    assert_eq!((client.get("/id").await, old.user().await), (id, None));
    assert_eq!(place.store.of(user).list().await.unwrap().len(), 1);
}

pub async fn renewal_never_outlives_an_end(mut place: Place) {
    for moment in 0..3 {
        let user = user();
        place.holds = Holds::new();
        let client = place.login(user).await;
        let mut renewing = client.clone();
        let request = tokio::spawn(async move {
            let answer = renewing.ask("/renew").await;
            (renewing, answer.0)
        });
        let of = place.store.of(user);
        place.holds.first.reached_by(1).await;
        if moment == 0 {
            assert_eq!(of.revoke_all().await.unwrap(), 1);
        }
        place.holds.first.open();
        place.holds.second.reached_by(1).await;
        if moment == 1 {
            // It has been let go of, and is no session until it is taken up again.
            assert_eq!(of.revoke_all().await.unwrap(), 0);
        }
        place.holds.second.open();
        let (renewed, status) = request.await.unwrap();
        assert_eq!(status, StatusCode::OK);
        if moment == 2 {
            assert_eq!(renewed.user().await, Some(user), "nobody has ended it");
            continue;
        }
        assert_eq!((client.user().await, renewed.user().await), (None, None), "moment {moment}");
        assert!(of.list().await.unwrap().is_empty());
    }
}

pub async fn renewal_can_follow_a_save_in_the_same_request(place: Place) {
    let user = user();
    let mut client = place.login(user).await;
    let id = client.get("/id").await;
    client.get("/renew-thrice/a/1").await;
    assert_eq!(client.shown().await, json!({"a": "1", "user": user}));
    assert_eq!(client.get("/id").await, id);
    assert_eq!(place.store.of(user).list().await.unwrap().len(), 1);
}

pub async fn blocked_principals_get_no_session(place: Place) {
    let user = user();
    let client = place.login(user).await;
    assert_eq!(place.store.of(user).block().await.unwrap(), 1);
    assert_eq!(client.user().await, None);
    assert_eq!(place.login(user).await.user().await, None);
    assert!(place.store.of(user).unblock().await.unwrap());
    assert_eq!(place.login(user).await.user().await, Some(user));
}

pub async fn outage_is_no_logout(place: Place) {
    let user = user();
    let mut client = place.login(user).await;
    place.faulty.outage(Some(ErrorKind::Unavailable));
    let (status, body) = client.ask("/show").await;
    assert_eq!((status, body.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, ""));
    assert_eq!(client.ask("/set/a/1").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(client.cookie.is_some(), "the client keeps its cookie");
    place.faulty.outage(None);
    assert_eq!(client.user().await, Some(user));
}

pub async fn outage_is_a_503_with_our_layer(place: Place) {
    let mut client = place.client_of(place.store.clone(), true);
    client.get("/set/a/1").await;
    for kind in [ErrorKind::Unavailable, ErrorKind::Overloaded] {
        place.faulty.outage(Some(kind));
        assert_eq!(client.ask("/show").await.0, StatusCode::SERVICE_UNAVAILABLE);
    }
    place.faulty.outage(Some(ErrorKind::Denied));
    assert_eq!(client.ask("/show").await.0, StatusCode::INTERNAL_SERVER_ERROR, "that is no outage");
    place.faulty.outage(None);
    assert_eq!(client.ask("/end-others").await.0, StatusCode::INTERNAL_SERVER_ERROR, "nor is an application's own");
    assert_eq!(client.shown().await, json!({"a": "1"}));
}

pub async fn cookies_stand_nowhere_in_the_store(place: Place) {
    let mut client = place.login(user()).await;
    let mut cookies = vec![client.cookie.clone().unwrap()];
    client.get("/renew-thrice/a/1").await;
    cookies.push(client.cookie.clone().unwrap());
    let dump = place.dump().await;
    for cookie in cookies {
        let id: i128 = cookie.parse::<tower_sessions_0_15::session::Id>().unwrap().0;
        let bytes = id.to_le_bytes();
        for text in [cookie, id.to_string(), format!("{id:x}"), bytes.map(|byte| format!("{byte:02x}")).concat()] {
            assert!(!dump.contains(&text));
        }
    }
    assert!(!dump.contains(larder_tower_sessions::HIDDEN));
}
