//! `larder term parse`.

use clap::Args;

use super::{Asked, answer};
use crate::exit::{Failure, Outcome};
use crate::{literal, tagged};

/// Print a term as JSON that says of everything what it is
///
///   {"t":"atom","v":"ok"}  {"t":"int","v":"1"}  {"t":"float","bits":"3ff0000000000000"}
///   {"t":"bin","hex":"6162"}  {"t":"bits","bits":3,"hex":"a0"}  {"t":"tuple","v":[…]}
///   {"t":"list","v":[…],"tail":…}  {"t":"map","v":[[key,value],…]}
#[derive(Args, Debug)]
#[allow(rustdoc::broken_intra_doc_links, reason = "its help shows JSON as it is, brackets and all")]
#[command(after_help = EXAMPLES, verbatim_doc_comment)]
pub(crate) struct Parse {
    #[command(flatten)]
    asked: Asked,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder term parse '[1, 2.0 | :tail]'
  echo '%{a: 1}' | larder term parse -";

impl Parse {
    pub(crate) fn run(self) -> Result<Outcome, Failure> {
        answer(&self.asked.terms, |text| Ok(tagged::write(&literal::read(text)?)))
    }
}
