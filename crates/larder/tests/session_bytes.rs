//! The bytes of sessions are those that `docs/format.md` writes down: records of the first version are still read, and
//! written back as they were.
#![cfg(feature = "memory")]
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use larder::backends::memory::Memory;
use larder::sessions::{Bearer, Saved, Secret, Sessions};
use larder::testing::ManualClock;
use larder::{Erased, ErrorKind, Key, Opened, Raw, Store, Ttl, key};

const HASH: &str = "k8YG3NCThdDFnc4LTs_FmLp_IyCxniDLq5XnIh4C5Lk";
const PRINCIPAL: &str = r#"{"v":1,"epoch":7,"sessions":[{"id":"AAAAAAAAAAAAAAAAAAAAAA","keys":["k8YG3NCThdDFnc4LTs_FmLp_IyCxniDLq5XnIh4C5Lk"],"since":1767225600000,"until":1769817600000}]}"#;
const SESSION: &str = r#"{"v":1,"session":{"id":"AAAAAAAAAAAAAAAAAAAAAA","principal":"42","created":1767225600000,"seen":1767225600000,"until":1769817600000,"idle":1800000,"device":"phone","fields":{"theme":"dark"}}}"#;

struct Place {
    store: Store<Bytes>,
    sessions: Sessions,
    keyed: Sessions,
}

impl Place {
    /// A store with these records.
    async fn with(records: &[(Key, &str)]) -> Self {
        let clock = Arc::new(ManualClock::new());
        let opened = Opened::new(Erased::new(Memory::builder().clock(clock.clone()).build()));
        let store = opened.store_with(Raw).with_ttl(Ttl::After(Duration::from_secs(600)));
        for (key, value) in records {
            store.put(key, &Bytes::copy_from_slice(value.as_bytes())).await.unwrap();
        }
        let sessions = Sessions::builder(&opened).clock(clock.clone());
        let keyed = Sessions::builder(&opened).clock(clock).secrets([Secret::new(&[b'k'; 32]).unwrap()]);
        Self { store, sessions: sessions.build().unwrap(), keyed: keyed.build().unwrap() }
    }

    async fn text(&self, key: Key) -> String {
        String::from_utf8(self.store.get(key).await.unwrap().unwrap().to_vec()).unwrap()
    }
}

/// The bearer of 32 zero bytes.
fn bearer() -> Bearer {
    "A".repeat(43).parse().unwrap()
}

#[tokio::test]
async fn records_of_the_first_version_are_read_and_written_as_they_were() {
    let place = Place::with(&[(key!["principal", "42"], PRINCIPAL), (key!["session", HASH], SESSION)]).await;
    let mut session = place.sessions.load(&bearer()).await.unwrap().unwrap();
    assert_eq!(session.get::<String>("theme").unwrap().as_deref(), Some("dark"));
    let listed = place.sessions.of(42).list().await.unwrap();
    assert_eq!((listed.len(), listed[0].id, listed[0].device.as_deref()), (1, session.id(), Some("phone")));
    assert_eq!(listed[0].expires.duration_since(listed[0].created).unwrap(), Duration::from_secs(1800));
    assert_eq!(place.sessions.save(&mut session).await.unwrap(), Saved::Written);
    assert_eq!(place.text(key!["session", HASH]).await, SESSION);
    assert!(!place.sessions.of(42).unblock().await.unwrap());
    assert_eq!(place.text(key!["principal", "42"]).await, PRINCIPAL);
    assert_eq!(place.sessions.of(42).revoke_all().await.unwrap(), 1);
    assert!(place.sessions.load(&bearer()).await.unwrap().is_none());
}

#[tokio::test]
async fn keyed_hashes_and_tokens_are_found_where_they_are_written_down() {
    let keyed = "-NPVXEf4qmdfZxfH0DPXAS2-xGs5Cd1_dwrWVa6c5MM";
    let token = "SjFDEx_GSEp34uLBEVm8WHheEXXueDvAGY_YyfedhA8";
    let place =
        Place::with(&[(key!["session", keyed], SESSION), (key!["token", "reset", token], r#"{"v":1,"value":"ann"}"#)])
            .await;
    assert!(place.keyed.load(&bearer()).await.unwrap().is_some());
    assert!(place.sessions.load(&bearer()).await.unwrap().is_none());
    let resets = place.sessions.tokens("reset", Duration::from_secs(600));
    assert_eq!(resets.redeem::<String>(&bearer()).await.unwrap().as_deref(), Some("ann"));
}

#[tokio::test]
async fn an_end_that_was_cut_off_is_finished() {
    let ending =
        PRINCIPAL.replace("\"sessions\":[{", "\"sessions\":[],\"ending\":[{").replace("}]}", ",\"why\":\"revoked\"}]}");
    let place = Place::with(&[(key!["principal", "42"], &ending), (key!["session", HASH], SESSION)]).await;
    assert!(place.sessions.of(42).list().await.unwrap().is_empty());
    assert!(place.sessions.load(&bearer()).await.unwrap().is_none());
    assert_eq!(place.text(key!["principal", "42"]).await, r#"{"v":1,"epoch":7,"sessions":[]}"#);
}

#[tokio::test]
async fn what_is_left_of_a_session_is_none() {
    let moved = format!(r#"{{"v":1,"moved":{{"to":"{HASH}","until":1767225600000}}}}"#);
    for left in [moved, SESSION.replace("\"session\"", "\"retired\"")] {
        let place = Place::with(&[(key!["session", HASH], &left)]).await;
        assert!(place.sessions.load(&bearer()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn another_version_is_refused_by_name() {
    for (from, to) in [("\"v\":1", "\"v\":2"), ("\"v\":1,", ""), ("\"session\"", "\"sitting\"")] {
        let place = Place::with(&[(key!["session", HASH], &SESSION.replace(from, to))]).await;
        assert_eq!(place.sessions.load(&bearer()).await.unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
