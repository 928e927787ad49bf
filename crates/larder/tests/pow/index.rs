//! Pow's index, and what goes wrong with it in today's guide.
//!
//! * I1: a record of a short ttl took the whole index with it, and longer sessions out of every listing.
//! * I2: what the guides before wrote is in no index.
//! * I3: scores came from the application's clock.
//! * I4: what the guides before delete stays in the index.
//! * I5: a login took 30 commands.
//! * I6: `all` raised at an improper tail, and found nothing where a variable stood ahead of the first `:_`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use larder::term::Otp;
use larder::{Key, Namespace, Path, Pattern, Store, Term, Ttl, key, pattern};
use larder_test_redis::Reply;
use serde_json::Value;

use super::ground::{Ground, SPACE, index_of, listed, session, sessions, stored};

const LAYOUT: &str = "pow-indexed";

fn short(store: &Store<Term>, millis: u64) -> Store<Term> {
    store.clone().with_ttl(Ttl::After(Duration::from_millis(millis)))
}

fn score(ground: &Ground, index: &[u8], member: &[u8]) -> u64 {
    match ground.ask(&[b"ZSCORE", index, member]) {
        Reply::Nil => 0,
        score => score.as_text().parse().unwrap(),
    }
}

fn time(ground: &Ground) -> u64 {
    let reply = ground.ask(&["TIME"]);
    let parts: Vec<u64> = reply.as_array().iter().map(|part| part.as_text().parse().unwrap()).collect();
    parts[0] * 1_000 + parts[1] / 1_000
}

#[tokio::test]
async fn a_short_sibling_does_not_cut_the_index() {
    let ground = Ground::new(LAYOUT);
    let store = ground.store().await;
    store.put(session(1, "long"), &Term::from("long")).await.unwrap();
    let indexes = ["a", "b", "c", "d", "e"].len();
    assert_eq!(ground.ask(&["DBSIZE"]).as_integer(), 1 + indexes as i64, "an index for every beginning of the key");
    for (at, key) in [session(1, "short"), session(2, "short"), key!["other"]].into_iter().enumerate() {
        short(&store, 100 + at as u64).put(&key, &Term::from("short")).await.unwrap();
    }
    short(&store, 100).touch(session(2, "short")).await.unwrap();
    // Their own indexes aside, all live on for as long as the longest record in them.
    let own = index_of(Otp::Otp26, &[]);
    assert!(ground.ask(&[b"PTTL", &own[..]]).as_integer() > 1_790_000);
    while ground.exists(&stored(Otp::Otp26, &key!["other"])) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(listed(&store, &sessions(1)).await, [(session(1, "long"), Term::from("long"))]);
    assert_eq!(listed(&store, &Pattern::any()).await, [(session(1, "long"), Term::from("long"))]);
}

#[tokio::test]
async fn what_the_first_guides_wrote_is_listed_by_the_layout_without_an_index() {
    let (plain, indexed) = (Ground::alone("pow"), LAYOUT);
    let indexed = Ground::on(plain.server.clone(), 0, indexed);
    plain.seed_puts(Otp::Otp26, &session(1, "seed"), &Term::from(1), 60_000);
    plain.todays_pow_puts(Otp::Otp26, &session(1, "today"), &Term::from(2), 60_000);
    let (without, with) = (plain.store().await, indexed.store().await);
    let both = [(session(1, "seed"), Term::from(1)), (session(1, "today"), Term::from(2))];
    assert_eq!(listed(&without, &sessions(1)).await, both);
    // Both layouts get it; a listing by the index finds it from its next put or touch on.
    assert_eq!(with.get(session(1, "seed")).await.unwrap(), Some(Term::from(1)));
    assert_eq!(listed(&with, &sessions(1)).await, both[1..]);
    assert!(with.touch(session(1, "seed")).await.unwrap());
    assert_eq!(listed(&with, &sessions(1)).await, both);
}

