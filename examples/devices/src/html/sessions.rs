//! A list of sessions, each with a button to end it.

use larder::sessions::Listed;
use maud::{Markup, html};

use crate::caller::SignedIn;

use super::{button, icon, when};

/// The sessions of somebody, for `who` to see. Each is ended by a post to its address under `path`.
pub fn sessions(listed: &[Listed], who: &SignedIn, path: &str) -> Markup {
    html! {
        ul .sessions {
            @for session in listed {
                @let name = session.device.as_deref().unwrap_or("Unknown device");
                @let is_this = session.id == who.session().id();
                li .card.this[is_this] {
                    (icon(name))
                    div {
                        h2 {
                            (name)
                            @if is_this { span .badge { "This device" } }
                        }
                        dl {
                            div { dt { "Last seen" } dd { (when(session.last_seen)) } }
                            div { dt { "Signed in" } dd { (when(session.created)) } }
                            div { dt { "Expires" } dd { (when(session.expires)) } }
                            @if let Some(address) = &session.address {
                                div { dt { "Address" } dd { (address) } }
                            }
                        }
                    }
                    @if !is_this {
                        (button(who, &format!("{path}/{}/end", session.id), "danger", html! {
                            "Sign out" span .unseen { " " (name) }
                        }))
                    }
                }
            }
        }
    }
}
