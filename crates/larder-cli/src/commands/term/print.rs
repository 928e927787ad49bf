//! `larder term print`.

use clap::Args;

use super::{Asked, answer};
use crate::exit::{Failure, Outcome};
use crate::literal;

/// Print the one way to write a term as an Elixir literal
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Print {
    #[command(flatten)]
    asked: Asked,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder term print '{ :ok ,%{\"b\" => 2, a: 1} }'
  printf '%s\\n' '0x1F' '[97, 98]' | larder term print -";

impl Print {
    pub(crate) fn run(self) -> Result<Outcome, Failure> {
        answer(&self.asked.terms, |text| Ok(literal::write(&literal::read(text)?)))
    }
}
