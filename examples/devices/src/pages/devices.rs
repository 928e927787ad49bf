//! "Your devices": where somebody is signed in, and how they end it.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use larder::sessions::Listed;
use maud::{Markup, html};

use crate::app::{App, MOST_DEVICES};
use crate::caller::SignedIn;
use crate::failure::Failure;
use crate::html::{button, page, sessions};
use crate::notice::Notice;

pub async fn show(State(app): State<App>, who: SignedIn, Query(notice): Query<Notice>) -> Result<Markup, Failure> {
    let mut listed = app.sessions.of(&who.account.name).list().await?;
    // This one first, the others as they began.
    listed.sort_by_key(|session| session.id != who.session().id());
    Ok(view(&who, &listed, &notice))
}

pub async fn end(State(app): State<App>, who: SignedIn, Path(id): Path<String>) -> Result<Redirect, Failure> {
    let id = id.parse().map_err(|_| Failure::NotFound)?;
    // Only among the sessions of the one who asks: the id of somebody else's ends nothing.
    let ended = app.sessions.of(&who.account.name).revoke(&id).await?;
    Ok(Notice::ended("/devices", ended))
}

pub async fn end_others(State(app): State<App>, who: SignedIn) -> Result<Redirect, Failure> {
    let ended = app.sessions.of(&who.account.name).revoke_others(&who.session().id()).await?;
    Ok(Notice::ended("/devices", ended))
}

pub async fn end_all(State(app): State<App>, who: SignedIn) -> Result<Response, Failure> {
    app.sessions.of(&who.account.name).revoke_all().await?;
    Ok((app.cookie.clear(), Redirect::to("/sign-in")).into_response())
}

fn view(who: &SignedIn, listed: &[Listed], notice: &Notice) -> Markup {
    let content = html! {
        h1 { "Your devices" }
        p .hint { "You are signed in here. On more than " (MOST_DEVICES) " devices, the oldest is signed out." }
        (notice.show())
        (sessions(listed, who, "/devices"))
        div .actions {
            @if listed.len() > 1 {
                (button(who, "/devices/end-others", "", html! { "Sign out the others" }))
            }
            (button(who, "/devices/end-all", "danger", html! { "Sign out everywhere" }))
        }
    };
    page("Your devices", Some(who), content)
}
