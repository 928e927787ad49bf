//! The Redis backend while its server or the way to it fails: 64 tasks read and write records whose values name their
//! keys, calls are cancelled at random, and each task knows what it wrote.
//!
//! A small portion runs with every test. `scripts/faults` runs each fault again and again (`LARDER_FAULT_SECONDS`) and
//! prints what it counted; `LARDER_SEED` chooses the same calls and the same replies to hit again.

#![expect(clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "a test that tells what it counted")]

mod connections;
mod load;
mod naive;
mod processes;
mod refusals;
mod replies;
mod tally;
mod task;
