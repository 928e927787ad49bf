use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Texts, rich in what the grammar takes for a sign.
fn texts() -> impl Strategy<Value = String> {
    let signs = [
        "_", "..", "$1", "", "int:4", "atom:x", "=", "[", "\"", "-", "--all", "\\", "/", " ", "a b", "é", "\n",
        "\u{202e}", "#{x}", "'", "a", "user",
    ];
    let sign = || prop::sample::select(signs.to_vec());
    prop_oneof![
        4 => sign().prop_map(str::to_owned),
        2 => (sign(), "[a-z/\\\\:= ]{0,6}").prop_map(|(sign, rest)| format!("{sign}{rest}")),
        1 => ("[a-z/\\\\:= ]{0,6}", sign()).prop_map(|(first, sign)| format!("{first}{sign}")),
        1 => any::<String>(),
    ]
}

/// Terms that a path can say, as a rule.
fn plain_terms() -> impl Strategy<Value = Term> {
    prop_oneof![
        4 => texts().prop_map(Term::from),
        2 => texts().prop_map(|name| Term::atom(&name).unwrap_or(Term::nil())),
        2 => any::<i64>().prop_map(Term::from),
    ]
}

/// Terms of every kind.
fn terms() -> impl Strategy<Value = Term> {
    let leaves = prop_oneof![
        4 => plain_terms(),
        1 => any::<u128>().prop_map(Term::from),
        1 => any::<f64>().prop_map(|float| Term::float(float).unwrap_or(Term::from(0))),
        1 => vec(any::<u8>(), 0..8).prop_map(Term::from),
        1 => any::<u8>().prop_map(|byte| Term::bitstring(&[byte], 5).unwrap()),
    ];
    leaves.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Term::tuple),
            vec(inner.clone(), 0..4).prop_map(Term::list),
            (vec(inner.clone(), 1..3), inner.clone()).prop_map(|(elements, tail)| Term::improper(elements, tail)),
            vec((inner.clone(), inner), 0..3).prop_map(Term::map),
        ]
    })
}

proptest! {
    #[test]
    fn what_keys_prints_pastes_back(parts in prop_oneof![3 => vec(plain_terms(), 1..4), 1 => vec(terms(), 1..4)]) {
        let written = Key::new(parts).unwrap();
        for printed in [print(&written), print_literal(&written)] {
            prop_assert!(!printed.contains(is_hidden), "one line, all of it to be seen: {printed:?}");
            prop_assert!(!printed.starts_with('-'), "no option: {printed:?}");
            prop_assert_eq!(printed.trim(), &printed, "a script that trims lines loses nothing");
            prop_assert!(key(&printed).unwrap() == written, "{printed:?}");
        }
    }

    #[test]
    fn no_text_is_too_strange_to_be_read(text in any::<String>()) {
        let _ = (key(&text), key_to_write(&text), pattern(&text), namespace(&text));
    }
}

fn parts(text: &str) -> Vec<String> {
    key(text).unwrap().parts().iter().map(literal::write).collect()
}

#[test]
fn a_path_says_what_its_parts_are() {
    assert_eq!(parts("user/int:42/session/f3"), ["\"user\"", "42", "\"session\"", "\"f3\""]);
    assert_eq!(parts("atom:user/int:-7/42"), [":user", "-7", "\"42\""]);
    assert_eq!(parts(r"a\/b/\_/\../\int:4/x_/..y"), ["\"a/b\"", "\"_\"", "\"..\"", "\"int:4\"", "\"x_\"", "\"..y\""]);
    assert_eq!(parts("int:18446744073709551616"), ["18446744073709551616"]);
    assert_eq!(parts(r"atom:a\/b"), [":\"a/b\""]);
}

#[test]
fn a_literal_begins_with_its_sign() {
    assert_eq!(parts(r#"=["user", 42]"#), ["\"user\"", "42"]);
    assert_eq!(parts(r#"["user", 42]"#), ["\"user\"", "42"]);
    assert_eq!(parts(r#""user/1""#), ["\"user/1\""]);
    assert_eq!(parts("=:user"), [":user"]);
    assert_eq!(parts("=42"), ["42"]);
    assert_eq!(parts("42"), ["\"42\""]);
    assert_eq!(parts(r#"["user",{"term":":a"}]"#), ["\"user\"", ":a"]);
}

#[test]
fn a_key_has_no_holes() {
    for text in ["_", "..", "user/_", "user/..", "a/_/b"] {
        assert!(key(text).is_err(), "{text}");
        assert!(key_to_write(text).is_err(), "{text}");
    }
    for text in ["=[\"a\", :_]", "=[\"a\", {1, :_}]", "=[\"a\", [1 | :\"$1\"]]", "=[%{a: :_}]", "=[%{_: 1}]"] {
        assert!(key_to_write(text).is_err(), "{text}");
    }
    assert!(key_to_write(r"a/\_/atom:_").is_ok());
}

#[test]
fn a_slip_is_refused() {
    for text in
        ["", "/", "a//b", "/a", "a/", "int:", "int:x", "int:1.5", "a\\", "=", "=[1", "[]", "=nil", "=[1 | 2]", "\"a"]
    {
        assert!(key(text).is_err(), "{text}");
    }
    for text in ["", "a/../b", "[]", "../a"] {
        assert!(pattern(text).is_err(), "{text}");
    }
}

#[test]
fn a_pattern_matches_what_it_says() {
    let matches = |text: &str, written: &str| pattern(text).unwrap().matches(&key(written).unwrap());
    assert!(matches("user/int:42/_", "user/int:42/a"));
    assert!(!matches("user/int:42/_", "user/42/a"));
    assert!(!matches("user/_", "user/a/b"));
    assert!(matches("user/..", "user"));
    assert!(matches("user/..", "user/a/b"));
    assert!(matches("..", "a/b"));
    assert!(matches("=:_", "a/b"));
    assert!(matches(r"a/\_", r"a/\_"));
    assert!(!matches(r"a/\_", "a/b"));
    assert!(matches("[{:t, :_}, \"x\" | :_]", "[{:t, 1}, \"x\", 2]"));
}

#[test]
fn a_namespace_is_text_or_a_literal() {
    let term = |text| literal::write(&namespace(text).unwrap().term());
    assert_eq!(term("myapp"), "\"myapp\"");
    assert_eq!(term("a/b"), "\"a/b\"");
    assert_eq!(term("=:myapp"), ":myapp");
    assert_eq!(term("atom:myapp"), ":myapp");
    assert_eq!(term("[1]"), "[1]");
    assert!(namespace("_").is_err());
    assert!(namespace("").is_err());
}
