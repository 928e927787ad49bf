//! Values and ttls beside their readers.

use super::*;
use crate::pattern;
use crate::record::Found;

#[test]
fn a_reader_sees_one_whole_value_with_its_own_ttl() {
    check(|| wholly(overwrite, read));
}

#[test]
fn a_listing_sees_one_whole_value_with_its_own_ttl() {
    check(|| wholly(overwrite, read_listed));
}

#[test]
fn what_somebody_found_expired_is_expired_for_all_who_come_after() {
    type Write = fn(&Memory) -> bool;
    let writes: [Write; 2] = [
        |memory| touch(memory, key!["k"], seconds(9)),
        |memory| put_when(memory, key!["k"], b"new", seconds(9), When::Present),
    ];
    for write in writes {
        check(move || {
            let (memory, clock) = store(|builder| builder);
            put(&memory, key!["k"], b"old", seconds(1)).unwrap();
            let found = std::sync::Mutex::new(None);
            let writer = || {
                write(&memory);
            };
            let reader = || {
                clock.advance(Duration::from_secs(1));
                *found.lock().unwrap() = read(&memory);
            };
            at_once([task(writer), task(reader)]);
            if found.into_inner().unwrap().is_none() {
                assert!(read(&memory).is_none(), "it was brought back");
            }
        });
    }
}

/// The values of a record, one after the other: written in place, shorter and longer, moved to another entry, and kept
/// apart; each is of one byte throughout and has the ttl that this byte says.
const SIZES: [(u8, usize); 6] = [(1, 32), (2, 32), (3, 27), (4, 60), (5, 3000), (6, 32)];

/// A reader beside a writer, who begins with the first of the values or with a later one.
pub(super) fn wholly(
    overwrite: impl Fn(&Memory, &[u8], Ttl) + Copy + Send + Sync,
    read: impl Fn(&Memory) -> Option<Found> + Copy + Send + Sync,
) {
    use shuttle::rand::{Rng, thread_rng};
    let (memory, _) = store(|builder| builder);
    let begin = thread_rng().gen_range(0..SIZES.len() - 2);
    let write = |(byte, size): (u8, usize)| (vec![byte; size], seconds(u64::from(byte)));
    let (value, ttl) = write(SIZES[begin]);
    put(&memory, key!["k"], &value, ttl).unwrap();
    let writer = || {
        for next in &SIZES[begin + 1..begin + 3] {
            let (value, ttl) = write(*next);
            overwrite(&memory, &value, ttl);
        }
    };
    let reader = || {
        let mut last = 0;
        for _ in 0..2 {
            let found = read(&memory).expect("it is never deleted");
            let byte = found.value[0];
            assert!(SIZES.contains(&(byte, found.value.len())), "a mix of two values");
            assert!(found.value.iter().all(|other| *other == byte), "a mix of two values");
            assert_eq!(found.ttl, Some(seconds(u64::from(byte))), "a value with the ttl of another one");
            assert!(byte >= last, "an older value after a newer one");
            last = byte;
        }
    };
    at_once([task(writer), task(reader)]);
    assert_sound(&memory);
}

pub(super) fn overwrite(memory: &Memory, value: &[u8], ttl: Ttl) {
    assert!(put(memory, key!["k"], value, ttl).unwrap());
}

pub(super) fn read(memory: &Memory) -> Option<Found> {
    now(memory.get(&Namespace::default(), &[key!["k"]], Select::ValuesAndTtls)).unwrap().remove(0)
}

fn read_listed(memory: &Memory) -> Option<Found> {
    let pattern = pattern![..];
    let page = now(memory.scan(&Namespace::default(), &pattern, Select::ValuesAndTtls, &Cursor::START, 9)).unwrap();
    page.records.into_iter().next().map(|record| record.found)
}