#[tokio::test]
async fn scores_come_from_the_servers_clock() {
    let ground = Ground::alone(LAYOUT);
    let port = ten_minutes_ahead(ground.server.port());
    let url = format!("redis://127.0.0.1:{port}/0?layout={LAYOUT}&ttl=30m&namespace={SPACE}&timeout=20s");
    let store = larder::open(&url).await.unwrap().store::<Term>();
    store.put(key!["k"], &Term::from(1)).await.unwrap();
    let index = index_of(Otp::Otp26, &[]);
    let stored = stored(Otp::Otp26, &key!["k"]);
    let ahead = score(&ground, &index, &stored[24..]).abs_diff(time(&ground) + 600_000 + 1_800_000 + 60_000);
    assert!(ahead < 10_000, "by that clock: {ahead} ms");
    assert!(ground.ask(&[b"PTTL", &index[..]]).as_integer() > 1_800_000, "ttls are relative, so none shifts");
    assert_eq!(listed(&store, &Pattern::any()).await, [(key!["k"], Term::from(1))]);
}

/// A way to the server on which its clock is ten minutes ahead of ours.
fn ten_minutes_ahead(server: u16) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            std::thread::spawn(move || shift(server, client));
        }
    });
    port
}

fn shift(mut server: TcpStream, mut client: TcpStream) {
    // What TIME answers: the seconds have ten digits, with ten minutes more as well.
    const HEAD: &[u8] = b"*2\r\n$10\r\n";
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = server.read(&mut chunk) {
        let replies = &mut chunk[..count];
        let found = replies.windows(HEAD.len()).position(|window| window == HEAD).map(|at| at + HEAD.len());
        if let Some(seconds) = found.and_then(|at| replies.get_mut(at..at + 10))
            && let Some(now) = std::str::from_utf8(seconds).ok().and_then(|text| text.parse::<u64>().ok())
        {
            seconds.copy_from_slice((now + 600).to_string().as_bytes());
        }
        if client.write_all(replies).is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn what_the_first_guides_delete_leaves_a_hint_and_no_wrong_answer() {
    let ground = Ground::new(LAYOUT);
    let store = ground.store().await;
    for name in ["a", "b"] {
        store.put(session(1, name), &Term::from(name)).await.unwrap();
    }
    ground.ask(&[b"DEL", &stored(Otp::Otp26, &session(1, "a"))[..]]);
    assert_eq!(listed(&store, &sessions(1)).await, [(session(1, "b"), Term::from("b"))]);
    assert_eq!(store.count(&sessions(1)).await.unwrap(), 1);
    assert_eq!(store.keys(&Pattern::any()).await.unwrap().records, [session(1, "b")]);
    assert!(!store.delete(session(1, "a")).await.unwrap());
    assert_eq!(store.delete_all(&sessions(1)).await.unwrap(), 1);
    // What stands there again is listed again.
    store.put(session(1, "a"), &Term::from("again")).await.unwrap();
    assert_eq!(listed(&store, &sessions(1)).await, [(session(1, "a"), Term::from("again"))]);
}

/// Pow's CredentialsCache puts these three at every login.
fn login() -> [(Key, Term); 3] {
    let [module, user] = ["Elixir.MyApp.Users.User", "user"].map(|name| Term::atom(name).unwrap());
    [
        (key!["myapp_3f2c"], Term::from("session")),
        (key![module, user, 1], Term::from("user")),
        (session(1, "myapp_3f2c"), Term::from(1_700_000_000_000_u64)),
    ]
}

#[tokio::test]
async fn a_login_is_one_transaction_with_the_same_sets() {
    let ground = Ground::alone(LAYOUT);
    let store = ground.store().await;
    store.put("warm", &Term::nil()).await.unwrap();
    ground.server.forget_calls();
    let records = login();
    store.put_many(records.iter().map(|(key, value)| (key, value))).await.unwrap();
    let calls = ground.server.calls();
    let of = |name: &str| calls.get(name).copied().unwrap_or(0);
    // An entry for each of the nine beginnings, as today's Pow has them.
    assert_eq!((of("multi"), of("exec"), of("set"), of("zadd")), (1, 1, 3, 9));
    assert!(of("zremrangebyscore") <= 9 && of("pexpire") == 18, "{calls:?}");
    assert_eq!(of("unlink"), 2, "the two keys with atoms have another spelling");
    assert_eq!(of("eval") + of("evalsha") + of("time"), 0);
    assert_eq!(listed(&store, &sessions(1)).await.len(), 1);
    // Without an index a login is the three SETs, and the other spellings.
    let plain = Ground::on(ground.server.clone(), 1, "pow");
    let store = plain.store().await;
    store.get("warm").await.unwrap();
    plain.server.forget_calls();
    store.put_many(records.iter().map(|(key, value)| (key, value))).await.unwrap();
    let calls = plain.server.calls();
    let of = |name: &str| calls.get(name).copied().unwrap_or(0);
    assert_eq!((of("set"), of("unlink"), of("zadd"), of("pexpire")), (3, 2, 0, 0));
}

#[tokio::test]
async fn patterns_that_todays_guide_cannot_find_are_found() {
    let atom = |name: &str| Term::atom(name).unwrap();
    for layout in ["pow", LAYOUT] {
        let ground = Ground::new(layout);
        let store = ground.store().await;
        let [t, hole, variable] = ["t", "_", "$1"].map(atom);
        let keys = [
            key!["a"],
            key!["a", "b"],
            key!["a", "b", "c"],
            key![Term::tuple([t.clone(), 1.into(), 2.into()]), "x"],
            key!["x", "x"],
        ];
        for key in &keys {
            store.put(key, &Term::nil()).await.unwrap();
        }
        let expected = |some: &[usize]| -> Vec<Key> { some.iter().map(|at| keys[*at].clone()).collect() };
        let tuple = Term::tuple([t, hole.clone(), hole.clone()]);
        for (pattern, some) in [
            (Term::improper([Term::from("a")], hole.clone()), &[0, 1, 2][..]),
            (Term::list([tuple, hole.clone()]), &[3]),
            (Term::list([variable.clone(), hole.clone()]), &[3, 1, 4]),
            (Term::list([variable.clone(), variable]), &[4]),
            (Term::list([Term::from("a"), hole.clone(), hole.clone()]), &[2]),
            (hole, &[0, 3, 1, 4, 2]),
        ] {
            let mut found = store.keys(&Pattern::from_term(&pattern).unwrap()).await.unwrap().records;
            let mut expected = expected(some);
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{layout}: {pattern}");
        }
    }
}

fn golden() -> Vec<Value> {
    let lines = include_str!("../golden/pow.jsonl").lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let lines: Vec<_> = lines.filter(|line| line["kind"] == "index_v1039").collect();
    assert!(!lines.is_empty());
    lines
}

fn term(of: &Value) -> Term {
    of["inspect"].as_str().unwrap().parse().unwrap()
}

/// Runs commands that today's Pow sent, with a time and ttls in place of what stood for them.
fn replay(ground: &Ground, commands: &Value, ttl: u64) {
    let now = time(ground);
    for command in commands.as_array().unwrap() {
        let word = |word: &Value| match word.as_str().unwrap() {
            "$NOW" => now.to_string().into_bytes(),
            "$NOW+TTL" => (now + ttl).to_string().into_bytes(),
            hex if hex.starts_with("hex:") => {
                let digits = &hex.as_bytes()[4..];
                digits.chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
            }
            text => text.as_bytes().to_vec(),
        };
        let words: Vec<Vec<u8>> = command.as_array().unwrap().iter().map(word).collect();
        assert!(!matches!(ground.ask(&words), Reply::Error(_)));
    }
}

/// The sorted sets of a database with their members.
fn sets(ground: &Ground) -> Vec<(String, Vec<String>)> {
    let texts = |reply: Reply| -> Vec<String> { reply.as_array().iter().map(Reply::as_text).collect() };
    let mut sets: Vec<_> = texts(ground.ask(&["KEYS", "_index:*"]))
        .into_iter()
        .map(|set| (set.clone(), texts(ground.ask(&["ZRANGE", &set, "0", "-1"]))))
        .collect();
    sets.sort();
    sets
}

#[tokio::test]
async fn what_todays_pow_writes_is_listed_and_its_deletes_are_seen() {
    for line in golden() {
        let (key, space) =
            (Key::from_term(term(&line["key"])).unwrap(), Namespace::new(term(&line["namespace"])).unwrap());
        for way in ["otp25", "otp26plus"] {
            for own in ["otp=25", "otp=26"] {
                let ground = Ground::new(LAYOUT);
                let store = ground.store_with(own).await.with_namespace(space.clone());
                replay(&ground, &line[way]["put_commands"], line["ttl"].as_u64().unwrap());
                let found = store.all(&Pattern::any()).await.unwrap();
                assert_eq!(found.records, [(key.clone(), term(&line["value"]))], "{}", line["id"]);
                assert_eq!(found.cost.path, Path::Index);
                for length in 0..key.len() {
                    let parts = key.parts().into_iter().take(length).map(larder::Part::exactly);
                    let under = Pattern::new(parts, true).unwrap();
                    assert_eq!(store.keys(&under).await.unwrap().records, std::slice::from_ref(&key), "{}", line["id"]);
                }
                replay(&ground, &line[way]["delete_commands"], 0);
                assert_eq!(store.all(&Pattern::any()).await.unwrap().records, [], "{}", line["id"]);
            }
        }
    }
}

#[tokio::test]
async fn what_we_write_stands_in_the_sets_that_todays_pow_reads() {
    for line in golden() {
        let (key, space) =
            (Key::from_term(term(&line["key"])).unwrap(), Namespace::new(term(&line["namespace"])).unwrap());
        for (way, own) in [("otp25", "otp=25"), ("otp26plus", "otp=26")] {
            let (theirs, ours) = (Ground::new(LAYOUT), Ground::new(LAYOUT));
            let ttl = line["ttl"].as_u64().unwrap();
            replay(&theirs, &line[way]["put_commands"], ttl);
            let store = ours.store_with(own).await.with_namespace(space.clone());
            let store = store.with_ttl(Ttl::After(Duration::from_millis(ttl)));
            store.put(&key, &term(&line["value"])).await.unwrap();
            assert_eq!(sets(&ours), sets(&theirs), "{}", line["id"]);
            for (set, members) in sets(&ours) {
                for member in members {
                    // Pow lists what has a score in the future, and looks whether the record is there.
                    let ends = score(&ours, set.as_bytes(), member.as_bytes());
                    let now = time(&ours);
                    assert!(ends >= now + ttl && ends <= now + ttl + 70_000, "{} {ends} {now} {ttl}", line["id"]);
                }
                assert!(ours.ask(&["PTTL", &set]).as_integer() as u64 > ttl - 10_000);
            }
            let name = line[way]["put_commands"].as_array().unwrap().last().unwrap()[1].as_str().unwrap().to_owned();
            assert_eq!(ours.ask(&["GET", &name]), theirs.ask(&["GET", &name]), "{}", line["id"]);
            assert!(store.delete(&key).await.unwrap());
            assert_eq!(ours.ask(&["DBSIZE"]).as_integer(), 0, "{}", line["id"]);
        }
    }
}

#[tokio::test]
async fn a_listing_by_a_hole_at_the_front_says_how_it_is_found() {
    let ground = Ground::new(LAYOUT);
    let store = ground.store().await;
    store.put(session(1, "a"), &Term::nil()).await.unwrap();
    // Pow's index has a set for the namespace itself, so no pattern needs a SCAN.
    for pattern in [Pattern::any(), pattern![_], pattern![_, "user", ..], sessions(1)] {
        assert_eq!(store.explain(&pattern).await.unwrap().path, Path::Index);
    }
    assert_eq!(store.explain(&pattern!["user", 1]).await.unwrap().path, Path::Point);
}
