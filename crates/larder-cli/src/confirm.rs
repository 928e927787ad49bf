//! The question before records are ended in bulk.

use std::io::{self, IsTerminal, Write};

use crate::exit::Failure;

/// Refuses a bulk deletion that nobody could be asked about and nobody agreed to, before anything is read.
pub(crate) fn possible(yes: bool) -> Result<(), Failure> {
    if yes || (io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(());
    }
    Err(Failure::usage(
        "this ends many records and there is no terminal to ask on: add --yes, or --dry-run to look first",
    ))
}

/// Asks on the terminal unless `yes` was said beforehand; only `y` or `yes` is a yes.
pub(crate) fn agreed(yes: bool, question: &str) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    possible(yes)?;
    let mut stderr = io::stderr().lock();
    let asked = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
    asked.map_err(|error| Failure::io("standard error", &error))?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|error| Failure::io("standard input", &error))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
