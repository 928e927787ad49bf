//! The memory of the command, under its own allocator as its own code sets it up.
#![cfg(target_os = "linux")] // Elsewhere nothing says so simply what a process holds.
#![allow(clippy::unwrap_used, reason = "a test that cannot run fails")]

#[path = "../src/allocator.rs"]
mod allocator;

use std::fs::read_to_string;
use std::thread;
use std::time::Duration;

use tokio::time::{sleep, timeout};

/// The allocator has no clock to be moved: this waits for some two seconds.
#[test]
fn memory_that_is_freed_is_given_back_though_nothing_happens() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let values = || (0..150_000).map(|number| vec![7_u8; 300 + number % 100]).collect::<Vec<_>>();
    let (here, there) = (values(), thread::spawn(values).join().unwrap());
    let most = pages();
    drop(here);
    thread::spawn(move || drop(there)).join().unwrap();

    runtime.spawn(allocator::give_back());
    let given_back = async {
        while pages() * 100 > most * 15 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = runtime.block_on(async { timeout(Duration::from_secs(10), given_back).await });
    assert!(waited.is_ok(), "{} of {most} pages are kept", pages());
}

/// How many pages of memory this process holds.
fn pages() -> u64 {
    let statm = read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse().unwrap()
}
