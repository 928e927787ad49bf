//! What the pages share. What is put into them is escaped by `maud`, so no name of a device is more than a text.

mod icon;
mod sessions;
mod when;

use maud::{DOCTYPE, Markup, html};

use crate::caller::SignedIn;
use crate::csrf;

pub use icon::icon;
pub use sessions::sessions;
pub use when::when;

/// A whole page, with the way around for whoever has signed in.
pub fn page(title: &str, who: Option<&SignedIn>, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Devices" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
            }
            body {
                a .skip href="#content" { "Skip to content" }
                header {
                    a .brand href="/" { img src="/icon.svg" alt="" width="28" height="28"; "Devices" }
                    @if let Some(who) = who {
                        nav aria-label="Pages" {
                            (link("/devices", "Your devices", title))
                            (link("/password", "Password", title))
                            @if who.account.is_admin { (link("/admin", "Accounts", title)) }
                        }
                        (button(who, "/sign-out", "quiet", html! { "Sign out" }))
                    }
                }
                main #content { (content) }
                footer { "An example of sessions that can be listed, and ended for certain." }
            }
        }
    }
}

/// A button that does something, in a form of its own: it works without any script.
pub fn button(who: &SignedIn, action: &str, class: &str, text: Markup) -> Markup {
    html! {
        form method="post" action=(action) {
            (csrf::field(who.session()))
            button class=(class) { (text) }
        }
    }
}

fn link(to: &str, text: &str, title: &str) -> Markup {
    html! { a href=(to) aria-current=[(text == title).then_some("page")] { (text) } }
}
