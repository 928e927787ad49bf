//! That each fault of the proxy really happens, and is counted.
#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use larder_test_redis::{Fault, Proxy, Reply, Server};

/// A connection through the proxy.
fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn echo(stream: &mut TcpStream, text: &str) {
    write!(stream, "*2\r\n$4\r\nECHO\r\n${}\r\n{text}\r\n", text.len()).unwrap();
}

/// The next echo, which must be whole and of one letter.
fn echoed(stream: &mut TcpStream) -> char {
    let mut reply = [0; 7];
    stream.read_exact(&mut reply).unwrap();
    assert!(reply.starts_with(b"$1\r\n"), "{:?}", String::from_utf8_lossy(&reply));
    char::from(reply[4])
}

#[test]
fn nothing_happens_to_what_passes() {
    let server = Server::shared();
    let proxy = Proxy::new(server, 1);
    let mut stream = connect(&proxy);
    let text = "x".repeat(300_000);
    for _ in 0..3 {
        echo(&mut stream, &text);
        let mut reply = vec![0; text.len() + 11];
        stream.read_exact(&mut reply).unwrap();
        assert!(reply.starts_with(b"$300000\r\nxx") && reply.ends_with(b"xx\r\n"));
    }
    assert_eq!((proxy.injected(), proxy.accepted()), (0, 1));
    assert_eq!(proxy.url_with("/2?ttl=1h"), format!("redis://127.0.0.1:{}/2?ttl=1h", proxy.port()));
}

/// A proxy that has hit the echo of `a` once, and passes on from then on.
fn hit(fault: Fault) -> (Proxy, TcpStream) {
    let proxy = Proxy::new(Server::shared(), 1);
    let mut stream = connect(&proxy);
    proxy.set(fault);
    echo(&mut stream, "a");
    await_true(|| proxy.injected() == 1);
    proxy.set(Fault::Pass);
    (proxy, stream)
}

