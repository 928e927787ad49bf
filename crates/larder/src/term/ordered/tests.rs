use proptest::prelude::*;

use super::super::tests::{deep, pairs, terms};
use super::super::{Kind, Term};
use super::{read, skip, write};

const PID: &[u8] = b"\x58\x77\x01n\0\0\0\x01\0\0\0\0\0\0\0\x02";

fn written(term: &Term) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(term, &mut bytes);
    bytes
}

/// Reads what may be damaged, and checks what was accepted.
fn check_any(bytes: &[u8]) {
    let skipped = skip(bytes);
    if let Ok((term, length)) = read(bytes) {
        assert_eq!(skipped, Some(length));
        assert_eq!(written(&term), bytes[..length]);
    }
}

#[test]
fn short_terms_have_short_bytes() {
    assert_eq!(written(&Term::from("user")).len(), 4 + 3);
    assert_eq!(written(&Term::from(1)).len(), 2);
    assert_eq!(written(&Term::from(42)).len(), 3);
    assert_eq!(written(&Term::from(1_700_000_000_000_i64)).len(), 7);
    assert_eq!(written(&Term::from(i64::MIN)).len(), 10);
}

#[test]
fn depth_is_no_limit() {
    let term = deep();
    let bytes = written(&term);
    assert_eq!(skip(&bytes), Some(bytes.len()));
    let (again, length) = read(&bytes).unwrap();
    assert_eq!(length, bytes.len());
    assert!(again == term);
}

#[test]
fn opaque_terms_come_back() {
    let term = Term::list(vec![Term::opaque(Kind::Pid, PID), Term::from(0)]);
    let bytes = written(&term);
    assert!(read(&bytes).unwrap().0 == term);
    for (kind, bytes) in [(Kind::Port, PID), (Kind::Pid, &PID[1..]), (Kind::Pid, &[])] {
        assert!(read(&written(&Term::opaque(kind, bytes))).is_err());
    }
}

#[test]
fn a_claimed_size_allocates_nothing() {
    for bytes in [
        &[0xB0, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF][..],
        &[0xB1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x96, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x96, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ] {
        assert_eq!(skip(bytes), None);
        assert!(read(bytes).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn bytes_sort_as_terms((left, right) in pairs()) {
        prop_assert_eq!(written(&left).cmp(&written(&right)), left.cmp(&right));
    }

    #[test]
    fn bytes_joined_sort_as_lists_of_terms((left, right) in pairs(), (after, other) in pairs()) {
        let join = |first, second| [written(first), written(second)].concat();
        prop_assert_eq!(
            join(&left, &after).cmp(&join(&right, &other)),
            left.cmp(&right).then(after.cmp(&other))
        );
    }

    #[test]
    fn terms_come_back_whole(term in terms(), after in any::<[u8; 3]>()) {
        let mut bytes = written(&term);
        let length = bytes.len();
        prop_assert!(!matches!(bytes[0], 0x00 | 0xFF));
        bytes.extend(after);
        prop_assert_eq!(skip(&bytes), Some(length));
        let (again, read_length) = read(&bytes).unwrap();
        prop_assert_eq!(read_length, length);
        prop_assert!(again == term);
    }

    #[test]
    fn no_beginning_is_accepted(term in terms()) {
        let bytes = written(&term);
        for end in 0..bytes.len() {
            prop_assert_eq!(skip(&bytes[..end]), None);
            prop_assert!(read(&bytes[..end]).is_err());
        }
    }

    #[test]
    fn damaged_bytes_are_refused_or_canonical(term in terms(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = written(&term);
        let place = place.index(bytes.len());
        bytes[place] = byte;
        check_any(&bytes);
    }

    #[test]
    fn random_bytes_are_refused_or_canonical(
        bytes in prop::collection::vec(prop_oneof![
            any::<u8>(), 0x0Eu8..=0x13, 0x4Eu8..=0x5A, 0x94u8..=0x96, 0xA0u8..=0xB4, Just(0u8), Just(255), 1u8..=8
        ], 0..24)
    ) {
        check_any(&bytes);
    }
}

#[test]
fn bytes_are_those_of_the_format_page() {
    let float = |value| Term::float(value).unwrap();
    for (term, bytes) in [
        (Term::from("user"), &b"\xB4user\x00\x08"[..]),
        (Term::from(0), &[0x52]),
        (Term::from(1), &[0x56, 1]),
        (Term::from(42), &[0x5B, 0x50, 1]),
        (float(1.0), &[0x56, 2]),
        (Term::from(-1), &[0x50, 0xFD]),
        (float(-1.0), &[0x50, 0xFE]),
        (float(0.1), &[0x55, 4, 0x2E, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0xA0]),
        (Term::atom("user").unwrap(), b"\xA0user\x00\x08"),
        (Term::tuple(vec![Term::from(1), Term::empty_list()]), &[0xB0, 2, 0x56, 1, 0xB2]),
        (Term::improper(vec![Term::from(1)], Term::from(2)), &[0xB3, 0x56, 1, 0x57, 0, 1]),
        (Term::map([(1, 1)]), &[0xB1, 1, 0x0E, 0x56, 1, 0x56, 1]),
    ] {
        assert_eq!(written(&term), bytes);
    }
}
