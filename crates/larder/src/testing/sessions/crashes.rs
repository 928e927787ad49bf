//! What a crash, an error or a dropped future leaves, wherever between two steps it comes.
//!
//! Each promise does its act once for every call that the act makes and for every kind of blow, each time for a principal
//! of its own who has two sessions. Then the time that a login may take goes by, and everything has to be sound: the list
//! is the truth, nobody is stuck, and what was to be ended can be ended.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use crate::error::Result;
use crate::sessions::adapter::Draft;
use crate::sessions::{Bearer, Limit, New, Principal, Session, Sessions};
use crate::testing::case::ok;
use crate::testing::{Fixture, Gate};

use super::cut::Blow;
use super::place::{Place, lives, login, names};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Login,
    LoginOverTheLimit,
    End,
    Revoke,
    RevokeOthers,
    RevokeAll,
    Block,
    Rotate,
    Save,
    Give,
    Renew,
}

struct Subject {
    principal: String,
    one: (Bearer, Session),
    two: (Bearer, Session),
    id: Vec<u8>,
}

impl Subject {
    async fn new(sessions: &Sessions, act: Act, principal: String) -> Self {
        let (one, two) = (login(sessions, &principal).await, login(sessions, &principal).await);
        let id = format!("the id of {principal}").into_bytes();
        if act == Act::Renew {
            let fields = ok(crate::sessions::Fields::new().with("user", &principal), "field");
            let placed = ok(framework(sessions).create(&id, Draft::new(fields)).await, "create");
            assert_eq!(placed, crate::sessions::adapter::Placed::Written);
        }
        Self { principal, one, two, id }
    }

    /// Answers the new bearer, where the act gives one.
    async fn undergo(&mut self, act: Act, sessions: &Sessions) -> Result<Option<Bearer>> {
        let of = sessions.of(&self.principal);
        match act {
            Act::Login | Act::LoginOverTheLimit => {
                let created = sessions.create(New::of(&self.principal)).await?;
                return Ok(created.session().map(|(bearer, _)| bearer));
            }
            Act::End => drop(sessions.end(&self.one.0).await?),
            Act::Revoke => drop(of.revoke(&self.one.1.id()).await?),
            Act::RevokeOthers => drop(of.revoke_others(&self.two.1.id()).await?),
            Act::RevokeAll => drop(of.revoke_all().await?),
            Act::Block => drop(of.block().await?),
            Act::Rotate => return sessions.rotate(&self.one.0).await,
            Act::Save => {
                self.one.1.set("field", 1)?;
                let _ = sessions.save(&mut self.one.1).await?;
            }
            Act::Give => {
                self.one.1.set_principal(Some(Principal::of(format!("{} given", self.principal))));
                let _ = sessions.save(&mut self.one.1).await?;
            }
            Act::Renew => {
                let framework = framework(sessions);
                if let Some(loaded) = framework.load(&self.id).await? {
                    framework.retire(&self.id).await?;
                    let renewed = [&self.id[..], b", renewed"].concat();
                    let draft = Draft::new(loaded.session.fields().clone()).trace(loaded.trace);
                    let _ = framework.create(&renewed, draft).await?;
                }
            }
        }
        Ok(None)
    }
}

fn framework(sessions: &Sessions) -> crate::sessions::adapter::Adapter {
    sessions.adapter(|fields| fields.json("user").map(Principal::from_json))
}

/// The act, until it is over or held: then its future is dropped.
async fn cut_short<T>(act: impl Future<Output = T>, gate: &Gate) -> Option<T> {
    let (mut act, mut reached) = (pin!(act), pin!(gate.reached()));
    let first = poll_fn(|context| match act.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending => reached.as_mut().poll(context).map(|()| None),
    });
    first.await
}

