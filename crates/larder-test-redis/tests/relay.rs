//! That the relay passes all on and counts what a client waits for.
#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpStream;

use larder_test_redis::{Relay, Server, Traffic};

const ECHO: &[u8] = b"*2\r\n$4\r\nECHO\r\n$1\r\na\r\n";
const ECHOED: &[u8] = b"$1\r\na\r\n";

#[test]
fn a_round_trip_is_what_a_client_waits_for() {
    let relay = Relay::new(Server::shared());
    let mut stream = TcpStream::connect(("127.0.0.1", relay.port())).unwrap();
    let mut trips = 0;
    for at_once in [1, 1, 5] {
        stream.write_all(&ECHO.repeat(at_once)).unwrap();
        let mut reply = vec![0; ECHOED.len() * at_once];
        stream.read_exact(&mut reply).unwrap();
        assert_eq!(reply, ECHOED.repeat(at_once));
        trips += 1;
        assert_eq!(relay.traffic().trips, trips, "what is sent at once is one round trip");
    }
    let (sent, received) = (ECHO.len() as u64 * 7, ECHOED.len() as u64 * 7);
    assert_eq!(relay.traffic(), Traffic { trips: 3, sent, received });
}
