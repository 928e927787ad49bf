//! What the environment says.

use std::env;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

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
        let store = env::var("STORE").unwrap_or_else(|_| "disk:./devices.larder".into());
        let listen = match env::var("LISTEN") {
            Ok(text) => text.parse().map_err(|_| "LISTEN is an address and a port, as 127.0.0.1:8080")?,
            Err(_) => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
        };
        let url = match env::var("URL") {
            Ok(text) => Some(text.parse::<Uri>().map_err(|_| "URL is what people type, as https://devices.example")?),
            Err(_) => None,
        };
        let config = Self { store, listen, url };
        if config.is_https() || config.listen.ip().is_loopback() {
            Ok(config)
        } else {
            Err("sessions would travel in clear: set URL=https://… and a proxy that speaks TLS, or LISTEN on 127.0.0.1"
                .into())
        }
    }

    /// Whether people come by HTTPS, through a proxy that speaks it.
    pub fn is_https(&self) -> bool {
        self.url.as_ref().is_some_and(|url| url.scheme_str() == Some("https"))
    }

    /// What the terminal says at the start.
    pub fn greeting(&self, bound: SocketAddr) -> String {
        let url = self.url.as_ref().map_or_else(|| format!("http://{bound}/"), Uri::to_string);
        let users: Vec<_> = SEEDED.iter().map(|user| format!("  {:<6} {}", user.name, user.password)).collect();
        format!("Open {url}\nSign in as one of these, until they change their password:\n{}", users.join("\n"))
    }
}
