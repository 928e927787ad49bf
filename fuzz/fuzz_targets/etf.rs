//! Erlang's external term format: what is read comes back whole, in time and memory that the input pays for.
#![no_main]

use std::time::{Duration, Instant};

use larder::Term;
use larder::term::Otp;
use libfuzzer_sys::fuzz_target;
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const KIB: usize = 1 << 10;
/// What a compressed term, which may inflate to 16 MiB, may take.
const COMPRESSED: usize = 64 << 20;

fuzz_target!(|bytes: &[u8]| {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let started = Instant::now();
    let read = Term::from_etf(bytes);
    let (elapsed, peak) = (started.elapsed(), HEAP.peak_usage().saturating_sub(before));
    let most = if bytes.get(1) == Some(&80) { COMPRESSED } else { 64 * bytes.len() + 64 * KIB };
    assert!(peak <= most, "{peak} bytes of memory for {} that came", bytes.len());
    // A sanitized build is slow, and the machine may be busy.
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?} for {} bytes", bytes.len());
    let Ok(term) = read else { return };
    for otp in [Otp::Otp25, Otp::Otp26] {
        let written = term.to_etf(otp).expect("what fits into memory has a form");
        let again = Term::from_etf(&written).expect("what we write, we read");
        assert!(again == term, "the term comes back whole");
        assert!(again.to_etf(otp).expect("as before") == written, "the second time as the first");
    }
});
