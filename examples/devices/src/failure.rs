//! What a request gets that is not answered as asked.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use larder::ErrorKind;
use maud::{Markup, html};

use crate::html::page;

/// Why a request is not answered as asked, and the page that says so.
pub enum Failure {
    /// Nobody has signed in.
    SignedOut,
    /// The session was ended while the request was under way: nothing of it was saved.
    EndedMeanwhile,
    /// A form that was not ours, or is older than the session.
    Forged,
    NotAdmin,
    NotFound,
    /// The store failed.
    Store(larder::Error),
}

impl From<larder::Error> for Failure {
    fn from(error: larder::Error) -> Self {
        Self::Store(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::SignedOut => Redirect::to("/sign-in").into_response(),
            Self::EndedMeanwhile => told(
                StatusCode::GONE,
                "Signed out meanwhile",
                "This session was ended while your request was under way. It was not saved, and nothing came back.",
                html! { a .button href="/sign-in" { "Sign in" } },
            ),
            Self::Forged => told(
                StatusCode::FORBIDDEN,
                "That form was not ours",
                "Or it was older than your session. Nothing was done. Open the page again and try once more.",
                html! { a .button href="/" { "Start again" } },
            ),
            Self::NotAdmin => told(
                StatusCode::FORBIDDEN,
                "For administrators",
                "Your account may not open this page.",
                html! { a .button href="/" { "Home" } },
            ),
            Self::NotFound => told(
                StatusCode::NOT_FOUND,
                "Nothing here",
                "There is no page of this name.",
                html! { a .button href="/" { "Home" } },
            ),
            Self::Store(error) => store(&error),
        }
    }
}

/// Down is not logged out: the cookie stays as it is, and so does the session.
fn store(error: &larder::Error) -> Response {
    eprintln!("devices: {error}");
    let is_passing = matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Unknown | ErrorKind::Overloaded);
    if !is_passing {
        let (title, text) = ("Something is broken", "It is not you. Whoever runs this can find out why in its log.");
        return told(StatusCode::INTERNAL_SERVER_ERROR, title, text, html! {});
    }
    let response = told(
        StatusCode::SERVICE_UNAVAILABLE,
        "Back in a moment",
        "We cannot reach our sessions right now. You have not been signed out: try again in a little while.",
        html! { a .button href="/" { "Try again" } },
    );
    ([(header::RETRY_AFTER, "5")], response).into_response()
}

fn told(status: StatusCode, title: &str, text: &str, next: Markup) -> Response {
    let content = html! {
        section .card.narrow {
            h1 { (title) }
            p { (text) }
            (next)
        }
    };
    (status, page(title, None, content)).into_response()
}
