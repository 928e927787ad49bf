//! What a page says of the request before it.

use axum::response::Redirect;
use maud::{Markup, html};
use serde::Deserialize;

/// Travels in the address of the page that a form leads to, so it can only be one of these sentences.
#[derive(Default, Deserialize)]
pub struct Notice {
    /// How many sessions ended.
    ended: Option<usize>,
    password: Option<Changed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Changed {
    Changed,
}

impl Notice {
    pub fn ended(path: &str, ended: usize) -> Redirect {
        Redirect::to(&format!("{path}?ended={ended}"))
    }

    pub fn password_changed(path: &str, ended: usize) -> Redirect {
        Redirect::to(&format!("{path}?password=changed&ended={ended}"))
    }

    pub fn show(&self) -> Markup {
        let ended = self.ended.map(|ended| match ended {
            0 => "Nothing was signed in there any longer.".to_owned(),
            1 => "1 device was signed out.".to_owned(),
            more => format!("{more} devices were signed out."),
        });
        html! {
            @if self.password.is_some() || ended.is_some() {
                p .notice role="status" {
                    @if self.password.is_some() { "Your password was changed. " }
                    @if let Some(ended) = ended { (ended) }
                }
            }
        }
    }
}
