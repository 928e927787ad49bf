//! Writes `docs/benchmarks.md` and its plots from the figures that the other benches saved.
//!
//! Options: `--quick` takes the figures of quick runs, and writes beside them.

use std::process::ExitCode;

fn main() -> ExitCode {
    let quick = std::env::args().any(|argument| argument == "--quick");
    match larder_bench::report::write(quick) {
        Ok(path) => {
            println!("Written: {}", path.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
