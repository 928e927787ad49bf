//! `larder clear`.

use clap::Args;
use larder::Pattern;

use crate::args::Shared;
use crate::bulk::Bulk;
use crate::exit::{Failure, Outcome};
use crate::store::Place;

/// End all records of one namespace, which --namespace must name
///
/// Shows what will go and asks, on a terminal; off one it needs --yes.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Clear {
    /// Print the keys of what would go, and end nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder clear --namespace staging --dry-run
  larder clear --namespace staging --yes";

impl Clear {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        if shared.store.namespace.is_none() {
            return Err(Failure::usage("which namespace is to be cleared must be said here: --namespace NAME"));
        }
        let bulk = Bulk { pattern: Pattern::any(), dry_run: self.dry_run, yes: self.yes };
        bulk.run(&Place::choose(&shared.store)?, shared).await
    }
}
