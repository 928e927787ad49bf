//! Promises about what is never told: no key, value or namespace stands in an error or a `Debug`.

use std::error::Error as _;
use std::fmt::Debug;
use std::time::Duration;

use bytes::Bytes;

use crate::backend::{Backend, Cursor, Damaged, Put, When};
use crate::codec::{Json, Raw};
use crate::error::Error;
use crate::key;
use crate::key::Key;
use crate::namespace::Namespace;
use crate::pattern::Pattern;
use crate::record::Select;
use crate::ttl::Ttl;

use super::case::{Case, LONG, ok, put};
use super::fixture::Fixture;

const CANARY: &str = "canaryYellow7";

/// No error that a backend can be brought to, and no cause of one, quotes the key, the value or the namespace.
pub async fn secrets_stand_in_no_error<F: Fixture>(fixture: F) {
    let case = secret(fixture).await;
    let limits = case.info().await.limits;
    let (backend, space) = (&case.backend, &case.space);
    let fine = key!["k", CANARY];
    let long = key![CANARY.repeat(limits.key_bytes / CANARY.len() + 1)];
    let many = ok(Key::new(vec![CANARY; limits.parts + 1]), "it has parts");
    let mut errors = Vec::new();
    for bad in [&long, &many] {
        let keys = std::slice::from_ref(bad);
        errors.extend(backend.put(space, &[put(bad, CANARY, When::Always)]).await.err());
        errors.extend(backend.get(space, keys, Select::Values).await.err());
        errors.extend(backend.take(space, bad).await.err());
        errors.extend(backend.touch(space, keys, Ttl::Never).await.err());
        errors.extend(backend.delete(space, keys).await.err());
        errors.extend(backend.scan(space, &bad.into(), Select::Keys, &Cursor::START, 10).await.err());
    }
    assert_eq!(errors.len(), 12, "each was refused");
    let value = Bytes::from(CANARY.repeat(limits.value_bytes / CANARY.len() + 1));
    let large = Put { key: fine.clone(), value, ttl: LONG.into(), when: When::Always };
    errors.extend(backend.put(space, &[large]).await.err());
    let twice = [put(&fine, CANARY, When::Absent), put(&fine, CANARY, When::Absent)];
    errors.extend(backend.put(space, &twice).await.err());
    errors.extend(backend.touch(space, std::slice::from_ref(&fine), Duration::ZERO.into()).await.err());
    errors.extend(case.store::<u64>(Json).get(&fine).await.err());
    assert_eq!(errors.len(), 16, "each was refused, and the text is no number");
    // A cursor that no page gave is answered as the backend likes, but quietly.
    let foreign = Cursor::new(CANARY.as_bytes().to_vec());
    errors.extend(backend.scan(space, &Pattern::any(), Select::Keys, &foreign, 10).await.err());
    for error in &errors {
        assert_silent(&every_word_of(error));
    }
}

/// Nothing that a backend or a store hands out shows a key, a value or a namespace by `Debug`.
pub async fn secrets_stand_in_no_debug<F: Fixture>(fixture: F) {
    let case = secret(fixture).await;
    let key = key!["k", CANARY];
    case.put(&key!["l", CANARY], CANARY).await;
    let pattern = Pattern::from(&key);
    let page = case.scan(&Pattern::any(), Select::ValuesAndTtls, &Cursor::START, 1).await;
    assert_eq!(page.records.len(), 1, "there is something to be silent about");
    let store = case.store::<Bytes>(Raw);
    let damaged = Damaged::new(CANARY.as_bytes().to_vec(), Some(key.clone()), "damaged on purpose");
    assert_silent(&damaged.to_string());
    let (found, info) = (case.found(&key, Select::ValuesAndTtls).await, case.info().await);
    let all = ok(store.all(&Pattern::any()).await, "all");
    let silent: [&(dyn Debug + Sync); 13] = [
        &page,
        &page.next,
        &page.records,
        &found,
        &info,
        &all.damaged,
        &put(&key, CANARY, When::Always),
        &key,
        &key.term(),
        &pattern,
        &case.space,
        &damaged,
        &store,
    ];
    for silent in silent {
        assert_silent(&format!("{silent:?}"));
        assert_silent(&format!("{silent:#?}"));
    }
}

/// What is damaged is told without its key or value.
pub async fn secrets_stand_in_no_report_of_damage<F: Fixture>(fixture: F) {
    let case = secret(fixture).await;
    let key = key!["k", CANARY];
    let Some(case) = case.damage(&key).await else { return };
    for damaged in case.page(&Pattern::any(), &Cursor::START, 10).await.damaged {
        assert_silent(&format!("{damaged} {damaged:?}"));
    }
    let got = case.backend.get(&case.space, std::slice::from_ref(&key), Select::Values).await;
    assert_silent(&every_word_of(&got.expect_err("what is damaged is an error, never absent")));
}

async fn secret<F: Fixture>(fixture: F) -> Case<F> {
    let mut case = Case::open(fixture).await;
    let name = format!("{CANARY}{:016x}", fastrand::u64(..));
    case.space = ok(Namespace::new(name), "a short text is a namespace");
    case.put(&key!["k", CANARY], CANARY).await;
    case
}

fn every_word_of(error: &Error) -> String {
    let mut words = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    words
}

#[track_caller]
fn assert_silent(words: &str) {
    let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    let bytes = CANARY.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ");
    let folded = words.to_lowercase();
    assert!(!folded.contains(&CANARY.to_lowercase()), "the canary stands in a message");
    assert!(!folded.contains(&hex), "the canary stands in a message, in hex");
    assert!(
        !folded.split_whitespace().collect::<Vec<_>>().join(" ").contains(&bytes),
        "the canary stands in a message, in numbers"
    );
    for shift in 0..3 {
        assert!(!words.contains(&base64(shift)), "the canary stands in a message, in base64");
    }
}

/// The letters of base64 that depend on the canary alone where it begins so many bytes into a group of three.
fn base64(shift: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = CANARY.bytes().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let skipped = (6 - shift * 8 % 6) % 6;
    let letters = bits[skipped..].chunks_exact(6);
    letters.map(|six| char::from(LETTERS[six.iter().fold(0, |sum, bit| sum << 1 | usize::from(*bit))])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_found_wherever_the_canary_begins() {
        assert_eq!(base64(0), "Y2FuYXJ5WWVsbG93N");
        assert_eq!(base64(1), "NhbmFyeVllbGxvdz");
        assert_eq!(base64(2), "jYW5hcnlZZWxsb3c3");
    }
}
