//! No form counts that was not ours.
//!
//! Every session has a token of its own, a visitor's too, and every form of ours carries it. Another site can make a
//! browser post here, and even with its cookie, but it cannot read the token.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use larder::Result;
use larder::sessions::{New, Session};
use maud::{Markup, html};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use crate::caller::Caller;
use crate::failure::Failure;
use crate::random::random;

/// The session's field, and the form's.
const FIELD: &str = "csrf";

/// The longest form, in bytes.
const LONGEST: usize = 16 * 1024;

/// Gives a session that begins its token: 256 bits from the operating system.
pub fn with_token(new: New) -> Result<New> {
    let token: String = random::<32>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    new.field(FIELD, token)
}

/// What each form holds.
pub fn field(session: &Session) -> Markup {
    html! { input type="hidden" name=(FIELD) value=(token(session)); }
}

/// Lets a request that changes something pass if its form carries the token of its session. It stands before all
/// handlers, so that none can forget to ask.
pub async fn check(request: Request, next: Next) -> Result<Response, Failure> {
    if request.method().is_safe() {
        return Ok(next.run(request).await);
    }
    let caller = request.extensions().get::<Arc<Caller>>().cloned().ok_or(Failure::SignedOut)?;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LONGEST).await.map_err(|_| Failure::Forged)?;
    let form: Form = serde_urlencoded::from_bytes(&body).map_err(|_| Failure::Forged)?;
    let token = token(&caller.session);
    // A session without a token would be matched by a form without one.
    if token.is_empty() || !bool::from(token.as_bytes().ct_eq(form.csrf.as_bytes())) {
        return Err(Failure::Forged);
    }
    Ok(next.run(Request::from_parts(parts, Body::from(body))).await)
}

#[derive(Deserialize)]
struct Form {
    csrf: String,
}

fn token(session: &Session) -> String {
    session.get(FIELD).ok().flatten().unwrap_or_default()
}
