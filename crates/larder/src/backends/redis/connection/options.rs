//! How a connection behaves: its deadlines, its queue, its fence.

use std::time::Duration;

use crate::backends::Url;
use crate::error::{Error, ErrorKind, Result};
use crate::ttl::Ttl;

/// What can be set about a connection. All durations lie between 1 ms and an hour.
#[derive(Clone, Debug)]
pub(in crate::backends::redis) struct Options {
    /// The deadline of one call, which covers waiting for a connection, sending and the reply. 2 s unless set.
    pub(in crate::backends::redis) timeout: Duration,
    /// How long one step of connecting may take: the socket, the TLS handshake, each reply. 1 s unless set.
    pub(in crate::backends::redis) connect_timeout: Duration,
    /// How long calls wait for a lost connection before they fail at once. 500 ms unless set.
    pub(in crate::backends::redis) grace: Duration,
    /// How often a server is asked for its role, which also finds out that it has gone silent. 1 s unless set.
    pub(in crate::backends::redis) heartbeat: Duration,
    /// How many calls may be under way at once; one more is `Overloaded`. One that was given up counts until the server has
    /// answered it. 10,000 unless set.
    pub(in crate::backends::redis) queue: usize,
    /// Whether replies are released only when the batch they belong to is proved complete. On unless set.
    pub(in crate::backends::redis) fence: bool,
    /// Whether a replica is good enough, whose answers may be out of date. Off unless set.
    pub(in crate::backends::redis) stale_ok: bool,
    /// Whether opening fails while the server cannot be reached (`connect=now`). Off unless set.
    pub(in crate::backends::redis) connect_now: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(1),
            grace: Duration::from_millis(500),
            heartbeat: Duration::from_secs(1),
            queue: 10_000,
            fence: true,
            stale_ok: false,
            connect_now: false,
        }
    }
}

impl Options {
    /// Takes the options of a connection out of a URL.
    pub(in crate::backends::redis) fn from_url(url: &mut Url) -> Result<Self> {
        let unset = Self::default();
        Ok(Self {
            timeout: duration(url, "timeout", unset.timeout)?,
            connect_timeout: duration(url, "connect_timeout", unset.connect_timeout)?,
            grace: duration(url, "grace", unset.grace)?,
            heartbeat: duration(url, "heartbeat", unset.heartbeat)?,
            queue: match url.take_parsed("queue")? {
                Some(0) => return Err(Error::new(ErrorKind::Config, "the option `queue` is at least 1")),
                Some(calls) => calls,
                None => unset.queue,
            },
            fence: switch(url, "fence", unset.fence)?,
            stale_ok: switch(url, "stale_ok", unset.stale_ok)?,
            connect_now: url.take_choice("connect", &[("now", true), ("later", false)])?.unwrap_or(false),
        })
    }
}

fn switch(url: &mut Url, name: &'static str, unset: bool) -> Result<bool> {
    Ok(url.take_choice(name, &[("true", true), ("false", false)])?.unwrap_or(unset))
}

/// Durations are written as ttls are: `500ms`, `2s`.
fn duration(url: &mut Url, name: &'static str, unset: Duration) -> Result<Duration> {
    match url.take_parsed::<Ttl>(name)? {
        None => Ok(unset),
        Some(Ttl::After(duration)) if duration <= LONGEST => Ok(duration),
        Some(_) => {
            Err(Error::new(ErrorKind::Config, format!("the option `{name}` lies between 1 ms and an hour, as `500ms`")))
        }
    }
}

const LONGEST: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Options> {
        let mut url = Url::parse(&format!("redis://h?{query}"))?;
        let options = Options::from_url(&mut url)?;
        url.finish()?;
        Ok(options)
    }

    #[test]
    fn options_of_the_url_are_taken_with_their_units() {
        let options = read("timeout=1s500ms&connect_timeout=3s&grace=1ms&heartbeat=1h&queue=7").unwrap();
        let millis =
            [options.timeout, options.connect_timeout, options.grace, options.heartbeat].map(|d| d.as_millis());
        assert_eq!((millis, options.queue), ([1500, 3000, 1, 3_600_000], 7));
        assert!(options.fence && !options.stale_ok && !options.connect_now);
        let options = read("fence=false&stale_ok=true&connect=now").unwrap();
        assert!(!options.fence && options.stale_ok && options.connect_now);
    }

    #[test]
    fn an_option_that_is_wrong_is_refused_by_its_name() {
        for (query, words) in [
            ("timeout=never", "`timeout` lies between"),
            ("timeout=2h", "`timeout` lies between"),
            ("timeout=2", "`timeout`"),
            ("grace=0s", "`grace`"),
            ("queue=0", "`queue`"),
            ("queue=x", "`queue`"),
            ("fence=maybe", "`fence`"),
            ("connect=soon", "now, later"),
            ("tiemout=1s", "known are: timeout"),
        ] {
            let error = read(query).expect_err(query);
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(words), "{query}: {error}");
        }
    }
}
