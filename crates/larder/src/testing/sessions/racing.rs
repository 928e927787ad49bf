//! Promise 2: revocation is certain. Logins race with the end of all sessions, and a program checks the history.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sessions::{Bearer, Created, New, Refusal, Sessions};
use crate::testing::case::ok;
use crate::testing::concurrency::run;
use crate::testing::{Fixture, Gate};

use super::checked;
use super::cut::Blow;
use super::place::{Place, lives, names, set_of};

/// When a call began and ended, on a line that all tasks share.
#[derive(Clone, Copy)]
struct Span {
    began: u64,
    ended: u64,
}

/// What logins and ends of all came to.
struct History {
    /// Each login, and whether its session lives now that all is over.
    logins: Vec<(Span, bool)>,
    ends: Vec<Span>,
}

impl History {
    /// How many logins can have come to one thing only.
    ///
    /// # Errors
    /// What is wrong, where one came to the other: it was over before an end of all began, and lives; or began after
    /// the last was over, and is dead.
    fn judge(&self) -> Result<usize, &'static str> {
        let last = self.ends.iter().map(|end| end.ended).max().unwrap_or(0);
        let mut certain = 0;
        for (login, is_alive) in &self.logins {
            let must_be_dead = self.ends.iter().any(|end| login.ended < end.began);
            let must_be_alive = login.began > last;
            if must_be_dead && *is_alive {
                return Err("a session made before the end of all lives");
            }
            if must_be_alive && !is_alive {
                return Err("a session made after the last end of all is dead");
            }
            certain += usize::from(must_be_dead || must_be_alive);
        }
        Ok(certain)
    }
}

/// A login that raced: what came of it is dead where it was over before the end of all began, alive where it began after
/// every such end was over, and whichever else listed if alive: the list is exactly what lives.
pub async fn revoke_all_racing_logins_has_an_order<F: Fixture>(fixture: F) {
    // So many logins by forty workers, and a tenth as many ends of all by four; `LARDER_LOGINS` says otherwise.
    let logins = std::env::var("LARDER_LOGINS").ok().and_then(|logins| logins.parse().ok()).unwrap_or(400_usize);
    let place = Place::open(fixture).await;
    let time = Arc::new(AtomicU64::new(0));
    let processes = [place.loitering(), place.loitering(), place.loitering()];
    let (mut logging_in, mut ending) = (Vec::new(), Vec::new());
    for worker in 0..44 {
        let (sessions, time) = (processes[worker % 3].clone(), Arc::clone(&time));
        let now = move || time.fetch_add(1, Ordering::SeqCst);
        if worker % 11 < 10 {
            logging_in.push(tokio::spawn(async move {
                let mut created = Vec::new();
                for _ in 0..logins / 40 {
                    let began = now();
                    let login = ok(sessions.create(New::of("ann")).await, "create");
                    created.push((login, Span { began, ended: now() }));
                }
                created
            }));
        } else {
            ending.push(tokio::spawn(async move {
                let mut revocations = Vec::new();
                for _ in 0..logins / 40 {
                    let began = now();
                    let count = ok(sessions.of("ann").revoke_all().await, "revoke_all");
                    revocations.push((count, Span { began, ended: now() }));
                }
                revocations
            }));
        }
    }
    let (mut created, mut revocations) = (Vec::new(), Vec::new());
    for task in logging_in {
        created.extend(run(task).await);
    }
    for task in ending {
        revocations.extend(run(task).await);
    }
    let mut history = History { logins: Vec::new(), ends: revocations.iter().map(|(_, span)| *span).collect() };
    let mut alive = Vec::new();
    for (created, login) in created {
        let (bearer, session) = match created {
            Created::Session(bearer, session) => (bearer, session),
            Created::Refused(refusal) => panic!("a login was lost: {refusal}"),
        };
        let is_alive = lives(&place.sessions, &bearer).await;
        history.logins.push((login, is_alive));
        if is_alive {
            alive.push(session.id());
        }
    }
    let certain = history.judge().unwrap_or_else(|wrong| panic!("{wrong}"));
    let (made, living, ends) = (history.logins.len(), alive.len(), history.ends.len());
    let counted: usize = revocations.iter().map(|(count, _)| count).sum();
    // A login that was ended before its bearer was handed out, and began again, counts as well.
    assert!(counted >= made - living, "those who ended them counted {counted} of {}", made - living);
    assert_eq!(names(&place.sessions, "ann").await, set_of(alive.iter().copied()), "the list is what lives");
    assert_eq!(place.truth("ann").await, set_of(alive), "and nothing else does");
    assert!(certain > 0, "some were clearly before or after");
    checked(format!(
        "{made} logins racing {ends} ends of all: {certain} clearly before or after one, 0 wrong; {living} live, and are \
         what is listed and stored"
    ));
}

