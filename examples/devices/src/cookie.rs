//! The cookie of a session, and its flags.

use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use larder::sessions::Bearer;

use crate::app::ABSOLUTE;

/// How the bearer of a session travels: out of reach of scripts, to this host alone, not along with what other sites
/// send here, and not in clear. Only on this machine itself is there no TLS; there it goes without `Secure`, and
/// without the prefix that asks for it.
#[derive(Clone, Copy)]
pub struct SessionCookie {
    is_secure: bool,
}

impl SessionCookie {
    pub fn new(is_secure: bool) -> Self {
        Self { is_secure }
    }

    /// The bearer that a request shows. What cannot be one is nobody's.
    pub fn bearer(self, headers: &HeaderMap) -> Option<Bearer> {
        self.text(headers)?.parse().ok()
    }

    /// Whether a request shows one at all, good or not.
    pub fn is_shown(self, headers: &HeaderMap) -> bool {
        self.text(headers).is_some()
    }

    /// Part of an answer: from now on the browser shows this bearer.
    pub fn set(self, bearer: &Bearer) -> CookieJar {
        // The store says when a session ends; the cookie has to last as long as one can.
        let age = time::Duration::try_from(ABSOLUTE).unwrap_or(time::Duration::MAX);
        CookieJar::new().add(self.cookie(bearer.expose(), age))
    }

    /// Part of an answer: the browser forgets the bearer.
    pub fn clear(self) -> CookieJar {
        CookieJar::new().add(self.cookie(String::new(), time::Duration::ZERO))
    }

    fn cookie(self, value: String, age: time::Duration) -> Cookie<'static> {
        let cookie = Cookie::build((self.name(), value)).path("/").max_age(age);
        cookie.http_only(true).same_site(SameSite::Lax).secure(self.is_secure).build()
    }

    fn text(self, headers: &HeaderMap) -> Option<String> {
        CookieJar::from_headers(headers).get(self.name()).map(|cookie| cookie.value().to_owned())
    }

    fn name(self) -> &'static str {
        if self.is_secure { "__Host-session" } else { "session" }
    }
}
