//! Promise 7: at most so many sessions a principal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sessions::{Created, Limit, New, Refusal, Why};
use crate::testing::Fixture;
use crate::testing::case::ok;
use crate::testing::concurrency::run;

use super::place::{Place, lives, login, names, set_of};

/// Where the new one is refused, there are never more than allowed, and there is room again when one ends by any way.
pub async fn limit_refuses_the_new<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, |builder, _| builder.limit(Limit::RefuseNew(2))).await;
    let sessions = &place.sessions;
    let (one, two) = (login(sessions, "ann").await, login(sessions, "ann").await);
    let refused = ok(sessions.create(New::of("ann")).await, "create");
    assert!(matches!(refused, Created::Refused(Refusal::Limit)));
    assert!(lives(sessions, &one.0).await && lives(sessions, &two.0).await);
    login(sessions, "bob").await;
    assert!(ok(sessions.end(&one.0).await, "end"));
    login(sessions, "ann").await;
    assert_eq!(ok(sessions.of("ann").revoke(&two.1.id()).await, "revoke"), 1);
    login(sessions, "ann").await;
    assert!(ok(sessions.create(New::of("ann")).await, "create").session().is_none());
}

/// Sessions that have expired make room.
pub async fn limit_counts_the_living<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, |builder, unit| builder.limit(Limit::RefuseNew(2)).idle(unit * 4)).await;
    login(&place.sessions, "ann").await;
    login(&place.sessions, "ann").await;
    place.advance(place.pending()).await;
    login(&place.sessions, "ann").await;
    login(&place.sessions, "ann").await;
    assert!(ok(place.sessions.create(New::of("ann")).await, "create").session().is_none());
}

/// Where the oldest is ended, it is dead before the new one lives, and who listens is told why.
pub async fn limit_ends_the_oldest<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, |builder, _| builder.limit(Limit::EndOldest(2))).await;
    let sessions = &place.sessions;
    let (one, two) = (login(sessions, "ann").await, login(sessions, "ann").await);
    place.told();
    let three = login(sessions, "ann").await;
    assert!(!lives(sessions, &one.0).await);
    assert_eq!(names(sessions, "ann").await, set_of([two.1.id(), three.1.id()]));
    let told = place.told();
    assert_eq!(told[0].id, one.1.id());
    assert_eq!(told[0].what, crate::sessions::What::Ended(Why::Limit));
}

/// Under logins at once, from two processes, an onlooker never finds more records than are allowed.
pub async fn limit_holds_under_logins_at_once<F: Fixture>(fixture: F) {
    let place = Arc::new(Place::open_with(fixture, |builder, _| builder.limit(Limit::EndOldest(3))).await);
    let other = Arc::new(place.another_with(|builder| builder.limit(Limit::RefuseNew(3))));
    for principal in ["ends the oldest", "refuses the new"] {
        let refuses = principal == "refuses the new";
        let done = Arc::new(AtomicBool::new(false));
        let onlooker = tokio::spawn({
            let (place, done) = (Arc::clone(&place), Arc::clone(&done));
            async move {
                let mut looks = 0;
                while !done.load(Ordering::SeqCst) || looks == 0 {
                    // A listing of the store is no snapshot; the records of those who live throughout are in it.
                    let listed = names(&place.sessions, principal).await;
                    assert!(listed.len() <= 3, "more than three are listed");
                    looks += 1;
                    tokio::task::yield_now().await;
                }
            }
        });
        let tasks: Vec<_> = (0..40)
            .map(|task| {
                let sessions = match (refuses, task % 2) {
                    (true, _) => (*other).clone(),
                    (false, 0) => place.sessions.clone(),
                    (false, _) => place.another(),
                };
                tokio::spawn(async move {
                    ok(sessions.create(New::of(principal)).await, "create").session().map(|(bearer, _)| bearer)
                })
            })
            .collect();
        let mut bearers = Vec::new();
        for task in tasks {
            bearers.extend(run(task).await);
        }
        done.store(true, Ordering::SeqCst);
        run(onlooker).await;
        let mut alive = 0;
        for bearer in &bearers {
            alive += usize::from(lives(&place.sessions, bearer).await);
        }
        assert_eq!(alive, place.truth(principal).await.len());
        assert!(alive <= 3, "{principal}: {alive} live");
        assert_eq!(names(&place.sessions, principal).await, place.truth(principal).await);
        if refuses {
            assert_eq!((alive, bearers.len()), (3, 3), "three were let in, and stay");
        }
    }
}
