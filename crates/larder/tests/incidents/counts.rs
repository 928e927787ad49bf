//! A message of eight bytes can announce four billion elements. Decoders that made room for them died of it (rmpv,
//! RUSTSEC-2017-0006; several readers of Erlang's format still do). Here room is made for what is there.

use larder::Term;

use super::{alone, peak};

/// Beyond 64 bytes for each byte that came.
const SLACK: usize = 64 << 10;

#[test]
fn announcing_costs_nothing() {
    let _alone = alone();
    let announced = |tag: u8, count: u32| [&[131, tag], &count.to_be_bytes()[..]].concat();
    let nested = |tag: u8, count: u32| [&[131], &announced(tag, count)[1..].repeat(100)[..]].concat();
    // Tuples, lists, maps, binaries, bitstrings, numbers, funs with that many variables.
    for tag in [105, 108, 116, 109, 77, 111, 117, 112] {
        for count in [u32::MAX, 9_000_000, 999_000, 9_000] {
            for bytes in [announced(tag, count), nested(tag, count), [announced(tag, count), vec![97, 7]].concat()] {
                let (read, peak) = peak(|| Term::from_etf(&bytes).is_ok());
                assert!(!read);
                assert!(peak <= 64 * bytes.len() + SLACK, "{peak} bytes for tag {tag} and {count} announced");
            }
        }
    }
}

#[test]
fn small_announcements_add_up_to_nothing() {
    let _alone = alone();
    for depth in [33, 100, 1_000] {
        let bytes = [&[131][..], &[104, 104].repeat(depth)].concat();
        let (read, peak) = peak(|| Term::from_etf(&bytes).is_ok());
        assert!(!read);
        assert!(peak <= 64 * bytes.len() + SLACK, "{peak} bytes for {} that came", bytes.len());
    }
}
