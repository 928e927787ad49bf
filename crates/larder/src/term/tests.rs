//! What every representation of terms is tested with, and the tests of terms themselves.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use num_bigint::BigInt;
use proptest::prelude::*;

use super::{Kind, Repr, Term};

pub(super) const DEEP: usize = 1_000_000;

fn integer() -> BoxedStrategy<Term> {
    prop_oneof![
        (-3i64..300).prop_map(Term::from),
        any::<i64>().prop_map(Term::from),
        any::<i128>().prop_map(Term::from),
        any::<u128>().prop_map(Term::from),
        // Near powers of two, where numbers of different widths meet.
        (0u32..1100, -2i64..=2, any::<bool>()).prop_map(|(power, near, negative)| {
            let value = (BigInt::from(1) << power) + near;
            Term::integer(if negative { -value } else { value })
        }),
        prop::collection::vec(any::<u8>(), 0..200)
            .prop_map(|bytes| { Term::integer(BigInt::from_signed_bytes_be(&bytes)) }),
    ]
    .boxed()
}

fn float() -> BoxedStrategy<Term> {
    prop_oneof![
        (-3i32..300).prop_map(|value| f64::from(value) / 2.0),
        any::<u64>().prop_map(f64::from_bits),
        any::<i64>().prop_map(|value| value as f64),
        (0i32..1024, -2i64..=2)
            .prop_map(|(power, near)| { f64::from_bits((2f64.powi(power).to_bits() as i64 + near) as u64) }),
        (0u32..110).prop_map(|power| (1i128 << power) as f64 - 1.0),
        (0u64..5).prop_map(f64::from_bits),
        Just(-0.0),
        Just(f64::MAX),
        Just(f64::MIN),
    ]
    .prop_map(|value| Term::float(value).unwrap_or_else(|_| Term::float(0.0).unwrap()))
    .boxed()
}

fn text() -> BoxedStrategy<Term> {
    prop_oneof![
        "[a-c]{0,3}".prop_map(Term::from),
        "\\PC{0,30}".prop_map(Term::from),
        prop::collection::vec(prop_oneof![Just(0u8), Just(255), any::<u8>()], 0..40).prop_map(Term::from),
        (prop::collection::vec(any::<u8>(), 1..4), 1usize..=7)
            .prop_map(|(bytes, last)| { Term::bitstring(&bytes, (bytes.len() - 1) * 8 + last).unwrap() }),
    ]
    .boxed()
}

fn atom() -> BoxedStrategy<Term> {
    prop_oneof![
        "[a-c]{0,3}[?!]?",
        "[A-Z][a-z]{0,3}(\\.[A-Z][a-z]{0,3}){0,2}",
        "Elixir\\.[A-Z][a-z]{0,3}(\\.[A-Z][a-z]{0,3}){0,2}",
        Just("nil".to_owned()),
        Just("true".to_owned()),
        "\\PC{0,20}",
        ".{0,5}",
        "[-+*/<>=!&|^~.%{}@:]{1,3}",
    ]
    .prop_map(|name| Term::atom(&name).unwrap())
    .boxed()
}

/// Any term but opaque ones.
pub(crate) fn terms() -> BoxedStrategy<Term> {
    let leaf = prop_oneof![3 => integer(), 2 => float(), 2 => text(), 2 => atom()];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Term::tuple),
            prop::collection::vec(inner.clone(), 0..5).prop_map(Term::list),
            prop::collection::vec(7u8..127, 0..5)
                .prop_map(|characters| { Term::list(characters.into_iter().map(Term::from).collect::<Vec<_>>()) }),
            (prop::collection::vec(inner.clone(), 1..4), inner.clone())
                .prop_map(|(terms, tail)| Term::improper(terms, tail)),
            prop::collection::vec((inner.clone(), inner.clone()), 0..4).prop_map(Term::map),
            prop::collection::vec((atom(), inner), 0..4).prop_map(|pairs| {
                let pairs = pairs.into_iter().map(|(key, value)| Term::tuple(vec![key, value]));
                Term::list(pairs.collect::<Vec<_>>())
            }),
        ]
    })
    .boxed()
}

/// Pairs that are likely to differ late, if at all.
pub(super) fn pairs() -> BoxedStrategy<(Term, Term)> {
    let numbers = || prop_oneof![integer(), float()];
    prop_oneof![
        (terms(), terms()),
        (numbers(), numbers()),
        // An integer and a float at or next to it.
        (any::<i64>(), -1i64..=1)
            .prop_map(|(value, near)| { (Term::from(value), Term::float((value as f64) + near as f64).unwrap(),) }),
        (0u32..1023, -1i64..=1, any::<bool>()).prop_map(|(power, near, negative)| {
            let sign = if negative { -1 } else { 1 };
            let integer = ((BigInt::from(1) << power) + near) * sign;
            let float = 2f64.powi(power as i32) * f64::from(sign);
            (Term::integer(integer), Term::float(float).unwrap())
        }),
        (terms(), numbers(), numbers()).prop_map(|(same, left, right)| {
            let wrap = |term| Term::map([(Term::list(vec![same.clone(), term]), same.clone())]);
            (wrap(left), wrap(right))
        }),
        (terms(), terms(), terms()).prop_map(|(same, left, right)| {
            let wrap = |term| Term::improper(vec![same.clone()], term);
            (wrap(left), wrap(right))
        }),
    ]
    .boxed()
}

