//! Patterns over keys in order: a walk that obeys each step finds what matches, all of it and nothing else.
#![no_main]

use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Unbounded};

use larder::{Key, Pattern, Step, Term};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.iter().copied();
    let Ok(pattern) = Pattern::from_term(&term(&mut bytes, 4)) else { return };
    let mut keys = BTreeSet::new();
    while bytes.len() > 0 && keys.len() < 64 {
        let parts: Vec<Term> = (0..bytes.next().unwrap_or(0) % 4).map(|_| term(&mut bytes, 3)).collect();
        match Key::new(&parts) {
            Ok(key) => keys.insert(key.as_bytes().to_vec()),
            // Whatever else lies in a store is passed over.
            Err(_) => keys.insert(bytes.by_ref().take(8).collect()),
        };
    }
    let matching = |bytes: &&Vec<u8>| {
        Key::from_bytes((*bytes).clone().into()).is_ok_and(|key| {
            let matches = pattern.matches(&key);
            assert_eq!(matches, pattern.step(bytes) == Step::Match);
            matches
        })
    };
    let expected: Vec<_> = keys.iter().filter(matching).collect();
    let found: Vec<_> = walk(&pattern, &keys).into_iter().filter(|bytes| is_key(bytes)).collect();
    assert!(found == expected, "{} keys are found, {} match", found.len(), expected.len());
});

fn is_key(bytes: &[u8]) -> bool {
    Key::from_bytes(bytes.to_vec().into()).is_ok()
}

fn walk<'a>(pattern: &Pattern, keys: &'a BTreeSet<Vec<u8>>) -> Vec<&'a Vec<u8>> {
    let mut found = Vec::new();
    let start = pattern.start();
    let mut next = keys.range(start..).next();
    while let Some(key) = next {
        let step = pattern.step(key);
        if step == Step::Match {
            found.push(key);
        }
        next = match step {
            Step::Match | Step::Next => keys.range::<Vec<u8>, _>((Excluded(key), Unbounded)).next(),
            Step::Seek(to) => {
                assert!(to > *key, "a seek goes forward");
                keys.range(to..).next()
            }
            Step::Done => None,
        };
    }
    found
}

/// A term of few kinds and values, so that keys and patterns meet.
fn term(bytes: &mut impl Iterator<Item = u8>, depth: u8) -> Term {
    let byte = bytes.next().unwrap_or(0);
    let leaf = if depth == 0 { byte % 11 } else { byte % 16 };
    let some = |bytes: &mut _, most: u8| -> Vec<Term> {
        (0..(byte >> 4) % (most + 1)).map(|_| term(bytes, depth.saturating_sub(1))).collect()
    };
    let atom = |name| Term::atom(name).expect("a short name is an atom");
    match leaf {
        0 => atom("_"),
        1 => atom("$1"),
        2 => atom("$2"),
        3 => atom("a"),
        4 => Term::from(1),
        5 => Term::float(1.0).expect("it is finite"),
        6 => Term::from("a"),
        7 => Term::from("a\0"),
        8 => Term::nil(),
        9 => Term::from(i64::from(byte) << 32),
        10 => Term::from(""),
        11 => Term::tuple(some(bytes, 3)),
        12 | 13 => Term::list(some(bytes, 3)),
        14 => {
            let elements = some(bytes, 3);
            Term::improper(elements, term(bytes, 0))
        }
        _ => {
            let (keys, values) = (some(bytes, 2), some(bytes, 2));
            Term::map(keys.into_iter().zip(values))
        }
    }
}
