//! Promise 8: a new token.

use std::time::Duration;

use crate::sessions::{Builder, New, Saved, Sessions};
use crate::testing::case::ok;
use crate::testing::{Fixture, Gate};

use super::cut::Blow;
use super::place::{Place, lives, load, login, names};

/// In units.
const GRACE: u32 = 3;

fn graceful(builder: Builder, unit: Duration) -> Builder {
    builder.grace(unit * GRACE)
}

/// The new token leads to the same session: id, fields, times; the old one until the grace is over and no longer.
pub async fn rotation_keeps_the_session_and_ends_the_old_token<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, graceful).await;
    let sessions = &place.sessions;
    for visitor in [false, true] {
        let new = if visitor { New::visitor() } else { New::of("ann") };
        let new = ok(new.device("phone").field("field", 1), "field");
        let (old, session) = ok(sessions.create(new).await, "create").session().expect("nobody refuses");
        let new = ok(sessions.rotate(&old).await, "rotate").expect("it lives");
        for bearer in [&old, &new] {
            let loaded = load(sessions, bearer).await.expect("both lead to it");
            assert_eq!(
                (loaded.id(), loaded.created(), loaded.device()),
                (session.id(), session.created(), Some("phone"))
            );
            assert_eq!(ok(loaded.get::<u8>("field"), "get"), Some(1));
        }
        assert_eq!(names(sessions, "ann").await.len(), usize::from(!visitor), "it is one session");
        place.advance(place.unit * GRACE).await;
        assert!(!lives(sessions, &old).await, "the grace is over");
        assert!(lives(sessions, &new).await);
        assert!(ok(sessions.rotate(&old).await, "rotate").is_none());
        assert!(ok(sessions.end(&new).await, "end"));
        assert!(names(sessions, "ann").await.is_empty());
    }
}

/// Without a grace the old token is dead when the new one is handed out.
pub async fn rotation_without_grace_ends_the_old_token_at_once<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, |builder, _| builder.grace(Duration::ZERO)).await;
    let (old, _) = login(&place.sessions, "ann").await;
    let new = ok(place.sessions.rotate(&old).await, "rotate").expect("it lives");
    assert!(!lives(&place.sessions, &old).await && lives(&place.sessions, &new).await);
    assert!(ok(place.sessions.end(&old).await, "end"), "yet a sign-out under way with it finds the session");
    assert!(!lives(&place.sessions, &new).await);
}

/// Whatever ends a session between any two steps of its rotation ends both tokens: by the old bearer, by its id, with
/// all others.
pub async fn rotation_never_outlives_an_end<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, graceful).await;
    let another = place.another();
    for way in 0..3 {
        for nth in 1.. {
            let principal = format!("way {way}, before call {nth}");
            let (old, session) = login(&another, &principal).await;
            let (gate, text) = (Gate::new(), old.expose());
            place.cut.at(nth, Blow::Hold(gate.clone()));
            let rotating = tokio::spawn({
                let sessions = place.sessions.clone();
                async move { ok(sessions.rotate(&ok(text.parse(), "it is one")).await, "rotate") }
            });
            let is_over = super::reached_or_done(&gate, &rotating).await;
            match way {
                0 => assert!(ok(another.end(&old).await, "end"), "{principal}"),
                1 => assert_eq!(ok(another.of(&principal).revoke(&session.id()).await, "revoke"), 1, "{principal}"),
                _ => assert_eq!(ok(another.of(&principal).revoke_all().await, "revoke_all"), 1, "{principal}"),
            }
            assert!(!lives(&another, &old).await, "{principal}: the old token opens nothing");
            gate.open();
            if let Some(new) = rotating.await.expect("it ends") {
                assert!(!lives(&another, &new).await, "{principal}: the new token opens nothing");
            }
            assert!(!lives(&another, &old).await, "{principal}: the old token opens nothing");
            assert!(place.truth(&principal).await.is_empty(), "{principal}: nothing is left");
            place.cut.heal();
            if is_over {
                assert!(nth > 5, "a rotation has steps");
                break;
            }
        }
    }
}

/// What is saved between any two steps of a rotation, by either token, is in the session that lives on.
pub async fn rotation_loses_no_save<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, graceful).await;
    let another = place.another();
    for nth in 1.. {
        let (old, mut session) = login(&another, "ann").await;
        let (gate, text) = (Gate::new(), old.expose());
        place.cut.at(nth, Blow::Hold(gate.clone()));
        let rotating = tokio::spawn({
            let sessions = place.sessions.clone();
            async move { ok(sessions.rotate(&ok(text.parse(), "it is one")).await, "rotate") }
        });
        let is_over = super::reached_or_done(&gate, &rotating).await;
        ok(session.set("saved", nth), "set");
        assert_eq!(ok(another.save(&mut session).await, "save"), Saved::Written, "before call {nth}");
        gate.open();
        let new = rotating.await.expect("it ends").expect("it lives");
        let kept = load(&another, &new).await.expect("it lives");
        assert_eq!(ok(kept.get::<usize>("saved"), "get"), Some(nth), "before call {nth}");
        assert_eq!(names(&another, "ann").await.len(), 1);
        assert!(ok(another.end(&new).await, "end"));
        place.cut.heal();
        if is_over {
            break;
        }
    }
}

/// Many rotations of one session at once leave one session, one list entry, and at least one token that opens it.
pub async fn rotations_at_once_leave_one_session<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, graceful).await;
    let (old, session) = login(&place.sessions, "ann").await;
    let rotate = |sessions: Sessions, text: String| {
        tokio::spawn(async move { ok(sessions.rotate(&ok(text.parse(), "it is one")).await, "rotate") })
    };
    let tasks: Vec<_> =
        (0..4).flat_map(|_| [place.sessions.clone(), place.another()]).map(|s| rotate(s, old.expose())).collect();
    let mut alive = 0;
    for task in tasks {
        let new = task.await.expect("it ends").expect("it lives");
        alive += usize::from(lives(&place.sessions, &new).await);
    }
    assert!(alive >= 1, "never all dead");
    assert_eq!(place.truth("ann").await, super::place::set_of([session.id()]));
    assert_eq!(names(&place.sessions, "ann").await, super::place::set_of([session.id()]));
    place.advance(place.unit * GRACE).await;
    assert!(!lives(&place.sessions, &old).await);
    assert_eq!(names(&place.sessions, "ann").await.len(), 1);
    assert_eq!(ok(place.sessions.of("ann").revoke_all().await, "revoke_all"), 1);
}
