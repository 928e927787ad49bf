//! `larder explain`.

use clap::Args;
use larder::Path;
use serde_json::json;

use crate::args::Shared;
use crate::exit::{Failure, Outcome};
use crate::facts::{Facts, fact};
use crate::output::Output;
use crate::path;
use crate::store::{Access, Place};

/// Tell how the matches of a PATTERN would be found and what that costs, without listing them
///
/// The path is `point` (one key is read), `index` (it costs about what it finds) or `scan` (every key of the namespace is
/// looked at).
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explain {
    /// Which records
    pattern: String,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder explain 'user/int:42/..'
  larder explain '_/_/session/..'";

impl Explain {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        let pattern = path::pattern(&self.pattern).map_err(|failure| failure.at("PATTERN"))?;
        let place = Place::choose(&shared.store)?;
        place.limits().check_pattern(&pattern).map_err(|error| Failure::from(error).at("PATTERN"))?;
        let opened = place.open(Access::Look).await?;
        let told = opened.store().explain(&pattern).await?;
        let path = match told.path {
            Path::Point => "point",
            Path::Index => "index",
            Path::Scan => "scan",
            _ => "unknown",
        };
        let mut output = Output::new();
        let facts = vec![
            fact("path", json!(path)),
            fact("entries_estimated", json!(told.entries_estimated)),
            fact("round_trips", json!(told.round_trips)),
            fact("hint", json!(told.hint)),
        ];
        Facts::from(facts).print(shared, &mut output)?;
        output.finish()?;
        Ok(Outcome::Done)
    }
}
