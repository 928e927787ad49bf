//! The command `larder`: look into a larder store, change it and move it.

mod allocator;
mod args;
mod batch;
mod bookmark;
mod bulk;
mod commands;
mod comparison;
mod confirm;
mod counts;
mod exit;
mod facts;
mod file;
mod format;
mod hex;
mod interrupt;
mod json;
mod line;
mod lines;
mod listing;
mod literal;
mod migration;
mod output;
mod pace;
mod path;
mod portion;
mod progress;
mod recode;
mod record;
mod server;
mod store;
mod table;
mod tagged;
mod transfer;
mod value;

use std::process::ExitCode;

fn main() -> ExitCode {
    store::tell_of_damage_once();
    let cli = match args::Cli::read() {
        Ok(cli) => cli,
        Err(code) => return ExitCode::from(code),
    };
    match commands::run(cli) {
        Ok(outcome) => outcome.into(),
        Err(failure) => failure.tell(),
    }
}
