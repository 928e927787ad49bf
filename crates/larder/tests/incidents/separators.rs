//! Where parts are joined by a separator, whoever chooses one part chooses the next one too: `a:b` and `c` name the
//! record of `a` and `b:c`. Here the bytes of a key are of that key alone, whatever its parts hold.

use std::collections::HashSet;

use larder::{Key, Term};
use proptest::prelude::*;

#[test]
fn what_ends_a_part_ends_no_part_from_inside() {
    // As the bytes of a key end one text and begin the next one.
    const SEAM: &str = "\0\u{8}\u{b4}";
    for seam in [SEAM, "\0", "\0\0", "\0\u{8}", ":", "/", "|", "\u{ff}", "\0\u{ff}"] {
        let one = [format!("a{seam}b"), "c".to_owned()];
        let other = ["a".to_owned(), format!("b{seam}c")];
        assert!(Key::new(one.clone()).unwrap() != Key::new(other).unwrap());
        assert!(Key::new(one.clone()).unwrap().parts() == one.map(Term::from));
    }
    let [one, other] = [[&b"a\0\x08\xb4b"[..], b"c"], [b"a", b"b\0\x08\xb4c"]];
    assert!(Key::new(one).unwrap() != Key::new(other).unwrap());
}

/// All texts of up to three of the bytes that the encoding itself is made of, two by two.
#[test]
fn no_two_keys_have_the_same_bytes() {
    let mut texts = vec![Vec::new()];
    for length in 0..3 {
        let shorter: Vec<_> = texts.iter().filter(|text| text.len() == length).cloned().collect();
        texts.extend(
            [0, 8, 0xB4, 0xFF, b'a']
                .iter()
                .flat_map(|&byte| shorter.iter().map(move |text| [&text[..], &[byte]].concat())),
        );
    }
    let pairs = texts.iter().flat_map(|one| texts.iter().map(move |other| Key::new([&one[..], &other[..]]).unwrap()));
    let stored: HashSet<_> = pairs.map(|key| key.as_bytes().to_vec()).collect();
    assert_eq!(stored.len(), texts.len() * texts.len());
}

#[tokio::test]
async fn what_joins_parts_in_redis_joins_none_from_inside() {
    let _alone = super::alone();
    let server = larder_test_redis::Server::shared();
    let url = server.url_with("?namespace=separators&ttl=1h");
    let store: larder::Store<u64> = larder::open(&url).await.unwrap().store();
    let keys = [larder::key!["a:b", "c"], larder::key!["a", "b:c"], larder::key!["a", "b", "c"], larder::key!["a:b:c"]];
    for (number, key) in (0..).zip(&keys) {
        store.put(key.clone(), &number).await.unwrap();
    }
    for (number, key) in (0..).zip(keys) {
        assert_eq!(store.get(key).await.unwrap(), Some(number));
    }
}

fn part() -> impl Strategy<Value = Term> {
    // The bytes that the encoding itself is made of, and few of them, so that they meet.
    let byte = prop_oneof![Just(0), Just(8), Just(0xB4), Just(0xFF), Just(b':'), Just(b'a')];
    let text = prop::collection::vec(byte, 0..6);
    text.prop_map(Term::from).prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Term::tuple),
            prop::collection::vec(inner, 0..3).prop_map(Term::list),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_stored_bytes_tell_namespace_and_parts(space in "[ab\0:]{0,3}", parts in prop::collection::vec(part(), 1..4)) {
        let space = super::space(&space);
        let key = Key::new(parts.clone()).unwrap();
        let stored = [space.as_bytes(), key.as_bytes()].concat();
        let (told, rest) = larder::Namespace::split(&stored).unwrap();
        prop_assert!(told == space);
        prop_assert!(Key::from_bytes(rest.to_vec().into()).unwrap().parts() == parts);
    }
}
