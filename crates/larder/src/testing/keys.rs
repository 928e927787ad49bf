//! Promises about keys: which are the same, which are not, and their order.

use crate::backend::When;
use crate::key;
use crate::key::Key;
use crate::pattern::Pattern;
use crate::term::Term;

use super::case::{Case, ok, put, sorted};
use super::fixture::Fixture;

/// Keys of every kind of part, and of several lengths, each another than all others.
pub(super) fn one_of_each_kind() -> Vec<Key> {
    let atom = |name: &str| ok(Term::atom(name), "a short name is an atom");
    let float = |number: f64| ok(Term::float(number), "a number is finite");
    let bits = |bytes: &[u8], bits| ok(Term::bitstring(bytes, bits), "the bits are there");
    let parts = [
        Term::from(1),
        float(1.0),
        Term::from(0),
        float(0.0),
        float(-0.0),
        Term::from(-1),
        float(-1.5),
        Term::from(255),
        Term::from(256),
        Term::from(i64::MIN),
        Term::from(i64::MAX),
        Term::from(u64::MAX),
        Term::from(u128::MAX),
        Term::from(i128::MIN),
        float(18_446_744_073_709_551_616.0),
        float(f64::MAX),
        float(f64::MIN_POSITIVE),
        Term::from("1"),
        Term::from("k"),
        Term::from(""),
        Term::from("k\0"),
        Term::from("k\0k"),
        Term::from("k\u{ff}"),
        Term::from(vec![0xff_u8, 0xfe]),
        Term::from("é"),
        atom("k"),
        atom("1"),
        atom(""),
        atom("é"),
        atom("true"),
        Term::nil(),
        Term::tuple(Vec::<Term>::new()),
        Term::tuple([Term::from("k")]),
        Term::tuple([Term::from(1)]),
        Term::tuple([float(1.0)]),
        Term::tuple([Term::from("k"), Term::from("k")]),
        Term::empty_list(),
        Term::list([Term::from("k")]),
        Term::list([Term::from("k"), Term::from("k")]),
        Term::improper([Term::from("k")], Term::from("k")),
        Term::map(Vec::<(Term, Term)>::new()),
        Term::map([(Term::from(1), "k")]),
        Term::map([(float(1.0), "k")]),
        bits(&[0b1010_0000], 3),
        bits(&[0b1010_0000], 4),
        bits(&[0b1010_0000], 8),
    ];
    let alone = parts.iter().map(|part| key![part]);
    let first = parts.iter().map(|part| key![part, "k"]);
    let last = parts.iter().map(|part| key!["k", part]);
    let long = (3..=64).map(|count| ok(Key::new(vec!["k"; count]), "it has parts"));
    alone
        .chain(first)
        .chain(last)
        .chain(long)
        .filter({
            let mut seen = std::collections::BTreeSet::new();
            move |key| seen.insert(key.clone())
        })
        .collect()
}

/// Parts of different kinds are different keys: 1, 1.0, `"1"`, `:"1"`, 0.0, -0.0, large integers, and what contains
/// them. None overwrites, ends or hides another.
pub async fn keys_of_different_kinds_are_different<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let keys = one_of_each_kind();
    let value = |place: usize| format!("value {place}");
    let puts: Vec<_> = keys.iter().enumerate().map(|(place, key)| put(key, &value(place), When::Absent)).collect();
    assert_eq!(case.put_all(&puts).await, vec![true; keys.len()], "none was there before");
    let found = case.get_all(&keys).await;
    for (place, found) in found.into_iter().enumerate() {
        assert_eq!(found, Some(value(place)), "each key has its own value");
    }
    let mut left = keys.clone();
    for key in keys.iter().step_by(2) {
        assert!(case.delete(key).await);
        left.retain(|other| other != key);
    }
    assert!(sorted(case.list(&Pattern::any()).await) == sorted(left), "a delete ends its key and no other");
}

/// A key comes back from a listing as the key that was put, part for part.
pub async fn keys_come_back_as_they_were<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let keys = one_of_each_kind();
    let puts: Vec<_> = keys.iter().map(|key| put(key, "v", When::Always)).collect();
    case.put_all(&puts).await;
    let listed = sorted(case.list(&Pattern::any()).await);
    let expected = sorted(keys);
    assert_eq!(listed.len(), expected.len());
    for (listed, expected) in listed.iter().zip(&expected) {
        assert!(listed == expected && listed.parts() == expected.parts(), "a key came back otherwise");
    }
}

/// `"k"` and `["k"]` are one key, and so one record.
pub async fn keys_of_one_part_need_no_list<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let alone = ok(Key::from_term(Term::from("k")), "a text is a key");
    let listed = ok(Key::from_term(Term::list([Term::from("k")])), "a list is a key");
    case.put(&alone, "v").await;
    assert_eq!(case.get(&listed).await.as_deref(), Some("v"));
    assert!(!case.put_when(&listed, "w", When::Absent).await);
    assert!(case.delete(&listed).await);
    assert_eq!(case.get(&alone).await, None);
}