async fn meet_every_blow<F: Fixture>(fixture: F, act: Act) {
    let place = match act {
        Act::LoginOverTheLimit => Place::open_with(fixture, |builder, _| builder.limit(Limit::EndOldest(2))).await,
        _ => Place::open_with(fixture, |builder, unit| builder.grace(unit * 3)).await,
    };
    let another = place.another();
    let gate = Gate::new();
    let blows = [Blow::Die, Blow::DieAfter, Blow::Refuse, Blow::Lose, Blow::Hold(gate.clone())];
    let mut subjects = Vec::new();
    for blow in &blows {
        for nth in 1.. {
            let gate = Gate::new();
            let blow = if matches!(blow, Blow::Hold(_)) { Blow::Hold(gate.clone()) } else { blow.clone() };
            let why = format!("{act:?}, {blow:?} at call {nth}");
            let mut subject = Subject::new(&another, act, why.clone()).await;
            place.cut.at(nth, blow);
            let answer = cut_short(subject.undergo(act, &place.sessions), &gate).await;
            let (_, fell) = place.cut.heal();
            if act == Act::Rotate {
                let new = answer.as_ref().and_then(|answer| answer.as_ref().ok()).and_then(Option::as_ref);
                let new_lives = match new {
                    Some(new) => lives(&another, new).await,
                    None => false,
                };
                assert!(new_lives || lives(&another, &subject.one.0).await, "{why}: both are dead");
            }
            subjects.push((subject, matches!(answer, Some(Ok(_)))));
            if !fell {
                assert!(nth > 2 || act == Act::Save, "{why}: there are steps");
                break;
            }
        }
    }
    place.advance(place.pending()).await;
    for (mut subject, answered) in subjects {
        let why = subject.principal.clone();
        let listed = names(&another, &why).await;
        assert_eq!(listed, place.truth(&why).await, "{why}: the list is the truth");
        let (one, two) = (lives(&another, &subject.one.0).await, lives(&another, &subject.two.0).await);
        match act {
            // All or none, and none where it said so.
            Act::RevokeAll | Act::Block => assert!(one == two && !(answered && one), "{why}: ended by half"),
            Act::Revoke | Act::RevokeOthers | Act::End => assert!(two && !(answered && one), "{why}"),
            Act::LoginOverTheLimit => assert!(listed.len() <= 2, "{why}: more than allowed"),
            Act::Login | Act::Save | Act::Renew => assert!(one && two, "{why}: it ended nothing"),
            Act::Give | Act::Rotate => assert!(two, "{why}: it ended nothing else"),
        }
        if matches!(act, Act::Revoke | Act::RevokeOthers | Act::RevokeAll | Act::Block | Act::End) {
            ok(subject.undergo(act, &another).await, &why);
            assert!(!lives(&another, &subject.one.0).await, "{why}: once more, and it is over");
        }
        if act == Act::Give {
            let given = format!("{why} given");
            let there = names(&another, &given).await;
            assert_eq!(usize::from(one), usize::from(there.len() == 1) + (listed.len() - 1), "{why}: listed once");
            place.assert_sound(&given, &why).await;
        }
        ok(another.of(&why).unblock().await, "unblock");
        place.assert_sound(&why, &why).await;
    }
}

/// A login or a rotation beside which all sessions are ended, and which dies one step later, leaves nothing: what it
/// wrote after the end is gone when the time that a login may take is over.
pub async fn crash_beside_an_end_leaves_nothing<F: Fixture>(fixture: F) {
    let place = Place::open_with(fixture, |builder, unit| builder.grace(unit * 3)).await;
    let another = place.another();
    let mut principals = Vec::new();
    for act in [Act::Login, Act::Rotate, Act::Give] {
        for nth in 1.. {
            let why = format!("{act:?}, ended before call {nth}, dead after it");
            let mut subject = Subject::new(&another, act, why.clone()).await;
            let gate = Gate::new();
            place.cut.at(nth, Blow::HoldAndDie(gate.clone()));
            let end = async {
                gate.reached().await;
                ok(another.of(&why).revoke_all().await, "revoke_all");
                ok(another.of(format!("{why} given")).revoke_all().await, "revoke_all");
                gate.open();
                std::future::pending::<()>().await;
            };
            let (mut undergo, mut end) = (pin!(subject.undergo(act, &place.sessions)), pin!(end));
            let died = poll_fn(|context| {
                let _ = end.as_mut().poll(context);
                undergo.as_mut().poll(context)
            });
            let is_over = died.await.is_ok();
            if !place.cut.heal().1 {
                assert!(is_over && nth > 3, "{why}: there are steps");
                break;
            }
            principals.push(why.clone());
        }
    }
    place.advance(place.pending()).await;
    for principal in principals {
        for name in [principal.clone(), format!("{principal} given")] {
            assert_eq!(names(&another, &name).await, place.truth(&name).await, "{principal}: the list is the truth");
        }
        assert!(names(&another, &principal).await.is_empty(), "{principal}: what was ended lives");
        place.assert_sound(&principal, &principal).await;
    }
}

macro_rules! crashes {
    ($($(#[$doc:meta])* $name:ident: $act:ident;)*) => {$(
        $(#[$doc])*
        pub async fn $name<F: Fixture>(fixture: F) {
            meet_every_blow(fixture, Act::$act).await;
        }
    )*};
}

crashes! {
    /// A login that is cut off leaves nothing that lives and is not listed, and ends nothing.
    crash_in_a_login_leaves_nothing_unlisted: Login;
    /// Nor does one that was to end the oldest; and there are never more than allowed.
    crash_in_a_login_over_the_limit_keeps_the_limit: LoginOverTheLimit;
    /// A sign-out that is cut off can be repeated.
    crash_in_a_sign_out_can_be_repeated: End;
    /// The end of one session, cut off, is finished by whoever lists.
    crash_in_revoke_leaves_no_half: Revoke;
    /// So is the end of the others.
    crash_in_revoke_others_leaves_no_half: RevokeOthers;
    /// The end of all, cut off, has ended all or none when somebody has listed.
    crash_in_revoke_all_leaves_no_half: RevokeAll;
    /// So has a block.
    crash_in_block_leaves_no_half: Block;
    /// A rotation that is cut off leaves a token that works, one session in the list, and nothing unlisted.
    crash_in_a_rotation_leaves_a_token_that_works: Rotate;
    /// A save that is cut off has written all or nothing, and ended nothing.
    crash_in_a_save_ends_nothing: Save;
    /// A change of principal that is cut off leaves a session that one of the two lists.
    crash_in_a_principal_change_leaves_it_listed_once: Give;
    /// A framework's renewal that is cut off leaves nothing unlisted, and other sessions alone.
    crash_in_a_renewal_leaves_nothing_unlisted: Renew;
}
