//! A new password ends all other sessions, and gives this one a new bearer.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::App;
use crate::caller::SignedIn;
use crate::csrf;
use crate::failure::Failure;
use crate::html::page;
use crate::notice::Notice;
use crate::password;

pub async fn show(who: SignedIn) -> Markup {
    view(&who, None)
}

#[derive(Deserialize)]
pub struct Change {
    current: String,
    new: String,
}

pub async fn change(State(app): State<App>, who: SignedIn, Form(form): Form<Change>) -> Result<Response, Failure> {
    let refuse = |why: &str| Ok((StatusCode::UNPROCESSABLE_ENTITY, view(&who, Some(why))).into_response());
    if form.new.chars().count() < password::LEAST {
        return refuse(&format!("The new password needs at least {} characters.", password::LEAST));
    }
    if !who.account.is_password(form.current).await {
        return refuse("The current password is another one.");
    }
    if !app.accounts.set_password(who.account.clone(), who.version, form.new).await? {
        return refuse("Your account was changed elsewhere just now. Please try again.");
    }
    let ended = app.sessions.of(&who.account.name).revoke_others(&who.session().id()).await?;
    // Whoever may have this session's bearer has it for the seconds of the grace, in which requests under way end.
    let bearer = app.sessions.rotate(who.bearer()).await?.ok_or(Failure::SignedOut)?;
    Ok((app.cookie.set(&bearer), Notice::password_changed("/devices", ended)).into_response())
}

fn view(who: &SignedIn, error: Option<&str>) -> Markup {
    let content = html! {
        section .card.narrow {
            h1 { "Change password" }
            p .hint { "All your other devices are signed out then." }
            @if let Some(error) = error { p .error #error role="alert" { (error) } }
            form method="post" action="/password" {
                (csrf::field(who.session()))
                // For password managers, which otherwise guess.
                input type="text" name="username" value=(who.account.name) autocomplete="username" hidden;
                label for="current" { "Current password" }
                input #current name="current" type="password" required autocomplete="current-password"
                    maxlength="1000" aria-describedby=[error.map(|_| "error")];
                label for="new" { "New password, " (password::LEAST) " characters or more" }
                input #new name="new" type="password" required minlength=(password::LEAST)
                    autocomplete="new-password" maxlength="1000" aria-describedby=[error.map(|_| "error")];
                button .primary { "Change password" }
            }
        }
    };
    page("Password", Some(who), content)
}
