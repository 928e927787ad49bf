//! Whoever writes a stranger's text as an atom has every Elixir node that reads it keep that atom for ever: the same end
//! as that of `atoms`, at one remove. Here only names that stand in a value's type are written as atoms.

use std::collections::{BTreeMap, BTreeSet};

use larder::term::{Otp, to_term};
use larder::{Codec, Etf, Term};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Visit {
    name: String,
    first: char,
    role: Role,
    note: Option<String>,
    either: Either,
    tagged: Tagged,
    nested: BTreeMap<String, Vec<(String, [String; 1])>>,
    flat: Flat,
    json: serde_json::Value,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Role {
    Guest,
    Named(String),
    Pair(String, String),
    Member { since: String },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Text(String),
    Known(bool),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Only { text: String },
}

#[derive(Debug, Serialize, Deserialize)]
struct Flat {
    #[serde(flatten)]
    others: BTreeMap<String, String>,
}

/// The names that stand in the types above.
const DECLARED: [&str; 16] = [
    "name", "first", "role", "note", "either", "tagged", "nested", "flat", "json", "Guest", "Named", "Pair", "Member",
    "since", "kind", "text",
];

fn visit() -> impl Strategy<Value = Visit> {
    // Also what is an atom wherever Elixir runs, and what a field is called.
    let text = || prop_oneof!["[a-z_]{0,6}", Just("Elixir.System".to_owned()), Just("true".to_owned()), ".{0,8}"];
    let role = prop_oneof![
        Just(Role::Guest),
        text().prop_map(Role::Named),
        (text(), text()).prop_map(|(one, other)| Role::Pair(one, other)),
        text().prop_map(|since| Role::Member { since }),
    ];
    let either = prop_oneof![text().prop_map(Either::Text), any::<bool>().prop_map(Either::Known)];
    let json = text().prop_map(serde_json::Value::from).prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::from),
            prop::collection::hash_map(text(), inner, 0..3).prop_map(|map| map.into_iter().collect()),
        ]
    });
    (text(), any::<char>(), role, prop::option::of(text()), either, text(), text(), json).prop_map(
        |(name, first, role, note, either, text, key, json)| Visit {
            nested: [(key.clone(), vec![(text.clone(), [name.clone()])])].into(),
            flat: Flat { others: [(key, text.clone())].into() },
            tagged: Tagged::Only { text },
            name,
            first,
            role,
            note,
            either,
            json,
        },
    )
}

/// Adds the names of all atoms in a term.
fn add_atoms(term: &Term, found: &mut BTreeSet<String>) {
    found.extend(term.as_atom().map(str::to_owned));
    let (elements, tail) = match term.as_improper() {
        Some((elements, tail)) => (elements, Some(tail)),
        None => (term.as_tuple().or(term.as_list()).unwrap_or_default(), None),
    };
    elements.iter().chain(tail).for_each(|element| add_atoms(element, found));
    for (key, value) in term.as_map().into_iter().flatten() {
        add_atoms(key, found);
        add_atoms(value, found);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_writer_emits_only_atoms_that_its_type_names(visit in visit()) {
        for otp in [Otp::Otp25, Otp::Otp26] {
            let written = Etf { otp }.encode(&visit).unwrap();
            let mut found = BTreeSet::new();
            add_atoms(&Term::from_etf(&written).unwrap(), &mut found);
            found.retain(|name| !DECLARED.contains(&&**name) && !["nil", "true", "false"].contains(&&**name));
            prop_assert!(found.is_empty(), "{found:?}");
        }
    }
}

#[test]
fn a_text_that_reads_like_an_atom_is_written_as_a_text() {
    for text in ["nil", "true", "name", "Elixir.System", ":admin", ""] {
        let texts: BTreeMap<_, _> = [(text, vec![text])].into();
        let expected = Term::map([(Term::from(text), Term::list(vec![Term::from(text)]))]);
        assert!(to_term(&texts).unwrap() == expected);
    }
}
