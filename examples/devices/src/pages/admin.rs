//! For administrators: every account, its sessions, and how to end or block them.

use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use larder::sessions::Listed;
use maud::{Markup, html};

use crate::account::Account;
use crate::app::App;
use crate::caller::{Admin, SignedIn};
use crate::failure::Failure;
use crate::html::{button, page, sessions};
use crate::notice::Notice;

pub async fn show(State(app): State<App>, Admin(who): Admin) -> Result<Markup, Failure> {
    let mut rows = Vec::new();
    for account in app.accounts.all().await? {
        let of = app.sessions.of(&account.name);
        rows.push(Row { devices: of.list().await?.len(), is_blocked: of.is_blocked().await?, account });
    }
    Ok(view(&who, &rows))
}

pub async fn show_account(
    State(app): State<App>,
    Admin(who): Admin,
    Path(name): Path<String>,
    Query(notice): Query<Notice>,
) -> Result<Markup, Failure> {
    let (account, _) = app.accounts.find(&name).await?.ok_or(Failure::NotFound)?;
    let of = app.sessions.of(&account.name);
    let listed = of.list().await?;
    Ok(view_account(&who, &account, &listed, of.is_blocked().await?, &notice))
}

pub async fn end(
    State(app): State<App>,
    _: Admin,
    Path((name, id)): Path<(String, String)>,
) -> Result<Redirect, Failure> {
    let id = id.parse().map_err(|_| Failure::NotFound)?;
    let (account, _) = app.accounts.find(&name).await?.ok_or(Failure::NotFound)?;
    let ended = app.sessions.of(&account.name).revoke(&id).await?;
    Ok(Notice::ended(&address(&account), ended))
}

pub async fn end_all(State(app): State<App>, _: Admin, Path(name): Path<String>) -> Result<Redirect, Failure> {
    let (account, _) = app.accounts.find(&name).await?.ok_or(Failure::NotFound)?;
    let ended = app.sessions.of(&account.name).revoke_all().await?;
    Ok(Notice::ended(&address(&account), ended))
}

pub async fn block(State(app): State<App>, Admin(who): Admin, Path(name): Path<String>) -> Result<Redirect, Failure> {
    let (account, _) = app.accounts.find(&name).await?.ok_or(Failure::NotFound)?;
    // Who blocks themselves can nevermore undo it.
    if account.name == who.account.name {
        return Err(Failure::NotFound);
    }
    let ended = app.sessions.of(&account.name).block().await?;
    Ok(Notice::ended(&address(&account), ended))
}

pub async fn unblock(State(app): State<App>, _: Admin, Path(name): Path<String>) -> Result<Redirect, Failure> {
    let (account, _) = app.accounts.find(&name).await?.ok_or(Failure::NotFound)?;
    app.sessions.of(&account.name).unblock().await?;
    Ok(Redirect::to(&address(&account)))
}

struct Row {
    account: Account,
    devices: usize,
    is_blocked: bool,
}

/// Names of accounts are seeded, and letters alone: they can stand in an address as they are.
fn address(account: &Account) -> String {
    format!("/admin/{}", account.name)
}

fn view(who: &SignedIn, rows: &[Row]) -> Markup {
    let content = html! {
        h1 { "Accounts" }
        ul .accounts {
            @for Row { account, devices, is_blocked } in rows {
                li {
                    a .card href=(address(account)) {
                        strong { (account.name) }
                        @if account.is_admin { span .badge { "Administrator" } }
                        @if *is_blocked { span .badge.bad { "Blocked" } }
                        span .end { (devices) @if *devices == 1 { " device" } @else { " devices" } }
                    }
                }
            }
        }
    };
    page("Accounts", Some(who), content)
}

fn view_account(who: &SignedIn, account: &Account, listed: &[Listed], is_blocked: bool, notice: &Notice) -> Markup {
    let address = address(account);
    let content = html! {
        p { a href="/admin" { "← Accounts" } }
        h1 {
            (account.name)
            @if is_blocked { span .badge.bad { "Blocked" } }
        }
        (notice.show())
        @if listed.is_empty() {
            p .card { "Signed in nowhere." }
        }
        (sessions(listed, who, &address))
        div .actions {
            @if !listed.is_empty() {
                (button(who, &format!("{address}/end-all"), "danger", html! { "Sign out everywhere" }))
            }
            @if is_blocked {
                (button(who, &format!("{address}/unblock"), "", html! { "Unblock" }))
            } @else if account.name != who.account.name {
                (button(who, &format!("{address}/block"), "danger", html! { "Block" }))
            }
        }
    };
    page(&account.name, Some(who), content)
}
