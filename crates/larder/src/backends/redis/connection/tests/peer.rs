//! A server of our own: it answers as Redis does, as far as a test needs it, and lies when told to.

use redis::{Value, parse_redis_value};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::super::scanner::Scanner;

/// What a peer does with one reply: what it sends in its place, and whether the connection ends then.
pub(super) enum Does {
    Sends(Vec<u8>),
    Ends,
}

/// Answers on one connection of that number until it ends. `harm` sees each command with its true reply; during the
/// handshake, which ends with EXEC, what it wants sent is not.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: S,
    number: usize,
    mut harm: impl FnMut(&[Vec<u8>], Vec<u8>) -> Does,
) {
    let (mut inbox, mut scanner) = (Vec::new(), Scanner::default());
    let mut in_handshake = true;
    loop {
        let mut out = Vec::new();
        while let Some(length) = scanner.frame(&inbox).unwrap() {
            let command = arguments(&inbox[..length]);
            inbox.drain(..length);
            let reply = answer(&command, number);
            match harm(&command, reply.clone()) {
                _ if in_handshake => {
                    in_handshake = command[0] != b"EXEC";
                    out.extend(reply);
                }
                Does::Sends(bytes) => out.extend(bytes),
                Does::Ends => return,
            }
        }
        if socket.write_all(&out).await.is_err() || !matches!(socket.read_buf(&mut inbox).await, Ok(1..)) {
            return;
        }
    }
}

/// The reply to GET names the key, so that a reply to another is known for one.
pub(super) fn answer(command: &[Vec<u8>], number: usize) -> Vec<u8> {
    match command[0].as_slice() {
        b"GET" => bulk(&value_of(&command[1])),
        b"ECHO" => bulk(&command[1]),
        b"INFO" => bulk(b"redis_version:7.0.15\r\nrun_id:abc\r\nrole:master\r\n"),
        b"ROLE" => b"*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n".to_vec(),
        b"CLIENT" => format!(":{number}\r\n").into_bytes(),
        b"EXEC" => b"*0\r\n".to_vec(),
        _ => b"+OK\r\n".to_vec(),
    }
}

pub(super) fn value_of(key: &[u8]) -> Vec<u8> {
    [b"value of ", key].concat()
}

pub(super) fn bulk(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

fn arguments(command: &[u8]) -> Vec<Vec<u8>> {
    let Ok(Value::Array(arguments)) = parse_redis_value(command) else { panic!("a command is an array") };
    let bytes = |argument| match argument {
        Value::BulkString(bytes) => bytes,
        _ => panic!("an argument is a string"),
    };
    arguments.into_iter().map(bytes).collect()
}
