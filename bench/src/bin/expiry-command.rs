//! What `expiry` measures, under the allocator of the command `larder`, set up by the command's own code.

#[path = "../../../crates/larder-cli/src/allocator.rs"]
mod allocator;

use std::thread;

use larder_bench::expiry::measure;

fn main() {
    let records = std::env::args().nth(1).and_then(|records| records.parse().ok());
    // The command's runtime polls it beside its work. Here the work waits for nothing, so a thread does.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime is made");
    thread::spawn(move || runtime.block_on(allocator::give_back()));
    println!("{}", measure(records.unwrap_or(1_000_000)));
}