/// A million terms one inside the other, in every shape.
pub(super) fn deep() -> Term {
    (0..DEEP).fold(Term::from(1), |term, level| match level % 5 {
        0 => Term::tuple(vec![term]),
        1 => Term::list(vec![term, Term::nil()]),
        2 => Term(Repr::Improper(vec![term, Term::nil()].into())),
        3 => Term::map([("key", term)]),
        _ => Term::map([(term, "value")]),
    })
}

fn hash(term: &Term) -> u64 {
    let mut hasher = DefaultHasher::new();
    term.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn a_term_is_three_words() {
    assert_eq!(size_of::<Term>(), 24);
}

#[test]
fn order_is_erlangs_made_strict() {
    let float = |value| Term::float(value).unwrap();
    let big = |power: u32| Term::integer(BigInt::from(1) << power);
    let ascending = [
        float(f64::MIN),
        Term::integer(BigInt::from(-1) << 70),
        float(-(2f64.powi(70))),
        Term::from(-1),
        float(-1.0),
        float(-f64::from_bits(1)),
        Term::from(0),
        float(-0.0),
        float(0.0),
        float(f64::from_bits(1)),
        float(0.5),
        Term::from(1),
        float(1.0),
        float(1.5),
        Term::from(2),
        Term::from((1i64 << 53) + 1),
        float(2f64.powi(53) + 2.0),
        Term::from(i64::MAX),
        big(63),
        float(2f64.powi(63)),
        big(64),
        float(2f64.powi(64)),
        big(1023),
        float(2f64.powi(1023)),
        float(f64::MAX),
        big(1024),
        big(2000),
        Term::atom("").unwrap(),
        Term::atom("a").unwrap(),
        Term::atom("aa").unwrap(),
        Term::atom("b").unwrap(),
        Term::opaque(Kind::Reference, b"r"),
        Term::opaque(Kind::Fun, b"f"),
        Term::opaque(Kind::Port, b"o"),
        Term::opaque(Kind::Pid, b"p"),
        Term::tuple(vec![]),
        Term::tuple(vec![Term::from(2)]),
        Term::tuple(vec![Term::from(1), Term::from(1)]),
        Term::map([("", ""); 0]),
        Term::map([(1, 9)]),
        Term::map([(2, 1)]),
        Term::map([(float(0.5), 1)]),
        Term::map([(1, 1), (2, 1)]),
        Term::map([(1, 1), (2, 2)]),
        Term::empty_list(),
        Term::improper(vec![Term::from(1)], Term::from(9)),
        Term::list(vec![Term::from(1)]),
        Term::list(vec![Term::from(1), Term::from(1)]),
        Term::improper(vec![Term::from(1)], Term::from("")),
        Term::list(vec![Term::from(2)]),
        Term::from(""),
        Term::bitstring(&[0], 1).unwrap(),
        Term::from(&[0]),
        Term::bitstring(&[0, 0], 9).unwrap(),
        Term::from("a"),
        Term::bitstring(&[0x80], 1).unwrap(),
        Term::from(&[0x80]),
    ];
    for (left, one) in ascending.iter().enumerate() {
        for (right, other) in ascending.iter().enumerate() {
            assert_eq!(one.cmp(other), left.cmp(&right), "{left} and {right}");
        }
    }
}

#[test]
fn no_depth_overflows_the_stack() {
    let term = deep();
    assert!(term == term.clone());
    hash(&term);
    assert!(!term.has_opaque());
    assert!(term.cmp(&deep()).is_eq());
}

#[test]
fn debug_shows_no_content() {
    assert_eq!(format!("{:?}", Term::from("secret")), "Term(binary)");
    assert_eq!(format!("{:?}", Term::list(vec![Term::from("secret")])), "Term(list)");
}

proptest! {
    #[test]
    fn equal_terms_hash_alike((left, right) in pairs()) {
        prop_assert_eq!(left == right, right == left);
        prop_assert_eq!(left.cmp(&right), right.cmp(&left).reverse());
        if left == right {
            prop_assert_eq!(hash(&left), hash(&right));
        }
    }

    #[test]
    fn a_map_finds_its_values(pairs in prop::collection::vec((terms(), terms()), 0..20)) {
        let map = Term::map(pairs.clone());
        for (key, _) in &pairs {
            let last = pairs.iter().rev().find(|(other, _)| other == key).map(|(_, value)| value);
            prop_assert!(map.get(key) == last);
        }
    }

    #[test]
    fn integers_convert_where_they_fit(value in any::<i128>()) {
        let term = Term::from(value);
        prop_assert_eq!(term.as_i128(), Some(value));
        prop_assert_eq!(term.as_i64(), i64::try_from(value).ok());
        prop_assert_eq!(term.as_u64(), u64::try_from(value).ok());
        prop_assert_eq!(term.as_u128(), u128::try_from(value).ok());
    }
}
