//! Keys and their spellings.

use std::collections::HashMap;

use super::*;

/// `docs/format.md` shows some of these.
#[test]
fn native_keys_have_the_documented_bytes() {
    for (literal, stored) in [
        (r#"["user", 42, "session", "f3"]"#, "cache:user:#42:session:f3"),
        (r#"[MyApp.Users.User, :user, -7]"#, "cache:@Elixir.MyApp.Users.User:@user:#-7"),
        (r#"["a:b", "50%", "*", "{x}"]"#, "cache:a%3Ab:50%25:%2A:%7Bx%7D"),
        (r##"["#1", "@a", "~", "a#@~"]"##, "cache:%231:%40a:%7E:a#@~"),
        (r#"["", :"", [""]]"#, "cache:~:@:~s7QACLI"),
        (r#"["Zoë", "a b", "\n", "\u0085"]"#, "cache:Zoë:a%20b:%0A:%C2%85"),
        (r#"[<<255, 0>>, <<1::size(3)>>, :"ö:ü"]"#, "cache:%FF%00:~tCAAAw:@ö%3Aü"),
        (r#"[nil, true]"#, "cache:@nil:@true"),
        (r#"[1.0, {:t, 1}]"#, "cache:~VgI:~sAKgdAAIVgE"),
        (r#"[%{b: 1, a: 2}]"#, "cache:~sQKgYQAIoGIACFcAAVYB"),
        (
            "[170141183460469231731687303715884105727, 170141183460469231731687303715884105728]",
            "cache:#170141183460469231731687303715884105727:~ln8AAQ",
        ),
    ] {
        let key = key(literal);
        let cache = Namespace::default();
        let spelled = Layout::Native.spell(&cache, &key).unwrap();
        assert_eq!(String::from_utf8(spelled.primary).unwrap(), stored, "{literal}");
        assert!(spelled.twin.is_none());
        assert_eq!(Layout::Native.read(&cache, stored.as_bytes()), Ok(key), "{literal}");
    }
    let space = space(Term::tuple(vec![atom("a")]));
    assert_eq!(primary(Layout::Native, &space, &Key::from("k")), b"~sAGgYQAI:k");
}

#[test]
fn the_index_of_native_keys_has_the_documented_bytes() {
    let stored = b"cache:user:#42:session:f3";
    let [entry] = &Layout::Native.entries(stored)[..] else { panic!("one entry") };
    assert_eq!(entry.index, "%index1:last:cache:user:#42:session");
    assert_eq!(entry.never.as_deref(), Some(&b"%index1:last.never:cache:user:#42:session"[..]));
    assert_eq!(entry.member, "f3");
    assert!(Layout::Native.entries(b"cache:k").is_empty());
    for index in [&entry.index, entry.never.as_ref().unwrap()] {
        assert_eq!(Layout::Native.member(index, b"f3").unwrap(), stored);
    }
}

#[test]
fn a_native_key_that_is_spelled_in_another_way_is_refused() {
    let cache = Namespace::default();
    for stored in [
        "cache",
        "cache:",
        "cache:a:",
        "cache::a",
        "cach",
        "caches:a",
        "cache%3Aa",
        "cache:%61",
        "cache:%2a",
        "cache:%2",
        "cache:%",
        "cache:%zz",
        "cache:%C3%AB",
        "cache:a b",
        "cache:*",
        "cache:#",
        "cache:#042",
        "cache:#+42",
        "cache:#-0",
        "cache:#4 2",
        "cache:#170141183460469231731687303715884105728",
        "cache:@%61",
        "cache:@%FF",
        "cache:~~",
        "cache:~tAAI", // The empty text,
        "cache:~WhA",  // and a number that is written in digits.
        "cache:~VgI=",
        "cache:~VgJ",
        "cache:~VgIA",
        "cache:~V",
    ] {
        assert!(Layout::Native.read(&cache, stored.as_bytes()).is_err(), "{stored}");
    }
    assert!(Layout::Native.read(&cache, b"cache:\xFF").is_err());
    assert!(Layout::Native.read(&cache, b"").is_err());
}

/// A second spelling of a key would be a second record under it.
#[test]
fn a_pow_key_with_padding_or_in_another_spelling_is_refused() {
    let space = space("test");
    for (stored, why) in [
        ("g20AAAAEdGVzdA:g20AAAACa2Vz", "a part that is cut off"),
        ("g20AAAAEdGVzdA:g20AAAAFa2V5MTI=", "padding"),
        ("g20AAAAEdGVzdA==:g20AAAADa2V5", "padding of the namespace"),
        ("g20AAAAEdGVzdA:g20AAAAFa2V5MTJ", "a bit that counts for nothing"),
        ("g20AAAAEdGVzdA:g20AAAADa2V5AA", "a byte behind the term"),
        ("g20AAAAEdGVzdA:g2IAAAAB", "1 in four bytes"),
        ("g20AAAAEdGVzdA:g3QAAAACZAABYWEBZAABYmEC", "a map of two pairs"),
        ("g20AAAAEdGVzdA:g2QAAWE:g3cBYQ", "atoms in both ways"),
        ("g20AAAAEdGVzdA", "no part"),
        ("g20AAAAEdGVzdA:", "an empty part"),
        ("g20AAAAEdGVzdA:g2EB:", "an empty part at the end"),
        ("g20AAAAEdGVzdA:user", "no base64 of a term"),
        ("g20AAAAEdGVzdA:a b", "no base64"),
        ("g20AAAAEdGVzdB:g2EB", "another namespace"),
        ("", "nothing"),
    ] {
        assert!(Layout::Pow(Otp::Otp26).read(&space, stored.as_bytes()).is_err(), "{why}");
    }
    assert_eq!(Layout::Pow(Otp::Otp26).read(&space, b"g20AAAAEdGVzdA:g20AAAAFa2V5MTI"), Ok(Key::from("key12")));
}

/// The seed's store gave both back as the same key, and one the other's value.
#[test]
fn a_part_that_is_a_list_is_not_the_parts_of_that_list() {
    let (one, two) = (key(r#"[["a", "b"]]"#), key(r#"["a", "b"]"#));
    for layout in LAYOUTS {
        let space = space("test");
        let [first, second] = [&one, &two].map(|key| primary(layout, &space, key));
        assert_ne!(first, second);
        assert_eq!(layout.read(&space, &first), Ok(one.clone()));
        assert_eq!(layout.read(&space, &second), Ok(two.clone()));
    }
}

/// An upgrade of Erlang logged everyone out.
#[test]
fn what_any_erlang_wrote_is_read_by_every_setting() {
    let space = space("credentials");
    let key = key("[MyApp.Users.User, :user, 1]");
    for stored in [
        "g20AAAALY3JlZGVudGlhbHM:g2QAF0VsaXhpci5NeUFwcC5Vc2Vycy5Vc2Vy:g2QABHVzZXI:g2EB",
        "g20AAAALY3JlZGVudGlhbHM:g3cXRWxpeGlyLk15QXBwLlVzZXJzLlVzZXI:g3cEdXNlcg:g2EB",
    ] {
        for otp in [Otp::Otp25, Otp::Otp26] {
            assert_eq!(Layout::Pow(otp).read(&space, stored.as_bytes()), Ok(key.clone()));
            assert!(spellings(&Layout::Pow(otp).spell(&space, &key).unwrap()).contains(&stored.as_bytes()));
        }
    }
}

#[test]
fn pow_keys_hold_no_map_of_two_pairs_and_no_record_for_ever() {
    let wide = Term::map([("a", 1), ("b", 2)]);
    for layout in LAYOUTS {
        let refuses = layout != Layout::Native;
        for term in [wide.clone(), Term::tuple(vec![Term::list(vec![wide.clone()])]), Term::map([(wide.clone(), 1)])] {
            let spelled = layout.spell(&Namespace::default(), &Key::new([term.clone()]).unwrap());
            assert_eq!(spelled.is_err(), refuses);
            assert_eq!(layout.spell(&space(term.clone()), &Key::from("k")).is_err(), refuses);
            assert_eq!(layout.globs(&space(term.clone()), &Pattern::any()).is_err(), refuses);
        }
        assert!(layout.spell(&Namespace::default(), &Key::new([Term::map([("a", 1)])]).unwrap()).is_ok());
        assert_eq!(layout.check_ttl(Ttl::Never).is_err(), refuses);
        assert!(layout.check_ttl(Ttl::After(Ttl::MIN)).is_ok());
    }
}

/// All keys of one and two parts over texts and atoms that are made to be taken for one another.
#[test]
fn no_two_records_have_the_same_redis_key() {
    let texts = ["", "a", "a:b", "b", ":", "%", "%3A", "3A", "~", "~s7QACLI", "#1", "@a", "%index1", "_index", "a*"];
    let mut parts: Vec<Term> = texts.map(Term::from).to_vec();
    parts.extend(["", "a", "a:b", "é", "€"].map(atom));
    parts.extend([
        1.into(),
        Term::float(1.0).unwrap(),
        Term::list(vec![Term::from("")]),
        Term::empty_list(),
        Term::nil(),
    ]);
    for layout in LAYOUTS {
        let mut seen = HashMap::new();
        for first in &parts {
            let space = space(first.clone());
            for second in &parts {
                let longer = parts.iter().map(|third| Key::new([second, third]).unwrap());
                for key in [Key::new([second]).unwrap()].into_iter().chain(longer) {
                    let spelled = layout.spell(&space, &key).unwrap();
                    for stored in spellings(&spelled) {
                        let other = seen.insert(stored.to_vec(), (space.clone(), key.clone()));
                        assert!(other.is_none(), "{layout:?}: {first} {} and another", key.term());
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_key_is_read_back_from_each_of_its_spellings(space in spaces(), key in keys(), layout in layouts()) {
        let Ok(spelled) = layout.spell(&space, &key) else {
            prop_assert!(layout != Layout::Native);
            return Ok(());
        };
        for stored in spellings(&spelled) {
            prop_assert_eq!(layout.read(&space, stored), Ok(key.clone()));
        }
    }

    #[test]
    fn different_records_have_different_redis_keys(
        spaces in [spaces(), spaces()],
        keys in [keys(), keys()],
        layout in layouts(),
    ) {
        for (space, key) in [(&spaces[1], &keys[0]), (&spaces[0], &keys[1]), (&spaces[1], &keys[1])] {
            let same = (space, key) == (&spaces[0], &keys[0]);
            let [Ok(one), Ok(other)] = [layout.spell(&spaces[0], &keys[0]), layout.spell(space, key)] else { continue };
            let meet = spellings(&one).iter().any(|stored| spellings(&other).contains(stored));
            prop_assert_eq!(meet, same);
        }
    }

    /// Whatever reading accepts is the key's own spelling, so that it has just one of each kind.
    #[test]
    fn no_other_spelling_is_read(
        space in spaces(),
        key in keys(),
        layout in layouts(),
        at in any::<prop::sample::Index>(),
        with in prop_oneof![prop::sample::select(&b":%#@~=AQg023aC*"[..]), any::<u8>()],
        how in 0..3,
    ) {
        let Ok(spelled) = layout.spell(&space, &key) else { return Ok(()) };
        let mut stored = spelled.primary;
        let at = at.index(stored.len());
        match how {
            0 => stored.insert(at, with),
            1 => stored[at] = with,
            _ => drop(stored.remove(at)),
        }
        if let Ok(key) = layout.read(&space, &stored) {
            let spelled = layout.spell(&space, &key).unwrap();
            prop_assert!(spellings(&spelled).contains(&&*stored));
        }
    }

    #[test]
    fn native_keys_hold_no_sign_that_redis_or_a_shell_reads(space in spaces(), key in keys()) {
        let stored = primary(Layout::Native, &space, &key);
        let text = String::from_utf8(stored).unwrap();
        let read = |character: char| "*?[]\\^{}\"'`".contains(character) || character.is_whitespace() || character.is_control();
        prop_assert!(!text.contains(read));
    }

    /// Whoever lists the records of a namespace by its prefix meets no index.
    #[test]
    fn no_index_begins_as_the_records_of_a_namespace_do(
        space in prop_oneof![spaces(), "%?_?index1?(:last)?".prop_map(Term::from).prop_map(space)],
        other in spaces(),
        key in keys(),
        layout in layouts(),
    ) {
        let (Ok(spelled), Ok(stored)) = (layout.spell(&space, &Key::from("k")), layout.spell(&other, &key)) else {
            return Ok(());
        };
        let prefix = spelled.primary.split_inclusive(|byte| *byte == b':').next().unwrap();
        for entry in layout.entries(&stored.primary) {
            for index in [&entry.index].into_iter().chain(&entry.never) {
                prop_assert!(!index.starts_with(prefix));
                prop_assert!(layout.read(&space, index).is_err());
            }
        }
    }
}
