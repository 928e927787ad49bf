//! `larder count`.

use clap::Args;
use larder::Select;

use crate::args::Shared;
use crate::exit::{Failure, Outcome};
use crate::listing::Listing;
use crate::output::Output;
use crate::path;
use crate::store::{Access, Place};

/// Count the records that a PATTERN matches
///
/// Exact; it costs what `keys` costs.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Count {
    /// Which records; all of them where it is left out
    #[arg(default_value = "..")]
    pattern: String,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder count
  larder count 'user/int:42/session/_'";

impl Count {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        let pattern = path::pattern(&self.pattern).map_err(|failure| failure.at("PATTERN"))?;
        let place = Place::choose(&shared.store)?;
        place.limits().check_pattern(&pattern).map_err(|error| Failure::from(error).at("PATTERN"))?;
        let opened = place.open(Access::Look).await?;
        let mut listing = Listing::new(&opened, &pattern, Select::Keys, None).await?;
        let mut count = 0;
        while let Some(records) = listing.next().await? {
            count += records.len();
        }
        let mut output = Output::new();
        output.line(&count.to_string())?;
        output.finish()?;
        Ok(listing.outcome())
    }
}
