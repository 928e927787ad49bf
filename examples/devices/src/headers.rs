//! What browsers are told to refuse.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

#[derive(Clone, Copy)]
pub struct Headers {
    pub is_https: bool,
}

/// Nothing from elsewhere, no script at all, in nobody's frame. Were a page ever to hold what somebody else wrote, it
/// could do nothing.
const CONTENT: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                       frame-ancestors 'none'";

pub async fn add(State(told): State<Headers>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_SECURITY_POLICY, CONTENT);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    if told.is_https {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    // Pages are somebody's: after signing out, the button to go back shows none of them.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
