//! The commands, one a file.

pub(crate) mod all;
pub(crate) mod clear;
pub(crate) mod compact;
pub(crate) mod completions;
pub(crate) mod copy;
pub(crate) mod count;
pub(crate) mod delete;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod get;
pub(crate) mod import;
pub(crate) mod keys;
pub(crate) mod man;
pub(crate) mod put;
pub(crate) mod stats;
pub(crate) mod take;
pub(crate) mod term;
pub(crate) mod touch;

use crate::allocator;
use crate::args::{Cli, Command};
use crate::exit::{Failure, Outcome};

/// Runs the command that the command line names.
pub(crate) fn run(cli: Cli) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("the runtime", &error))?;
    runtime.spawn(allocator::give_back());
    let Cli { shared, command } = cli;
    runtime.block_on(async {
        match command {
            Command::Put(put) => put.run(&shared).await,
            Command::Get(get) => get.run(&shared).await,
            Command::Take(take) => take.run(&shared).await,
            Command::Touch(touch) => touch.run(&shared).await,
            Command::Delete(delete) => delete.run(&shared).await,
            Command::All(all) => all.run(&shared).await,
            Command::Keys(keys) => keys.run(&shared).await,
            Command::Count(count) => count.run(&shared).await,
            Command::Explain(explain) => explain.run(&shared).await,
            Command::Clear(clear) => clear.run(&shared).await,
            Command::Import(import) => import.run(&shared).await,
            Command::Export(export) => export.run(&shared).await,
            Command::Copy(copy) => copy.run(&shared).await,
            Command::Stats(stats) => stats.run(&shared).await,
            Command::Compact(compact) => compact.run(&shared).await,
            Command::Term(terms) => terms.run(&shared),
            Command::Completions(completions) => completions.run(),
            Command::Man(man) => man.run(),
        }
    })
}
