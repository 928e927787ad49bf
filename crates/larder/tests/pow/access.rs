//! The ways to a server, and what is said where one is closed.

use larder::{ErrorKind, Store, Term, key, pattern};
use larder_test_redis::Server;

use super::ground::{listed, session, sessions};

/// The options of a layout behind a place, and what has to stand there besides.
fn tail(layout: &str, more: &str) -> String {
    format!("{more}?layout={layout}&ttl=30m&timeout=20s&connect=now")
}

async fn a_store_is_reached_over_tcp_a_socket_and_tls_with_a_password_and_a_database(layout: &'static str) {
    let plain = Server::start();
    let socket = Server::builder().unix_socket().password("p4ss").start();
    let tls = Server::builder().tls().password("p4ss").start();
    let named = format!("rediss://:p4ss@localhost:{}/0", tls.port());
    let by_name = format!("{}&ca={}", tail(layout, &named), tls.ca_path().display());
    let urls = [
        plain.url_with(&tail(layout, "")),
        plain.url_with(&tail(layout, "/7")),
        socket.url_with(&tail(layout, "/3")),
        tls.url_with(&tail(layout, "")),
        tls.url_with(&tail(layout, "/2")),
        by_name,
    ];
    for url in urls {
        let store: Store<Term> = larder::open(&url).await.unwrap().store();
        store.put(session(1, "f3"), &Term::from("v")).await.unwrap();
        assert_eq!(listed(&store, &sessions(1)).await, [(session(1, "f3"), Term::from("v"))]);
        assert_eq!(store.take(session(1, "f3")).await.unwrap(), Some(Term::from("v")));
    }
    plain.command(&["FLUSHALL"]);
    let [zero, one] = ["/0", "/1"].map(|database| plain.url_with(&tail(layout, database)));
    let zero: Store<Term> = larder::open(&zero).await.unwrap().store();
    let one: Store<Term> = larder::open(&one).await.unwrap().store();
    zero.put("k", &Term::from(0)).await.unwrap();
    assert_eq!(one.get("k").await.unwrap(), None, "another database is another store");
    assert!(listed(&one, &pattern![_]).await.is_empty());
    assert_eq!(one.clear().await.unwrap(), 0);
    assert_eq!(listed(&zero, &pattern![_]).await, [(key!["k"], Term::from(0))]);
}

async fn what_is_closed_says_what_to_change_and_tells_no_secret(layout: &'static str) {
    let server = Server::builder().password("right").acl_user("poor", "hunter2", "~* &* -@all +echo +get").start();
    let tls = Server::builder().tls().start();
    let elsewhere = Server::builder().tls_of_another_host().start();
    let foreign = tls.certificates().foreign_ca().display().to_string();
    let at = |scheme: &str, login: &str, port: u16| format!("{scheme}://{login}127.0.0.1:{port}{}", tail(layout, ""));
    for (url, kind, words) in [
        (at("redis", "", server.port()), ErrorKind::Denied, "wants a password"),
        (at("redis", ":hunter2@", server.port()), ErrorKind::Denied, "refused"),
        (at("redis", "nobody:hunter2@", server.port()), ErrorKind::Denied, "refused"),
        (server.url_as("poor", "hunter2", &tail(layout, "/1")), ErrorKind::Denied, "grant `+select`"),
        (server.url_with(&tail(layout, "/77")), ErrorKind::Config, "raise `databases`"),
        (at("rediss", "", tls.port()) + "&ca=" + &foreign, ErrorKind::Config, "with the option `ca`"),
        (elsewhere.url_with(&tail(layout, "")), ErrorKind::Config, "set it with `tls_name`"),
        (at("redis", "", tls.port()), ErrorKind::Unavailable, "use `rediss://`"),
        (at("rediss", "", server.port()) + "&ca=" + &foreign, ErrorKind::Unavailable, "use `redis://`"),
        (at("redis", "", server.port()) + "&hunter2=1", ErrorKind::Config, "known are"),
        (at("redis", "", server.port()) + "&ca=hunter2", ErrorKind::Config, "known are"),
        (at("redis", "", server.port()) + "&otp=24", ErrorKind::Config, "one of: 25, 26"),
        (server.url_with("?layout=native&otp=25"), ErrorKind::Config, "belongs to `layout=pow`"),
        (server.url_with("?layout=hunter2"), ErrorKind::Config, "one of: native, pow, pow-indexed"),
        (server.url_with("?ttl=hunter2"), ErrorKind::Config, "`ttl`"),
    ] {
        let error = match larder::open(&url).await {
            Err(error) => error,
            Ok(_) => panic!("{url} is open"),
        };
        let message = format!("{error} {error:?}");
        assert!(message.contains(words), "{url}: {message}");
        assert!(!message.contains("hunter2") && !message.contains("right@"), "{url}: {message}");
        assert_eq!(error.kind(), kind, "{url}");
    }
}

in_both_layouts! {
    a_store_is_reached_over_tcp_a_socket_and_tls_with_a_password_and_a_database
    what_is_closed_says_what_to_change_and_tells_no_secret
}
