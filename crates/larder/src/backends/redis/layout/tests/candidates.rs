//! Patterns for SCAN, and what an index lists.

use super::*;

fn globs(layout: Layout, literal: &str) -> Vec<String> {
    let globs = layout.globs(&space("ns"), &pattern(literal)).unwrap();
    globs.into_iter().map(|glob| String::from_utf8(glob).unwrap()).collect()
}

fn indexes(layout: Layout, literal: &str) -> Option<Vec<String>> {
    let listed = layout.index(&space("ns"), &pattern(literal)).unwrap()?;
    assert!(listed.point.is_none());
    Some(listed.indexes.into_iter().map(|index| String::from_utf8(index).unwrap()).collect())
}

#[test]
fn a_glob_is_the_longest_beginning_that_all_matches_share() {
    for (literal, glob) in [
        (":_", "ns:*"),
        (r#"[:_, "a"]"#, "ns:*"),
        (r#"["user", 42, "session", :_]"#, "ns:user:#42:session:*"),
        (r#"["user", :_, "session", :_]"#, "ns:user:*"),
        (r#"["user", {:t, :_}]"#, "ns:user:*"),
        (r#"["a*b", :"$1"]"#, "ns:a%2Ab:*"),
        (r#"["user" | :_]"#, "ns:user*"),
        (r#"["user", :_ | :_]"#, "ns:user:*"),
        (r#""k""#, "ns:k"),
    ] {
        assert_eq!(globs(Layout::Native, literal), [glob]);
    }
    assert_eq!(globs(Layout::Native, r#"["a" | "b"]"#), [""; 0]);
    let [ns, a25, a26] = ["g20AAAACbnM", "g2QAAWE", "g3cBYQ"];
    assert_eq!(globs(Layout::Pow(Otp::Otp25), "[:a, :_]"), [format!("{ns}:{a25}:*"), format!("{ns}:{a26}:*")]);
    assert_eq!(globs(Layout::Pow(Otp::Otp26), "[:a, :_]"), [format!("{ns}:{a26}:*"), format!("{ns}:{a25}:*")]);
    assert_eq!(globs(Layout::Pow(Otp::Otp26), "[1, :_, :a]"), [format!("{ns}:g2EB:*")]);
}

#[test]
fn a_glob_is_at_most_4_kib_long() {
    for layout in LAYOUTS {
        let long = Pattern::new([Part::exactly("é".repeat(5000)), Part::Any], false).unwrap();
        let [glob] = &layout.globs(&space("ns"), &long).unwrap()[..] else { panic!("one glob") };
        assert_eq!(glob.len(), 4096);
        assert!(redis_matches(
            glob,
            &primary(layout, &space("ns"), &Key::new(["é".repeat(5000), "k".to_owned()]).unwrap())
        ));
    }
}

/// Text of a visitor's in a pattern for SCAN has returned the records of all users elsewhere.
#[test]
fn no_byte_of_a_part_or_a_namespace_means_anything_in_a_glob() {
    for byte in 0..=u8::MAX {
        let texts = [vec![byte], vec![byte, b'a'], vec![b'a', byte, byte]].map(Term::from);
        for (layout, text) in LAYOUTS.into_iter().flat_map(|layout| texts.iter().map(move |text| (layout, text))) {
            let pattern = Pattern::new([Part::exactly(text), Part::Any], false).unwrap();
            let [glob] = &layout.globs(&space(text), &pattern).unwrap()[..] else { panic!("one glob") };
            let literal = glob.strip_suffix(b"*").unwrap();
            assert!(!literal.iter().any(|byte| b"*?[]\\^".contains(byte)), "byte {byte}");
        }
    }
}

#[test]
fn the_native_index_lists_children_and_nothing_else_is_indexed() {
    let both = |parent| Some(vec![format!("%index1:last:{parent}"), format!("%index1:last.never:{parent}")]);
    assert_eq!(indexes(Layout::Native, r#"["user", 42, "session", :_]"#), both("ns:user:#42:session"));
    assert_eq!(indexes(Layout::Native, r#"["user", {:t, :"$1"}]"#), both("ns:user"));
    for scanned in
        [":_", "[:_]", r#"["a" | :_]"#, r#"["a", :_ | :_]"#, r#"["a", :_, "b"]"#, r#"["a", :_, :_]"#, r#"[:_, "a"]"#]
    {
        assert_eq!(indexes(Layout::Native, scanned), None, "{scanned}");
    }
    assert_eq!(indexes(Layout::Native, r#"["a" | "b"]"#), Some(Vec::new()));
}

/// Today's Pow raises at an improper tail, and finds nothing behind a hole ahead of the first `:_`.
#[test]
fn an_index_of_pow_serves_patterns_with_a_tail_and_with_variables() {
    let layout = Layout::PowIndexed(Otp::Otp26);
    let [ns, a] = ["_index:g20AAAACbnM", "g20AAAABYQ"];
    let under = |index: String| Some(vec![index]);
    assert_eq!(indexes(layout, ":_"), under(ns.into()));
    for literal in [r#"["a", :_ | :_]"#, r#"["a", :"$1", :_]"#, r#"["a", {:t, :_}, "b"]"#, r#"["a", :_]"#] {
        assert_eq!(indexes(layout, literal), under(format!("{ns}:{a}")), "{literal}");
    }
    for literal in [r#"[{:t, :_, :_}, :_]"#, r#"[:"$1", :_]"#, "[[97 | :_], :_]", "[:_ | :_]"] {
        assert_eq!(indexes(layout, literal), under(ns.into()), "{literal}");
    }
    let whole = layout.index(&space("ns"), &pattern(r#"["a" | :_]"#)).unwrap().unwrap();
    assert!(whole.point == Some(Key::from("a")), "which is listed one index higher, among all others");
    assert!(whole.indexes == [format!("{ns}:{a}").into_bytes()]);
    assert_eq!(
        indexes(layout, "[:a, :_]").unwrap(),
        [format!("{ns}:g3cBYQ"), format!("{ns}:g2QAAWE")],
        "Pow lists what it writes only under its own spelling"
    );
    assert_eq!(indexes(Layout::Pow(Otp::Otp26), r#"["a", :_]"#), None);
}

#[test]
fn a_point_needs_no_index() {
    for layout in LAYOUTS {
        let listed = layout.index(&space("ns"), &pattern(r#"["a", 1]"#)).unwrap().unwrap();
        assert!(listed.indexes.is_empty() && listed.point == Some(key(r#"["a", 1]"#)));
    }
}

#[test]
fn a_member_of_a_foreign_set_is_nothing() {
    for layout in LAYOUTS {
        for index in ["", "ns:a", "_index", "%index1:", "%index2:last:ns", "index:ns"] {
            assert!(layout.member(index.as_bytes(), b"k").is_none());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_match_is_found_by_scan_and_by_the_index(
        space in spaces(),
        (key, pattern) in keys().prop_flat_map(|key| { let patterns = patterns_of(&key); (Just(key), patterns) }),
        layout in layouts(),
    ) {
        let Ok(spelled) = layout.spell(&space, &key) else { return Ok(()) };
        let globs = layout.globs(&space, &pattern).unwrap();
        for glob in &globs {
            let literal = glob.strip_suffix(b"*").unwrap_or(glob);
            prop_assert!(!literal.iter().any(|byte| b"*?[]\\^".contains(byte)) && glob.len() <= 4096);
        }
        if !pattern.matches(&key) {
            return Ok(());
        }
        let listed = layout.index(&space, &pattern).unwrap();
        for stored in spellings(&spelled) {
            prop_assert!(globs.iter().any(|glob| redis_matches(glob, stored)));
            let Some(listed) = &listed else { continue };
            let found = layout.entries(stored).into_iter().find(|entry| listed.indexes.iter().any(|index| entry.index == index));
            if let Some(Entry { index, never, member }) = found {
                prop_assert!(never.iter().all(|never| listed.indexes.iter().any(|index| never == index)));
                prop_assert_eq!(layout.member(&index, &member).unwrap(), stored);
            } else {
                prop_assert!(listed.point.as_ref() == Some(&key));
            }
        }
    }

    #[test]
    fn a_member_leads_back_to_the_very_bytes_of_its_record(space in spaces(), key in keys(), layout in layouts()) {
        let Ok(spelled) = layout.spell(&space, &key) else { return Ok(()) };
        for stored in spellings(&spelled) {
            let entries = layout.entries(stored);
            let expected = match layout {
                Layout::Native => usize::from(key.len() > 1),
                Layout::Pow(_) => 0,
                Layout::PowIndexed(_) => key.len(),
            };
            prop_assert_eq!(entries.len(), expected);
            for Entry { index, never, member } in entries {
                for index in [index].into_iter().chain(never) {
                    prop_assert_eq!(layout.member(&index, &member).unwrap(), stored);
                }
            }
        }
    }
}
