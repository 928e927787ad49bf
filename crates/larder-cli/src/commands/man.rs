//! `larder man`.

use clap::{Args, CommandFactory};

use crate::args::Cli;
use crate::exit::{Failure, Outcome};
use crate::output::Output;

/// Print the manual page, of larder or of one of its commands, in roff
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Man {
    /// The command; larder itself where it is left out
    command: Option<String>,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder man > larder.1
  larder man import > larder-import.1";

impl Man {
    pub(crate) fn run(self) -> Result<Outcome, Failure> {
        let mut cli = Cli::command();
        cli.build();
        let page = match &self.command {
            None => cli,
            Some(name) => {
                let command = cli.find_subcommand(name);
                let command =
                    command.ok_or_else(|| Failure::usage("there is no such command; `larder --help` lists them"))?;
                // Built, it is called `larder-NAME`.
                command.clone()
            }
        };
        let mut roff = Vec::new();
        clap_mangen::Man::new(page).render(&mut roff).map_err(|error| Failure::io("the manual page", &error))?;
        let mut output = Output::new();
        output.bytes(&roff)?;
        output.finish()?;
        Ok(Outcome::Done)
    }
}
