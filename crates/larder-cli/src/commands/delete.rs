//! `larder delete`.

use clap::Args;
use larder::{Backend, Key};

use crate::args::Shared;
use crate::bulk::Bulk;
use crate::exit::{Failure, Outcome};
use crate::output::Output;
use crate::path;
use crate::store::{Access, Place};

/// End records: those under KEYs, or all that a PATTERN matches
///
/// Idempotent: it is no error where nothing was there. --all shows what will go and asks, on a terminal; off one it needs
/// --yes.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Delete {
    /// Which records
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "KEY")]
    keys: Vec<String>,
    /// End all records that a PATTERN matches
    #[arg(long, value_name = "PATTERN")]
    all: Option<String>,
    /// Print the keys of what would go, and end nothing
    #[arg(long, requires = "all")]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder delete user/int:42/session/f3
  larder delete --all 'user/int:42/..' --dry-run
  larder delete --all 'user/int:42/session/_' --yes";

impl Delete {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        if let Some(pattern) = &self.all {
            let pattern = path::pattern(pattern).map_err(|failure| failure.at("PATTERN"))?;
            let bulk = Bulk { pattern, dry_run: self.dry_run, yes: self.yes };
            return bulk.run(&Place::choose(&shared.store)?, shared).await;
        }
        let keys = self.keys.iter().map(|text| path::key(text)).collect::<Result<Vec<Key>, _>>();
        let keys = keys.map_err(|failure| failure.at("KEY"))?;
        let place = Place::choose(&shared.store)?;
        place.limits().check_keys(&keys).map_err(|error| Failure::from(error).at("KEY"))?;
        let opened = place.open(Access::Change).await?;
        let lived = opened.backend.delete(&opened.namespace, &keys).await?;
        let deleted = lived.iter().filter(|lived| **lived).count();
        if shared.wants_json() {
            let mut output = Output::new();
            output.line(&format!(r#"{{"deleted":{deleted}}}"#))?;
            output.finish()?;
        }
        shared.note(&format!("deleted {deleted} of {}", keys.len()));
        Ok(Outcome::Done)
    }
}