fn await_true(mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether nothing comes, and no end either.
fn is_silent(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    matches!(stream.read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn a_dropped_reply_never_comes() {
    let (_proxy, mut stream) = hit(Fault::Drop { one_in: 1 });
    echo(&mut stream, "b");
    assert_eq!(echoed(&mut stream), 'b');
}

#[test]
fn a_repeated_reply_comes_twice() {
    let (_proxy, mut stream) = hit(Fault::Repeat { one_in: 1 });
    echo(&mut stream, "b");
    assert_eq!([(); 3].map(|()| echoed(&mut stream)), ['a', 'a', 'b']);
}

#[test]
fn a_truncated_reply_runs_into_the_next() {
    let (_proxy, mut stream) = hit(Fault::Truncate { one_in: 1 });
    echo(&mut stream, "b");
    let mut all = Vec::new();
    while !all.ends_with(b"$1\r\nb\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        all.push(byte[0]);
    }
    assert!((8..14).contains(&all.len()), "{all:?}");
}

#[test]
fn a_foreign_reply_comes_before_the_right_one() {
    let (_proxy, mut stream) = hit(Fault::Insert { one_in: 1 });
    let mut all = [0; 20];
    stream.read_exact(&mut all).unwrap();
    assert_eq!(&all, b"$7\r\nforeign\r\n$1\r\na\r\n");
}

#[test]
fn two_replies_change_places_and_one_is_doubled_where_the_count_may_change() {
    for (fault, expected) in [(Fault::Swap { one_in: 1 }, "ba"), (Fault::Shuffle { one_in: 1 }, "bab")] {
        let proxy = Proxy::new(Server::shared(), 1);
        let mut stream = connect(&proxy);
        proxy.set(fault);
        let mut all = String::new();
        // Two replies change places only where they come together.
        while proxy.injected() == 0 {
            stream.write_all(b"*2\r\n$4\r\nECHO\r\n$1\r\na\r\n*2\r\n$4\r\nECHO\r\n$1\r\nb\r\n").unwrap();
            all = [(); 2].map(|()| echoed(&mut stream)).iter().collect();
        }
        proxy.set(Fault::Pass);
        echo(&mut stream, "!");
        while !all.ends_with('!') {
            all.push(echoed(&mut stream));
        }
        assert_eq!(all, format!("{expected}!"));
    }
}

#[test]
fn a_reset_cuts_a_reply_in_two() {
    let (_proxy, mut stream) = hit(Fault::Reset { one_in: 1 });
    let mut all = Vec::new();
    let error = stream.read_to_end(&mut all).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(all.len() < 7, "{all:?}");
}

#[test]
fn every_connection_can_be_reset_at_once() {
    let proxy = Proxy::new(Server::shared(), 1);
    let mut streams = [connect(&proxy), connect(&proxy)];
    for stream in &mut streams {
        echo(stream, "a");
        assert_eq!(echoed(stream), 'a');
    }
    proxy.reset_all();
    for stream in &mut streams {
        assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_black_hole_stays_open_and_silent_also_when_the_fault_is_gone() {
    let (proxy, mut stream) = hit(Fault::BlackHole);
    echo(&mut stream, "b");
    assert!(is_silent(&mut stream));
    let mut new = connect(&proxy);
    echo(&mut new, "c");
    assert_eq!(echoed(&mut new), 'c');
    assert!(is_silent(&mut stream));
}

#[test]
fn a_half_open_connection_is_ended_for_the_server_alone() {
    let server = Server::start();
    let proxy = Proxy::new(&server, 1);
    let mut stream = connect(&proxy);
    echo(&mut stream, "a");
    assert_eq!((echoed(&mut stream), server.info("connected_clients").as_str()), ('a', "2"));
    proxy.set(Fault::HalfOpen);
    await_true(|| server.info("connected_clients") == "1");
    assert!(is_silent(&mut stream));
    echo(&mut stream, "b");
    assert!(is_silent(&mut stream));
}

#[test]
fn a_mute_connection_does_what_is_asked_and_tells_nobody() {
    let server = Server::shared();
    let proxy = Proxy::new(server, 1);
    proxy.set(Fault::Mute);
    let mut stream = connect(&proxy);
    for command in ["SET mute 1\r\n", "INCR mute\r\n"] {
        stream.write_all(command.as_bytes()).unwrap();
        assert!(is_silent(&mut stream));
    }
    await_true(|| server.command(&["GET", "mute"]) == Reply::text("2"));
    assert_eq!(proxy.injected(), 1);
}

#[test]
fn a_held_request_arrives_when_its_client_is_long_gone() {
    let server = Server::shared();
    let proxy = Proxy::new(server, 1);
    let mut stream = connect(&proxy);
    echo(&mut stream, "a");
    assert_eq!(echoed(&mut stream), 'a');
    proxy.set(Fault::Hold);
    let mut new = connect(&proxy);
    echo(&mut new, "b");
    assert_eq!(echoed(&mut new), 'b');
    stream.write_all(b"SET held v\r\n").unwrap();
    await_true(|| proxy.injected() == 1);
    drop(stream);
    assert_eq!(server.command(&["GET", "held"]), Reply::Nil);
    proxy.set(Fault::Pass);
    await_true(|| server.command(&["GET", "held"]) == Reply::text("v"));
}

#[test]
fn replies_are_late_and_whole_when_delayed_or_split() {
    let proxy = Proxy::new(Server::shared(), 1);
    let mut stream = connect(&proxy);
    proxy.set(Fault::Delay(Duration::from_millis(80)));
    let since = Instant::now();
    echo(&mut stream, "a");
    assert_eq!(echoed(&mut stream), 'a');
    assert!(since.elapsed() >= Duration::from_millis(80));
    proxy.set(Fault::Split);
    let text = "x".repeat(10_000);
    echo(&mut stream, &text);
    let mut pieces = 0;
    let mut all = Vec::new();
    while !all.ends_with(b"x\r\n") {
        let mut chunk = [0; 16 * 1024];
        let count = stream.read(&mut chunk).unwrap();
        all.extend_from_slice(&chunk[..count]);
        pieces += 1;
    }
    assert_eq!(String::from_utf8(all).unwrap(), format!("$10000\r\n{text}\r\n"));
    assert!(pieces > 1);
}

#[test]
fn one_seed_hits_the_same_replies() {
    let lost = |seed| {
        let proxy = Proxy::new(Server::shared(), seed);
        let mut stream = connect(&proxy);
        proxy.set(Fault::Drop { one_in: 4 });
        (0..100).for_each(|number| echo(&mut stream, char::from(b'0' + number % 64).to_string().as_str()));
        proxy.set(Fault::Drop { one_in: 4 });
        let mut all = String::new();
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let _ = stream.read_to_string(&mut all);
        (all, proxy.injected())
    };
    let (first, hits) = lost(5);
    assert!(hits > 5 && first == lost(5).0 && first != lost(6).0);
}

#[test]
fn a_proxy_is_gone_with_its_connections_after_drop() {
    let proxy = Proxy::new(Server::shared(), 1);
    let mut stream = connect(&proxy);
    echo(&mut stream, "a");
    assert_eq!(echoed(&mut stream), 'a');
    let port = proxy.port();
    drop(proxy);
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    await_true(|| TcpStream::connect(("127.0.0.1", port)).is_err());
}
