//! Promise 4: a principal's sessions can be listed and ended.

use std::time::Duration;

use crate::sessions::{Created, New, Refusal};
use crate::testing::Fixture;
use crate::testing::case::ok;

use super::place::{Place, lives, load, login, names, set_of};

/// A list tells of each living session what its principal wants to know, oldest first, and of nobody else's.
pub async fn list_tells_what_a_person_wants_to_know<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let sessions = &place.sessions;
    let new = New::of("ann").device("Firefox on Linux").address("203.0.113.7");
    let (bearer, first) = ok(sessions.create(new).await, "create").session().expect("nobody refuses");
    place.advance(Duration::from_millis(20)).await;
    let (_, second) = login(sessions, "ann").await;
    login(sessions, "bob").await;
    let listed = ok(sessions.of("ann").list().await, "list");
    assert_eq!(listed.iter().map(|listed| listed.id).collect::<Vec<_>>(), [first.id(), second.id()]);
    assert_eq!(listed[0].device.as_deref(), Some("Firefox on Linux"));
    assert_eq!(listed[0].address.as_deref(), Some("203.0.113.7"));
    assert_eq!(listed[0].created, first.created());
    assert_eq!(listed[0].last_seen, first.last_seen());
    assert_eq!(listed[0].expires, first.expires());
    assert_eq!(listed[1].created.duration_since(listed[0].created).ok(), Some(Duration::from_millis(20)));
    let loaded = load(sessions, &bearer).await.expect("it lives");
    assert_eq!((loaded.device(), loaded.address()), (Some("Firefox on Linux"), Some("203.0.113.7")));
    assert!(ok(sessions.of("nobody").list().await, "list").is_empty());
}

/// Ten sessions are listed in two round trips, ended ones among them or not; loading one is one.
pub async fn list_takes_two_round_trips<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let sessions = &place.sessions;
    let mut bearers = Vec::new();
    for _ in 0..10 {
        bearers.push(login(sessions, "ann").await);
    }
    place.cut.heal();
    assert_eq!(names(sessions, "ann").await.len(), 10);
    assert_eq!(place.cut.heal().0, 2);
    assert!(lives(sessions, &bearers[0].0).await);
    assert_eq!(place.cut.heal().0, 1);
    assert!(ok(sessions.end(&bearers[0].0).await, "end"));
    assert_eq!(ok(sessions.of("ann").revoke(&bearers[1].1.id()).await, "revoke"), 1);
    place.cut.heal();
    assert_eq!(names(sessions, "ann").await.len(), 8);
    assert_eq!(place.cut.heal().0, 2, "what was ended costs nothing later");
}

/// Each way of ending ends what it says, answers how many, and answers none when it is asked again.
pub async fn revoke_ends_what_it_says_and_counts<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let (sessions, of) = (&place.sessions, place.sessions.of("ann"));
    let (one, two, three) = (login(sessions, "ann").await, login(sessions, "ann").await, login(sessions, "ann").await);
    let bob = login(sessions, "bob").await;
    assert_eq!(ok(of.revoke(&one.1.id()).await, "revoke"), 1);
    assert_eq!(ok(of.revoke(&one.1.id()).await, "revoke"), 0);
    assert_eq!(ok(of.revoke(&bob.1.id()).await, "revoke"), 0, "another's is not ended");
    assert_eq!(names(sessions, "ann").await, set_of([two.1.id(), three.1.id()]));
    assert_eq!(ok(of.revoke_others(&three.1.id()).await, "revoke_others"), 1);
    assert_eq!(ok(of.revoke_others(&three.1.id()).await, "revoke_others"), 0);
    assert!(!lives(sessions, &two.0).await && lives(sessions, &three.0).await);
    assert_eq!(ok(of.revoke_all().await, "revoke_all"), 1);
    assert_eq!(ok(of.revoke_all().await, "revoke_all"), 0);
    assert!(!lives(sessions, &three.0).await && lives(sessions, &bob.0).await);
    assert!(ok(sessions.end(&bob.0).await, "end"));
    assert!(!ok(sessions.end(&bob.0).await, "end"));
    assert!(names(sessions, "bob").await.is_empty());
}

/// A blocked principal has no session and gets none, in any process, until it is unblocked.
pub async fn block_ends_all_and_refuses_new_ones<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let (sessions, of) = (&place.sessions, place.sessions.of("ann"));
    let (bearer, _) = login(sessions, "ann").await;
    assert!(!ok(of.is_blocked().await, "is_blocked"));
    assert_eq!(ok(of.block().await, "block"), 1);
    assert_eq!(ok(of.block().await, "block"), 0);
    assert!(ok(of.is_blocked().await, "is_blocked"));
    assert!(!lives(sessions, &bearer).await);
    for sessions in [sessions, &place.another()] {
        let refused = ok(sessions.create(New::of("ann")).await, "create");
        assert!(matches!(refused, Created::Refused(Refusal::Blocked)));
    }
    login(sessions, "bob").await;
    assert!(ok(of.unblock().await, "unblock"));
    assert!(!ok(of.unblock().await, "unblock"));
    login(sessions, "ann").await;
    let nobody = sessions.of("not seen before");
    assert_eq!(ok(nobody.block().await, "block"), 0);
    assert!(ok(sessions.create(New::of("not seen before")).await, "create").session().is_none());
}
