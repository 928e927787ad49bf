//! Names in Redis: what Pow wrote, our own fixtures, and properties of every layout.

#![allow(clippy::unwrap_used, clippy::panic)]

mod candidates;
mod golden;
mod spelling;

use proptest::prelude::*;

use super::*;
use crate::pattern::Part;
use crate::term::Term;
use crate::term::tests::terms;

const LAYOUTS: [Layout; 5] = [
    Layout::Native,
    Layout::Pow(Otp::Otp25),
    Layout::Pow(Otp::Otp26),
    Layout::PowIndexed(Otp::Otp25),
    Layout::PowIndexed(Otp::Otp26),
];

fn space(term: impl Into<Term>) -> Namespace {
    Namespace::new(term).unwrap()
}

fn atom(name: &str) -> Term {
    Term::atom(name).unwrap()
}

fn key(literal: &str) -> Key {
    Key::from_term(literal.parse().unwrap()).unwrap()
}

fn pattern(literal: &str) -> Pattern {
    literal.parse().unwrap()
}

fn primary(layout: Layout, space: &Namespace, key: &Key) -> Vec<u8> {
    layout.spell(space, key).unwrap().primary
}

/// Every Redis key that a record may stand under.
fn spellings(spelled: &Spelled) -> Vec<&[u8]> {
    [spelled.primary.as_slice()].into_iter().chain(spelled.twin.as_deref()).collect()
}

/// Parts of the kinds that keys really have, and texts that are made to be taken for something else.
fn parts() -> impl Strategy<Value = Term> {
    prop_oneof![
        3 => "[ab:%#@~*{ é]{0,3}".prop_map(Term::from),
        2 => (-1i64..3).prop_map(Term::from),
        2 => "[ab:%é$_]{0,2}".prop_map(|name| atom(&name)),
        1 => prop::collection::vec(any::<u8>(), 0..4).prop_map(Term::from),
        1 => prop::collection::vec("[ab]{0,1}".prop_map(Term::from), 0..3).prop_map(Term::list),
        1 => ("[ab]", "[ab]".prop_map(|name| atom(&name))).prop_map(|(key, value)| Term::map([(Term::from(key), value)])),
        2 => terms(),
    ]
}

fn keys() -> impl Strategy<Value = Key> {
    prop::collection::vec(parts(), 1..5).prop_map(|parts| Key::new(parts).unwrap())
}

fn spaces() -> impl Strategy<Value = Namespace> {
    parts().prop_filter_map("a namespace is short", |term| Namespace::new(term).ok())
}

fn layouts() -> impl Strategy<Value = Layout> {
    prop::sample::select(&LAYOUTS[..])
}

/// A pattern that is likely to match the key: some of its parts, holes for the others, perhaps a rest.
fn patterns_of(key: &Key) -> impl Strategy<Value = Pattern> + use<> {
    let parts = key.parts();
    let count = parts.len();
    (prop::collection::vec(0..4, count), 0..=count, any::<bool>()).prop_map(move |(kinds, kept, open)| {
        let kept = if open { kept } else { count };
        let part = |(part, kind): (&Term, &i32)| match kind {
            0 => Part::Any,
            1 => Part::like(part).unwrap_or(Part::Any),
            _ => Part::exactly(part),
        };
        Pattern::new(parts.iter().zip(&kinds).take(kept).map(part), open).unwrap()
    })
}

/// As Redis matches a key against a pattern, for what patterns of ours hold.
fn redis_matches(glob: &[u8], key: &[u8]) -> bool {
    match glob.split_first() {
        None => key.is_empty(),
        Some((b'*', rest)) => (0..=key.len()).any(|at| redis_matches(rest, &key[at..])),
        Some((b'?' | b'[' | b'\\', _)) => panic!("a pattern of ours holds no other sign"),
        Some((byte, rest)) => key.first() == Some(byte) && redis_matches(rest, &key[1..]),
    }
}
