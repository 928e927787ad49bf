//! Matching, and the walk that must agree with it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::key;

fn atom(name: &str) -> Term {
    Term::atom(name).unwrap()
}

/// What a backend does with a pattern: walks over keys in order and obeys each step. Answers the matches and the
/// number of keys it stood on.
fn walk(pattern: &Pattern, keys: &BTreeSet<Vec<u8>>) -> (Vec<Vec<u8>>, usize) {
    let (mut found, mut stood) = (Vec::new(), 0);
    let mut from = pattern.start();
    let mut after = None;
    loop {
        let range = match &after {
            Some(after) => {
                keys.range::<Vec<u8>, _>((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded)).next()
            }
            None => keys.range(from.clone()..).next(),
        };
        let Some(key) = range else { return (found, stood) };
        stood += 1;
        match pattern.step(key) {
            Step::Match => {
                found.push(key.clone());
                after = Some(key.clone());
            }
            Step::Next => after = Some(key.clone()),
            Step::Seek(to) => {
                assert!(to > *key, "a seek goes forward");
                from = to;
                after = None;
            }
            Step::Done => return (found, stood),
        }
    }
}

fn part() -> impl Strategy<Value = Term> {
    let leaf = prop_oneof![
        "[ab]{0,2}".prop_map(Term::from),
        (-1i64..3).prop_map(Term::from),
        prop_oneof![Just("a"), Just("_"), Just("$1"), Just("nil")].prop_map(atom),
        Just(Term::float(1.0).unwrap()),
    ];
    leaf.prop_recursive(2, 8, 2, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Term::tuple),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Term::list),
            prop::collection::vec((inner.clone(), inner), 0..2).prop_map(Term::map),
        ]
    })
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let hole = prop_oneof![
        3 => part().prop_map(Part::exactly),
        3 => Just(Part::Any),
        1 => (1u64..3).prop_map(Part::Variable),
        1 => part().prop_filter_map("no hole as a map's key", |term| Part::like(&term).ok()),
    ];
    (prop::collection::vec(hole, 0..4), any::<bool>())
        .prop_filter_map("a pattern has a part", |(parts, rest)| Pattern::new(parts, rest).ok())
}

proptest! {
    #[test]
    fn a_walk_in_order_finds_exactly_what_matches(
        keys in prop::collection::vec(prop::collection::vec(part(), 1..5), 0..40),
        pattern in pattern(),
    ) {
        let keys: BTreeSet<Vec<u8>> = keys.into_iter().map(|parts| Key::new(parts).unwrap().as_bytes().to_vec()).collect();
        let matches = |bytes: &&Vec<u8>| pattern.matches(&Key::from_bytes(bytes.to_vec().into()).unwrap());
        let expected: Vec<_> = keys.iter().filter(matches).cloned().collect();
        prop_assert_eq!(walk(&pattern, &keys).0, &expected[..]);
        #[cfg(feature = "memory")]
        if let Some(prefix) = pattern.prefix() {
            let under: Vec<_> = keys.iter().filter(|key| key.starts_with(&prefix)).cloned().collect();
            prop_assert_eq!(under, expected, "all under its prefix, and nothing else");
        }
    }

    #[test]
    fn no_bytes_upset_a_walk(bytes in prop::collection::vec(any::<u8>(), 0..40), pattern in pattern()) {
        pattern.step(&bytes);
    }
}

#[test]
fn a_walk_costs_what_it_finds() {
    let mut keys = BTreeSet::new();
    for user in 0..500 {
        for session in 0..4 {
            keys.insert(key!["user", user, "session", session].as_bytes().to_vec());
        }
        keys.insert(key!["user", user].as_bytes().to_vec());
        keys.insert(key!["user", user, "session", 1, "draft"].as_bytes().to_vec());
    }
    let (found, stood) = walk(&crate::pattern!["user", 7, "session", _], &keys);
    assert_eq!((found.len(), stood), (4, 5));
    let (found, stood) = walk(&crate::pattern!["user", 7, ..], &keys);
    assert_eq!(found.len(), 6);
    assert!(stood <= 12, "one seek for each length, not {stood}");
    let (found, _) = walk(&crate::pattern!["user", _, "session", 2], &keys);
    assert_eq!(found.len(), 500);
    let (found, stood) = walk(&crate::pattern!["user", _, "profile", _], &keys);
    assert_eq!(found.len(), 0);
    assert!(stood <= 502, "one seek for each user, not {stood}");
}

