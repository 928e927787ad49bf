//! What adapters to frameworks build on: ids of a framework's, merging by traces, renewal by a marker.

use crate::sessions::adapter::{Adapter, Draft, Placed, Trace};
use crate::sessions::{Builder, Fields, Limit, Principal, Refusal, Saved, Sessions};
use crate::testing::case::ok;
use crate::testing::{Fixture, Gate};

use super::cut::Blow;
use super::place::{Place, login, names};

fn framework(sessions: &Sessions) -> Adapter {
    sessions.adapter(|fields| fields.json("user").map(Principal::from_json))
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
}

async fn create(framework: &Adapter, id: &str, pairs: &[(&str, &str)]) -> Trace {
    let placed = ok(framework.create(id.as_bytes(), Draft::new(fields(pairs))).await, "create");
    assert_eq!(placed, Placed::Written);
    ok(framework.load(id.as_bytes()).await, "load").expect("it lives").trace
}

async fn shown(framework: &Adapter, id: &str) -> Option<Vec<String>> {
    let loaded = ok(framework.load(id.as_bytes()).await, "load")?;
    Some(loaded.session.fields().iter().map(|(name, value)| format!("{name}={value}")).collect())
}

/// A framework's save with the trace changes the fields that the request changed; without one it replaces all.
pub async fn adapter_saves_what_the_request_changed<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let framework = framework(&place.sessions);
    let trace = create(&framework, "id", &[("a", "1"), ("b", "1"), ("c", "1")]).await;
    // Through JSON and back, as the framework keeps it.
    let trace = ok(Trace::from_json(&trace.to_json()), "it is a trace");
    for pairs in [[("a", "2"), ("b", "1"), ("c", "1")], [("a", "1"), ("c", "1"), ("d", "1")]] {
        let draft = Draft::new(fields(&pairs)).trace(trace.clone());
        assert_eq!(ok(framework.save(b"id", draft).await, "save"), Saved::Written);
    }
    let merged = ["a=\"2\"", "c=\"1\"", "d=\"1\""].map(str::to_owned);
    assert_eq!(shown(&framework, "id").await.as_deref(), Some(&merged[..]));
    assert_eq!(ok(framework.save(b"id", Draft::new(fields(&[("e", "1")]))).await, "save"), Saved::Written);
    assert_eq!(shown(&framework, "id").await.as_deref(), Some(&["e=\"1\"".to_owned()][..]));
    let taken = ok(framework.create(b"id", Draft::new(Fields::new())).await, "create");
    assert_eq!(taken, Placed::Taken, "an id is not overwritten");
}

/// The principal is read out of the fields as they are after the merge: a request that has nothing to do with it neither
/// signs in nor out.
pub async fn adapter_reads_the_principal_out_of_the_fields<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let framework = framework(&place.sessions);
    let visitor = create(&framework, "id", &[("x", "1")]).await;
    let draft = Draft::new(fields(&[("x", "1"), ("user", "ann")])).trace(visitor.clone());
    assert_eq!(ok(framework.save(b"id", draft).await, "save"), Saved::Written);
    assert_eq!(names(&place.sessions, "ann").await.len(), 1);
    // A request that was loaded before the login and saves after it.
    let draft = Draft::new(fields(&[("x", "2")])).trace(visitor);
    assert_eq!(ok(framework.save(b"id", draft).await, "save"), Saved::Written);
    assert_eq!(names(&place.sessions, "ann").await.len(), 1, "it is still signed in");
    let signed_in = ok(framework.load(b"id").await, "load").expect("it lives").trace;
    let draft = Draft::new(fields(&[("x", "2")])).trace(signed_in);
    assert_eq!(ok(framework.save(b"id", draft).await, "save"), Saved::Written);
    assert_eq!(names(&place.sessions, "ann").await.len(), 0, "signed out");
    ok(place.sessions.of("bob").block().await, "block");
    let refused = framework.create(b"other", Draft::new(fields(&[("user", "bob")]))).await;
    assert_eq!(ok(refused, "create"), Placed::Refused(Refusal::Blocked));
}

