//! Every call ends by its deadline with the right kind of error, and the connection comes back by itself.

use std::error::Error as _;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use redis::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::super::{Address, Command, Commands, Connection, Effect, Options, Place, State};
use super::peer::{Does, serve};
use super::quick;
use crate::error::ErrorKind;

/// Later than any deadline of these tests, as nobody may be.
const LATE: Duration = Duration::from_millis(300);

fn at(port: u16) -> Address {
    Address { place: Place::Tcp("127.0.0.1".into(), port), user: None, password: None, database: 0, tls: None }
}

/// A server that treats each command as `harm` says, which is told the number of the connection. Says when one ended.
async fn peer(
    harm: impl Fn(usize, &[Vec<u8>], Vec<u8>) -> Does + Send + Sync + 'static,
) -> (Address, mpsc::UnboundedReceiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = at(listener.local_addr().unwrap().port());
    let (harm, (ended, ends)) = (Arc::new(harm), mpsc::unbounded_channel());
    tokio::spawn(async move {
        for number in 1.. {
            let (socket, _) = listener.accept().await.unwrap();
            let (harm, ended) = (Arc::clone(&harm), ended.clone());
            tokio::spawn(async move {
                serve(socket, number, |command, reply| harm(number, command, reply)).await;
                let _ = ended.send(number);
            });
        }
    });
    (address, ends)
}

/// Waits for what has to come, and not for ever.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(5), what).await.expect("it comes")
}

/// Without heartbeats, so that calls alone find out.
fn unwatched() -> Options {
    Options { heartbeat: Duration::from_secs(3600), ..quick() }
}

fn is(command: &[Vec<u8>], name: &str) -> bool {
    command[0] == name.as_bytes()
}

#[tokio::test]
async fn a_server_that_goes_silent_costs_a_call_its_deadline_and_the_connection_its_life() {
    let (address, mut ends) = peer(|_, _, _| Does::Sends(vec![])).await;
    let connection = Connection::new(address, unwatched());
    let begun = Instant::now();
    let read = connection.call(&Command::new("GET").arg("k"), Effect::Read).await.unwrap_err();
    assert_eq!(read.kind(), ErrorKind::Unavailable);
    assert!(begun.elapsed() < LATE, "{:?}", begun.elapsed());
    assert_eq!(soon(ends.recv()).await, Some(1));
    assert!(begun.elapsed() < LATE, "{:?}", begun.elapsed());
    let write = connection.call(&Command::new("SET").arg("k").arg("v"), Effect::Write).await.unwrap_err();
    assert_eq!(write.kind(), ErrorKind::Unknown);
}

#[tokio::test]
async fn three_deadlines_missed_in_a_row_end_a_connection_that_still_brings_bytes() {
    // One line that never ends.
    let (address, mut ends) = peer(|_, _, _| Does::Sends(b"+".to_vec())).await;
    let connection = Connection::new(address, unwatched());
    for _ in 0..3 {
        assert!(ends.try_recv().is_err());
        let read = connection.call(&Command::new("GET").arg("k"), Effect::Read).await;
        assert_eq!(read.unwrap_err().kind(), ErrorKind::Unavailable);
    }
    assert_eq!(soon(ends.recv()).await, Some(1));
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_unavailable_by_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connection = Connection::new(at(listener.local_addr().unwrap().port()), quick());
    let begun = Instant::now();
    let error = connection.call(&Command::new("SET").arg("k").arg("v"), Effect::Write).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(begun.elapsed() < LATE, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_write_whose_connection_ends_is_unknown_and_never_sent_again() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    let (address, _ends) = peer(move |_, command, reply| {
        if !is(command, "SET") {
            return Does::Sends(reply);
        }
        counted.fetch_add(1, Relaxed);
        Does::Ends
    })
    .await;
    let connection = Connection::new(address, quick());
    let error = connection.call(&Command::new("SET").arg("k").arg("v"), Effect::Write).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unknown);
    connection.call(&Command::new("GET").arg("k"), Effect::Read).await.unwrap();
    assert_eq!(seen.load(Relaxed), 1);
}

