//! 65 KiB of a compressed term inflate to 64 MiB, and `binary_to_term` does it. Here what would be too much is refused
//! before it is inflated, and a term that lies about its size as soon as the lie shows.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use larder::Term;

use super::{alone, peak};

const MIB: usize = 1 << 20;

/// A compressed binary of so many zeros, which claims a size.
fn bomb(zeros: usize, claimed: u32) -> Vec<u8> {
    let mut deflater = ZlibEncoder::new(Vec::new(), Compression::best());
    deflater.write_all(&[109]).unwrap();
    deflater.write_all(&(zeros as u32).to_be_bytes()).unwrap();
    for _ in 0..zeros / MIB {
        deflater.write_all(&[0; MIB]).unwrap();
    }
    [&[131, 80], &claimed.to_be_bytes()[..], &deflater.finish().unwrap()].concat()
}

#[test]
fn what_would_inflate_beyond_the_limit_is_not_inflated() {
    let _alone = alone();
    let bytes = bomb(64 * MIB, 64 * MIB as u32 + 5);
    let (read, peak) = peak(|| Term::from_etf(&bytes).is_ok());
    assert!(!read);
    assert!(peak < MIB, "{peak} bytes for {} that came", bytes.len());
}

#[test]
fn a_lie_about_the_size_is_not_followed() {
    let _alone = alone();
    let bytes = bomb(64 * MIB, 100);
    let (read, peak) = peak(|| Term::from_etf(&bytes).is_ok());
    assert!(!read);
    assert!(peak < MIB, "{peak} bytes for {} that came", bytes.len());
}
