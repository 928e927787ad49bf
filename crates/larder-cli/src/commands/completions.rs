//! `larder completions`.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::args::Cli;
use crate::exit::{Failure, Outcome};
use crate::output::Output;

/// Print the completions for a shell
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder completions bash > larder.bash
  larder completions zsh > _larder
  larder completions fish > larder.fish";

impl Completions {
    pub(crate) fn run(self) -> Result<Outcome, Failure> {
        // Into memory first: the generator panics where it cannot write.
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "larder", &mut script);
        let mut output = Output::new();
        output.bytes(&script)?;
        output.finish()?;
        Ok(Outcome::Done)
    }
}
