//! Erlang never forgets an atom and holds a million of them, so a visitor who is let to invent atoms ends the node
//! (Plug and many others decoded cookies that way). Here an atom is a text like any other, and goes when its term goes.

use larder::Term;

use super::{HEAP, alone};

const ATOMS: u32 = 100_000;

#[test]
fn atoms_that_strangers_invent_are_forgotten() {
    let _alone = alone();
    let before = HEAP.current_usage();
    for number in 0..ATOMS {
        let name = format!("invented_{number}");
        let bytes = [&[131, 119, name.len() as u8], name.as_bytes()].concat();
        assert_eq!(Term::from_etf(&bytes).unwrap().as_atom(), Some(&*name));
    }
    let kept = HEAP.current_usage().saturating_sub(before);
    assert!(kept < 64 << 10, "{kept} bytes are kept of {ATOMS} atoms");
}
