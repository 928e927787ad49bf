//! Promises of `scan`: which records a pattern lists.

use std::collections::BTreeSet;

use crate::backend::{Cursor, When};
use crate::key;
use crate::key::Key;
use crate::pattern;
use crate::pattern::{Part, Pattern};
use crate::record::Select;
use crate::term::Term;

use super::case::{Case, LONG, ok, put, sorted};
use super::fixture::Fixture;

/// Keys of a user's sessions, and others that resemble them.
fn users() -> Vec<Key> {
    vec![
        key!["user", 42, "session", "a"],
        key!["user", 42, "session", "b"],
        key!["user", 43, "session", "a"],
        key!["user", 42, "session"],
        key!["user", 42, "session", "a", "draft"],
        key!["user", "42", "session", "a"],
        key!["use", 42, "session", "a"],
        key!["user", 4, "session", "a"],
        key!["user", 42, "token", "a"],
        key!["user"],
        key![42],
    ]
}

async fn filled<F: Fixture>(fixture: F, keys: &[Key]) -> Case<F> {
    let case = Case::open(fixture).await;
    let puts: Vec<_> = keys.iter().map(|key| put(key, "v", When::Always)).collect();
    case.put_all(&puts).await;
    case
}

#[track_caller]
fn assert_lists(listed: Vec<Key>, expected: &[Key], what: &str) {
    let (found, wanted) = (listed.len(), expected.len());
    assert!(
        sorted(listed) == sorted(expected.to_vec()),
        "{what}: {found} keys listed, and not the {wanted} that match"
    );
}

/// A pattern without holes lists its one record, and no other that resembles it.
pub async fn scan_finds_a_key_without_holes<F: Fixture>(fixture: F) {
    let case = filled(fixture, &users()).await;
    for key in users() {
        assert_lists(case.list(&Pattern::from(&key)).await, &[key], "a key without holes");
    }
    assert_lists(case.list(&pattern!["user", 41]).await, &[], "one that is not there");
    assert_lists(case.list(&pattern!["user", 42.to_string(), "session", "b"]).await, &[], "text is no integer");
}

/// A hole at the end stands for exactly one part, whatever it is.
pub async fn scan_matches_a_hole_at_the_end<F: Fixture>(fixture: F) {
    let case = filled(fixture, &users()).await;
    let both = [key!["user", 42, "session", "a"], key!["user", 42, "session", "b"]];
    assert_lists(case.list(&pattern!["user", 42, "session", _]).await, &both, "one hole");
    assert_lists(case.list(&pattern![_]).await, &[key!["user"], key![42]], "a hole alone is one part");
}

/// A hole in the middle stands for one part, and the parts behind it must be what they are.
pub async fn scan_matches_holes_in_the_middle<F: Fixture>(fixture: F) {
    let case = filled(fixture, &users()).await;
    let of_a = [
        key!["user", 42, "session", "a"],
        key!["user", 43, "session", "a"],
        key!["user", "42", "session", "a"],
        key!["user", 4, "session", "a"],
    ];
    assert_lists(case.list(&pattern!["user", _, "session", "a"]).await, &of_a, "a hole in the middle");
    let first = [&of_a[..], &[key!["use", 42, "session", "a"]]].concat();
    assert_lists(case.list(&pattern![_, _, "session", "a"]).await, &first, "holes at the beginning");
    let two = [&first[..], &[key!["user", 42, "token", "a"]]].concat();
    assert_lists(case.list(&pattern![_, _, _, "a"]).await, &two, "three holes");
}

/// `..` stands for zero or more further parts.
pub async fn scan_matches_the_rest<F: Fixture>(fixture: F) {
    let case = filled(fixture, &users()).await;
    let of_42 = [
        key!["user", 42, "session"],
        key!["user", 42, "session", "a"],
        key!["user", 42, "session", "b"],
        key!["user", 42, "session", "a", "draft"],
    ];
    assert_lists(case.list(&pattern!["user", 42, "session", ..]).await, &of_42, "a rest");
    let beyond = [&of_42[1..]].concat();
    assert_lists(case.list(&pattern!["user", 42, "session", _, ..]).await, &beyond, "a hole and a rest");
    let users: Vec<_> = users().into_iter().filter(|key| key.parts()[0] == Term::from("user")).collect();
    assert_lists(case.list(&pattern!["user", ..]).await, &users, "a rest of many lengths");
    let drafts = [key!["user", 42, "session", "a", "draft"]];
    assert_lists(case.list(&pattern![_, _, _, _, _, ..]).await, &drafts, "five parts or more");
}

