//! Promise 1: a save never re-creates.

use crate::error::Result;
use crate::sessions::{Saved, What};
use crate::testing::Fixture;
use crate::testing::case::ok;

use super::place::{Place, lives, load, login};

/// Load, end by any way there is, save: the save is told that the session is gone, and gone it stays.
pub async fn save_never_brings_back_what_was_ended<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let (sessions, of) = (&place.sessions, place.sessions.of("ann"));
    for way in 0..6 {
        let (bearer, _) = login(sessions, "ann").await;
        let (_, other) = login(sessions, "ann").await;
        let mut loaded = load(sessions, &bearer).await.expect("it lives");
        ok(loaded.set("cart", "full"), "set");
        let ended = match way {
            0 => usize::from(ok(sessions.end(&bearer).await, "end")),
            1 => ok(of.revoke(&loaded.id()).await, "revoke"),
            2 => ok(of.revoke_others(&other.id()).await, "revoke_others"),
            3 => ok(of.revoke_all().await, "revoke_all") - 1,
            4 => ok(of.block().await, "block") - 1,
            _ => {
                let adapter = sessions.adapter(|_| None);
                let id = b"an id of a framework's";
                let draft = || crate::sessions::adapter::Draft::new(loaded.fields().clone());
                let placed = ok(adapter.create(id, draft()).await, "create");
                assert_eq!(placed, crate::sessions::adapter::Placed::Written);
                let trace = ok(adapter.load(id).await, "load").expect("it lives").trace;
                assert!(ok(adapter.retire(id).await, "retire"));
                let saved = ok(adapter.save(id, draft().trace(trace)).await, "save");
                assert_eq!(saved, Saved::Gone);
                assert!(ok(adapter.load(id).await, "load").is_none());
                ok(of.revoke_all().await, "revoke_all") - 1
            }
        };
        assert_eq!(ended, 1, "way {way} says that it ended the one");
        assert_eq!(ok(sessions.save(&mut loaded).await, "save"), Saved::Gone, "way {way}");
        assert!(!lives(sessions, &bearer).await, "way {way}: it stays dead");
        let update: Result<Option<()>> = sessions.update(&bearer, |fields| fields.set("cart", "full")).await;
        assert_eq!(ok(update, "update"), None);
        assert!(!ok(sessions.touch(&bearer).await, "touch"), "and is not touched back");
        assert!(!lives(sessions, &bearer).await);
        ok(of.revoke_all().await, "revoke_all");
        ok(of.unblock().await, "unblock");
    }
    assert!(place.truth("ann").await.is_empty(), "no record came back");
}

/// The same for a session that has expired.
pub async fn save_never_brings_back_what_has_expired<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, |builder, unit| builder.idle(unit * 5)).await;
    let (bearer, mut session) = login(&place.sessions, "ann").await;
    ok(session.set("cart", "full"), "set");
    place.advance(place.unit * 5).await;
    assert_eq!(ok(place.sessions.save(&mut session).await, "save"), Saved::Gone);
    assert!(!lives(&place.sessions, &bearer).await);
    assert!(place.truth("ann").await.is_empty());
}

/// Who listens is told of a save that came too late, by the session's public id.
pub async fn save_of_the_dead_is_told<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let (bearer, mut session) = login(&place.sessions, "ann").await;
    assert!(ok(place.sessions.end(&bearer).await, "end"));
    place.told();
    assert_eq!(ok(place.sessions.save(&mut session).await, "save"), Saved::Gone);
    let told = place.told();
    assert_eq!(
        told.iter().map(|event| (event.what, event.id)).collect::<Vec<_>>(),
        [(What::SaveIgnored, session.id())]
    );
}
