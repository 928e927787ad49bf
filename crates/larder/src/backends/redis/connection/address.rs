//! Where a server is and who we are to it.

use std::fmt;
use std::path::PathBuf;

use crate::backends::Url;
use crate::backends::url::decode;
use crate::error::{Error, ErrorKind, Result};

/// The address of one server, with what it takes to be let in.
#[derive(Clone, Debug)]
pub(in crate::backends::redis) struct Address {
    pub(in crate::backends::redis) place: Place,
    pub(in crate::backends::redis) user: Option<String>,
    pub(in crate::backends::redis) password: Option<Password>,
    /// The number of the database, 0 unless set.
    pub(in crate::backends::redis) database: u32,
    /// Only over TCP.
    pub(in crate::backends::redis) tls: Option<Tls>,
}

/// Where the server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::backends::redis) enum Place {
    /// A name or an IP address (v6 without brackets), and a port.
    Tcp(String, u16),
    Unix(PathBuf),
}

/// A secret that nothing prints.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::backends::redis) struct Password(String);

/// How a server proves who it is, and how we do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::backends::redis) struct Tls {
    /// A file of certificates in PEM that are trusted instead of the system's.
    pub(in crate::backends::redis) ca: Option<PathBuf>,
    /// Our certificates and our key in PEM, where the server asks for them.
    pub(in crate::backends::redis) identity: Option<(PathBuf, PathBuf)>,
    /// The name that the server's certificate must bear, where it is not the host of the URL.
    pub(in crate::backends::redis) name: Option<String>,
}

impl Address {
    /// Reads `redis://user:pass@host:6379/0`, `rediss://…`, `redis+unix:///path?db=0` and `redis:`, and takes the
    /// options that belong to them.
    pub(in crate::backends::redis) fn from_url(url: &mut Url) -> Result<Self> {
        let written = url.written().to_owned();
        let rest = match written.strip_prefix("//") {
            Some(rest) => rest,
            None if written.is_empty() => "",
            None => return Err(config("a Redis URL goes on with `//`, as `redis://localhost:6379/0`")),
        };
        let database = url.take("db").map(|text| number(&text)).transpose()?;
        match url.scheme() {
            "redis+unix" => Self::unix(rest, database),
            "rediss" => {
                let tls = Tls::from_url(url)?;
                Ok(Self { tls: Some(tls), ..Self::tcp(rest, database)? })
            }
            _ => Self::tcp(rest, database),
        }
    }

    fn tcp(rest: &str, database: Option<u32>) -> Result<Self> {
        let (user, password, rest) = split_credentials(rest)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let database = match (path, database) {
            ("", database) => database.unwrap_or(0),
            (path, None) => number(path)?,
            _ => return Err(config("a Redis URL names its database once: as `/1` or as `db=1`")),
        };
        let (host, port) = split_port(authority)?;
        let host = match host {
            "" => "localhost".to_owned(),
            host => decode(host)?,
        };
        Ok(Self { place: Place::Tcp(host, port), user, password, database, tls: None })
    }

    fn unix(rest: &str, database: Option<u32>) -> Result<Self> {
        let (user, password, path) = if rest.starts_with('/') { (None, None, rest) } else { split_credentials(rest)? };
        if !path.starts_with('/') {
            return Err(config("a Unix socket is named by its whole path: `redis+unix:///run/redis.sock?db=0`"));
        }
        let place = Place::Unix(PathBuf::from(decode(path)?));
        Ok(Self { place, user, password, database: database.unwrap_or(0), tls: None })
    }
}

impl fmt::Display for Address {
    /// The place alone, as errors name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Tcp(host, port) if host.contains(':') => write!(f, "redis [{host}]:{port}"),
            Place::Tcp(host, port) => write!(f, "redis {host}:{port}"),
            Place::Unix(path) => write!(f, "redis {}", path.display()),
        }
    }
}

impl Password {
    pub(in crate::backends::redis) fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

impl Tls {
    fn from_url(url: &mut Url) -> Result<Self> {
        let ca = url.take("ca").map(PathBuf::from);
        let identity = match (url.take("cert"), url.take("key")) {
            (Some(cert), Some(key)) => Some((cert.into(), key.into())),
            (None, None) => None,
            _ => return Err(config("the options `cert` and `key` of a `rediss:` URL go together")),
        };
        Ok(Self { ca, identity, name: url.take("tls_name") })
    }
}

/// Takes `user:password@` off the front. The last `@` ends it, so that a password may hold one.
fn split_credentials(rest: &str) -> Result<(Option<String>, Option<Password>, &str)> {
    let Some((credentials, rest)) = rest.rsplit_once('@') else { return Ok((None, None, rest)) };
    let Some((user, password)) = credentials.split_once(':') else {
        return Err(config("a Redis URL gives a password as `redis://user:password@host` or `redis://:password@host`"));
    };
    let user = if user.is_empty() { None } else { Some(decode(user)?) };
    let password = if password.is_empty() { None } else { Some(Password(decode(password)?)) };
    if user.is_some() && password.is_none() {
        return Err(config("a Redis URL that names a user gives the password too: `redis://user:password@host`"));
    }
    Ok((user, password, rest))
}

/// Splits `host`, `host:port`, `[v6]` and `[v6]:port`.
fn split_port(authority: &str) -> Result<(&str, u16)> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest
            .split_once(']')
            .ok_or_else(|| config("an IPv6 host of a Redis URL stands in brackets: `[::1]:6379`"))?;
        (host, port.strip_prefix(':').or(port.is_empty().then_some("6379")))
    } else {
        match authority.split_once(':') {
            None => (authority, Some("6379")),
            Some((_, port)) if port.contains(':') => {
                return Err(config("an IPv6 host of a Redis URL stands in brackets: `[::1]:6379`"));
            }
            Some((host, port)) => (host, Some(port)),
        }
    };
    let port = port.and_then(|port| port.parse().ok()).filter(|port| *port != 0);
    // Not quoted: what stands there may be a password with an unescaped sign in it.
    let wrong = "what follows the host of a Redis URL is a port from 1 to 65535; in a password write `?` as `%3F`, `#` as `%23`";
    Ok((host, port.ok_or_else(|| config(wrong))?))
}