/// `Pattern::any` lists every record of the namespace, of any number of parts.
pub async fn scan_matches_every_key<F: Fixture>(fixture: F) {
    let case = filled(fixture, &users()).await;
    assert_lists(case.list(&Pattern::any()).await, &users(), "every key");
    assert_lists(case.list(&pattern![_, ..]).await, &users(), "one part or more is every key");
}

/// A variable stands for the same part wherever it repeats: the same by `=:=`, so that 1 is not 1.0.
pub async fn scan_binds_variables_by_identity<F: Fixture>(fixture: F) {
    let [one, zero, minus] = [1.0, 0.0, -0.0].map(|number| ok(Term::float(number), "a number is finite"));
    let keys = [
        key!["a", "a"],
        key!["a", "b"],
        key![1, 1],
        key![1, &one],
        key![&one, &one],
        key![&zero, &minus],
        key![&minus, &minus],
        key!["a", "b", "a"],
        key!["a", "b", "b"],
    ];
    let case = filled(fixture, &keys).await;
    let twins = [key!["a", "a"], key![1, 1], key![&one, &one], key![&minus, &minus]];
    assert_lists(case.list(&pattern![$1, $1]).await, &twins, "the same twice");
    assert_lists(case.list(&pattern![$1, $2]).await, &keys[..7], "two variables may be the same or not");
    assert_lists(case.list(&pattern![$1, _, $1]).await, &[key!["a", "b", "a"]], "with a hole between");
    assert_lists(case.list(&pattern![$7, $1, $1]).await, &[key!["a", "b", "b"]], "behind another");
}

/// Holes inside a part: tuples by element, lists by cell, maps by the pairs they must hold.
pub async fn scan_matches_inside_a_part<F: Fixture>(fixture: F) {
    let atom = |name: &str| ok(Term::atom(name), "a short name is an atom");
    let int = |number: i64| Term::from(number);
    let (hole, t) = (atom("_"), atom("t"));
    let map = |pairs: &[(&str, i64)]| Term::map(pairs.iter().map(|(name, number)| (atom(name), *number)));
    let keys = [
        key![Term::tuple([t.clone(), int(1)]), "x"],
        key![Term::tuple([t.clone(), int(1), int(1)]), "x"],
        key![Term::tuple([t.clone(), int(1), int(2)]), "x"],
        key![Term::list([int(1), int(2)]), "x"],
        key![Term::list([int(1)]), "x"],
        key![Term::improper([int(1)], int(2)), "x"],
        key![Term::empty_list(), "x"],
        key![map(&[("a", 1)]), "x"],
        key![map(&[("a", 1), ("b", 2)]), "x"],
        key![map(&[]), "x"],
    ];
    let held = |keys: &[Key]| keys.iter().filter(|key| fixture.holds(key)).cloned().collect::<Vec<_>>();
    let parts = [0..1, 1..2, 1..3, 3..4, 3..6, 3..6, 7..9, 7..9, 8..9, 7..10].map(|part| held(&keys[part]));
    let all = held(&keys);
    let case = filled(fixture, &all).await;
    let one = atom("$1");
    let map_of = |value: &Term| Term::map([(atom("a"), value.clone())]);
    let patterns = [
        Term::tuple([t.clone(), hole.clone()]),
        Term::tuple([t.clone(), one.clone(), one.clone()]),
        Term::tuple([t, hole.clone(), hole.clone()]),
        Term::list([int(1), hole.clone()]),
        Term::improper([int(1)], hole.clone()),
        Term::improper([hole.clone()], hole.clone()),
        map_of(&hole),
        map_of(&int(1)),
        map(&[("a", 1), ("b", 2)]),
        map(&[]),
    ];
    for (part, matches) in patterns.into_iter().zip(&parts) {
        let pattern = ok(Pattern::from_term(&Term::list([part, "x".into()])), "it is a pattern");
        assert_lists(case.list(&pattern).await, matches, "holes inside a part");
    }
}

