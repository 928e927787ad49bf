//! `larder get`.

use clap::Args;
use jiff::Timestamp;
use larder::{Backend, Found, Key, Select, Ttl, Version};

use crate::args::Shared;
use crate::exit::{Failure, Outcome};
use crate::format::Format;
use crate::line::{self, End};
use crate::output::Output;
use crate::path;
use crate::record::Printer;
use crate::store::{Access, Opened, Place};
use crate::value::Coding;

/// Print what is under a KEY
///
/// On a terminal the value is laid out for reading; on a pipe exactly the stored bytes are printed (under etf, the
/// value's literal). With several KEYs, or --format, records are printed as `all` prints them. Exit code 1: nothing is
/// there.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Get {
    /// Which records
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,
    /// Print the version of the value, for `put --if unchanged:VERSION`
    #[arg(long = "version", conflicts_with = "ttl")]
    version: bool,
    /// Print how long it still lives, as `29m58s` or `never`
    #[arg(long, visible_alias = "with-ttl")]
    ttl: bool,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder get user/int:42/session/f3
  larder get --version settings
  larder get --ttl user/int:42/session/f3
  larder get --format jsonl user/int:42/session/f3 settings";

impl Get {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        let keys = self.keys.iter().map(|text| path::key(text)).collect::<Result<Vec<Key>, _>>();
        let keys = keys.map_err(|failure| failure.at("KEY"))?;
        let place = Place::choose(&shared.store)?;
        place.limits().check_keys(&keys).map_err(|error| Failure::from(error).at("KEY"))?;
        let opened = place.open(Access::Look).await?;
        let now = Timestamp::now();
        let found = opened.backend.get(&opened.namespace, &keys, Select::ValuesAndTtls).await?;
        let mut output = Output::new();
        let lived = found.iter().flatten().count();
        if let ([Some(found)], None) = (found.as_slice(), shared.format) {
            self.print_alone(found, shared.coding(opened.etf), &mut output)?;
        } else if shared.format.is_none() && (self.version || self.ttl) {
            // Several answers keep the order of the keys; a single one that is not there is none.
            for found in found.iter().filter(|found| found.is_some() || keys.len() > 1) {
                output.line(&found.as_ref().map_or_else(|| "-".to_owned(), |found| self.about(found)))?;
            }
        } else {
            self.print_records(keys, found, now, &opened, shared, &mut output)?;
        }
        output.finish()?;
        if lived == self.keys.len() {
            return Ok(Outcome::Done);
        }
        shared.note(&match self.keys.len() {
            1 => "not found".to_owned(),
            asked => format!("found {lived} of {asked}"),
        });
        Ok(Outcome::Negative)
    }

    /// The version or the ttl, as asked for.
    fn about(&self, found: &Found) -> String {
        if self.version { Version::of(&found.value).to_string() } else { found.ttl.unwrap_or(Ttl::Never).to_string() }
    }

    fn print_alone(&self, found: &Found, coding: Coding, output: &mut Output) -> Result<(), Failure> {
        if self.version || self.ttl {
            output.line(&self.about(found))
        } else if output.is_terminal() {
            output.line(&coding.laid_out(&found.value, output.paints())?)
        } else {
            output.bytes(&coding.exact(&found.value)?)
        }
    }

    fn print_records(
        &self,
        keys: Vec<Key>,
        found: Vec<Option<Found>>,
        now: Timestamp,
        opened: &Opened,
        shared: &Shared,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let records =
            keys.into_iter().zip(found).filter_map(|(key, found)| Some(larder::Record { key, found: found? }));
        if self.version && Format::chosen(shared.format, output) == Format::Jsonl {
            let writer = line::Writer::new(&opened.namespace, shared.coding(opened.etf)).readable();
            for record in records {
                let end = record.found.ttl.map(|ttl| End::after(ttl, now));
                let mut line = String::new();
                writer.write(&record.key, Some(&record.found.value), end, &mut line);
                line.truncate(line.len() - 1);
                output.line(&format!(r#"{line},"version":"{}"}}"#, Version::of(&record.found.value)))?;
            }
            return Ok(());
        }
        Printer::new(opened, shared, output).print(&records.collect::<Vec<_>>(), now, output)
    }
}
