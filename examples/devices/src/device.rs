//! "Firefox on Linux", and the address.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::net::SocketAddr;
use woothee::parser::Parser;

use crate::app::App;
use crate::failure::Failure;

/// What a request tells of where it comes from. People recognise their devices by it; it proves nothing.
pub struct Device {
    pub name: String,
    pub address: String,
}

impl FromRequestParts<App> for Device {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_string());
        let told = app.is_https.then(|| told_by_proxy(&parts.headers)).flatten();
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Ok(Self { name: name(agent.unwrap_or_default()), address: told.or(peer).unwrap_or_default() })
    }
}

/// With HTTPS there is a proxy before us, and the last address it names is who came to it. What stands before that,
/// anybody can have written.
fn told_by_proxy(headers: &HeaderMap) -> Option<String> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let address = last.rsplit(',').next()?.trim().parse::<std::net::IpAddr>().ok()?;
    Some(address.to_string())
}

fn name(agent: &str) -> String {
    let Some(found) = Parser::new().parse(agent) else { return "Unknown browser".into() };
    let browser = known(found.name).unwrap_or("Unknown browser");
    let system = match found.os {
        "Mac OSX" => "macOS",
        // Browsers do not say which.
        windows if windows.starts_with("Windows") => "Windows",
        system => system,
    };
    known(system).map_or_else(|| browser.to_owned(), |system| format!("{browser} on {system}"))
}

fn known(name: &str) -> Option<&str> {
    (name != woothee::woothee::VALUE_UNKNOWN).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_as_people_do() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/26.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile \
                 Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 \
                 Safari/537.36 Edg/156.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0",
                "Firefox on macOS",
            ),
            ("", "Unknown browser"),
            ("\u{1F600}", "Unknown browser"),
        ] {
            assert_eq!(name(agent), expected);
        }
    }

    #[test]
    fn only_the_address_that_the_proxy_itself_added_counts() {
        let mut headers = HeaderMap::new();
        assert_eq!(told_by_proxy(&headers), None);
        headers.append("x-forwarded-for", "203.0.113.9, 198.51.100.7".parse().unwrap());
        assert_eq!(told_by_proxy(&headers).as_deref(), Some("198.51.100.7"));
        headers.append("x-forwarded-for", "<script>".parse().unwrap());
        assert_eq!(told_by_proxy(&headers), None);
    }
}
