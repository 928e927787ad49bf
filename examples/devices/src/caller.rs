//! Whose request this is.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use larder::Version;
use larder::sessions::{Bearer, Session};

use crate::account::Account;
use crate::app::App;
use crate::failure::Failure;

/// A request's session, a visitor's or a user's, and the bearer that led to it.
pub struct Caller {
    pub bearer: Bearer,
    pub session: Session,
}

/// Finds the session of a request, and keeps it with the request for whoever asks.
///
/// A store that is down ends here, as a failure: it never looks like "signed out".
pub async fn find(State(app): State<App>, mut request: Request, next: Next) -> Result<Response, Failure> {
    if let Some(bearer) = app.cookie.bearer(request.headers())
        && let Some(session) = app.sessions.load(&bearer).await?
    {
        request.extensions_mut().insert(Arc::new(Caller { bearer, session }));
    }
    Ok(next.run(request).await)
}

/// For handlers that only somebody who has signed in may reach; others are led to the page for that.
pub struct SignedIn {
    caller: Arc<Caller>,
    /// As it is now, not as it was at sign-in: who is made administrator, or is one no longer, is so at once.
    pub account: Account,
    pub version: Version,
}

impl SignedIn {
    pub fn bearer(&self) -> &Bearer {
        &self.caller.bearer
    }

    pub fn session(&self) -> &Session {
        &self.caller.session
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let caller = parts.extensions.get::<Arc<Caller>>().cloned().ok_or(Failure::SignedOut)?;
        let principal = caller.session.principal().ok_or(Failure::SignedOut)?;
        let (account, version) = app.accounts.find(principal.as_str()).await?.ok_or(Failure::SignedOut)?;
        Ok(Self { caller, account, version })
    }
}

/// For handlers that only an administrator may reach.
pub struct Admin(pub SignedIn);

impl FromRequestParts<App> for Admin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let signed_in = SignedIn::from_request_parts(parts, app).await?;
        if signed_in.account.is_admin { Ok(Self(signed_in)) } else { Err(Failure::NotAdmin) }
    }
}
