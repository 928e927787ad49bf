//! What the environment says.

use std::env;
use std::net::SocketAddr;

use axum::http::Uri;

use crate::account::SEEDED;

/// | variable | what | unless set |
/// | --- | --- | --- |
/// | `STORE` | where sessions lie, as [`larder::open`] takes it | `disk:./devices.larder` |
/// | `LISTEN` | the address to listen at; port 0 is any that is free | `127.0.0.1:8080` |
/// | `URL` | what people type: `https://…` where a proxy before this speaks TLS | plain HTTP, for this machine alone |
pub struct Config {
    pub store: String,
    pub listen: SocketAddr,
    url: Option<Uri>,
}

impl Config {
    pub fn from_env() -> Result<Self, String> {
        Self::from(|name| env::var(name).ok())
    }

    fn from(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let store = variable("STORE").unwrap_or_else(|| "disk:./devices.larder".into());
        let listen = variable("LISTEN").unwrap_or_else(|| "127.0.0.1:8080".into());
        let listen = listen.parse().map_err(|_| "LISTEN is an address and a port, as 127.0.0.1:8080")?;
        let url = match variable("URL").map(|text| text.parse::<Uri>()) {
            Some(Ok(url)) if url.scheme_str() == Some("https") => Some(url),
            Some(_) => return Err("URL is what people type, and HTTPS: https://devices.example".into()),
            None => None,
        };
        let config = Self { store, listen, url };
        if config.is_https() || config.listen.ip().is_loopback() {
            Ok(config)
        } else {
            let cure = "set URL=https://… and a proxy that speaks TLS, or LISTEN on 127.0.0.1";
            Err(format!("sessions would travel in clear: {cure}"))
        }
    }

    /// Whether people come by HTTPS, through a proxy that speaks it.
    pub fn is_https(&self) -> bool {
        self.url.is_some()
    }

    /// What the terminal says at the start.
    pub fn greeting(&self, bound: SocketAddr) -> String {
        let url = self.url.as_ref().map_or_else(|| format!("http://{bound}/"), Uri::to_string);
        let users = SEEDED.iter().map(|user| {
            let what = if user.is_admin { "  (administrator)" } else { "" };
            format!("  {:<6} {}{what}", user.name, user.password)
        });
        let users: Vec<_> = users.collect();
        format!("Open {url}\nSign in as one of these, until they change their password:\n{}", users.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_never_travel_in_clear_beyond_this_machine() {
        let config = |listen: &'static str, url: Option<&'static str>| {
            Config::from(|name| match name {
                "LISTEN" => Some(listen.into()),
                "URL" => url.map(str::to_owned),
                _ => None,
            })
        };
        assert!(config("127.0.0.1:0", None).is_ok_and(|config| !config.is_https()));
        assert!(config("[::1]:0", None).is_ok_and(|config| !config.is_https()));
        assert!(config("0.0.0.0:0", Some("https://devices.example")).is_ok_and(|config| config.is_https()));
        for (listen, url) in [
            ("0.0.0.0:0", None),
            ("192.0.2.1:80", None),
            ("127.0.0.1:0", Some("http://devices.example")),
            ("127.0.0.1:0", Some("devices.example")),
            ("localhost", None),
        ] {
            assert!(config(listen, url).is_err(), "{listen} {url:?}");
        }
    }
}
