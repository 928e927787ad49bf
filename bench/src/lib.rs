//! What all benches share: the machine and its clocks, chance, and figures from their measurement to the page.

pub mod expiry;
mod figures;
mod machine;
mod plot;
mod random;
pub mod report;
mod server;
mod table;

pub use figures::{Figure, Figures, Unit, median};
pub use machine::{allocator, date, machine, process_time, resident_bytes, thread_time, version_of};
pub use random::{Random, Zipf, shuffled};
pub use server::{commands, server_time};
pub use table::thousands;
