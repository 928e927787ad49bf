//! The promises that hold over every backend.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use actix_web::http::StatusCode;
use actix_web::rt::spawn;
use larder::ErrorKind;
use larder::sessions::What;
use serde_json::json;

use crate::app::{Holds, Setup};
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
    let request = spawn(async move {
        let answer = slow.ask("/slow/a/1").await;
        (answer.0, slow)
    });
    place.holds.first.reached_by(1).await;
    assert_eq!(place.store.of(user).revoke_all().await.unwrap(), 1);
    place.holds.first.open();
    let (status, slow) = request.await.unwrap();
    assert_eq!(status, StatusCode::OK, "the request itself is none the worse for it");
    assert_eq!(slow.cookie.as_ref().unwrap().value(), client.cookie.as_ref().unwrap().value(), "no other key");
    assert_eq!((client.user().await, slow.shown().await), (None, json!({})));
    assert!(place.store.of(user).list().await.unwrap().is_empty());
    let events = place.events.lock().unwrap();
    assert_eq!(events.last().unwrap().what, What::SaveIgnored);
}

pub async fn requests_at_once_lose_no_field(place: Place) {
    let client = place.login(user()).await;
    let requests: Vec<_> = (0..32)
        .map(|n| {
            let mut client = client.clone();
            spawn(async move { client.get(&format!("/slow/{n}/x")).await })
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
    let mut client = place.client().await;
    client.get("/set/a/1").await;
    client.get("/set/b/1").await;
    let mut slow = client.clone();
    let request = spawn(async move { slow.get("/slow/c/1").await });
    place.holds.first.reached_by(1).await;
    client.get("/remove/a").await;
    place.holds.first.open();
    request.await.unwrap();
    assert_eq!(client.shown().await, json!({"b": "1", "c": "1"}));
}

pub async fn cleared_sessions_hold_nothing_of_before(place: Place) {
    let mut client = place.client().await;
    client.get("/set/a/1").await;
    let cookie = client.cookie.clone();
    client.get("/clear/b/2").await;
    assert_eq!(client.shown().await, json!({"b": "2"}));
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

pub async fn others_can_be_ended_while_the_session_is_renewed(place: Place) {
    let user = user();
    let (mut client, other) = (place.login(user).await, place.login(user).await);
    assert_eq!(client.get("/renew-and-end-others").await, "1");
    assert_eq!((client.user().await, other.user().await), (Some(user), None));
}

pub async fn renewal_keeps_the_session_and_ends_the_old_key(place: Place) {
    let user = user();
    let mut client = place.client().await;
    client.get("/set/a/1").await;
    let visitor = client.clone();
    client.get(&format!("/login/{user}")).await;
    assert_eq!(client.shown().await, json!({"a": "1", "user": user}));
    assert_eq!(visitor.shown().await, json!({}));
    let (old, id) = (client.clone(), client.get("/id").await);
    place.holds.first.open();
    client.get("/renew").await;
    assert_eq!((client.get("/id").await, old.user().await), (id, None));
    assert_eq!(place.store.of(user).list().await.unwrap().len(), 1);
}

/// The middleware deletes and saves one after the other; what comes between those two is the library's own suite's.
pub async fn renewal_never_outlives_an_end(mut place: Place) {
    for is_ended in [true, false] {
        let user = user();
        place.holds = Holds::new();
        let client = place.login(user).await;
        let mut renewing = client.clone();
        let request = spawn(async move {
            let answer = renewing.ask("/renew").await;
            (renewing, answer.0)
        });
        place.holds.first.reached_by(1).await;
        let of = place.store.of(user);
        if is_ended {
            assert_eq!(of.revoke_all().await.unwrap(), 1);
        }
        place.holds.first.open();
        let (renewed, status) = request.await.unwrap();
        assert_eq!((status, client.user().await), (StatusCode::OK, None));
        assert_eq!(renewed.user().await, (!is_ended).then_some(user));
        assert_eq!(of.list().await.unwrap().len(), usize::from(!is_ended));
    }
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
    assert_eq!(client.ask("/show").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(client.ask("/set/a/1").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(client.cookie.is_some(), "the client keeps its cookie");
    place.faulty.outage(None);
    assert_eq!(client.user().await, Some(user));
}

pub async fn outage_is_a_503_with_our_middleware(place: Place) {
    let mut client = place.client_of(Setup { with_outage: true, ..Setup::default() }).await;
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
    place.holds.first.open();
    let mut cookies = vec![client.cookie.clone().unwrap()];
    client.get("/renew").await;
    cookies.push(client.cookie.clone().unwrap());
    let dump = place.dump().await;
    for cookie in cookies {
        // A signature of 44 characters, and the key.
        let key = &cookie.value()[44..];
        assert_eq!(key.len(), 43);
        assert!(!dump.contains(key));
    }
    assert!(!dump.contains(larder_actix_session::HIDDEN));
}
