//! The stream by itself: what it puts off, what it sends at once, and what it lets through when.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};

use super::super::gauge::Gauge;
use super::super::stream::Stream;

const COMMAND: &[u8] = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";

struct Rig {
    stream: Stream<DuplexStream>,
    peer: DuplexStream,
    gauge: Arc<Gauge>,
}

fn rig(fence: bool) -> Rig {
    let (ours, peer) = duplex(1024 * 1024);
    let gauge = Arc::new(Gauge::default());
    Rig { stream: Stream::new(ours, fence, Arc::clone(&gauge)), peer, gauge }
}

impl Rig {
    fn write(&mut self, bytes: &[u8]) {
        let mut cx = Context::from_waker(Waker::noop());
        let written = Pin::new(&mut self.stream).poll_write(&mut cx, bytes);
        assert!(matches!(written, Poll::Ready(Ok(length)) if length == bytes.len()));
    }

    fn flush(&mut self) -> bool {
        Pin::new(&mut self.stream).poll_flush(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    /// What the peer has got so far.
    fn arrived(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut cx = Context::from_waker(Waker::noop());
        while pin!(self.peer.read_buf(&mut bytes)).poll(&mut cx).is_ready() {}
        bytes
    }

    fn read(&mut self) -> Poll<std::io::Result<Vec<u8>>> {
        let mut space = [0; 4096];
        let mut buf = ReadBuf::new(&mut space);
        let read = Pin::new(&mut self.stream).poll_read(&mut Context::from_waker(Waker::noop()), &mut buf);
        read.map_ok(|()| buf.filled().to_vec())
    }

    async fn say(&mut self, bytes: &[u8]) {
        self.peer.write_all(bytes).await.unwrap();
    }
}

/// The fences among commands, as their replies.
fn fences(bytes: &[u8]) -> Vec<Vec<u8>> {
    let echo = b"*2\r\n$4\r\nECHO\r\n";
    let starts = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(echo));
    starts.map(|at| bytes[at + echo.len()..at + echo.len() + 23].to_vec()).collect()
}

#[test]
fn a_lone_caller_is_never_put_off() {
    let mut rig = rig(false);
    for _ in 0..10 {
        rig.write(COMMAND);
        assert!(rig.flush());
        assert_eq!(rig.arrived(), COMMAND);
    }
}

#[test]
fn a_busy_flush_waits_one_turn_for_others_and_goes_out_in_one_send() {
    let mut rig = rig(false);
    rig.write(&[COMMAND, COMMAND].concat());
    assert!(rig.flush());
    rig.arrived();

    rig.write(COMMAND);
    assert!(!rig.flush(), "others get their turn");
    assert!(rig.arrived().is_empty());
    rig.write(&[COMMAND, COMMAND].concat());
    let before = rig.gauge.writes();
    assert!(rig.flush(), "but one turn only");
    assert_eq!(rig.arrived().len(), 3 * COMMAND.len());
    assert_eq!(rig.gauge.writes(), before + 1);

    // The next flush still follows one that carried several; the one after it does not.
    rig.write(COMMAND);
    assert!(!rig.flush());
    assert!(rig.flush());
    rig.write(COMMAND);
    assert!(rig.flush());
}

#[tokio::test]
async fn replies_wait_for_their_fence_and_go_without_it() {
    let mut rig = rig(true);
    rig.write(&[COMMAND, COMMAND].concat());
    assert!(rig.flush());
    let fence = fences(&rig.arrived()).remove(0);
    assert_eq!(rig.gauge.in_flight(), 2);
    rig.say(b"$1\r\na\r\n$1\r\nb\r\n").await;
    assert!(rig.read().is_pending());
    for byte in &fence {
        assert!(rig.read().is_pending());
        rig.say(&[*byte]).await;
    }
    assert_eq!(rig.read().map(Result::unwrap), Poll::Ready(b"$1\r\na\r\n$1\r\nb\r\n".to_vec()));
    assert!(rig.read().is_pending());
    assert_eq!(rig.gauge.in_flight(), 0);
}

#[tokio::test]
async fn batches_that_come_in_one_piece_are_let_through_each_behind_its_fence() {
    let mut rig = rig(true);
    let mut replies = Vec::new();
    for letter in [b'a', b'b', b'c'] {
        rig.write(COMMAND);
        while !rig.flush() {}
        let fence = fences(&rig.arrived()).remove(0);
        replies.extend([b"$1\r\n", &[letter][..], b"\r\n", &fence].concat());
    }
    rig.say(&replies).await;
    let mut seen = Vec::new();
    while let Poll::Ready(read) = rig.read() {
        seen.extend(read.unwrap());
    }
    assert_eq!(seen, b"$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n");
}

#[tokio::test]
async fn a_reply_that_was_lost_is_known_as_soon_as_its_fence_comes() {
    let mut rig = rig(true);
    rig.write(&[COMMAND, COMMAND].concat());
    assert!(rig.flush());
    let fence = fences(&rig.arrived()).remove(0);
    rig.say(&[b"$1\r\na\r\n", fence.as_slice()].concat()).await;
    assert!(matches!(rig.read(), Poll::Ready(Err(_))));
    assert!(rig.gauge.take_cause().unwrap().to_string().contains("replies were lost"));
}

#[tokio::test]
async fn an_older_fence_opens_no_batch() {
    let mut rig = rig(true);
    let mut older = Vec::new();
    for _ in 0..2 {
        rig.write(COMMAND);
        assert!(rig.flush());
        let fence = fences(&rig.arrived()).remove(0);
        let shown = if older.is_empty() { &fence } else { &older };
        rig.say(&[b"$1\r\na\r\n", shown.as_slice()].concat()).await;
        let read = rig.read();
        assert_eq!(older.is_empty(), matches!(read, Poll::Ready(Ok(_))));
        older = fence;
    }
}

#[tokio::test]
async fn a_server_that_is_busy_with_a_script_refuses_the_fence_too_and_is_believed() {
    let busy = b"-BUSY Redis is busy running a script.\r\n";
    let mut rig = rig(true);
    rig.write(COMMAND);
    assert!(rig.flush());
    rig.say(&[busy, &busy[..]].concat()).await;
    assert_eq!(rig.read().map(Result::unwrap), Poll::Ready(busy.to_vec()));
    // But not where another reply came before it: which of them is missing cannot be told.
    rig.write(COMMAND);
    assert!(rig.flush());
    rig.say(&[b"$1\r\na\r\n", &busy[..]].concat()).await;
    assert!(matches!(rig.read(), Poll::Ready(Err(_))));
}

#[tokio::test]
async fn a_reply_that_nobody_asked_for_ends_the_connection_without_a_fence_as_well() {
    for fence in [true, false] {
        let mut rig = rig(fence);
        rig.say(b"+OK\r\n").await;
        assert!(matches!(rig.read(), Poll::Ready(Err(_))));
        let cause = rig.gauge.take_cause().unwrap();
        assert!(cause.to_string().contains("nobody asked for"), "{cause}");
    }
}