#[test]
fn a_seek_goes_forward_from_what_is_no_key() {
    // No term begins with 0xFF, so what lies there sorts behind all that a seek past the first part can name.
    let mut damaged = key!["a", "b"].as_bytes().to_vec();
    let second_part = key!["a"].as_bytes().len();
    damaged.splice(second_part.., [0xFF; 4]);
    for pattern in [crate::pattern![$1, $1], crate::pattern![_, "b"], crate::pattern!["a", "b"]] {
        if let Step::Seek(to) = pattern.step(&damaged) {
            assert!(to > damaged);
        }
    }
    let first_is_no_match = Pattern::from_term(&Term::list(vec![Term::tuple(vec![atom("_")]), atom("_")])).unwrap();
    assert_eq!(first_is_no_match.step(&damaged), Step::Next);
}

#[test]
fn the_macro_says_what_it_reads_as() {
    let id = "f3";
    assert!(crate::pattern![_].matches(&key!["k"]));
    assert!(!crate::pattern![_].matches(&key!["k", 1]));
    assert!(crate::pattern![..].matches(&key!["k", 1]));
    assert!(crate::pattern!["user", -1, $2, id, ..].matches(&key!["user", -1, "x", "f3"]));
    assert!(crate::pattern!["user", -1, $2, id, ..].matches(&key!["user", -1, "x", "f3", "y"]));
    assert!(!crate::pattern!["user", -1, $2, id, ..].matches(&key!["user", -1, "x"]));
    assert!(crate::pattern![$1, _, $1].matches(&key!["a", "b", "a"]));
    assert!(!crate::pattern![$1, _, $1].matches(&key!["a", "b", "c"]));
    assert_eq!(crate::pattern!["user", 42].point(), Some(key!["user", 42]));
    assert_eq!(crate::pattern!["user", _].point(), None);
    assert_eq!(Pattern::from(&key!["user", 42]), crate::pattern!["user", 42]);
}

#[test]
fn a_value_in_the_macro_never_becomes_a_hole() {
    let typed = atom("_");
    assert!(!crate::pattern!["user", typed.clone()].matches(&key!["user", "x"]));
    assert!(crate::pattern!["user", typed.clone()].matches(&key!["user", typed]));
    let map = Term::map([(Term::from("a"), Term::from(1))]);
    let more = Term::map([(Term::from("a"), Term::from(1)), (Term::from("b"), Term::from(2))]);
    assert!(!crate::pattern![map.clone()].matches(&key![more.clone()]));
    assert!(Pattern::from_term(&map).unwrap().matches(&key![more]));
}

#[test]
fn whole_terms_read_as_pow_reads_them() {
    assert_eq!(Pattern::from_term(&atom("_")).unwrap(), Pattern::any());
    assert_eq!(Pattern::from_term(&atom("$1")).unwrap(), Pattern::any());
    for refused in [Term::nil(), Term::empty_list()] {
        assert_eq!(Pattern::from_term(&refused).unwrap_err().kind(), crate::ErrorKind::Invalid);
        assert_eq!(Key::from_term(refused).unwrap_err().kind(), crate::ErrorKind::Invalid);
    }
    let hole_as_key = Term::list(vec![Term::map([(atom("_"), Term::from(1))]), atom("_")]);
    assert!(Pattern::from_term(&hole_as_key).is_err());
    let hole_in_key = Term::map([(Term::tuple(vec![atom("_")]), atom("_"))]);
    let looked_up = Pattern::from_term(&hole_in_key).unwrap();
    assert!(looked_up.matches(&key![Term::map([(Term::tuple(vec![atom("_")]), 1)])]));
    assert!(!looked_up.matches(&key![Term::map([(Term::tuple(vec![atom("a")]), 1)])]));
    let improper = Term::improper(vec![Term::from("a")], Term::from("b"));
    assert!(!Pattern::from_term(&improper).unwrap().matches(&key!["a", "b"]));
    assert!(!Pattern::from_term(&improper).unwrap().matches(&key!["a"]));
    let rest = Term::improper(vec![Term::from("a")], atom("_"));
    assert!(Pattern::from_term(&rest).unwrap().matches(&key!["a"]));
    assert!(Pattern::from_term(&rest).unwrap().matches(&key!["a", "b", "c"]));
    let mut deep = atom("_");
    for _ in 0..10_000 {
        deep = Term::list(vec![deep]);
    }
    assert!(Pattern::from_term(&deep).is_err());
}

#[test]
fn variables_are_atoms_of_a_dollar_and_a_number() {
    for (name, is_hole) in [
        ("_", true),
        ("$0", true),
        ("$1", true),
        ("$100000001", true),
        ("$99999999999999999999", true),
        ("$01", false),
        ("$", false),
        ("$-1", false),
        ("$1x", false),
        ("$$", false),
        ("$_", false),
        ("__", false),
    ] {
        let part = Part::like(&atom(name)).unwrap();
        assert_eq!(matches!(part, Part::Any | Part::Variable(_)), is_hole, "{name}");
    }
}
