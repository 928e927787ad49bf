//! A phone or a computer.

use maud::{Markup, html};

/// What a device of this name looks like.
pub fn icon(device: &str) -> Markup {
    let is_phone = ["Android", "iPhone", "iPad", "iPod"].iter().any(|phone| device.ends_with(phone));
    html! {
        svg .icon viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" {
            @if is_phone {
                rect x="7" y="2.5" width="10" height="19" rx="2" {}
                path d="M11 18.5h2" {}
            } @else {
                rect x="4" y="4.5" width="16" height="11" rx="1.5" {}
                path d="M1.5 19.5h21" {}
            }
        }
    }
}
