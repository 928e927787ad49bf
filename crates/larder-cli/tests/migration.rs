//! `copy --from-format`: sessions that other stores wrote move, nobody is signed out, and nobody comes back.
//!
//! The bytes are those that tower-sessions-redis-store 0.16.0 and actix-session 0.11.0 wrote; scripts/compare asks the
//! stores themselves.

#![allow(clippy::unwrap_used, reason = "a test that cannot run fails")]

mod support;

use std::future::Future;
use std::time::{Duration, SystemTime};

use larder::sessions::{Fields, Principal, Secret, Sessions};
use larder_test_redis::{Reply, Server};
use serde_json::{Value, json};
use support::Home;

const TOWER: &str = "LvXAsREfjDwJ8BZx_v___w";
const TOWER_BYTES: &str = "93c410fffffffe7116f0093c8c1f11b1c0f52e84af6178756d2d6c6f67696e2e6461746182a9617574685f68617368930102ccffa\
    7757365725f69642aa46e616d65a54ac3b67267a46361727481a16194cb3ff8000000000000c0c3a178a67669736974730399cd083301000000\
    00000000";
const ACTIX: &str = "Ft11XvKokHj22Hs40urd0EMPKHOTf0u7qSVDeR1mf5hfIEHAwOkKRbBNtP9PmUOS";
const ACTIX_TEXT: &str = r#"{"big":"340282366920938463463374607431768211455","actix_identity.user_id":"\"42\"","visits":"3","ordered":"{\"b\":1,\"a\":2}"}"#;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().map(|digit| (digit as char).to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn set(server: &Server, key: &str, value: &[u8]) {
    assert_eq!(server.command(&[b"SET", key.as_bytes(), value, b"EX", b"3600"]), Reply::ok());
}

fn copy<'a>(from: &'a str, format: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["copy", "--from", from, "--from-format", format, "--to", "./new.larder"], more].concat()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The fields under an id, and how many sessions the principal 42 has.
fn found(home: &Home, id: &str, secret: Option<&[u8]>) -> (Option<Fields>, usize) {
    wait(async {
        let url = format!("disk:{}?create=false", home.join("new.larder").display());
        let opened = larder::open(&url).await.unwrap();
        let secrets = secret.map(|secret| Secret::new(secret).unwrap());
        let sessions = Sessions::builder(&opened).secrets(secrets).build().unwrap();
        let loaded = sessions.adapter(|_| Some(Principal::of(42))).load(id.as_bytes()).await.unwrap();
        if let Some(loaded) = &loaded {
            let remains = loaded.session.expires().duration_since(SystemTime::now()).unwrap();
            assert!(remains <= Duration::from_secs(3600) && remains > Duration::from_secs(3500), "{remains:?}");
        }
        (loaded.map(|loaded| loaded.session.fields().clone()), sessions.of(42).list().await.unwrap().len())
    })
}

fn as_json(fields: Fields) -> Value {
    Value::Object(fields.into_iter().collect())
}

#[test]
fn sessions_of_tower_sessions_redis_store_move() {
    let (server, home) = (Server::start(), Home::new());
    set(&server, TOWER, &hex(TOWER_BYTES));
    set(&server, "another key", b"of somebody else");
    let from = server.url();
    let ran = home.run(copy(&from, "tower-sessions-redis", &[]));
    assert!(ran.err.ends_with("read 1, written 1, expired 0, refused 0, kept 0\n"), "{}", ran.err);
    ran.done();
    let (fields, listed) = found(&home, TOWER, None);
    let data = json!({"user_id": 42, "auth_hash": [1, 2, 255]});
    let cart = json!({"a": [1.5, null, true, "x"]});
    let whole = json!({"axum-login.data": data, "visits": 3, "cart": cart, "name": "J\u{f6}rg"});
    assert_eq!((as_json(fields.unwrap()), listed), (whole, 1));
    assert_eq!(server.command(&["GET", TOWER]), Reply::Bytes(hex(TOWER_BYTES)), "the source is only read");
}

#[test]
fn sessions_of_actix_session_move_letter_by_letter() {
    let (server, home) = (Server::start(), Home::new());
    let from = server.url();
    set(&server, &format!("a*?:{ACTIX}"), ACTIX_TEXT.as_bytes());
    set(&server, &format!("abc:{ACTIX}"), b"somebody else's");
    home.run(copy(&from, "actix-session", &["--prefix", "a*?:"])).done();
    let (fields, listed) = found(&home, ACTIX, None);
    let whole: Value = serde_json::from_str(ACTIX_TEXT).unwrap();
    assert_eq!((as_json(fields.unwrap()), listed), (whole, 1));
}

#[test]
fn what_has_ended_is_not_brought_back_by_another_copy() {
    let (server, home) = (Server::start(), Home::new());
    set(&server, TOWER, &hex(TOWER_BYTES));
    let from = server.url();
    home.run(copy(&from, "tower-sessions-redis", &[])).done();
    home.run(copy(&from, "tower-sessions-redis", &[])).refused(2, "--again");
    let ran = home.run(copy(&from, "tower-sessions-redis", &["--again"]));
    assert!(ran.err.ends_with("read 1, written 0, expired 0, refused 0, kept 1\n"), "{}", ran.err);
}

#[test]
fn what_is_no_session_of_its_key_is_counted_and_loses_no_other() {
    let (server, home) = (Server::start(), Home::new());
    set(&server, TOWER, &hex(TOWER_BYTES));
    set(&server, &TOWER.replace('L', "M"), &hex(TOWER_BYTES));
    set(&server, &TOWER.replace('L', "N"), b"\x93\xc4\x10");
    set(&server, &TOWER.replace('L', "*"), b"");
    let ran = home.run(copy(&server.url(), "tower-sessions-redis", &[]));
    assert!(ran.err.ends_with("read 4, written 1, expired 0, refused 3, kept 0\n"), "{}", ran.err);
    assert!(!ran.err.contains("vXAsREfjDw"), "keys are cookies");
    ran.ended(6);
    assert!(found(&home, TOWER, None).0.is_some());
}

#[test]
fn users_and_secrets_are_those_of_the_new_application() {
    let (server, home) = (Server::start(), Home::new());
    set(&server, ACTIX, br#"{"user":"{\"id\":42}"}"#);
    let (from, secret) = (server.url(), [7; 32]);
    std::fs::write(home.join("secret"), secret).unwrap();
    let more = ["--user-at", "/user/id", "--secret-file", "secret"];
    home.run(copy(&from, "actix-session", &more)).done();
    assert!(found(&home, ACTIX, None).0.is_none());
    let (fields, listed) = found(&home, ACTIX, Some(&secret));
    assert_eq!((fields.is_some(), listed), (true, 1));
    home.run(copy(&from, "actix-session", &["--user-at", "user"])).refused(2, "JSON pointer");
    home.run(copy(&from, "actix-session", &["--secret-file", "none"])).refused(2, "none");
}

#[test]
fn a_source_that_is_not_there_makes_no_target() {
    let home = Home::new();
    home.run(copy("redis://127.0.0.1:1", "actix-session", &[])).refused(3, "--from");
    home.run(copy("./old.larder", "actix-session", &[])).refused(2, "--from");
    home.run(copy("redis://127.0.0.1:1", "actix-session", &["--verify"])).refused(2, "cannot be used with");
    home.is_untouched();
}
