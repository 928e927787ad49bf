//! The connection over real servers.

use std::time::{Duration, Instant};

use larder_test_redis::{Fault, Proxy, Server};
use redis::Value;

use super::super::{Command, Commands, Connection, Effect, State};
use super::open;
use crate::error::ErrorKind;

async fn put_and_get(connection: &Connection) {
    let set = connection.call(&Command::new("SET").arg("k").arg("v"), Effect::Write).await;
    assert_eq!(set.unwrap(), Value::Okay);
    let get = connection.call(&Command::new("GET").arg("k"), Effect::Read).await;
    assert_eq!(get.unwrap(), Value::BulkString(b"v".to_vec()));
}

/// The message of a connection that is refused.
async fn refusal(url: &str) -> (ErrorKind, String) {
    let error = open(url).unwrap().connect().await.unwrap_err();
    (error.kind(), error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_let_in_over_tcp_unix_and_tls_with_a_password_a_user_and_a_database() {
    let plain = Server::start();
    let unix = Server::builder().unix_socket().password("p@s/s%w?rd").start();
    let tls = Server::builder().tls().acl_user("app", "secret", "~* &* -@all +get +set +echo").start();
    let urls = [
        plain.url(),
        plain.url_with("/3"),
        format!("redis+unix://:p%40s%2Fs%25w%3Frd@{}?db=2", unix.socket_path().display()),
        format!("redis://:p@s/s%25w%3Frd@localhost:{}/15", unix.port()),
        tls.url(),
        tls.url_as("app", "secret", "?fence=true"),
    ];
    for url in urls {
        let connection = open(&url).unwrap();
        put_and_get(&connection).await;
        let status = connection.status();
        assert_eq!(status.state, State::Connected);
        assert!(status.round_trip.is_some());
        // The user with the least rights may not ask.
        let may_ask = !url.contains("app:");
        assert_eq!(status.role.as_deref(), may_ask.then_some("master"));
        assert_eq!(status.version.is_some(), may_ask);
    }
    assert_eq!(plain.command(&["GET", "k"]).as_text(), "v");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_says_what_to_change_and_tells_no_secret() {
    let server = Server::builder()
        .password("right")
        .acl_user("bare", "hunter2", "~* &* -@all +get")
        .acl_user("off", "hunter2", "off")
        .start();
    let tls = Server::builder().tls().start();
    let elsewhere = Server::builder().tls_of_another_host().start();
    let port = server.port();
    let foreign = tls.certificates().foreign_ca().display().to_string();
    let cases = [
        (format!("redis://localhost:{port}"), ErrorKind::Denied, "wants a password"),
        (format!("redis://:hunter2@localhost:{port}"), ErrorKind::Denied, "password is refused"),
        (server.url_as("off", "hunter2", ""), ErrorKind::Denied, "password is refused"),
        (server.url_as("bare", "hunter2", ""), ErrorKind::Denied, "grant `+echo`"),
        (server.url_as("bare", "hunter2", "/1"), ErrorKind::Denied, "grant `+select`"),
        (server.url_with("/16"), ErrorKind::Config, "no database of that number"),
        (format!("rediss://localhost:{}?ca={foreign}", tls.port()), ErrorKind::Config, "signed by nobody we trust"),
        (format!("rediss://localhost:{}?ca=/nowhere", tls.port()), ErrorKind::Config, "option `ca`"),
        (elsewhere.url(), ErrorKind::Config, "bears another name"),
        (format!("redis://localhost:{}", tls.port()), ErrorKind::Unavailable, "use `rediss://`"),
        (format!("rediss://localhost:{port}?ca={foreign}"), ErrorKind::Unavailable, "use `redis://`"),
        ("redis+unix:///nowhere/redis.sock".into(), ErrorKind::Unavailable, "no such socket"),
    ];
    for (url, kind, words) in cases {
        let (refused, message) = refusal(&url).await;
        assert_eq!(refused, kind, "{url}: {message}");
        assert!(message.contains(words), "{url}: {message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_answers_for_each_command_and_a_transaction_as_one() {
    let server = Server::start();
    let connection = open(&server.url()).unwrap();
    let mut commands = Commands::default();
    commands.push(Command::new("SET").arg("text").arg("v").bytes());
    commands.push(Command::new("LPUSH").arg("text").number(1).bytes());
    commands.push(Command::new("GET").arg("text").bytes());
    let values = connection.pipeline(&commands, Effect::Write).await.unwrap();
    assert!(matches!(&values[..], [Value::Okay, Value::ServerError(_), Value::BulkString(_)]), "{values:?}");
    commands.atomic();
    let values = connection.pipeline(&commands, Effect::Write).await.unwrap();
    assert!(matches!(&values[..], [Value::Okay, Value::ServerError(_), Value::BulkString(_)]), "{values:?}");

    commands.push(Command::new("NOSUCH").bytes());
    let error = connection.pipeline(&commands, Effect::Write).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    server.set("maxmemory", "1");
    let mut full = Commands::default();
    full.push(Command::new("SET").arg("other").arg("v").bytes());
    full.atomic();
    assert_eq!(connection.pipeline(&full, Effect::Write).await.unwrap_err().kind(), ErrorKind::Full);
    server.set("maxmemory", "0");
    assert_eq!(connection.call(&Command::new("EXISTS").arg("other"), Effect::Read).await.unwrap(), Value::Int(0));
    assert_eq!(connection.pipeline(&Commands::default(), Effect::Read).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_the_user_may_not_use_is_refused_before_it_is_sent() {
    let server = Server::builder()
        .acl_user("none", "p", "~* &* -@all +get +set +echo")
        .acl_user("half", "p", "~* &* -@all +get +set +echo +multi")
        .start();
    for user in ["none", "half"] {
        let connection = open(&server.url_as(user, "p", "")).unwrap();
        let mut commands = Commands::default();
        commands.push(Command::new("SET").arg("never").arg("v").bytes());
        commands.atomic();
        let error = connection.pipeline(&commands, Effect::Write).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        // Had MULTI been left open, this would be queued.
        put_and_get(&connection).await;
    }
    assert_eq!(server.command(&["EXISTS", "never"]).as_integer(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn service_resumes_by_itself_within_two_seconds() {
    let server = Server::builder().password("right").start();
    let connection = open(&server.url()).unwrap();
    let resumed = async |what: &str| {
        let begun = Instant::now();
        while connection.call(&Command::new("GET").arg("k"), Effect::Read).await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(4), "{what}: {:?}", connection.status());
        }
        assert!(begun.elapsed() < Duration::from_secs(2), "{what}: {:?}", begun.elapsed());
    };
    put_and_get(&connection).await;
    server.kill();
    assert!(connection.call(&Command::new("GET").arg("k"), Effect::Read).await.is_err());
    server.restart();
    resumed("a restart").await;
    server.kill_clients();
    resumed("a killed client").await;
    server.stop_signal();
    let begun = Instant::now();
    let error = connection.call(&Command::new("GET").arg("k"), Effect::Read).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(begun.elapsed() < Duration::from_millis(2100), "{:?}", begun.elapsed());
    server.continue_signal();
    resumed("a pause").await;
    server.set("requirepass", "other");
    server.kill_clients();
    let error = connection.call(&Command::new("GET").arg("k"), Effect::Read).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    server.set("requirepass", "right");
    resumed("a refused password").await;
    assert!(connection.status().reconnects >= 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_faulty_proxy_no_reply_reaches_another_caller_and_cancelled_calls_do_no_harm() {
    let server = Server::start();
    for number in 0..256 {
        server.command(&["SET", &number.to_string(), &format!("value of {number}")]);
    }
    let faults = [
        Fault::Drop { one_in: 200 },
        Fault::Repeat { one_in: 200 },
        Fault::Truncate { one_in: 200 },
        Fault::Insert { one_in: 200 },
        Fault::Reset { one_in: 200 },
        Fault::Split,
    ];
    let mut reconnects = 0;
    for (seed, fault) in faults.into_iter().enumerate() {
        let proxy = Proxy::new(&server, seed as u64);
        let connection = open(&proxy.url_with("?timeout=1s&grace=10s")).unwrap();
        connection.connect().await.unwrap();
        proxy.set(fault);
        let until = Instant::now() + Duration::from_secs(1);
        let calls = (0..32).map(|caller| {
            let connection = connection.clone();
            tokio::spawn(async move {
                let (mut right, mut round) = (0, 0);
                while Instant::now() < until {
                    round += 1;
                    let number = (caller * 61 + round * 7) % 256;
                    let (get, limit) =
                        (Command::new("GET").number(number), Duration::from_micros(50 * (round as u64 % 5)));
                    let call = connection.call(&get, Effect::Read);
                    let reply =
                        if round % 3 == 0 { tokio::time::timeout(limit, call).await.ok() } else { Some(call.await) };
                    if let Some(Ok(value)) = reply {
                        assert_eq!(value, Value::BulkString(format!("value of {number}").into_bytes()));
                        right += 1;
                    }
                }
                right
            })
        });
        let mut right = 0;
        for call in calls.collect::<Vec<_>>() {
            right += call.await.unwrap();
        }
        assert!(right > 0, "{fault:?}");
        reconnects += connection.status().reconnects;
    }
    assert!(reconnects > 0, "the faults were seen");
}
