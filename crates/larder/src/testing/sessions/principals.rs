//! Promise 12: a principal is text, and sessions can change theirs.

use serde_json::json;

use crate::sessions::{Principal, Saved};
use crate::testing::case::ok;
use crate::testing::{Fixture, Gate};

use super::cut::Blow;
use super::place::{Place, lives, load, login, names, set_of};

/// An id is one principal whether it comes as a number, as a text or in JSON, and any text is a principal of its own.
pub async fn principals_are_told_apart_by_their_text<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let sessions = &place.sessions;
    let (_, session) = login(sessions, Principal::from_json(&json!(42)).as_str()).await;
    for of in [sessions.of(42), sessions.of("42"), sessions.of(Principal::from_json(&json!("42")))] {
        assert_eq!(ok(of.list().await, "list").iter().map(|listed| listed.id).collect::<Vec<_>>(), [session.id()]);
    }
    let strange =
        ["", "a:b", "*", "{}", "a*", "user:*:s", "\u{1F600}\u{0}", "42 ", "\"42\"", "_", "..", "$1", "principal"];
    for principal in strange {
        login(sessions, principal).await;
    }
    for principal in strange {
        assert_eq!(names(sessions, principal).await.len(), 1, "{principal:?}");
        assert_eq!(ok(sessions.of(principal).revoke_all().await, "revoke_all"), 1, "{principal:?}");
    }
    assert_eq!(names(sessions, "42").await, set_of([session.id()]));
}

/// A session that changes its principal is listed by the new one alone, ends with it, and not with the old one.
pub async fn principal_change_moves_the_session<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let sessions = &place.sessions;
    let visitor = ok(sessions.create(crate::sessions::New::visitor()).await, "create").session().expect("none refuses");
    let (bearer, mut session) = visitor;
    for principal in ["ann", "bob"] {
        session.set_principal(Some(Principal::of(principal)));
        assert_eq!(ok(sessions.save(&mut session).await, "save"), Saved::Written);
        assert_eq!(names(sessions, principal).await, set_of([session.id()]));
        assert_eq!(
            load(sessions, &bearer).await.expect("it lives").principal().map(Principal::as_str),
            Some(principal)
        );
    }
    assert!(names(sessions, "ann").await.is_empty());
    assert_eq!(ok(sessions.of("ann").revoke_all().await, "revoke_all"), 0);
    assert!(lives(sessions, &bearer).await);
    assert_eq!(ok(sessions.of("bob").revoke_all().await, "revoke_all"), 1);
    assert!(!lives(sessions, &bearer).await);
    let (bearer, mut session) = login(sessions, "ann").await;
    session.set_principal(None);
    assert_eq!(ok(sessions.save(&mut session).await, "save"), Saved::Written);
    assert!(names(sessions, "ann").await.is_empty() && lives(sessions, &bearer).await);
    ok(sessions.of("bob").block().await, "block");
    session.set_principal(Some(Principal::of("bob")));
    assert!(matches!(ok(sessions.save(&mut session).await, "save"), Saved::Refused(_)));
    assert_eq!(load(sessions, &bearer).await.expect("it lives").principal(), None);
}

/// Whoever ends all sessions of the old or the new principal between any two steps of a change leaves a session that is
/// dead, or alive and listed by the other.
pub async fn principal_change_and_an_end_leave_no_half<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let another = place.another();
    for ended in ["old", "new"] {
        for nth in 1.. {
            let principal = |which: &str| format!("{which}, {ended} ended before call {nth}");
            let (bearer, mut session) = login(&another, &principal("old")).await;
            session.set_principal(Some(Principal::of(principal("new"))));
            let gate = Gate::new();
            place.cut.at(nth, Blow::Hold(gate.clone()));
            let saving = tokio::spawn({
                let sessions = place.sessions.clone();
                async move { ok(sessions.save(&mut session).await, "save") }
            });
            let is_over = super::reached_or_done(&gate, &saving).await;
            ok(another.of(principal(ended)).revoke_all().await, "revoke_all");
            gate.open();
            let saved = saving.await.expect("it ends");
            place.cut.heal();
            let alive = lives(&another, &bearer).await;
            let listed = names(&another, &principal("new")).await.len();
            assert_eq!(usize::from(alive), listed, "{}: alive is listed", principal("new"));
            assert_eq!(names(&another, &principal("old")).await.len(), 0, "{}", principal("old"));
            assert!(saved == Saved::Written || !alive);
            if is_over {
                assert!(nth > 4, "a change has steps");
                break;
            }
        }
    }
}

/// Entries of dead sessions do not pile up: a principal who logs in again and again, and never out, has a short record.
pub async fn dead_entries_heal_themselves<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, |builder, unit| builder.idle(unit * 4)).await;
    for _ in 0..8 {
        for _ in 0..16 {
            login(&place.sessions, "ann").await;
        }
        place.advance(place.pending()).await;
    }
    let (_, living) = login(&place.sessions, "ann").await;
    let key = crate::key!["principal", "ann"];
    let record: serde_json::Value = place.case.get(&key).await.and_then(|text| text.parse().ok()).expect("it is JSON");
    let entries = record["sessions"].as_array().map_or(0, Vec::len);
    assert!(entries <= 64, "{entries} entries for one living session");
    assert_eq!(names(&place.sessions, "ann").await, set_of([living.id()]));
}
