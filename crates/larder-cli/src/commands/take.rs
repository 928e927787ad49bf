//! `larder take`.

use clap::Args;
use larder::Backend;

use crate::args::Shared;
use crate::exit::{Failure, Outcome};
use crate::output::Output;
use crate::path;
use crate::store::{Access, Place};

/// Print what is under a KEY and end the record, in one step
///
/// Of many that take the same record at once, exactly one is given the value. It is printed as `get` prints it. Exit
/// code 1: nothing was there.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Take {
    /// Which record
    key: String,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder put --ttl 2h reset/f3a9 '\"ann\"'
  larder take reset/f3a9";

impl Take {
    pub(crate) async fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        let key = path::key(&self.key).map_err(|failure| failure.at("KEY"))?;
        let place = Place::choose(&shared.store)?;
        place.limits().check_key(&key).map_err(|error| Failure::from(error).at("KEY"))?;
        let opened = place.open(Access::Change).await?;
        let Some(value) = opened.backend.take(&opened.namespace, &key).await? else {
            shared.note("not found");
            return Ok(Outcome::Negative);
        };
        let (coding, mut output) = (shared.coding(opened.etf), Output::new());
        // The record is gone, so its bytes are printed even where they do not decode.
        let failure = if output.is_terminal() {
            let laid_out = coding.laid_out(&value, output.paints());
            output.line(laid_out.as_deref().unwrap_or(&value.escape_ascii().to_string()))?;
            laid_out.err()
        } else {
            let exact = coding.exact(&value);
            output.bytes(exact.as_ref().unwrap_or(&value))?;
            exact.err()
        };
        output.finish()?;
        failure.map_or(Ok(Outcome::Done), |failure| Err(failure.at("taken, and its bytes were printed as they are")))
    }
}
