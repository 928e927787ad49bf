//! `larder keys`.

use std::num::NonZeroUsize;

use clap::Args;
use larder::Select;

use crate::args::Shared;
use crate::exit::{Failure, Outcome};
use crate::line;
use crate::listing::Listing;
use crate::output::Output;
use crate::path;
use crate::record::printed;
use crate::store::{Access, Place};

/// Print the keys of the records that a PATTERN matches, in key order
///
/// One a line, as every command takes it for a KEY: on a terminal quoted for the shell where it must be, on a pipe as it
/// is. A key with parts that a path cannot say is printed as a literal. `--format jsonl` prints objects instead.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Keys {
    /// Which records; all of them where it is left out
    #[arg(default_value = "..")]
    pattern: String,
    /// Print so many at most
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroUsize>,
    /// Print every key as a literal, as `larder term` reads it
    #[arg(long)]
    literal: bool,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder keys
  larder keys 'user/_/session/..' --limit 10
  larder keys | while read -r key; do larder get --ttl \"$key\"; done
  larder keys --literal | larder term match '[\"user\", :_ | :_]'";

impl Keys {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        let pattern = path::pattern(&self.pattern).map_err(|failure| failure.at("PATTERN"))?;
        let place = Place::choose(&shared.store)?;
        place.limits().check_pattern(&pattern).map_err(|error| Failure::from(error).at("PATTERN"))?;
        let opened = place.open(Access::Look).await?;
        let mut output = Output::new();
        let writer = shared.wants_json().then(|| line::Writer::new(&opened.namespace, shared.coding(opened.etf)));
        let limit = self.limit.map(NonZeroUsize::get);
        let mut listing = Listing::new(&opened, &pattern, Select::Keys, limit).await?;
        while let Some(records) = listing.next().await? {
            for record in records {
                match &writer {
                    Some(writer) => {
                        let mut line = String::new();
                        writer.write(&record.key, None, None, &mut line);
                        output.line(&line)?;
                    }
                    None if self.literal => output.line(&path::print_literal(&record.key))?,
                    None => output.line(&printed(&record.key, &output))?,
                }
            }
        }
        output.finish()?;
        Ok(listing.outcome())
    }
}
