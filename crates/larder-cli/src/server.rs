//! A Redis server as the URL of a store names it. What is malformed is the library's to refuse.

use percent_encoding::percent_decode_str;

use crate::literal::Otp;

/// Whether the scheme of a URL is one of a Redis server.
pub(crate) fn is_one(scheme: &str) -> bool {
    scheme.split('+').next().is_some_and(|scheme| ["redis", "rediss"].contains(&scheme.to_ascii_lowercase().as_str()))
}

/// The value of an option in a URL's query.
pub(crate) fn option(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let value = query.split('&').find_map(|option| option.strip_prefix(name)?.strip_prefix('='))?;
    percent_decode_str(value).decode_utf8().ok().map(Into::into)
}

/// Whose way of writing atoms the store's values follow, where its layout is one of Pow's.
pub(crate) fn etf(url: &str) -> Option<Otp> {
    option(url, "layout").filter(|layout| layout.starts_with("pow"))?;
    Some(if option(url, "otp").as_deref() == Some("25") { Otp::Otp25 } else { Otp::Otp26 })
}

/// Whether a URL holds a password.
pub(crate) fn has_password(url: &str) -> bool {
    let place = url.split('?').next().unwrap_or(url);
    let Some((scheme, rest)) = place.split_once("://") else { return false };
    if rest.starts_with('/') && scheme.to_ascii_lowercase().ends_with("unix") {
        return false;
    }
    let credentials = rest.rsplit_once('@').map(|(credentials, _)| credentials);
    credentials.and_then(|user| user.split_once(':')).is_some_and(|(_, password)| !password.is_empty())
}

/// Where it is, in one form for all that mean the same, and without what signs a user in. Two layouts are two stores.
pub(crate) fn whereabouts(url: &str) -> String {
    let place = url.split('?').next().unwrap_or_default();
    let (scheme, rest) = place.split_once(':').unwrap_or((place, ""));
    let scheme = scheme.to_ascii_lowercase();
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let layout = match option(url, "layout") {
        Some(layout) if layout != "native" => format!("?layout={layout}"),
        _ => String::new(),
    };
    let database = option(url, "db");
    if rest.starts_with('/') && scheme.ends_with("unix") {
        return format!("{scheme}://{rest} {}{layout}", database.as_deref().unwrap_or("0"));
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = match host {
        "" => "localhost:6379".to_owned(),
        port if port.starts_with(':') => format!("localhost{port}"),
        host if host.ends_with(']') || !host.contains(':') => format!("{host}:6379"),
        host => host.to_owned(),
    };
    let database = [Some(path.to_owned()), database].into_iter().flatten().find(|number| !number.is_empty());
    format!("{scheme}://{host}/{}{layout}", database.as_deref().unwrap_or("0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_the_same_by_any_name_and_its_whereabouts_hold_no_secret() {
        for (url, place) in [
            ("redis:", "redis://localhost:6379/0"),
            ("REDIS://user:hunter2@localhost", "redis://localhost:6379/0"),
            ("redis://:hun/ter@2@h:7000?db=3&ttl=1h", "redis://h:7000/3"),
            ("redis://:7000/2", "redis://localhost:7000/2"),
            ("rediss://[::1]/", "rediss://[::1]:6379/0"),
            ("redis://h/1?layout=pow&otp=25", "redis://h:6379/1?layout=pow"),
            ("redis://h?layout=native", "redis://h:6379/0"),
            ("redis+unix://u:hunter2@/run/s?db=2", "redis+unix:///run/s 2"),
        ] {
            assert_eq!(whereabouts(url), place);
        }
    }

    #[test]
    fn a_password_is_seen_wherever_the_library_takes_one() {
        for url in
            ["redis://:p@h", "redis://u:p@h/1?db=1", "rediss://u:p/w@h", "redis+unix://u:p@/run/s", "redis://u:a@b@h"]
        {
            assert!(has_password(url), "{url}");
        }
        for url in ["redis:", "redis://h:6379/0", "redis://:@h", "disk:./a:b@c", "redis+unix:///run/a:b@c?x=y"] {
            assert!(!has_password(url), "{url}");
        }
    }

    #[test]
    fn pows_layouts_say_what_values_are() {
        assert_eq!(etf("redis://h?layout=pow&otp=25"), Some(Otp::Otp25));
        assert_eq!(etf("redis://h?ttl=1h&layout=pow-indexed"), Some(Otp::Otp26));
        assert_eq!(etf("redis://h?layout=native"), None);
        assert_eq!(etf("redis://h"), None);
    }
}
