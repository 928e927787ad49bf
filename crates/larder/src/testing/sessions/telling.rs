//! Promise 10: events.

use crate::sessions::{Event, New, What, Why};
use crate::testing::Fixture;
use crate::testing::case::ok;

use super::place::{Place, lives, login};

/// Who listens is told what happens to each session and why, once, in order, with the principal and never a token.
pub async fn events_tell_what_happens<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let (sessions, of) = (&place.sessions, place.sessions.of("ann"));
    let (one, two, three) = (login(sessions, "ann").await, login(sessions, "ann").await, login(sessions, "ann").await);
    let renewed = ok(sessions.rotate(&one.0).await, "rotate").expect("it lives");
    assert!(ok(sessions.end(&renewed).await, "end"));
    assert_eq!(ok(of.revoke(&two.1.id()).await, "revoke"), 1);
    assert_eq!(ok(of.block().await, "block"), 1);
    let told = place.told();
    let words: Vec<String> = told.iter().map(|Event { what, id, .. }| format!("{id} {what}")).collect();
    let (a, b, c) = (one.1.id(), two.1.id(), three.1.id());
    assert_eq!(
        words,
        [
            format!("{a} created"),
            format!("{b} created"),
            format!("{c} created"),
            format!("{a} renewed"),
            format!("{a} ended: signed out"),
            format!("{b} ended: revoked"),
            format!("{c} ended: principal blocked"),
        ]
    );
    assert!(told.iter().all(|event| event.principal.as_ref().is_some_and(|principal| principal.as_str() == "ann")));
    let told = format!("{told:?} {words:?}");
    for bearer in [&one.0, &two.0, &three.0, &renewed] {
        assert!(!told.contains(&bearer.expose()), "an event tells a token");
    }
}

/// An expiry is told where somebody comes upon it: a login that looks through the list.
pub async fn events_tell_an_expiry_that_is_come_upon<F: Fixture>(fixture: F) {
    let place =
        Place::open_with(fixture, |builder, unit| builder.idle(unit * 5).limit(crate::sessions::Limit::RefuseNew(1)))
            .await;
    let (bearer, session) = login(&place.sessions, "ann").await;
    place.advance(place.unit * 5).await;
    place.told();
    assert!(!lives(&place.sessions, &bearer).await);
    assert!(place.told().is_empty(), "what is gone tells nothing");
    login(&place.sessions, "ann").await;
    let told: Vec<_> = place.told().into_iter().map(|event| (event.what, event.id)).collect();
    assert_eq!(told[0], (What::Ended(Why::Expired), session.id()));
}

/// A visitor's session has no principal to be told of, and is told of all the same.
pub async fn events_tell_of_visitors<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let (bearer, _) = ok(place.sessions.create(New::visitor()).await, "create").session().expect("nobody refuses");
    assert!(ok(place.sessions.end(&bearer).await, "end"));
    let told = place.told();
    assert_eq!(told.iter().map(|event| event.what).collect::<Vec<_>>(), [What::Created, What::Ended(Why::SignedOut)]);
    assert!(told.iter().all(|event| event.principal.is_none()));
}
