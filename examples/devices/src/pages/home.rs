//! The first page: it counts visits, and has the slow request by which an end can be seen to be certain.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::Redirect;
use larder::sessions::Saved;
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::App;
use crate::caller::SignedIn;
use crate::failure::Failure;
use crate::html::{button, page};

pub async fn show(State(app): State<App>, who: SignedIn) -> Result<Markup, Failure> {
    // Reads, counts and writes as one step: two tabs at once are two visits.
    let counted = app.sessions.update(who.bearer(), |fields| {
        let visits = fields.get::<u64>("visits")?.unwrap_or(0) + 1;
        fields.set("visits", visits)?;
        Ok(visits)
    });
    let visits = counted.await?.ok_or(Failure::SignedOut)?;
    let saves = who.session().get("slow saves")?.unwrap_or(0);
    Ok(view(&who, visits, saves))
}

#[derive(Deserialize)]
pub struct Slow {
    seconds: u64,
}

/// Loads the session, takes its time, and saves. Whoever ends the session meanwhile has ended it: the save then writes
/// nothing, and says so.
pub async fn slow_save(State(app): State<App>, who: SignedIn, Query(slow): Query<Slow>) -> Result<Redirect, Failure> {
    let mut session = app.sessions.load(who.bearer()).await?.ok_or(Failure::SignedOut)?;
    (app.say)(&format!("{}: session {} is read, and will be saved", who.account.name, session.id()));
    tokio::time::sleep(Duration::from_secs(slow.seconds.min(30))).await;
    session.set("slow saves", session.get::<u64>("slow saves")?.unwrap_or(0) + 1)?;
    match app.sessions.save(&mut session).await? {
        Saved::Written => Ok(Redirect::to("/")),
        Saved::Gone | Saved::Refused(_) => Err(Failure::EndedMeanwhile),
    }
}

fn view(who: &SignedIn, visits: u64, saves: u64) -> Markup {
    let content = html! {
        h1 { "Hello, " (who.account.name) }
        section .card.count {
            p { strong #visits { (visits) } @if visits == 1 { " visit" } @else { " visits" } " on this device" }
            p .hint { "Open this page in as many tabs as you like, all at once: each visit is counted." }
            a .button href="/" { "Visit again" }
        }
        section .card {
            h2 { "A request that takes its time" }
            p {
                "It reads your session, waits for ten seconds, and saves. Sign this device out from another one while "
                "it waits: it stays out, though the request saves after that."
            }
            p .hint { "Slow saves so far: " span #saves { (saves) } }
            (button(who, "/slow-save?seconds=10", "", html! { "Save slowly" }))
        }
        section .card {
            h2 { "Signed in elsewhere?" }
            p { "See where, and sign out any of them, or all." }
            a .button href="/devices" { "Your devices" }
        }
    };
    page("Home", Some(who), content)
}