fn number(text: &str) -> Result<u32> {
    text.parse().map_err(|_| config("the database of a Redis URL is a number, as in `redis://localhost:6379/1`"))
}

fn config(message: &'static str) -> Error {
    Error::new(ErrorKind::Config, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Address> {
        let mut url = Url::parse(url)?;
        let address = Address::from_url(&mut url)?;
        url.finish()?;
        Ok(address)
    }

    /// Place, user, password, database.
    fn parts(url: &str) -> (String, Option<String>, Option<String>, u32) {
        let Address { user, password, database, place, .. } = read(url).unwrap();
        let place = match place {
            Place::Tcp(host, port) => format!("{host} {port}"),
            Place::Unix(path) => path.display().to_string(),
        };
        (place, user, password.map(|password| password.0), database)
    }

    #[test]
    fn a_url_means_what_it_means_everywhere() {
        let some = |text: &str| Some(text.to_owned());
        let secret = some("secret");
        for (url, place, user, password, database) in [
            ("redis:", "localhost 6379", None, None, 0),
            ("redis://", "localhost 6379", None, None, 0),
            ("redis://h", "h 6379", None, None, 0),
            ("redis://h/", "h 6379", None, None, 0),
            ("redis://:7000/2", "localhost 7000", None, None, 2),
            ("redis://h:7000?db=3", "h 7000", None, None, 3),
            ("redis://:secret@redis.example.com:6380/1", "redis.example.com 6380", None, secret.clone(), 1),
            ("redis://user:secret@h:6379/0", "h 6379", some("user"), secret.clone(), 0),
            ("redis://u%3Ax:p%40s%2Fs%25w%3Frd@h", "h 6379", some("u:x"), some("p@s/s%w?rd"), 0),
            ("redis://u:p@s/s%w:rd@h", "h 6379", some("u"), some("p@s/s%w:rd"), 0),
            ("redis://[::1]:7000/1", "::1 7000", None, None, 1),
            ("rediss://u:secret@[fe80::1]", "fe80::1 6379", some("u"), secret.clone(), 0),
            ("redis+unix:///run/redis.sock?db=4", "/run/redis.sock", None, None, 4),
            ("redis+unix:///run/a%20b", "/run/a b", None, None, 0),
            ("redis+unix://u:secret@/run/s", "/run/s", some("u"), secret.clone(), 0),
        ] {
            assert_eq!(parts(url), (place.to_owned(), user, password, database), "{url}");
        }
    }

    #[test]
    fn a_url_that_is_wrong_is_refused_with_words_that_do_not_repeat_it() {
        for (url, words) in [
            ("redis:localhost", "goes on with `//`"),
            ("redis://h:hunter2", "a port from 1 to 65535"),
            ("redis://h:0", "a port from 1 to 65535"),
            ("redis://u:hun?ter2@h", "written as `name=value`"),
            ("redis://u:hun#ter2/@h:x", "a port from 1 to 65535"),
            ("redis://hunter2@h", "gives a password as"),
            ("redis://hunter2:@h", "gives the password too"),
            ("redis://h/hunter2", "is a number"),
            ("redis://h/1?db=1", "names its database once"),
            ("redis://h/-1", "is a number"),
            ("redis://fe80::1", "in brackets"),
            ("redis://[fe80::1", "in brackets"),
            ("redis://h?hunter2=1", "known are: db"),
            ("redis://h?ca=hunter2", "known are: db"),
            ("rediss://h?cert=hunter2", "go together"),
            ("redis://:%ff@h", "not UTF-8"),
            ("redis+unix://hunter2", "by its whole path"),
        ] {
            let error = read(url).expect_err(url);
            assert_eq!(error.kind(), ErrorKind::Config);
            let message = format!("{error} {error:?}");
            assert!(message.contains(words), "{url}: {message}");
            assert!(!message.contains("hun"), "{url}: {message}");
        }
    }

    #[test]
    fn nothing_prints_the_password() {
        let address = read("redis://u:hunter2@h").unwrap();
        assert!(!format!("{address:?} {address:#?} {address}").contains("hunter2"));
    }
}
