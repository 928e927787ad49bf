//! Promise 6: two timeouts, and a touch that is throttled.

use std::time::Duration;

use crate::sessions::{Builder, Saved};
use crate::testing::Fixture;
use crate::testing::case::ok;

use super::place::{MILLI, Place, lives, load, login};

/// In units.
const IDLE: u32 = 5;
const WINDOW: u32 = 2;
const STEP: u32 = 3;
const ABSOLUTE: u32 = 14;

fn short(builder: Builder, unit: Duration) -> Builder {
    builder.idle(unit * IDLE).touch_window(unit * WINDOW).absolute(unit * ABSOLUTE)
}

/// A session that is not used ends after the idle timeout, to the millisecond, and is listed no longer.
pub async fn idle_sessions_end<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, short).await;
    let (bearer, _) = login(&place.sessions, "ann").await;
    place.advance(place.unit * IDLE - MILLI - place.case.fixture.slack()).await;
    assert_eq!(ok(place.sessions.of("ann").list().await, "list").len(), 1);
    place.advance(MILLI + place.case.fixture.slack()).await;
    assert!(ok(place.sessions.of("ann").list().await, "list").is_empty());
    assert!(!lives(&place.sessions, &bearer).await);
}

/// A session that is used lives on beyond the idle timeout, and ends at the absolute one whatever its use, its saves and
/// its rotations.
pub async fn used_sessions_live_until_the_absolute_end<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, short).await;
    let sessions = &place.sessions;
    let (mut bearer, session) = login(sessions, "ann").await;
    for step in 1..=4_u32 {
        place.advance(place.unit * STEP).await;
        let mut session = load(sessions, &bearer).await.expect("it is used");
        ok(session.set("step", step), "set");
        assert_eq!(ok(sessions.save(&mut session).await, "save"), Saved::Written);
        bearer = ok(sessions.rotate(&bearer).await, "rotate").expect("it lives");
    }
    let left = load(sessions, &bearer).await.expect("twelve units are over").expires();
    assert_eq!(left.duration_since(session.created()).ok(), Some(place.unit * ABSOLUTE));
    place.advance(place.unit * (ABSOLUTE - 4 * STEP)).await;
    assert!(!lives(sessions, &bearer).await, "fourteen are");
    assert!(ok(sessions.of("ann").list().await, "list").is_empty());
    assert!(ok(sessions.rotate(&bearer).await, "rotate").is_none());
}

/// The absolute end is judged on every read: a session whose record the store keeps for too long is dead all the same.
pub async fn the_absolute_end_needs_no_help_of_the_store<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, short).await;
    let sessions = &place.sessions;
    let (bearer, mut session) = login(sessions, "ann").await;
    place.clock.advance(place.unit * ABSOLUTE);
    assert!(!lives(sessions, &bearer).await);
    assert_eq!(ok(sessions.save(&mut session).await, "save"), Saved::Gone);
    assert!(ok(sessions.rotate(&bearer).await, "rotate").is_none());
    assert!(ok(sessions.of("ann").list().await, "list").is_empty());
}

/// However often a session is loaded, its use is written down once in a window; and that changes nothing else.
pub async fn touch_writes_once_in_a_window<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, short).await;
    let sessions = &place.sessions;
    let (bearer, first) = login(sessions, "ann").await;
    place.advance(place.unit * WINDOW - MILLI - place.case.fixture.slack()).await;
    place.cut.heal();
    for _ in 0..5 {
        assert!(lives(sessions, &bearer).await);
    }
    assert_eq!(place.cut.heal().0, 5, "within the window a load is one get");
    place.advance(MILLI + place.case.fixture.slack()).await;
    for _ in 0..5 {
        assert!(lives(sessions, &bearer).await && ok(sessions.touch(&bearer).await, "touch"));
    }
    assert_eq!(place.cut.heal().0, 11, "after it, one of ten writes");
    let seen = load(sessions, &bearer).await.expect("it lives").last_seen();
    assert!(seen > first.last_seen());
    assert_eq!(ok(sessions.of("ann").list().await, "list")[0].last_seen, seen);
}

/// A touch that races with a save takes nothing back, and one that races with an end brings nothing back.
pub async fn touch_rewrites_and_brings_back_nothing<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, short).await;
    let (sessions, another) = (place.sessions.clone(), place.another());
    for ends in [false, true] {
        let (bearer, _) = login(&another, "ann").await;
        place.advance(place.unit * WINDOW).await;
        let mut session = ok(another.load(&bearer).await, "load").expect("it lives");
        place.advance(place.unit * WINDOW).await;
        let gate = crate::testing::Gate::new();
        // The load's second call is its touch.
        place.cut.at(2, super::cut::Blow::Hold(gate.clone()));
        let touching = tokio::spawn({
            let (sessions, bearer) = (sessions.clone(), bearer.expose());
            async move { load(&sessions, &ok(bearer.parse(), "it is one")).await.is_some() }
        });
        gate.reached().await;
        if ends {
            assert!(ok(another.end(&bearer).await, "end"));
        } else {
            ok(session.set("field", 1), "set");
            assert_eq!(ok(another.save(&mut session).await, "save"), Saved::Written);
        }
        gate.open();
        assert!(touching.await.is_ok_and(|lived| lived), "it was read before that");
        let after = load(&another, &bearer).await;
        assert_eq!(after.is_none(), ends);
        if let Some(after) = after {
            assert_eq!(ok(after.get::<u8>("field"), "get"), Some(1));
        }
        ok(another.of("ann").revoke_all().await, "revoke_all");
        assert!(place.truth("ann").await.is_empty());
    }
}
