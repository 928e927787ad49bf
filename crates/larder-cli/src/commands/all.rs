//! `larder all`, also called `larder list`.

use std::num::NonZeroUsize;

use clap::Args;
use jiff::Timestamp;
use larder::Select;

use crate::args::Shared;
use crate::exit::{Failure, Outcome};
use crate::listing::Listing;
use crate::output::Output;
use crate::path;
use crate::record::Printer;
use crate::store::{Access, Place};

/// Print the records that a PATTERN matches, in key order
///
/// A table on a terminal; on a pipe a line of JSON each, in the form of `export`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct All {
    /// Which records; all of them where it is left out
    #[arg(default_value = "..")]
    pattern: String,
    /// Print so many at most
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroUsize>,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder all
  larder all 'user/int:42/session/_'
  larder all '[MyApp.User, :_, {:token, :_}]' --codec etf
  larder all --format jsonl --limit 10 | jq -c .value";

impl All {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        let pattern = path::pattern(&self.pattern).map_err(|failure| failure.at("PATTERN"))?;
        let place = Place::choose(&shared.store)?;
        place.limits().check_pattern(&pattern).map_err(|error| Failure::from(error).at("PATTERN"))?;
        let opened = place.open(Access::Look).await?;
        let mut output = Output::new();
        let mut printer = Printer::new(&opened, shared, &output);
        let limit = self.limit.map(NonZeroUsize::get);
        let mut listing = Listing::new(&opened, &pattern, Select::ValuesAndTtls, limit).await?;
        loop {
            let now = Timestamp::now();
            let Some(records) = listing.next().await? else { break };
            printer.print(&records, now, &mut output)?;
        }
        output.finish()?;
        Ok(listing.outcome())
    }
}