#[tokio::test]
async fn a_read_whose_connection_ends_is_sent_once_more_and_no_oftener() {
    let seen = Arc::new(AtomicUsize::new(0));
    for good_from in [2, 9] {
        let counted = Arc::clone(&seen);
        counted.store(0, Relaxed);
        let (address, _ends) = peer(move |number, command, reply| {
            if !is(command, "GET") {
                return Does::Sends(reply);
            }
            counted.fetch_add(1, Relaxed);
            if number < good_from { Does::Ends } else { Does::Sends(reply) }
        })
        .await;
        let reply = Connection::new(address, quick()).call(&Command::new("GET").arg("k"), Effect::Read).await;
        assert_eq!(reply.map_err(|error| error.kind()).err(), (good_from > 2).then_some(ErrorKind::Unavailable));
        assert_eq!(seen.load(Relaxed), 2);
    }
}

#[tokio::test]
async fn a_server_that_is_loading_is_asked_again_within_the_deadline() {
    for patience in [2, usize::MAX] {
        let asked = AtomicUsize::new(0);
        let (address, _ends) = peer(move |_, command, reply| {
            let loading = is(command, "SET") && asked.fetch_add(1, Relaxed) < patience;
            Does::Sends(if loading { b"-LOADING Redis is loading the dataset in memory\r\n".to_vec() } else { reply })
        })
        .await;
        let connection = Connection::new(address, quick());
        let begun = Instant::now();
        let set = Command::new("SET").arg("k").arg("v");
        let reply = if patience == 2 {
            connection.call(&set, Effect::Write).await.map(drop)
        } else {
            let mut commands = Commands::default();
            commands.push(set.bytes());
            connection.pipeline(&commands, Effect::Write).await.map(drop)
        };
        match reply {
            Ok(()) => assert_eq!(patience, 2),
            Err(error) => {
                assert_eq!((error.kind(), patience), (ErrorKind::Unavailable, usize::MAX));
                assert!(error.to_string().contains("loading"), "{error}");
            }
        }
        assert!(begun.elapsed() < LATE);
    }
}

#[tokio::test]
async fn a_demoted_master_is_left_and_the_write_goes_to_its_successor() {
    let (address, _ends) = peer(|number, command, reply| {
        let refuses = number == 1 && is(command, "SET");
        Does::Sends(if refuses {
            b"-READONLY You can't write against a read only replica.\r\n".to_vec()
        } else {
            reply
        })
    })
    .await;
    let connection = Connection::new(address, quick());
    let reply = connection.call(&Command::new("SET").arg("k").arg("v"), Effect::Write).await;
    assert_eq!(reply.unwrap(), Value::Okay);
    assert_eq!(connection.status().reconnects, 1);
}

#[tokio::test]
async fn calls_beyond_the_queue_are_refused_at_once_also_where_callers_have_gone_away() {
    let (address, _ends) = peer(|_, _, _| Does::Sends(vec![])).await;
    let options = Options { queue: 2, timeout: Duration::from_secs(5), ..quick() };
    let connection = Connection::new(address, options);
    connection.connect().await.unwrap();
    let get =
        |connection: Connection| async move { connection.call(&Command::new("GET").arg("k"), Effect::Read).await };
    let waiting = [tokio::spawn(get(connection.clone())), tokio::spawn(get(connection.clone()))];
    while connection.status().queued < 2 {
        tokio::task::yield_now().await;
    }
    let refused = get(connection.clone()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Overloaded);
    for caller in waiting {
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
    }
    // Those who go away leave what the server owes them, which must not pile up without bound.
    assert_eq!(connection.status().queued, 2);
    assert_eq!(get(connection).await.unwrap_err().kind(), ErrorKind::Overloaded);
}

#[tokio::test]
async fn a_connection_that_left_a_write_without_a_reply_is_ended_on_the_server_too() {
    let (killed, mut kills) = mpsc::unbounded_channel();
    let (address, _ends) = peer(move |number, command, reply| {
        if is(command, "CLIENT") && command.len() > 2 {
            let _ = killed.send(command[3].clone());
        }
        if number == 1 && is(command, "SET") { Does::Ends } else { Does::Sends(reply) }
    })
    .await;
    let connection = Connection::new(address, quick());
    let error = connection.call(&Command::new("SET").arg("k").arg("v"), Effect::Write).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unknown);
    connection.call(&Command::new("GET").arg("k"), Effect::Read).await.unwrap();
    assert_eq!(kills.try_recv().ok(), Some(b"1".to_vec()));
}

