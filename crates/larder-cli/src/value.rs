//! A value's bytes: made from what the user hands over, and shown.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;
use clap::ValueEnum;
use larder::{Limits, Term};

use crate::exit::Failure;
use crate::json;
use crate::literal::{self, Otp};
use crate::output::visible;

/// What the bytes of values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Codec {
    /// JSON texts.
    Json,
    /// Any bytes.
    Raw,
    /// Erlang's external term format; values are Elixir literals, in and out.
    Etf,
}

/// How a value argument is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// JSON where it parses, else text.
    Guessed,
    /// Text, whatever it looks like.
    Text,
    /// JSON, or it is refused.
    Json,
}

/// A codec and the release whose way of writing atoms it follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coding {
    pub(crate) codec: Codec,
    pub(crate) otp: Otp,
}

/// The first byte of every ETF, and of no UTF-8 text.
pub(crate) const ETF: u8 = 131;

impl Coding {
    /// The bytes of a value argument.
    pub(crate) fn of_argument(self, text: &str, reading: Reading) -> Result<Bytes, Failure> {
        let as_text = || serde_json::to_vec(text).map_err(|_| Failure::usage("the value has no JSON form"));
        let checked = match (self.codec, reading) {
            (Codec::Json, Reading::Text) => as_text()?,
            (Codec::Json, Reading::Guessed) if json::check(text.as_bytes()).is_err() => as_text()?,
            (Codec::Json | Codec::Raw, Reading::Json) | (Codec::Json, Reading::Guessed) => {
                json::check(text.as_bytes()).map_err(|why| Failure::usage(format!("the value {why}")))?;
                text.into()
            }
            (Codec::Raw, _) => text.into(),
            (Codec::Etf, Reading::Json) => {
                return Err(Failure::usage(
                    "--json and --codec etf exclude each other: under etf a value is an Elixir literal",
                ));
            }
            (Codec::Etf, Reading::Text) => self.etf(&Term::from(text))?,
            (Codec::Etf, Reading::Guessed) => self.literal(text)?,
        };
        Ok(checked.into())
    }

    /// The bytes of standard input or a file: kept as they are, once the codec has checked them. Under etf a literal
    /// is taken as well and written as ETF.
    pub(crate) fn of_bytes(self, bytes: Vec<u8>) -> Result<Bytes, Failure> {
        match self.codec {
            Codec::Raw => {}
            Codec::Json => {
                json::check(&bytes)
                    .map_err(|why| Failure::usage(format!("the value {why}; --codec raw takes any bytes")))?;
            }
            Codec::Etf if bytes.first() == Some(&ETF) => {
                literal::from_etf(&bytes).map_err(|error| Failure::from(error).into_usage().at("the value"))?;
            }
            Codec::Etf => {
                let text = String::from_utf8(bytes).map_err(|_| {
                    Failure::usage("the value is neither ETF (which begins with byte 131) nor UTF-8 text")
                })?;
                return Ok(self.literal(&text)?.into());
            }
        }
        Ok(bytes.into())
    }

    fn literal(self, text: &str) -> Result<Vec<u8>, Failure> {
        let term = literal::read(text)
            .map_err(|error| Failure::from(error).into_usage().at("the value is no Elixir literal"))?;
        self.etf(&term)
    }

    fn etf(self, term: &Term) -> Result<Vec<u8>, Failure> {
        let refused = |error| Failure::from(error).into_usage().at("the value");
        let bytes = literal::to_etf(term, self.otp).map_err(refused)?;
        if bytes.len() > Limits::default().value_bytes {
            return Ok(bytes); // Whoever writes refuses it, and names the limit.
        }
        // What is nested too deep to be read again is not written.
        literal::from_etf(&bytes).map_err(refused)?;
        Ok(bytes)
    }

    /// What a pipe is given of a stored value: under etf its literal, else exactly the stored bytes once they decode.
    pub(crate) fn exact(self, stored: &Bytes) -> Result<Bytes, Failure> {
        Ok(match self.codec {
            Codec::Raw => stored.clone(),
            Codec::Json => {
                json::check(stored)
                    .map_err(|why| Failure::stored(format!("what is stored {why}; --codec raw shows it")))?;
                stored.clone()
            }
            Codec::Etf => self.stored_term(stored)?.into(),
        })
    }

    /// What people are shown of a stored value, laid out.
    pub(crate) fn laid_out(self, stored: &Bytes, paint: bool) -> Result<String, Failure> {
        Ok(match self.codec {
            Codec::Raw => shown_bytes(stored),
            Codec::Json => {
                let text = json::check(stored)
                    .map_err(|why| Failure::stored(format!("what is stored {why}; --codec raw shows it")))?;
                json::pretty(text, paint)
            }
            Codec::Etf => visible(&self.stored_term(stored)?).into_owned(),
        })
    }

    fn stored_term(self, stored: &[u8]) -> Result<String, Failure> {
        let told = |error| Failure::from(error).at("what is stored is no ETF (--codec raw shows it)");
        Ok(literal::write(&literal::from_etf(stored).map_err(told)?))
    }

    /// What a table shows of a stored value, on one line; what does not decode is shown as bytes.
    pub(crate) fn on_one_line(self, stored: &Bytes) -> String {
        match self.codec {
            Codec::Json => match json::check(stored) {
                Ok(text) => visible(&json::on_one_line(text)).into_owned(),
                Err(_) => shown_bytes(stored),
            },
            Codec::Raw => shown_bytes(stored),
            Codec::Etf => {
                self.stored_term(stored).map_or_else(|_| shown_bytes(stored), |text| visible(&text).into_owned())
            }
        }
    }
}

/// Bytes for people: text where they are text, and what a terminal would act on escaped.
fn shown_bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => visible(text).into_owned(),
        Err(_) => bytes.escape_ascii().to_string(),
    }
}

/// Reads standard input whole, up to what the longest value can be written as.
pub(crate) fn read_stdin(limits: Limits) -> Result<Vec<u8>, Failure> {
    read(io::stdin().lock(), "standard input", limits)
}

/// Reads a file whole, up to what the longest value can be written as.
pub(crate) fn read_file(path: &Path, limits: Limits) -> Result<Vec<u8>, Failure> {
    let name = visible(&path.to_string_lossy()).into_owned();
    read(File::open(path).map_err(|error| Failure::io(&name, &error))?, &name, limits)
}

fn read(source: impl Read, name: &str, limits: Limits) -> Result<Vec<u8>, Failure> {
    // A literal takes up to four times the room of what it stands for.
    let most = limits.value_bytes.saturating_mul(4);
    let mut bytes = Vec::new();
    source.take(most as u64 + 1).read_to_end(&mut bytes).map_err(|error| Failure::io(name, &error))?;
    if bytes.len() > most {
        return Err(Failure::usage(format!("the value is too long: a value has at most {} bytes", limits.value_bytes)));
    }
    Ok(bytes)
}
