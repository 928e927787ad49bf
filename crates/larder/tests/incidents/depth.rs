//! A few kilobytes of brackets inside brackets overflow the stack of a decoder that calls itself (serde_cbor,
//! RUSTSEC-2019-0025). Here the nesting is bounded, and nothing that is done with a term recurses.

use larder::Term;
use larder::term::Limits;

use super::alone;

fn nested(unit: &[u8], times: usize) -> Vec<u8> {
    [&[131], &unit.repeat(times)[..], &[106]].concat()
}

/// A tuple of one element, a list of one element, and a map from 1 to the next.
const UNITS: [&[u8]; 3] = [&[104, 1], &[108, 0, 0, 0, 1], &[116, 0, 0, 0, 1, 97, 1]];

#[test]
fn nesting_beyond_the_limit_is_refused() {
    let _alone = alone();
    for unit in UNITS {
        for times in [10_001, 100_000, 1_000_000] {
            assert!(Term::from_etf(&nested(unit, times)).is_err());
        }
    }
    assert!(Term::from_etf_within(&nested(UNITS[0], 129), Limits::default().depth(128)).is_err());
}
