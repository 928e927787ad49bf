//! `larder term encode`.

use clap::Args;

use super::{Asked, answer};
use crate::args::Shared;
use crate::exit::{Failure, Outcome};
use crate::{hex, literal};

/// Print the bytes of term_to_binary, in hexadecimal
///
/// --otp says which Erlang release's way of writing atoms is followed.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Encode {
    #[command(flatten)]
    asked: Asked,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder term encode --otp 25 '[MyApp.Users.User, :user, 1]'
  larder term encode '{:ok, \"text\"}'";

impl Encode {
    pub(crate) fn run(self, shared: &Shared) -> Result<Outcome, Failure> {
        answer(&self.asked.terms, |text| Ok(hex::encode(&literal::to_etf(&literal::read(text)?, shared.otp(None))?)))
    }
}
