//! Keys and values that somebody chose in order to do harm.
//!
//! * S14: reading a value made atoms for ever, brought functions to life, and inflated 8 KiB to 148 MB.
//! * A `*` in a key that reaches SCAN's pattern lists or clears more than was meant.
//! * A line break that reaches the wire as it is begins another command.

use std::time::{Duration, Instant};

use larder::term::Otp;
use larder::{ErrorKind, Namespace, Pattern, Term, key, pattern};
use larder_test_redis::Reply;
use serde_json::Value;

use super::ground::{Ground, listed, stored};

fn hex(digits: &Value) -> Vec<u8> {
    let digits = digits.as_str().unwrap_or_default().as_bytes();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The hostile values that real Erlang was given, those that stand there as bytes or as one repeated piece up to a size.
fn hostile_values() -> Vec<Vec<u8>> {
    let lines = include_str!("../golden/pow.jsonl").lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let bytes = |line: Value| {
        let input = &line["input"];
        if line["kind"] != "hostile" || input["compressed"] == true {
            return None;
        }
        if input.get("hex").is_some() {
            return Some(hex(&input["hex"]));
        }
        let times = |name: &str| input[name].as_u64().unwrap_or_default() as usize;
        let mut bytes = hex(&input["prefix_hex"]);
        for (piece, count) in [("repeat_hex", times("n")), ("middle_hex", 1), ("repeat2_hex", times("n2"))] {
            bytes.extend(hex(&input[piece]).repeat(count));
        }
        (bytes.len() < 4 << 20).then_some(bytes)
    };
    lines.filter_map(bytes).collect()
}

async fn a_hostile_value_is_an_error_or_inert_and_hides_nothing(layout: &'static str) {
    let ground = Ground::new(layout);
    let store = ground.store().await;
    store.put(key!["user", 0], &Term::from("good")).await.unwrap();
    let values = hostile_values();
    assert!(values.len() > 40);
    let mut readable = 0;
    for (user, value) in (1_u32..).zip(&values) {
        store.put(key!["user", user], &Term::nil()).await.unwrap();
        let at = stored(Otp::Otp26, &key!["user", user]);
        ground.ask(&[b"SET", &at[..], &value[..], b"PX", b"600000"]);
        let started = Instant::now();
        match store.get(key!["user", user]).await {
            Ok(found) => readable += usize::from(found.is_some()),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Codec);
                assert!(!format!("{error} {error:?}").contains("good"));
            }
        }
        assert!(started.elapsed() < Duration::from_secs(2));
    }
    let page = store.all(&pattern!["user", _]).await.unwrap();
    assert_eq!(page.records[0], (key!["user", 0], Term::from("good")));
    assert_eq!((page.records.len(), page.damaged.len()), (1 + readable, values.len() - readable));
}

async fn a_function_or_pid_in_a_value_stays_bytes(layout: &'static str) {
    // `&:erlang.halt/0`, which OTP hands back ready to be called.
    const HALT: &[u8] = b"\x83q\x77\x06erlang\x77\x04halt\x61\x00";
    let ground = Ground::new(layout);
    let store = ground.store().await;
    ground.ask(&[b"SET", &stored(Otp::Otp26, &key!["k"])[..], HALT, b"PX", b"60000"]);
    let value = store.get("k").await.unwrap().unwrap();
    assert!(value.has_opaque());
    assert_eq!(value.to_etf(Otp::Otp26).unwrap(), HALT, "it goes out as it came in");
}

async fn a_pattern_of_redis_in_a_key_or_namespace_is_text(layout: &'static str) {
    let ground = Ground::new(layout);
    let store = ground.store().await;
    for part in ["*", "?", "[a-z]", "\\*", "user*", "^", "user"] {
        store.put(key![part, 1], &Term::from(part)).await.unwrap();
    }
    for part in ["*", "?", "[a-z]", "\\*", "user*", "^", "user"] {
        assert_eq!(listed(&store, &pattern![part, _]).await, [(key![part, 1], Term::from(part))]);
    }
    for space in ["*", "?", "cred*", "[c]redentials", "g2*", ""] {
        let other = store.clone().with_namespace(Namespace::new(space).unwrap());
        assert_eq!(listed(&other, &Pattern::any()).await, []);
        assert_eq!(other.clear().await.unwrap(), 0);
    }
    assert_eq!(store.delete_all(&pattern!["*", ..]).await.unwrap(), 1);
    assert_eq!(store.count(&Pattern::any()).await.unwrap(), 6);
}

async fn a_command_in_a_key_value_or_namespace_is_data(layout: &'static str) {
    let ground = Ground::new(layout);
    let store = ground.store().await;
    ground.ask(&["SET", "precious", "v"]);
    let hostile = [
        "\r\nFLUSHALL\r\n",
        "*1\r\n$8\r\nFLUSHALL\r\n",
        "k\r\n*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$1\r\ny\r\n",
        "$-1\r\n",
        "\0",
        "\n",
    ];
    for text in hostile {
        let before = ground.ask(&["DBSIZE"]).as_integer();
        for store in [store.clone(), store.clone().with_namespace(Namespace::new(text).unwrap())] {
            store.put(key![text, text], &Term::from(text)).await.unwrap();
            assert_eq!(store.get(key![text, text]).await.unwrap(), Some(Term::from(text)));
            assert_eq!(listed(&store, &pattern![text, _]).await, [(key![text, text], Term::from(text))]);
            assert_eq!(store.take(key![text, text]).await.unwrap(), Some(Term::from(text)));
        }
        assert_eq!(ground.ask(&["DBSIZE"]).as_integer(), before, "{text:?}");
    }
    assert_eq!(ground.ask(&["GET", "precious"]), Reply::text("v"));
    assert!(!ground.exists(b"x"));
}

in_both_layouts! {
    a_hostile_value_is_an_error_or_inert_and_hides_nothing
    a_function_or_pid_in_a_value_stays_bytes
    a_pattern_of_redis_in_a_key_or_namespace_is_text
    a_command_in_a_key_value_or_namespace_is_data
}
