use proptest::prelude::*;

use super::super::tests::{DEEP, deep, terms};
use super::super::{Kind, Term};

fn parsed(text: &str) -> Term {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> String {
    let error = text.parse::<Term>().expect_err(text);
    assert_eq!(error.kind(), crate::ErrorKind::Invalid);
    error.to_string()
}

fn atom(name: &str) -> Term {
    Term::atom(name).unwrap()
}

fn list<T: Into<Term>>(terms: impl IntoIterator<Item = T>) -> Term {
    Term::list(terms.into_iter().map(Into::into).collect::<Vec<_>>())
}

fn pair(key: impl Into<Term>, value: impl Into<Term>) -> Term {
    Term::tuple(vec![key.into(), value.into()])
}

#[test]
fn literals_are_read() {
    let float = |value| Term::float(value).unwrap();
    let keywords = list([pair(atom("a"), 1), pair(atom("b c"), 2)]);
    for (text, term) in [
        ("1_000", Term::from(1000)),
        ("-0x1F", Term::from(-31)),
        ("0b101", Term::from(5)),
        ("0o17", Term::from(15)),
        ("+7", Term::from(7)),
        ("?a", Term::from(97)),
        ("?\\n", Term::from(10)),
        ("?é", Term::from(233)),
        ("340282366920938463463374607431768211455", Term::from(u128::MAX)),
        ("1.0e-10", float(1.0e-10)),
        ("1_0.5E+3", float(10500.0)),
        ("-0.0", float(-0.0)),
        (" # a comment\n nil # and another", Term::nil()),
        ("true", true.into()),
        (":true", true.into()),
        (":a", atom("a")),
        (":a@b?", atom("a@b?")),
        (":A", atom("A")),
        (":\"a b\"", atom("a b")),
        (":'a b'", atom("a b")),
        (":+", atom("+")),
        (":<<>>", atom("<<>>")),
        (":%{}", atom("%{}")),
        (":..//", atom("..//")),
        (":héllo", atom("héllo")),
        ("MyApp.Users.User", atom("Elixir.MyApp.Users.User")),
        ("Elixir.Foo", atom("Elixir.Foo")),
        ("Elixir", atom("Elixir")),
        (
            "\"\\n\\t\\\\\\\"\\0\\a\\b\\d\\e\\f\\r\\s\\v\"",
            Term::from(&[10, 9, 92, 34, 0, 7, 8, 127, 27, 12, 13, 32, 11]),
        ),
        ("\"\\x41\\xFF\\u00e9\\u{1F511}\\#{\\q\"", Term::from(&b"A\xFF\xC3\xA9\xF0\x9F\x94\x91#{q"[..])),
        ("\"a\\\nb\"", Term::from("ab")),
        ("'abc'", list([97, 98, 99])),
        ("~c\"a\\\"\"", list([97, 34])),
        ("<<>>", Term::from("")),
        ("<<1, 2, 3>>", Term::from(&[1, 2, 3])),
        ("<<5::size(3)>>", Term::bitstring(&[0xA0], 3).unwrap()),
        ("<<5::3>>", Term::bitstring(&[0xA0], 3).unwrap()),
        ("<<1 :: 16, \"abc\", ?d,>>", Term::from("\0\x01abcd")),
        ("<<1::1, \"a\">>", Term::bitstring(&[0xB0, 0x80], 9).unwrap()),
        ("<<-1>>", Term::from(&[255])),
        ("[]", Term::empty_list()),
        ("[1, 2,]", list([1, 2])),
        ("[a: 1, \"b c\": 2]", keywords.clone()),
        ("[1, a: 1, \"b c\": 2]", list([Term::from(1), pair(atom("a"), 1), pair(atom("b c"), 2)])),
        ("[+: 1, Foo: 2, nil: 3]", list([pair(atom("+"), 1), pair(atom("Foo"), 2), pair(Term::nil(), 3)])),
        ("[1 | 2]", Term::improper(vec![1.into()], 2.into())),
        ("[1 | [2]]", list([1, 2])),
        ("{}", Term::tuple(vec![])),
        ("{a: 1, \"b c\": 2}", Term::tuple(vec![keywords.clone()])),
        ("{1, a: 1, \"b c\": 2,}", pair(1, keywords)),
        ("%{}", Term::map([(0, 0); 0])),
        ("%{\"k\" => 1, a: 2}", Term::map([(Term::from("k"), 1), (atom("a"), 2)])),
        ("%{\"k\" => 1, \"k\" => 2}", Term::map([("k", 2)])),
        ("%{[] => {}}", Term::map([(Term::empty_list(), Term::tuple(vec![]))])),
        ("%My.User{id: 1}", Term::map([(atom("__struct__"), atom("Elixir.My.User")), (atom("id"), 1.into())])),
    ] {
        assert!(parsed(text) == term, "{text}");
    }
}

#[test]
fn what_is_no_literal_is_refused() {
    for text in [
        "",
        " ",
        "# only a comment",
        "[",
        "[1",
        "[1,",
        "[,]",
        "[1 2]",
        "[1 | ]",
        "[1 | 2, 3]",
        "[| 1]",
        "[1 | 2 | 3]",
        "{1 | 2}",
        "(1)",
        "]",
        "1 2",
        "%",
        "%{",
        "%{1}",
        "%{1 =>}",
        "%{1 => }",
        "%{a: }",
        "%{a: 1, 2 => 3}",
        "[a: 1, 2]",
        "[a:1]",
        "[a: ]",
        "a: 1",
        "foo",
        "Foo.",
        "Foo.bar",
        "foo()",
        ":",
        "::",
        "1.",
        "1.e5",
        "1.0e",
        "1e5",
        "1__0",
        "1_",
        "0x",
        "1.0e400",
        "--1",
        "-",
        "- 1",
        "12a",
        "?",
        "\"",
        "\"\\",
        "\"\\xZ\"",
        "\"\\uD800\"",
        "\"\\u{110000}\"",
        "\"#{1}\"",
        "~s(a)",
        "~c(a)",
        "'a",
        "<<",
        "<<1",
        "<<256>>",
        "<<8::3>>",
        "<<1::65>>",
        "<<1::size(3>>",
        "<<1.0>>",
        "<<a>>",
        "&1",
        "#PID<opaque>",
        "[1, #Port<opaque>]",
        "\"a\" <> \"b\"",
        ":\"\\xFF\"",
        "%a{}",
        "%My.User",
        "1..2",
        "[[a: 1] | b: 2]",
    ] {
        assert!(refused(text).starts_with("line "), "{text}");
    }
    assert!(format!(":{}", "a".repeat(256)).parse::<Term>().is_err());
}

#[test]
fn errors_tell_the_place_and_not_the_text() {
    assert_eq!(
        refused("[1,\n secret]"),
        "line 2, column 2: expected a literal, not a name; an atom begins with a colon, a text with a quote"
    );
    assert_eq!(refused("{\"é\", [1"), "line 1, column 7: what opens here is not closed");
    assert_eq!(refused("{1, 2"), "line 1, column 1: what opens here is not closed");
}

#[test]
fn terms_are_printed_as_elixir_does() {
    let float = |value| Term::float(value).unwrap();
    for (term, text) in [
        (Term::from("a\"b\\c#{d}#e\n\0"), "<<97, 34, 98, 92, 99, 35, 123, 100, 125, 35, 101, 10, 0>>"),
        (Term::from("a\"b\\c#{d}#e\n\u{7F}"), r#""a\"b\\c\#{d}#e\n\d""#),
        (Term::from("naïve-🔑"), "\"naïve-🔑\""),
        (Term::from(""), "\"\""),
        (Term::bitstring(&[85, 0xE0], 13).unwrap(), "<<85, 28::size(5)>>"),
        (list([97, 98]), "~c\"ab\""),
        (list([97, 0]), "[97, 0]"),
        (Term::improper(vec![1.into()], 2.into()), "[1 | 2]"),
        (list([pair(atom("a b"), 1), pair(atom("nil"), 2)]), "[\"a b\": 1, nil: 2]"),
        (list([pair(atom("Elixir.A"), 1)]), "[{A, 1}]"),
        (Term::map([(atom("a"), 1), (atom("+"), 2)]), "%{+: 2, a: 1}"),
        (Term::map([(Term::from("k"), 1), (atom("a"), 2)]), "%{:a => 2, \"k\" => 1}"),
        (Term::map([(atom("__struct__"), atom("Elixir.My.User")), (atom("id"), 1.into())]), "%My.User{id: 1}"),
        (Term::map([(atom("__struct__"), atom("user"))]), "%{__struct__: :user}"),
        (atom("Elixir.Elixir.A"), "Elixir.Elixir.A"),
        (atom("Elixir.a"), ":\"Elixir.a\""),
        (atom("::"), ":\"::\""),
        (atom("🔑"), ":\"🔑\""),
        (atom(""), ":\"\""),
        (atom("\u{1}\u{80}\u{202A}"), ":\"\\x01\\x{0080}\\x{202A}\""),
        (float(1.0), "1.0"),
        (float(100.0), "100.0"),
        (float(1.0e10), "1.0e10"),
        (float(1.0e-5), "1.0e-5"),
        (float(123456.789), "123456.789"),
        (float(9007199254740992.0), "9.007199254740992e15"),
        (float(9007199254740991.0), "9007199254740991.0"),
        (float(-0.0), "-0.0"),
        (float(5.0e-324), "5.0e-324"),
        (Term::opaque(Kind::Pid, &[]), "#PID<opaque>"),
    ] {
        assert_eq!(term.to_string(), text);
    }
}

#[test]
fn depth_is_no_limit() {
    let term = deep();
    assert!(parsed(&term.to_string()) == term);
    assert_eq!(refused(&"[".repeat(DEEP)), format!("line 1, column {DEEP}: what opens here is not closed"));
}

#[test]
fn digits_have_a_limit() {
    let digits = "9".repeat(300_000);
    assert_eq!(parsed(&digits).to_string().len(), digits.len());
    assert_eq!(refused(&"9".repeat(1_000_001)), "line 1, column 1: an integer has at most 1,000,000 digits");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_printed_is_read_back(term in terms()) {
        let text = term.to_string();
        let again = text.parse::<Term>();
        prop_assert!(again.is_ok_and(|again| again == term), "{}", text);
    }

    #[test]
    fn random_text_never_panics(text in "([\\[\\]{}%<>:\"'|,#?~c\\\\ax1.eE_-]|=> |nil|::|\\PC){0,20}") {
        if let Ok(term) = text.parse::<Term>() {
            prop_assert!(parsed(&term.to_string()) == term);
        }
    }
}
