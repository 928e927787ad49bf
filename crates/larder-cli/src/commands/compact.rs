//! `larder compact`.

use clap::Args;
use larder::{Backend, Sweep};
use serde_json::json;

use crate::args::Shared;
use crate::exit::{Failure, Outcome};
use crate::facts::{Facts, fact};
use crate::output::{Output, say};
use crate::store::{Access, Place};

/// Remove what has expired and give the space back to the system
///
/// May take long and keep writers waiting. Changes no answer of any other command.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Compact {
    /// Believe the clock although it has jumped ahead, and remove what has expired by it
    #[arg(long)]
    accept_clock: bool,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder compact";

impl Compact {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        let mut place = Place::choose(&shared.store)?;
        if self.accept_clock {
            place = place.with_option("clock=accept");
        }
        let opened = place.open(Access::Change).await?;
        let swept = opened.backend.sweep(Sweep::Compact).await?;
        if shared.wants_json() {
            let mut output = Output::new();
            let facts = vec![
                fact("records", json!(swept.records)),
                fact("bytes", json!(swept.bytes)),
                fact("held", json!(swept.held)),
            ];
            output.line(&Facts::from(facts).json())?;
            output.finish()?;
        }
        shared.note(&format!("removed {} expired records, gave back {} bytes", swept.records, swept.bytes));
        if swept.held > 0 {
            say(&format!(
                "warning: {} expired records were kept, because the clock has jumped ahead; where it is right now, \
                 --accept-clock removes them",
                swept.held
            ));
            return Ok(Outcome::Partly);
        }
        Ok(Outcome::Done)
    }
}
