//! A hostile or broken server claims a string of 4 GiB or an array of a billion, and its client makes room for it. Here
//! sizes are judged by their headers: nothing is set aside, and nobody waits for what will not come.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use larder::{ErrorKind, Store, key};

use super::{alone, peak};

const HOSTILE: [&str; 5] =
    ["$4294967296\r\n", "$9223372036854775807\r\n", "*1000000000\r\n", "*2\r\n*1\r\n*1000000000\r\n", "$-7\r\n"];

/// Answers as a server does until it is asked for a value, and then with this.
fn serve(mut socket: TcpStream, answer: &str) -> std::io::Result<()> {
    let mut requests = BufReader::new(socket.try_clone()?);
    loop {
        let mut words = Vec::new();
        let count = header(&mut requests)?;
        for _ in 0..count {
            let mut word = vec![0; header(&mut requests)? + 2];
            requests.read_exact(&mut word)?;
            words.push(String::from_utf8_lossy(&word[..word.len() - 2]).into_owned());
        }
        let reply = match words[0].to_uppercase().as_str() {
            "ECHO" => format!("${}\r\n{}\r\n", words[1].len(), words[1]),
            "INFO" => "$11\r\nrole:master\r\n".to_owned(),
            "MULTI" => "+OK\r\n".to_owned(),
            "EXEC" => "*0\r\n".to_owned(),
            "CLIENT" => ":1\r\n".to_owned(),
            "GET" => answer.to_owned(),
            _ => "-ERR not here\r\n".to_owned(),
        };
        socket.write_all(reply.as_bytes())?;
    }
}

fn header(requests: &mut impl BufRead) -> std::io::Result<usize> {
    let mut line = String::new();
    requests.read_line(&mut line)?;
    line.get(1..).and_then(|rest| rest.trim().parse().ok()).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

/// Asks a server that answers with this for a value.
fn ask(answer: &'static str) -> (larder::Result<Option<u64>>, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}?ttl=1h&timeout=4s&grace=100ms", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            std::thread::spawn(move || serve(socket.unwrap(), answer));
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    peak(|| {
        runtime.block_on(async {
            let store: Store<u64> = larder::open(&url).await.unwrap().store();
            store.get(key!["k"]).await
        })
    })
}

#[test]
fn a_size_that_cannot_be_is_refused_at_once_and_takes_no_room() {
    let _alone = alone();
    assert_eq!(ask("$1\r\n7\r\n").0.unwrap(), Some(7));
    for answer in HOSTILE {
        let since = Instant::now();
        let (answered, bytes) = ask(answer);
        assert_eq!(answered.unwrap_err().kind(), ErrorKind::Unavailable);
        assert!(since.elapsed() < Duration::from_secs(3), "it waited for what cannot come");
        assert!(bytes < 2 << 20, "it took {bytes} bytes");
    }
}