/// Between any two steps of a login all sessions are ended: it is after that and lives, and is listed. One is ended by
/// the others: it is refused, or dead. Its principal is blocked: it is refused, or dead.
pub async fn login_is_before_or_after_an_end<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let another = place.another();
    for way in 0..3 {
        for nth in 1.. {
            let principal = format!("way {way}, before call {nth}");
            let gate = Gate::new();
            place.cut.at(nth, Blow::Hold(gate.clone()));
            let logging_in = tokio::spawn({
                let (sessions, principal) = (place.sessions.clone(), principal.clone());
                async move { ok(sessions.create(New::of(principal)).await, "create") }
            });
            let is_over = super::reached_or_done(&gate, &logging_in).await;
            let of = another.of(&principal);
            let nobody = ok("AAAAAAAAAAAAAAAAAAAAAA".parse(), "it is a public id");
            match way {
                0 => ok(of.revoke_all().await, "revoke_all"),
                1 => ok(of.revoke_others(&nobody).await, "revoke_others"),
                _ => ok(of.block().await, "block"),
            };
            let after_end = names(&another, &principal).await;
            assert!(after_end.is_empty(), "{principal}: nothing lives when it has ended");
            gate.open();
            let created = logging_in.await.expect("it ends");
            place.cut.heal();
            let listed = names(&another, &principal).await;
            assert_eq!(listed, place.truth(&principal).await, "{principal}: the list is the truth");
            match created {
                Created::Session(bearer, session) => {
                    let is_alive = lives(&another, &bearer).await;
                    assert_eq!(listed.contains(&session.id().to_string()), is_alive, "{principal}");
                    assert!(!is_alive || way < 2, "{principal}: it lives, blocked");
                    assert!(is_alive || is_over || way > 0, "{principal}: it was to begin after that");
                    assert!(!(is_alive && is_over), "{principal}: it was over, and lives");
                }
                Created::Refused(refusal) => {
                    let expected = if way == 1 { Refusal::Ended } else { Refusal::Blocked };
                    assert_eq!(refusal, expected, "{principal}");
                    assert!(listed.is_empty(), "{principal}");
                }
            }
            if is_over {
                assert!(nth > 5, "a login has steps");
                break;
            }
        }
    }
}

/// A thousand ways of being ended leave nothing behind: sessions that log in and out at once, each knowing its own.
pub async fn logins_and_sign_outs_at_once_know_their_own<F: Fixture>(fixture: F) {
    let place = Place::open(fixture).await;
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let sessions: Sessions = if task % 2 == 0 { place.sessions.clone() } else { place.another() };
            tokio::spawn(async move {
                let mut kept: Option<(Bearer, _)> = None;
                for _ in 0..10 {
                    let (bearer, session) = super::place::login(&sessions, "ann").await;
                    assert!(lives(&sessions, &bearer).await, "what was just made lives");
                    if let Some((before, _)) = kept.replace((bearer, session.id())) {
                        assert!(ok(sessions.end(&before).await, "end"), "and did until it was ended");
                    }
                }
                kept.map(|(_, id)| id)
            })
        })
        .collect();
    let mut kept = Vec::new();
    for task in tasks {
        kept.extend(run(task).await);
    }
    assert_eq!(names(&place.sessions, "ann").await, set_of(kept.iter().copied()));
    assert_eq!(place.truth("ann").await, set_of(kept));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_that_cannot_be_is_told() {
        let span = |began, ended| Span { began, ended };
        let judged = |login, is_alive| History { logins: vec![(login, is_alive)], ends: vec![span(10, 20)] }.judge();
        assert!(judged(span(0, 9), true).is_err(), "before the end, and alive");
        assert_eq!(judged(span(0, 9), false), Ok(1));
        assert!(judged(span(21, 30), false).is_err(), "after the end, and dead");
        assert_eq!(judged(span(21, 30), true), Ok(1));
        for beside in [span(0, 11), span(11, 19), span(19, 30)] {
            assert_eq!((judged(beside, true), judged(beside, false)), (Ok(0), Ok(0)), "beside it, either");
        }
    }
}
