//! A store's URL, taken apart: `scheme:place?option=value&…`.

use std::borrow::Cow;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use crate::error::{Error, ErrorKind, Result};

/// A store's URL. Each backend takes the options it knows and then calls [`Url::finish`].
pub(crate) struct Url {
    scheme: String,
    place: String,
    #[cfg(feature = "redis")]
    written: String,
    options: Vec<(String, String)>,
    known: Vec<&'static str>,
}

impl Url {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let config = |message: &'static str| Error::new(ErrorKind::Config, message);
        let (scheme, rest) = text
            .split_once(':')
            .ok_or_else(|| config("a store is named by a URL, as `disk:./sessions.larder` or `memory:`"))?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut options: Vec<(String, String)> = Vec::new();
        for option in query.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option
                .split_once('=')
                .ok_or_else(|| config("an option of a store's URL is written as `name=value`"))?;
            let (name, value) = (decode(name)?, decode(value)?);
            if options.iter().any(|(other, _)| *other == name) {
                return Err(config("an option stands twice in a store's URL"));
            }
            options.push((name, value));
        }
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            place: decode(place)?,
            #[cfg(feature = "redis")]
            written: place.to_owned(),
            options,
            known: vec![],
        })
    }

    pub(crate) fn scheme(&self) -> &str {
        &self.scheme
    }

    /// What stands between the scheme and the options, decoded.
    #[cfg_attr(not(any(feature = "disk", feature = "memory")), expect(dead_code, reason = "Redis takes it in parts"))]
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// The same as it is written: a place of several parts is split first and each part is then decoded.
    #[cfg(feature = "redis")]
    pub(crate) fn written(&self) -> &str {
        &self.written
    }

    /// Takes an option out.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let at = self.options.iter().position(|(other, _)| other == name)?;
        Some(self.options.swap_remove(at).1)
    }

    /// Takes an option out and reads it.
    pub(crate) fn take_parsed<T: FromStr>(&mut self, name: &'static str) -> Result<Option<T>>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        let parse = |text: String| {
            text.parse::<T>().map_err(|error| {
                Error::new(
                    ErrorKind::Config,
                    format!("the option `{name}` of the store's URL is not understood: {error}"),
                )
            })
        };
        self.take(name).map(parse).transpose()
    }

    /// Takes an option out that has a few fixed values.
    pub(crate) fn take_choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&'static str, T)],
    ) -> Result<Option<T>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        match choices.iter().find(|(choice, _)| *choice == value) {
            Some((_, chosen)) => Ok(Some(*chosen)),
            None => {
                let names: Vec<_> = choices.iter().map(|(choice, _)| *choice).collect();
                Err(Error::new(
                    ErrorKind::Config,
                    format!("the option `{name}` of the store's URL is one of: {}", names.join(", ")),
                ))
            }
        }
    }

    /// Refuses what nobody took.
    pub(crate) fn finish(self) -> Result<()> {
        if self.options.is_empty() {
            return Ok(());
        }
        let known = self.known.join(", ");
        let scheme = self.scheme;
        Err(Error::new(
            ErrorKind::Config,
            format!("the store's URL has an option that `{scheme}:` does not know; known are: {known}"),
        ))
    }
}

/// Decodes the %-escapes of one part.
pub(super) fn decode(text: &str) -> Result<String> {
    percent_decode_str(text)
        .decode_utf8()
        .map(Cow::into_owned)
        .map_err(|_| Error::new(ErrorKind::Config, "a store's URL is not UTF-8 once its %-escapes are decoded"))
}
