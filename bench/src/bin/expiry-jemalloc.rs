//! What `expiry` measures, under jemalloc, which gives back from threads of its own.

use larder_bench::expiry::measure;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    let records = std::env::args().nth(1).and_then(|records| records.parse().ok());
    println!("{}", measure(records.unwrap_or(1_000_000)));
}
