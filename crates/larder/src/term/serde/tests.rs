use std::collections::BTreeMap;

use ::serde::de::DeserializeOwned;
use ::serde::{Deserialize, Serialize};
use proptest::prelude::*;

use super::super::tests::{deep, terms};
use super::{Term, from_term, to_term};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
    email: Option<String>,
    roles: Vec<Role>,
    point: (i8, f64),
    unit: (),
    wide: i128,
    wider: u128,
    letter: char,
    wrapped: Wrapped,
    pair: Pair,
    counts: BTreeMap<String, i32>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped(u8);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Pair(u8, bool);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    Guest,
    Named(String),
    Ranged(u8, u8),
    Scoped { scope: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Nested(Option<Box<Nested>>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Holder {
    term: Term,
    terms: Vec<Term>,
}

fn user() -> User {
    User {
        id: 7,
        name: "Ann".into(),
        email: None,
        roles: vec![Role::Guest, Role::Named("a".into()), Role::Ranged(1, 2), Role::Scoped { scope: "s".into() }],
        point: (-1, 0.5),
        unit: (),
        wide: i128::MIN,
        wider: u128::MAX,
        letter: 'é',
        wrapped: Wrapped(3),
        pair: Pair(4, true),
        counts: BTreeMap::from([("one".into(), 1)]),
    }
}

fn read<T: DeserializeOwned>(text: &str) -> crate::Result<T> {
    from_term(&text.parse().unwrap())
}

#[test]
fn values_have_the_terms_of_the_table() {
    let term = to_term(&user()).unwrap();
    let text = r#"%{
        id: 7, name: "Ann", email: nil, point: {-1, 0.5}, unit: nil,
        roles: [:guest, {:named, "a"}, {:ranged, 1, 2}, {:scoped, %{scope: "s"}}],
        wide: -170141183460469231731687303715884105728,
        wider: 340282366920938463463374607431768211455,
        letter: "é", wrapped: 3, pair: {4, true}, counts: %{"one" => 1}
    }"#;
    assert_eq!(term.to_string(), text.parse::<Term>().unwrap().to_string());
    assert_eq!(from_term::<User>(&term).unwrap(), user());
}

#[test]
fn reading_takes_what_elixir_has() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Login {
        id: u32,
        score: f64,
        role: String,
    }
    let login = Login { id: 1, score: 2.0, role: "admin".into() };
    for text in [
        "%MyApp.Login{id: 1, score: 2, role: :admin}",
        r#"%{"id" => 1, "score" => 2.0, "role" => "admin"}"#,
        "[id: 1, score: 2.0, role: :admin]",
    ] {
        assert_eq!(read::<Login>(text).unwrap(), login);
    }
    assert_eq!(read::<Vec<u8>>("\"ab\"").unwrap(), b"ab");
    assert_eq!(read::<Vec<u8>>("~c\"ab\"").unwrap(), b"ab");
    assert_eq!(read::<(u8, u8)>("[1, 2]").unwrap(), (1, 2));
    assert_eq!(read::<Role>("\"guest\"").unwrap(), Role::Guest);
    assert_eq!(read::<BTreeMap<String, bool>>("[]").unwrap(), BTreeMap::new());
    assert_eq!(read::<BTreeMap<u8, Option<u8>>>("%{1 => nil}").unwrap(), BTreeMap::from([(1, None)]));
}

#[test]
fn what_does_not_fit_is_refused_and_not_quoted() {
    let errors = [
        read::<u8>("256").unwrap_err(),
        read::<u8>("\"secret\"").unwrap_err(),
        read::<String>("nil").unwrap_err(),
        read::<u128>("-1").unwrap_err(),
        read::<u128>("340282366920938463463374607431768211456").unwrap_err(),
        read::<(u8, u8)>("{1, 2, 3}").unwrap_err(),
        read::<(u8, u8)>("{1}").unwrap_err(),
        read::<Role>(":secret").unwrap_err(),
        read::<Role>("{:named}").unwrap_err(),
        read::<Role>("{:guest, 1}").unwrap_err(),
        read::<User>("%{id: \"secret\"}").unwrap_err(),
        read::<User>("%{}").unwrap_err(),
        read::<Vec<u8>>("[1 | 2]").unwrap_err(),
        to_term(&f64::NAN).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), crate::ErrorKind::Codec);
        let texts = format!("{error} {error:?}");
        assert!(!texts.contains("secret") && !texts.contains("256"), "{texts}");
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |depth| (0..depth).fold(Nested(None), |inner, _| Nested(Some(Box::new(inner))));
    assert!(to_term(&nested(60)).is_ok());
    assert!(to_term(&nested(200)).is_err());
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Lists(Vec<Lists>);
    assert!(from_term::<Lists>(&deep()).is_err());
    assert!(read::<Lists>(&format!("{}{}", "[".repeat(60), "]".repeat(60))).is_ok());
    assert!(from_term::<::serde::de::IgnoredAny>(&deep()).is_ok());
}

#[test]
fn a_deep_term_passes_through() {
    let term = deep();
    assert!(to_term(&term).unwrap() == term);
    assert!(from_term::<Term>(&term).unwrap() == term);
}

proptest! {
    #[test]
    fn a_term_stands_as_it_is(term in terms(), other in terms()) {
        let holder = Holder { term: term.clone(), terms: vec![other.clone()] };
        let written = to_term(&holder).unwrap();
        let key = Term::atom("term").unwrap();
        prop_assert!(written.get(&key) == Some(&term));
        prop_assert!(from_term::<Holder>(&written).is_ok_and(|again| again == holder));
        let json = serde_json::to_string(&holder).unwrap();
        prop_assert!(serde_json::from_str::<Holder>(&json).is_ok_and(|again| again == holder));
    }
}
