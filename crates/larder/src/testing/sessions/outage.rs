//! Promise 11: down is not logged out.

use crate::error::ErrorKind;
use crate::sessions::New;
use crate::testing::Fixture;
use crate::testing::case::ok;

use super::cut::Blow;
use super::place::{Place, lives, load, login};

/// While the backend is down every call is an error that may be tried again, and no answer; afterwards all is as it was.
pub async fn outage_is_an_error_and_never_an_answer<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let (sessions, of) = (&place.sessions, place.sessions.of("ann"));
    let (bearer, _) = login(sessions, "ann").await;
    let mut session = load(sessions, &bearer).await.expect("it lives");
    ok(session.set("field", 1), "set");
    let resets = sessions.tokens("reset", std::time::Duration::from_secs(600));
    let token = ok(resets.issue(&1).await, "issue");
    place.cut.at(1, Blow::Die);
    let errors = [
        sessions.load(&bearer).await.err(),
        sessions.touch(&bearer).await.err(),
        sessions.save(&mut session).await.err(),
        sessions.update(&bearer, |fields| fields.set("field", 2)).await.err(),
        sessions.rotate(&bearer).await.err(),
        sessions.end(&bearer).await.err(),
        sessions.create(New::of("ann")).await.err(),
        sessions.create(New::visitor()).await.err(),
        of.list().await.err(),
        of.revoke(&session.id()).await.err(),
        of.revoke_others(&session.id()).await.err(),
        of.revoke_all().await.err(),
        of.block().await.err(),
        of.unblock().await.err(),
        of.is_blocked().await.err(),
        resets.redeem::<u8>(&token).await.err(),
        resets.issue(&2).await.err(),
    ];
    place.cut.heal();
    for (place, error) in errors.into_iter().enumerate() {
        let error = error.unwrap_or_else(|| panic!("call {place} took an outage for an answer"));
        assert_eq!(error.kind(), ErrorKind::Unavailable, "call {place}");
        assert!(error.is_retryable());
    }
    assert!(lives(sessions, &bearer).await, "nobody was logged out");
    assert_eq!(ok(of.list().await, "list").len(), 1);
    assert_eq!(ok(resets.redeem::<u8>(&token).await, "redeem"), Some(1));
}

/// A session whose use cannot be written down is still loaded.
pub async fn load_needs_no_write<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, |builder, _| builder.touch_window(super::place::MILLI)).await;
    let (bearer, _) = login(&place.sessions, "ann").await;
    place.advance(super::place::MILLI * 2).await;
    place.cut.at(2, Blow::Refuse);
    assert!(lives(&place.sessions, &bearer).await);
    assert!(place.cut.heal().1, "a write was tried");
}

/// A record that cannot be read is an error, never "no session".
pub async fn damage_is_an_error_and_never_an_absence<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let (bearer, _) = login(&place.sessions, "ann").await;
    for key in place.case.list(&crate::pattern![..]).await {
        place.case.put(&key, r#"{"v":2}"#).await;
    }
    for error in [
        place.sessions.load(&bearer).await.err(),
        place.sessions.of("ann").list().await.err(),
        place.sessions.create(New::of("ann")).await.err(),
    ] {
        assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Corrupt));
    }
}
