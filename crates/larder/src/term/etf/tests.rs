use proptest::prelude::*;

use super::super::tests::{deep, terms};
use super::super::{Kind, Term};
use super::{Limits, Otp};

fn written(term: &Term) -> Vec<u8> {
    term.to_etf(Otp::Otp26).unwrap()
}

#[test]
fn depth_is_limited_by_the_limits_alone() {
    let bytes = written(&deep());
    assert!(Term::from_etf(&bytes).is_err());
    let limits = Limits::default().bytes(usize::MAX).depth(usize::MAX).nodes(usize::MAX);
    assert!(Term::from_etf_within(&bytes, limits).unwrap() == deep());
}

#[test]
fn limits_hold() {
    let list = written(&Term::list(vec![Term::nil(); 10]));
    let read = |limits| Term::from_etf_within(&list, limits).is_ok();
    assert!(read(Limits::default().nodes(11)));
    assert!(!read(Limits::default().nodes(10)));
    assert!(read(Limits::default().bytes(list.len())));
    assert!(!read(Limits::default().bytes(list.len() - 1)));
    assert!(read(Limits::default().depth(1)));
    assert!(!read(Limits::default().depth(0)));
}

#[test]
fn a_chain_of_lists_is_one_list() {
    let mut bytes = vec![131];
    for byte in 0..100_000_u32 {
        bytes.extend([108, 0, 0, 0, 1, 97, byte as u8]);
    }
    bytes.extend([107, 0, 1, 7]);
    let list = Term::from_etf(&bytes).unwrap();
    assert_eq!(list.as_list().map(<[Term]>::len), Some(100_001));
}

#[test]
fn what_belongs_to_a_node_is_kept_as_its_bytes() {
    let node = b"\x77\x01n";
    let pid = [&b"\x67"[..], node, &[0; 9]].concat();
    let fun_end = [b"\x77\x01m\x61\x01\x61\x02", &pid[..], b"\x6a"].concat();
    let size = (4 + 1 + 16 + 4 + 4 + fun_end.len()) as u32;
    let head = [&b"\x70"[..], &size.to_be_bytes(), &[0; 21], &[0, 0, 0, 1]].concat();
    for (kind, bytes) in [
        (Kind::Reference, [&b"\x65"[..], node, &[0; 5]].concat()),
        (Kind::Reference, [&b"\x72\x00\x03"[..], node, &[0; 13]].concat()),
        (Kind::Reference, [&b"\x5a\x00\x05"[..], node, &[0; 24]].concat()),
        (Kind::Port, [&b"\x66"[..], node, &[0; 5]].concat()),
        (Kind::Port, [&b"\x59"[..], node, &[0; 8]].concat()),
        (Kind::Port, [&b"\x78"[..], node, &[0; 12]].concat()),
        (Kind::Pid, pid.clone()),
        (Kind::Pid, [&b"\x58"[..], node, &[0; 12]].concat()),
        (Kind::Fun, b"\x71\x77\x01m\x64\x00\x01f\x61\x02".to_vec()),
        (Kind::Fun, [head, fun_end].concat()),
        (Kind::Fun, [&b"\x75\0\0\0\x01"[..], &pid, b"\x77\x01m\x61\x01\x61\x02\x6c\0\0\0\x01\x6a\x6a"].concat()),
    ] {
        let bytes = [b"\x83\x68\x02", &bytes[..], b"\x61\x07"].concat();
        let term = Term::from_etf(&bytes).unwrap();
        let elements = term.as_tuple().unwrap();
        assert_eq!(elements[0].kind(), kind);
        assert_eq!(elements[1].as_i64(), Some(7));
        assert!(term.has_opaque());
        assert_eq!(written(&term), bytes);
        for end in 0..bytes.len() {
            assert!(Term::from_etf(&bytes[..end]).is_err());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn terms_come_back_whole(term in terms()) {
        for otp in [Otp::Otp25, Otp::Otp26] {
            let bytes = term.to_etf(otp).unwrap();
            prop_assert!(Term::from_etf(&bytes).is_ok_and(|again| again == term));
            for end in 0..bytes.len() {
                prop_assert!(Term::from_etf(&bytes[..end]).is_err());
            }
        }
    }

    #[test]
    fn damaged_bytes_never_panic(term in terms(), damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = written(&term);
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(term) = Term::from_etf(&bytes) {
            prop_assert!(Term::from_etf(&written(&term)).is_ok_and(|again| again == term));
        }
    }

    #[test]
    fn random_bytes_never_panic(tail in prop::collection::vec(prop_oneof![any::<u8>(), 97u8..=120, 0u8..4], 0..40)) {
        let bytes = [&[131], &tail[..]].concat();
        if let Ok(term) = Term::from_etf(&bytes) {
            prop_assert!(Term::from_etf(&written(&term)).is_ok_and(|again| again == term));
        }
    }
}