#[tokio::test]
async fn a_server_that_was_demoted_between_calls_is_left_by_itself() {
    let demoted = Arc::new(AtomicUsize::new(0));
    let told = Arc::clone(&demoted);
    let (address, mut ends) = peer(move |number, command, reply| {
        let replica = is(command, "ROLE") && number == 1 && told.load(Relaxed) == 1;
        Does::Sends(if replica { b"*1\r\n$5\r\nslave\r\n".to_vec() } else { reply })
    })
    .await;
    let connection = Connection::new(address, Options { heartbeat: Duration::from_millis(10), ..quick() });
    connection.connect().await.unwrap();
    demoted.store(1, Relaxed);
    assert_eq!(soon(ends.recv()).await, Some(1));
    connection.call(&Command::new("GET").arg("k"), Effect::Read).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_down_for_longer_than_the_grace_is_refused_at_once_with_the_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = at(listener.local_addr().unwrap().port());
    drop(listener);
    let connection = Connection::new(address, Options { timeout: Duration::from_secs(5), ..quick() });
    assert_eq!(connection.status().state, State::Connecting);
    let begun = Instant::now();
    let get = Command::new("GET").arg("k");
    let first = connection.call(&get, Effect::Write).await.unwrap_err();
    assert!(begun.elapsed() >= quick().grace && begun.elapsed() < quick().grace + Duration::from_millis(100));
    let begun = Instant::now();
    let second = connection.call(&get, Effect::Write).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_millis(50), "{:?}", begun.elapsed());
    for error in [first, second] {
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("nothing listens there"), "{error}");
        assert!(error.source().is_some());
    }
    assert!(matches!(connection.status().state, State::Down(_)));
    assert_eq!(connection.status().last_error, Some(ErrorKind::Unavailable));
    assert_eq!(connection.connect().await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn the_last_clone_takes_the_socket_with_it() {
    let (address, mut ends) = peer(|_, _, reply| Does::Sends(reply)).await;
    let connection = Connection::new(address, quick());
    connection.connect().await.unwrap();
    let clone = connection.clone();
    drop(connection);
    clone.call(&Command::new("GET").arg("k"), Effect::Read).await.unwrap();
    drop(clone);
    assert_eq!(soon(ends.recv()).await, Some(1));
}

#[test]
fn a_call_keeps_its_deadline_where_the_runtime_of_the_connection_stands_still() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime();
    let (address, _ends) = server.block_on(peer(|_, _, reply| Does::Sends(reply)));
    let (connection, get) = (Connection::new(address, quick()), Command::new("GET").arg("k"));
    // It runs only while somebody blocks on it.
    let first = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    first.block_on(connection.call(&get, Effect::Read)).unwrap();
    let begun = Instant::now();
    let error = runtime().block_on(soon(connection.call(&get, Effect::Read))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(begun.elapsed() < LATE, "{:?}", begun.elapsed());
}

#[test]
fn a_connection_outlives_the_runtime_that_it_was_first_used_on() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime();
    let (address, _ends) = server.block_on(peer(|_, _, reply| Does::Sends(reply)));
    let connection = Connection::new(address, quick());
    let get = Command::new("GET").arg("k");
    for _ in 0..2 {
        runtime().block_on(connection.call(&get, Effect::Read)).unwrap();
    }
    // Outside of any there is an error, and no panic.
    let call = pin!(connection.call(&get, Effect::Read));
    let Poll::Ready(Err(error)) = call.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it has no runtime")
    };
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[test]
fn a_write_whose_reply_is_lost_is_unknown_also_to_a_caller_on_no_runtime() {
    let home = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (address, _ends) =
        home.block_on(peer(|_, command, reply| if is(command, "SET") { Does::Ends } else { Does::Sends(reply) }));
    let connection = Connection::new(address, quick());
    home.block_on(connection.connect()).unwrap();
    let set = Command::new("SET").arg("k").arg("v");
    let (mut call, begun) = (pin!(connection.call(&set, Effect::Write)), Instant::now());
    let answer = loop {
        if let Poll::Ready(answer) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            break answer;
        }
        assert!(begun.elapsed() < LATE);
        std::thread::yield_now();
    };
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Unknown);
}
