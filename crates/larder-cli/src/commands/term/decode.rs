//! `larder term decode`.

use clap::Args;

use super::answer;
use crate::exit::{Failure, Outcome};
use crate::{hex, literal};

/// Print the Elixir literal of the bytes of term_to_binary, given in hexadecimal
///
/// Reads what every Erlang release writes, compressed or not.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Decode {
    /// Bytes in hexadecimal, or `-` for one term a line on standard input
    #[arg(required = true, value_name = "HEX")]
    terms: Vec<String>,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder term decode 83680277026f6b6101
  redis-cli --raw get KEY | head -c -1 | xxd -p | tr -d '\\n' | larder term decode -";

impl Decode {
    pub(crate) fn run(self) -> Result<Outcome, Failure> {
        answer(&self.terms, |text| {
            let bytes =
                hex::decode(text).ok_or_else(|| Failure::usage("bytes are written as pairs of hexadecimal digits"))?;
            Ok(literal::write(&literal::from_etf(&bytes)?))
        })
    }
}
