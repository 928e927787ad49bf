//! What went wrong elsewhere, and does not here. Each module is named after the defence that its tests are for:
//! `scripts/sabotage` switches it off, and each of them has to fail.
#![allow(missing_docs, clippy::unwrap_used)]
// Each test has a runtime of its own, so one that waits for the lock keeps no other from going on.
#![allow(clippy::await_holding_lock)]

mod atoms;
mod cancellation;
mod counts;
mod depth;
mod expiry;
mod fallback;
mod fence;
mod funs;
mod garbage;
mod globs;
mod inflation;
mod injection;
mod names;
mod namespaces;
mod replicas;
mod revival;
mod rights;
mod secrets;
mod separators;
mod sizes;
mod slots;

use std::sync::{Mutex, MutexGuard};

use larder::backends::disk::Disk;
use larder::backends::memory::Memory;
use larder::testing::ManualClock;
use larder::{Erased, Namespace};
use peak_alloc::PeakAlloc;
use tempfile::TempDir;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// So that what one test allocates is not counted for another.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The most bytes that a call held on the heap beyond those held before it.
fn peak<T>(call: impl FnOnce() -> T) -> (T, usize) {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let result = call();
    (result, HEAP.peak_usage().saturating_sub(before))
}

/// Both backends, by one clock. The folder goes when it is dropped.
async fn backends(clock: &std::sync::Arc<ManualClock>) -> (TempDir, [Erased; 2]) {
    let folder = TempDir::new().unwrap();
    let disk = disk(&folder, clock).await;
    (folder, [Erased::new(Memory::builder().clock(clock.clone()).build()), Erased::new(disk)])
}

async fn disk(folder: &TempDir, clock: &std::sync::Arc<ManualClock>) -> Disk {
    Disk::builder(folder.path().join("store.larder")).clock(clock.clone()).open().await.unwrap()
}

fn space(name: &str) -> Namespace {
    Namespace::new(name).unwrap()
}
