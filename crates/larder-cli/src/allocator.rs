//! The allocator of the command, which gives memory back soon after it was freed. The library imposes none.

use std::hint::black_box;
use std::thread;
use std::time::Duration;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Has the allocator give back what has not been used for a second; goes on for as long as it is polled.
///
/// By itself it looks for such memory only when it is called at length, and where a thread ends that it has served. So
/// each second one begins and ends, which takes some 30 microseconds. Where the system refuses it, memory is kept for
/// longer, and nothing else.
pub(crate) async fn give_back() {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(thread::Builder::new().spawn(|| drop(black_box(Box::new(0)))));
    }
}
