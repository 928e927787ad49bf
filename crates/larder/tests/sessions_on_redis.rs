//! What sessions are to a Redis server: how few commands a load is, and what anybody sees who looks into it.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, HashSet};
use std::process::Command;

use larder::sessions::{Bearer, New, Sessions};
use larder_test_redis::{Relay, Reply, Server};

async fn login(sessions: &Sessions, principal: usize) -> Bearer {
    sessions.create(New::of(principal)).await.unwrap().session().unwrap().0
}

/// The commands that reached a server, but for the rig's looks and the connection's own: the fence's ECHO and the
/// greetings.
fn commands(server: &Server) -> BTreeMap<String, u64> {
    let own = ["echo", "info", "config", "hello", "client", "time", "role", "ping"];
    let is_own = |name: &String| own.contains(&name.split('|').next().unwrap());
    server.calls().into_iter().filter(|(name, _)| !is_own(name)).collect()
}

#[tokio::test]
async fn load_is_one_get() {
    let server = Server::start();
    let relay = Relay::new(&server);
    let url = format!("redis://127.0.0.1:{}/?namespace=myapp", relay.port());
    let sessions = Sessions::new(&larder::open(&url).await.unwrap());
    let bearer = login(&sessions, 42).await;
    server.forget_calls();
    let before = relay.traffic().trips;
    for _ in 0..100 {
        assert!(sessions.load(&bearer).await.unwrap().is_some());
    }
    assert_eq!(commands(&server), BTreeMap::from([("get".to_owned(), 100)]));
    assert_eq!(relay.traffic().trips - before, 100);
}

#[tokio::test]
async fn list_of_ten_among_many_is_two_round_trips() {
    let server = Server::start();
    let relay = Relay::new(&server);
    let url = format!("redis://127.0.0.1:{}/?namespace=myapp", relay.port());
    let sessions = Sessions::new(&larder::open(&url).await.unwrap());
    for principal in (0..50).flat_map(|principal| [principal; 10]) {
        login(&sessions, principal).await;
    }
    server.forget_calls();
    let before = relay.traffic().trips;
    assert_eq!(sessions.of(7).list().await.unwrap().len(), 10);
    assert_eq!(relay.traffic().trips - before, 2);
    let commands = commands(&server);
    assert!(commands.values().sum::<u64>() <= 11, "the principal and ten sessions: {commands:?}");
    assert!(commands.keys().all(|name| ["get", "mget"].contains(&name.as_str())), "{commands:?}");
}

/// Ten thousand logins, then `redis-cli --scan` and every value: no bearer, as text, as bytes or in hexadecimal.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_looks_into_redis_sees_a_bearer() {
    let server = Server::start();
    let sessions = Sessions::new(&larder::open(&server.url_with("/?namespace=myapp")).await.unwrap());
    let logging_in = |worker: usize| {
        let sessions = sessions.clone();
        async move {
            let mut bearers = Vec::new();
            for round in 0..200 {
                bearers.push(login(&sessions, (worker * 200 + round) / 8).await);
            }
            bearers
        }
    };
    let workers: Vec<_> = (0..50).map(|worker| tokio::spawn(logging_in(worker))).collect();
    let mut bearers = Vec::new();
    for worker in workers {
        bearers.extend(worker.await.unwrap());
    }
    let port = server.port().to_string();
    let scan = Command::new("redis-cli").args(["-p", &port, "--scan"]).output().unwrap();
    let mut dump = scan.stdout;
    let names = server.command(&["KEYS", "*"]);
    for name in names.as_array() {
        let Reply::Bytes(name) = name else { panic!("a key has a name") };
        dump.extend_from_slice(name);
        match server.command(&[b"TYPE", name.as_slice()]).as_text().as_str() {
            "string" => add(&server.command(&[b"GET", name.as_slice()]), &mut dump),
            "zset" => add(&server.command(&[b"ZRANGE".as_slice(), name, b"0", b"-1"]), &mut dump),
            other => panic!("there is a {other}, into which this does not look"),
        }
    }
    assert!(names.as_array().len() > 10_000 && dump.len() > 1_000_000, "there is something to look through");
    let (mut texts, mut raws) = (HashSet::new(), HashSet::new());
    for bearer in &bearers {
        let text = bearer.expose();
        let raw = unbased(&text);
        let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
        texts.extend([text.replace('-', "+").replace('_', "/"), hex.to_uppercase(), hex, text]);
        raws.insert(raw);
    }
    let heads: HashSet<&[u8]> =
        texts.iter().map(|text| &text.as_bytes()[..16]).chain(raws.iter().map(|raw| &raw[..16])).collect();
    let found = |dump: &[u8]| dump.windows(16).filter(|window| heads.contains(window)).count();
    let one = texts.iter().next().unwrap();
    assert_eq!(found(&[&dump[..50], one.as_bytes()].concat()), 1, "what stands there is found");
    assert_eq!(found(&dump), 0, "a bearer stands in Redis");
    eprintln!("checked: {} bearers in five forms in {} bytes of keys and values, 0 found", bearers.len(), dump.len());
}

fn add(value: &Reply, dump: &mut Vec<u8>) {
    match value {
        Reply::Bytes(bytes) => dump.extend_from_slice(bytes),
        Reply::Array(values) => values.iter().for_each(|value| add(value, dump)),
        other => panic!("{other:?} holds no bytes"),
    }
}

/// The bytes of a text in base64url.
fn unbased(text: &str) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        bits = bits << 6 | LETTERS.iter().position(|other| *other == letter).unwrap() as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