/// An atom `:_` or `:"$1"` in a key is a part like any other: holes match it, and a part given as a value matches
/// nothing else.
pub async fn scan_takes_a_hole_in_a_key_literally<F: Fixture>(fixture: F) {
    let [hole, one] = ["_", "$1"].map(|name| ok(Term::atom(name), "a short name is an atom"));
    let keys = [key!["k", &hole], key!["k", &one], key!["k", "_"], key!["k", "*"], key!["k", "?"]];
    let case = filled(fixture, &keys).await;
    for key in &keys {
        assert_lists(case.list(&Pattern::from(key)).await, std::slice::from_ref(key), "to the letter");
    }
    let exactly = ok(Pattern::new([Part::exactly("k"), Part::exactly(hole)], false), "two parts");
    assert_lists(case.list(&exactly).await, &keys[..1], "an exact part is no hole");
    assert_lists(case.list(&pattern!["k", _]).await, &keys, "a hole matches them all");
    assert_lists(case.list(&pattern!["k", "*"]).await, &keys[3..4], "no other language's wildcard means anything");
}

/// Where nothing matches, a listing ends and holds nothing.
pub async fn scan_of_nothing_is_empty<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let patterns = [Pattern::any(), pattern!["a"], pattern!["a", _], pattern![_, "a"], pattern!["a", ..]];
    for pattern in &patterns {
        assert_lists(case.list(pattern).await, &[], "an empty namespace");
    }
    case.put(&key!["b"], "v").await;
    for pattern in &patterns[1..] {
        assert_lists(case.list(pattern).await, &[], "a namespace where nothing matches");
    }
}

/// What has expired is not listed, though nobody has swept it.
pub async fn scan_leaves_out_the_expired<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    for number in 0..20 {
        case.put_for(&key!["k", number], "v", if number % 2 == 0 { case.short() } else { LONG }).await;
    }
    case.advance_to_the_end_of(case.short()).await;
    case.advance_over_the_end().await;
    let living: Vec<_> = (0..20).filter(|number| number % 2 == 1).map(|number| key!["k", number]).collect();
    assert_lists(case.list(&pattern!["k", _]).await, &living, "by a range");
    assert_lists(case.list(&pattern![_, ..]).await, &living, "by all");
    assert_lists(case.list(&pattern!["k", 2]).await, &[], "by a point");
}

/// It brings what was selected: keys alone, values, or values and what remains of their ttls.
pub async fn scan_brings_what_is_selected<F: Fixture>(fixture: F) {
    let case = Case::open(fixture).await;
    let key = key!["k"];
    case.put(&key, "v").await;
    for select in [Select::Keys, Select::Values, Select::ValuesAndTtls] {
        for pattern in [Pattern::from(&key), Pattern::any()] {
            let page = case.scan(&pattern, select, &Cursor::START, 10).await;
            let [record] = &page.records[..] else { panic!("one record matches") };
            assert!(record.key == key, "the key is the record's");
            let value: &[u8] = if select == Select::Keys { b"" } else { b"v" };
            assert_eq!(record.found.value, value);
            match select {
                Select::Keys => assert_eq!(record.found.ttl, None),
                Select::Values => {}
                Select::ValuesAndTtls => case.assert_remains(record.found.ttl, LONG, "asked for"),
            }
        }
    }
}

/// Whatever a backend does to find candidates, the verdict is that of `Pattern::matches`: keys and patterns at random.
pub async fn scan_gives_the_verdict_of_the_pattern<F: Fixture>(fixture: F) {
    let mut random = super::model::Random::new();
    let keys: BTreeSet<Key> = (0..120).map(|_| random.key()).collect();
    let keys = Vec::from_iter(keys);
    let case = filled(fixture, &keys).await;
    for _ in 0..60 {
        let pattern = random.pattern();
        let matching: Vec<Key> = keys.iter().filter(|key| pattern.matches(key)).cloned().collect();
        let limit = 1 + random.below(7);
        let listed = case.list_by(&pattern, limit).await;
        assert!(sorted(listed) == sorted(matching), "{}", random.seed_line());
    }
}
