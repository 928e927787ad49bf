//! How a session begins, and how its own browser ends it.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use larder::sessions::{Created, New, Refusal, Session};
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::App;
use crate::caller::Caller;
use crate::csrf;
use crate::device::Device;
use crate::failure::Failure;
use crate::html::page;
use crate::password;

pub async fn show(
    State(app): State<App>,
    caller: Option<Extension<Arc<Caller>>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    match caller {
        Some(Extension(caller)) if caller.session.principal().is_some() => Ok(Redirect::to("/").into_response()),
        Some(Extension(caller)) => Ok(view(&caller.session, "", None, None).into_response()),
        None => {
            // The form needs a token, and a token needs a session: of nobody yet.
            let created = app.visitors.create(csrf::with_token(New::visitor())?).await?;
            let (bearer, session) = created.session().ok_or(Failure::SignedOut)?;
            let ended = "Your session has ended. Please sign in again.";
            let notice = app.cookie.is_shown(&headers).then_some(ended);
            Ok((app.cookie.set(&bearer), view(&session, "", notice, None)).into_response())
        }
    }
}

#[derive(Deserialize)]
pub struct SignIn {
    name: String,
    password: String,
}

pub async fn sign_in(
    State(app): State<App>,
    Extension(caller): Extension<Arc<Caller>>,
    device: Device,
    Form(form): Form<SignIn>,
) -> Result<Response, Failure> {
    let name = form.name.trim().to_lowercase();
    let refuse = |status, why: &str| Ok((status, view(&caller.session, &name, None, Some(why))).into_response());
    // Never which of the two is wrong.
    let wrong = "This name and this password do not belong together.";
    let Some((account, version)) = app.accounts.find(&name).await? else {
        password::verify_nobody(form.password).await;
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, wrong);
    };
    if !account.is_password(form.password).await {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, wrong);
    }

    // A session of its own, with a bearer and a token that nobody has seen before.
    let new = New::of(&account.name).device(device.name).address(device.address);
    let (bearer, _) = match app.sessions.create(csrf::with_token(new)?).await? {
        Created::Session(bearer, session) => (bearer, session),
        Created::Refused(Refusal::Blocked) => {
            return refuse(StatusCode::FORBIDDEN, "This account is blocked. Ask whoever runs this.");
        }
        Created::Refused(_) => return refuse(StatusCode::CONFLICT, "You were signed out meanwhile. Please try again."),
    };
    // A new password ends the sessions of the old one, also one that has begun just now.
    if app.accounts.find(&name).await?.is_none_or(|(_, now)| now != version) {
        app.sessions.end(&bearer).await?;
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, wrong);
    }
    app.sessions.end(&caller.bearer).await?;
    Ok((app.cookie.set(&bearer), Redirect::to("/")).into_response())
}

pub async fn sign_out(State(app): State<App>, Extension(caller): Extension<Arc<Caller>>) -> Result<Response, Failure> {
    app.sessions.end(&caller.bearer).await?;
    Ok((app.cookie.clear(), Redirect::to("/sign-in")).into_response())
}

fn view(session: &Session, name: &str, notice: Option<&str>, error: Option<&str>) -> Markup {
    let content = html! {
        section .card.narrow {
            h1 { "Sign in" }
            @if let Some(notice) = notice { p .notice role="status" { (notice) } }
            @if let Some(error) = error { p .error #error role="alert" { (error) } }
            form method="post" action="/sign-in" {
                (csrf::field(session))
                label for="name" { "Name" }
                input #name name="name" value=(name) required autofocus[name.is_empty()] autocomplete="username"
                    autocapitalize="none" spellcheck="false" maxlength="100" aria-describedby=[error.map(|_| "error")];
                label for="password" { "Password" }
                input #password name="password" type="password" required autofocus[!name.is_empty()]
                    autocomplete="current-password" maxlength="1000" aria-describedby=[error.map(|_| "error")];
                button .primary { "Sign in" }
            }
        }
    };
    page("Sign in", None, content)
}
