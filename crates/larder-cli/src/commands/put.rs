//! `larder put`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use larder::{Backend, Limits, Put as Record, Ttl, When};

use crate::args::Shared;
use crate::exit::{Failure, Outcome};
use crate::path;
use crate::store::{Access, Place};
use crate::value::{self, Coding, Reading};

/// Write a record: a value under a KEY, for a ttl
///
/// VALUE is JSON where it parses, else text; `-` is standard input. What comes from standard input or a file is stored
/// byte for byte, once the codec has checked it. Value and ttl are replaced together, in one step. A store that is not
/// there is created.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Put {
    /// Where
    key: String,
    /// What; `-` reads it from standard input
    #[arg(allow_negative_numbers = true, required_unless_present = "file", conflicts_with = "file")]
    value: Option<String>,
    /// Store the bytes of a file
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// How long it lives: 100ms, 90s, 1h30m, 7d or never
    ///
    /// It beats the URL's `?ttl=`, which beats LARDER_TTL; without any of them nothing is written.
    #[arg(long, allow_hyphen_values = true)]
    ttl: Option<Ttl>,
    /// Write only where that holds: absent, present, or unchanged:VERSION (of `get --version`)
    #[arg(long = "if", value_name = "CONDITION")]
    condition: Option<Condition>,
    /// Take VALUE as text, whatever it looks like
    #[arg(long, conflicts_with_all = ["json", "file"])]
    text: bool,
    /// Refuse a VALUE that is no JSON
    #[arg(long, conflicts_with = "file")]
    json: bool,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder put --ttl 30m user/int:42/session/f3 '{\"device\":\"phone\"}'
  larder put --ttl 90s --if absent lock/deploy \"held by $USER\"
  echo '{\"a\":1}' | larder put --ttl never settings -
  larder put --ttl 7d --codec etf '=[MyApp.User, 1]' '%{name: \"ann\"}'
  larder put --ttl 1h settings 2 --if unchanged:$(larder get --version settings)";

/// The condition of `--if`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Condition(pub(crate) When);

impl Condition {
    /// The condition of each of many records.
    pub(crate) fn of_many(condition: Option<Self>) -> Result<When, Failure> {
        match condition {
            None => Ok(When::Always),
            Some(Self(When::Unchanged(_))) => Err(Failure::usage(
                "--if unchanged:VERSION speaks of one value; for many records it is absent or present",
            )),
            Some(Self(when)) => Ok(when),
        }
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(match (text, text.strip_prefix("unchanged:")) {
            ("absent", _) => When::Absent,
            ("present", _) => When::Present,
            (_, Some(version)) => When::Unchanged(version.parse().map_err(|error: larder::Error| error.to_string())?),
            _ => return Err("a condition is `absent`, `present` or `unchanged:VERSION`".to_owned()),
        }))
    }
}

impl Put {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        let key = path::key_to_write(&self.key).map_err(|failure| failure.at("KEY"))?;
        let place = Place::choose(&shared.store)?;
        place.limits().check_key(&key).map_err(|error| Failure::from(error).at("KEY"))?;
        let ttl = place.ttl(self.ttl)?;
        let when = self.condition.map_or(When::Always, |Condition(when)| when);
        let value = self.value(shared.coding(place.etf()), place.limits())?;
        place.check_value(&value)?;
        let puts = [Record { key, value, ttl, when }];
        place.limits().check_puts(&puts)?;

        let opened = place.open(Access::Create).await?;
        for written in opened.backend.put(&opened.namespace, &puts).await? {
            if !written? {
                shared.note("not written: the condition does not hold");
                return Ok(Outcome::Negative);
            }
        }
        Ok(Outcome::Done)
    }

    fn value(&self, coding: Coding, limits: Limits) -> Result<bytes::Bytes, Failure> {
        let reading = match (self.text, self.json) {
            (true, _) => Reading::Text,
            (_, true) => Reading::Json,
            _ => Reading::Guessed,
        };
        match (&self.file, self.value.as_deref()) {
            (Some(file), _) => coding.of_bytes(value::read_file(file, limits)?),
            (None, Some("-")) => {
                let bytes = value::read_stdin(limits)?;
                if reading == Reading::Guessed {
                    return coding.of_bytes(bytes);
                }
                let text = String::from_utf8(bytes).map_err(|_| Failure::usage("standard input is not UTF-8 text"))?;
                coding.of_argument(&text, reading)
            }
            (None, Some(text)) => coding.of_argument(text, reading),
            (None, None) => Err(Failure::usage("a value is missing: give VALUE, `-` for standard input, or --file")),
        }
    }
}
