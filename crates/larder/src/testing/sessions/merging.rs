//! Promise 3: no lost updates between fields.

use std::sync::Arc;

use crate::sessions::{Fields, Saved};
use crate::testing::Fixture;
use crate::testing::case::ok;
use crate::testing::concurrency::run;

use super::checked;
use super::place::{Place, load, login};

/// Of two requests that loaded the same session and changed different fields both land, and what neither touched stays.
pub async fn merge_keeps_what_other_requests_wrote<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let sessions = &place.sessions;
    let (bearer, mut session) = login(sessions, "ann").await;
    ok(session.set("stays", 1).and_then(|()| session.set("goes", 1)), "set");
    assert_eq!(ok(sessions.save(&mut session).await, "save"), Saved::Written);
    let (mut one, mut two) =
        (load(sessions, &bearer).await.expect("it lives"), load(sessions, &bearer).await.expect("it lives"));
    ok(one.set("one", true), "set");
    ok(two.set("two", true), "set");
    two.remove("goes");
    assert_eq!(ok(sessions.save(&mut one).await, "save"), Saved::Written);
    assert_eq!(ok(sessions.save(&mut two).await, "save"), Saved::Written);
    let fields: Vec<_> =
        load(sessions, &bearer).await.expect("it lives").fields().iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(fields, ["one", "stays", "two"]);
    assert_eq!(two.fields().len(), 3, "who saved sees what others wrote");
}

/// For the same field the later save wins, whole.
pub async fn merge_lets_the_later_save_of_a_field_win<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let sessions = &place.sessions;
    let (bearer, _) = login(sessions, "ann").await;
    let (mut one, mut two) =
        (load(sessions, &bearer).await.expect("it lives"), load(sessions, &bearer).await.expect("it lives"));
    ok(one.set("field", [1, 1]), "set");
    ok(two.set("field", [2]), "set");
    for session in [&mut two, &mut one] {
        assert_eq!(ok(sessions.save(session).await, "save"), Saved::Written);
    }
    assert_eq!(ok(load(sessions, &bearer).await.expect("it lives").get::<Vec<u8>>("field"), "get"), Some(vec![1, 1]));
}

/// Ten thousand saves by requests at once, each of a field of its own, lose none. A thousand where each
/// waits for a disk; `LARDER_SAVES` says otherwise.
pub async fn merge_loses_no_update_of_ten_thousand<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let saves = std::env::var("LARDER_SAVES").ok().and_then(|saves| saves.parse::<u32>().ok());
    let rounds = saves.unwrap_or(if place.case.info().await.persistent { 1000 } else { 10_000 }) / 8;
    let (bearer, _) = login(&place.sessions, "ann").await;
    let bearer = Arc::new(bearer);
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            // Half of them in another process.
            let sessions = if task % 2 == 0 { place.sessions.clone() } else { place.another() };
            let bearer = Arc::clone(&bearer);
            tokio::spawn(async move {
                for round in 0..rounds {
                    let mut session = load(&sessions, &bearer).await.expect("it lives");
                    let before: u32 = ok(session.get(&format!("task {task}")), "get").unwrap_or_default();
                    assert_eq!(before, round, "an update was lost");
                    ok(session.set(format!("task {task}"), round + 1), "set");
                    assert_eq!(ok(sessions.save(&mut session).await, "save"), Saved::Written);
                }
            })
        })
        .collect();
    for task in tasks {
        run(task).await;
    }
    let fields = load(&place.sessions, &bearer).await.expect("it lives");
    assert!(fields.fields().iter().all(|(_, value)| *value == rounds), "an update was lost");
    assert_eq!(fields.fields().len(), 8);
    checked(format!("{} saves by 8 at once, 0 lost", rounds * 8));
}

/// A counter in one field, raised by several at once, loses no step.
pub async fn update_loses_no_step_of_a_counter<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let rounds = if place.case.info().await.persistent { 50 } else { 500 };
    let (bearer, _) = login(&place.sessions, "ann").await;
    let bearer = Arc::new(bearer);
    let raise = |fields: &mut Fields| {
        let next = fields.get::<u32>("count")?.unwrap_or_default() + 1;
        fields.set("count", next)
    };
    let tasks: Vec<_> = (0..4)
        .map(|task| {
            let sessions = if task % 2 == 0 { place.sessions.clone() } else { place.another() };
            let bearer = Arc::clone(&bearer);
            tokio::spawn(async move {
                for _ in 0..rounds {
                    assert_eq!(ok(sessions.update(&bearer, raise).await, "update"), Some(()));
                }
            })
        })
        .collect();
    for task in tasks {
        run(task).await;
    }
    let count: Option<u32> = ok(load(&place.sessions, &bearer).await.expect("it lives").get("count"), "get");
    assert_eq!(count, Some(4 * rounds));
}

/// A save from a request that began before a rotation lands in the session that lives on.
pub async fn merge_follows_a_rotation<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let sessions = &place.sessions;
    let (old, _) = login(sessions, "ann").await;
    let mut under_way = load(sessions, &old).await.expect("it lives");
    let new = ok(sessions.rotate(&old).await, "rotate").expect("it lives");
    ok(under_way.set("field", 1), "set");
    assert_eq!(ok(sessions.save(&mut under_way).await, "save"), Saved::Written);
    assert_eq!(ok(load(sessions, &new).await.expect("it lives").get::<u8>("field"), "get"), Some(1));
}
