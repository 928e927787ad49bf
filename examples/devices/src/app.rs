//! The store, the sessions, the routes.

use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use larder::sessions::{Event, Limit, Sessions};
use larder::{Namespace, Opened, Result};

use crate::account::Accounts;
use crate::cookie::SessionCookie;
use crate::headers::Headers;
use crate::{caller, csrf, headers, pages};

/// A session ends after a week without use, and after a month whatever its use.
const IDLE: Duration = Duration::from_secs(7 * 24 * 3600);
pub const ABSOLUTE: Duration = Duration::from_secs(30 * 24 * 3600);
/// Whoever opens the page to sign in and goes away again is forgotten soon.
const VISITOR: Duration = Duration::from_secs(3600);
/// Who signs in on one device more ends the oldest.
pub const MOST_DEVICES: usize = 5;

/// What every request needs; clones are cheap.
#[derive(Clone)]
pub struct App {
    pub sessions: Sessions,
    /// The same sessions, but those that are made by these end sooner.
    pub visitors: Sessions,
    pub accounts: Accounts,
    pub cookie: SessionCookie,
    pub is_https: bool,
    pub say: fn(&str),
}

impl App {
    /// `say` puts a line where whoever runs this sees it.
    pub fn new(opened: Opened, is_https: bool, say: fn(&str)) -> Result<Self> {
        let opened = match opened.namespace() {
            Some(_) => opened,
            None => opened.with_namespace(Namespace::new("devices")?),
        };
        let sessions = Sessions::builder(&opened)
            .idle(IDLE)
            .absolute(ABSOLUTE)
            .limit(Limit::EndOldest(MOST_DEVICES))
            .subscriber(move |event| tell(say, event))
            .build()?;
        let visitors = Sessions::builder(&opened).idle(VISITOR).absolute(VISITOR).build()?;
        let accounts = Accounts::new(&opened);
        Ok(Self { sessions, visitors, accounts, cookie: SessionCookie::new(is_https), is_https, say })
    }

    pub fn router(self) -> Router {
        let headers = Headers { is_https: self.is_https };
        Router::new()
            .route("/", get(pages::home::show))
            .route("/slow-save", post(pages::home::slow_save))
            .route("/sign-in", get(pages::sign_in::show).post(pages::sign_in::sign_in))
            .route("/sign-out", post(pages::sign_in::sign_out))
            .route("/devices", get(pages::devices::show))
            .route("/devices/{id}/end", post(pages::devices::end))
            .route("/devices/end-others", post(pages::devices::end_others))
            .route("/devices/end-all", post(pages::devices::end_all))
            .route("/password", get(pages::password::show).post(pages::password::change))
            .route("/admin", get(pages::admin::show))
            .route("/admin/{name}", get(pages::admin::show_account))
            .route("/admin/{name}/end-all", post(pages::admin::end_all))
            .route("/admin/{name}/block", post(pages::admin::block))
            .route("/admin/{name}/unblock", post(pages::admin::unblock))
            .route("/admin/{name}/{id}/end", post(pages::admin::end))
            .fallback(pages::not_found)
            // A request passes these from the last to the first: it is known whose it is before its form counts.
            .layer(from_fn(csrf::check))
            .layer(from_fn_with_state(self.clone(), caller::find))
            .route("/style.css", get(pages::style))
            .route("/icon.svg", get(pages::icon))
            .layer(from_fn_with_state(headers, headers::add))
            .with_state(self)
    }
}

/// What happens to the sessions of users; visitors come and go.
fn tell(say: fn(&str), event: &Event) {
    if let Some(user) = &event.principal {
        say(&format!("{user}: session {} {}", event.id, event.what));
    }
}