/// A renewal continues the session under the new id, with its public id and its absolute end; at the same time it may
/// sign in. One marker is taken once.
pub async fn adapter_renews_a_session<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let framework = framework(&place.sessions);
    for (name, before) in [("stays", Some(("user", "ann"))), ("signs in", None)] {
        let pairs: Vec<_> = before.into_iter().chain([("x", "1")]).collect();
        let trace = create(&framework, name, &pairs).await;
        let was = ok(framework.load(name.as_bytes()).await, "load").expect("it lives").session;
        assert!(ok(framework.retire(name.as_bytes()).await, "retire"));
        assert!(!ok(framework.retire(name.as_bytes()).await, "retire"));
        assert!(shown(&framework, name).await.is_none(), "the marker is no session");
        assert!(names(&place.sessions, "ann").await.is_empty());
        let draft = || Draft::new(fields(&[("user", "ann"), ("x", "2")])).trace(trace.clone());
        let (one, two) = (format!("{name} renewed"), format!("{name} renewed again"));
        assert_eq!(ok(framework.create(one.as_bytes(), draft()).await, "create"), Placed::Written);
        assert_eq!(ok(framework.create(two.as_bytes(), draft()).await, "create"), Placed::Gone);
        let renewed = ok(framework.load(one.as_bytes()).await, "load").expect("it lives").session;
        assert_eq!((renewed.id(), renewed.created()), (was.id(), was.created()));
        assert_eq!(names(&place.sessions, "ann").await.len(), 1);
        assert_eq!(ok(place.sessions.of("ann").revoke_all().await, "revoke_all"), 1);
        assert!(shown(&framework, &one).await.is_none());
    }
}

/// Whatever ends a session between any two steps of its renewal ends it for good, and it is counted once.
pub async fn adapter_renewal_never_outlives_an_end<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let another = place.another();
    for way in 0..2 {
        for nth in 1.. {
            let principal = format!("way {way}, before call {nth}");
            let (id, renewed) = (principal.clone(), format!("{principal}, renewed"));
            let plain = framework(&another);
            create(&plain, &id, &[("user", &principal)]).await;
            let public = ok(plain.public_id(id.as_bytes()).await, "public_id").expect("it lives");
            let gate = Gate::new();
            place.cut.at(nth, Blow::Hold(gate.clone()));
            let renewing = tokio::spawn({
                let (framework, id, renewed) = (framework(&place.sessions), id.clone(), renewed.clone());
                async move {
                    let Some(loaded) = ok(framework.load(id.as_bytes()).await, "load") else { return };
                    ok(framework.retire(id.as_bytes()).await, "retire");
                    let draft = Draft::new(loaded.session.fields().clone()).trace(loaded.trace);
                    let placed = ok(framework.create(renewed.as_bytes(), draft).await, "create");
                    assert!(matches!(placed, Placed::Written | Placed::Gone));
                }
            });
            let is_over = super::reached_or_done(&gate, &renewing).await;
            let of = another.of(&principal);
            match way {
                0 => ok(of.revoke_all().await, "revoke_all"),
                _ => ok(of.revoke(&public).await, "revoke"),
            };
            gate.open();
            renewing.await.expect("it ends");
            place.cut.heal();
            for id in [&id, &renewed] {
                assert!(shown(&plain, id).await.is_none(), "{principal}: it came back");
            }
            assert!(place.truth(&principal).await.is_empty(), "{principal}: something is left");
            if is_over {
                assert!(nth > 8, "a renewal has steps");
                break;
            }
        }
    }
}

/// A session that was let go of and not taken up again counts for no limit, and for no revocation.
pub async fn adapter_lets_go_for_good<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, |builder, _| builder.limit(Limit::RefuseNew(1))).await;
    let framework = framework(&place.sessions);
    create(&framework, "id", &[("user", "ann")]).await;
    assert!(ok(framework.retire(b"id").await, "retire"));
    assert_eq!(ok(place.sessions.of("ann").revoke_all().await, "revoke_all"), 0);
    create(&framework, "id, later", &[("user", "ann")]).await;
    assert!(ok(framework.retire(b"id, later").await, "retire"));
    login(&place.sessions, "ann").await;
}

/// A framework's own times are kept: its idle timeout, and an end that no use moves.
pub async fn adapter_keeps_a_frameworks_times<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, Builder::touch_window).await;
    let framework = framework(&place.sessions);
    let idle = Draft::new(Fields::new()).idle(place.unit * 5);
    assert_eq!(ok(framework.create(b"idle", idle).await, "create"), Placed::Written);
    let now = crate::clock::Clock::wall(&*place.clock).elapsed();
    let until = std::time::UNIX_EPOCH + now + place.unit * 7;
    let fixed = Draft::new(Fields::new()).until(until);
    assert_eq!(ok(framework.create(b"fixed", fixed).await, "create"), Placed::Written);
    place.advance(place.unit * 7 / 2).await;
    let loaded = ok(framework.load(b"fixed").await, "load").expect("it lives");
    assert_eq!(loaded.session.expires(), until);
    assert!(ok(framework.touch(b"idle", place.unit * 5).await, "touch"));
    place.advance(place.unit * 7 / 2).await;
    assert!(shown(&framework, "fixed").await.is_none(), "use does not move a fixed end");
    assert!(shown(&framework, "idle").await.is_some(), "use does move the other");
    place.advance(place.unit * 5).await;
    assert!(shown(&framework, "idle").await.is_none());
}
