//! `larder term match`.

use clap::Args;
use larder::{Key, Pattern};

use super::each_line;
use crate::exit::{Failure, Outcome};
use crate::output::{Output, say};
use crate::{literal, path};

/// Print those of the keys on standard input that match a pattern
///
/// PATTERN is a literal in which `:_` and `:"$1"` are holes and `| :_` is the rest. Keys come one a line, as literals;
/// a line that is none is read as a path, as `larder keys` prints it. A bad line is reported on standard error with its
/// number, and the rest goes on.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Match {
    /// Which keys
    #[arg(allow_negative_numbers = true)]
    pattern: String,
}

const EXAMPLES: &str = "\
EXAMPLES:
  printf '%s\\n' '[\"user\", 1]' '[\"user\", 1, :session]' | larder term match '[\"user\", :_ | :_]'
  larder keys --literal | larder term match '[:\"$1\", :\"$1\"]'";

impl Match {
    pub(crate) fn run(self) -> Result<Outcome, Failure> {
        let pattern = pattern(&self.pattern).map_err(|failure| failure.at("PATTERN"))?;
        let (mut output, mut outcome, mut number) = (Output::new(), Outcome::Done, 0_u64);
        each_line(|line, drained| {
            number += 1;
            match line.and_then(|line| Ok((line, key(line)?))) {
                Ok((line, key)) if pattern.matches(&key) => output.line(line)?,
                Ok(_) => {}
                Err(failure) => {
                    outcome = Outcome::Partly;
                    say(&format!("error: line {number}: {}", failure.text()));
                }
            }
            if drained { output.finish() } else { Ok(()) }
        })?;
        output.finish()?;
        Ok(outcome)
    }
}

fn pattern(text: &str) -> Result<Pattern, Failure> {
    match literal::read(text) {
        Ok(term) => Ok(Pattern::from_term(&term)?),
        Err(_) => path::pattern(text),
    }
}

fn key(text: &str) -> Result<Key, Failure> {
    match literal::read(text) {
        Ok(term) => Ok(Key::from_term(term)?),
        Err(_) => path::key(text),
    }
}
