//! The driver by itself: what it puts off, what it sends at once, and what it hands over when.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use redis::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::yield_now;
use tokio::time::{Instant, advance, pause};

use super::super::driver::Driver;
use super::super::gauge::Gauge;
use super::super::outbox::{ENOUGH, Outbox};
use super::super::waiting::Lost;
use super::super::{Command, Commands};

const COMMAND: &[u8] = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";

type Caller = Pin<Box<dyn Future<Output = Result<Value, Lost>>>>;

struct Rig {
    driver: Option<Driver<DuplexStream>>,
    peer: DuplexStream,
    outbox: Arc<Outbox>,
    gauge: Arc<Gauge>,
    callers: Vec<Caller>,
}

fn rig(fence: bool) -> Rig {
    rig_for(fence, usize::MAX)
}

/// One that takes so many calls at once.
fn rig_for(fence: bool, calls: usize) -> Rig {
    let (ours, peer) = duplex(1024 * 1024);
    let (outbox, gauge) = (Arc::new(Outbox::new(fence, calls)), Arc::new(Gauge::default()));
    let driver = Some(Driver::new(ours, Arc::clone(&outbox), Arc::clone(&gauge)));
    Rig { driver, peer, outbox, gauge, callers: vec![] }
}

/// How long callers wait.
const PATIENCE: Duration = Duration::from_secs(2);

fn get() -> Command {
    Command::new("GET").arg("k")
}

fn due() -> Instant {
    Instant::now() + PATIENCE
}

/// Lets a future go on as far as it can.
fn turn<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
    match Pin::new(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

impl Rig {
    /// So many callers leave a command each.
    fn call(&mut self, callers: usize) {
        for _ in 0..callers {
            let outbox = Arc::clone(&self.outbox);
            let mut caller: Caller = Box::pin(async move { outbox.send(&get(), due()).await });
            assert!(turn(&mut caller).is_none());
            self.callers.push(caller);
        }
    }

    /// The driver's turn. Once it has ended, it is gone, as a task is.
    fn drive(&mut self) {
        if turn(self.driver.as_mut().expect("the connection lives")).is_some() {
            self.driver = None;
        }
    }

    /// Whether the driver, after its turn, wakes itself although nothing comes.
    async fn looks(&mut self) -> bool {
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let driver = Pin::new(self.driver.as_mut().expect("the connection lives"));
        assert!(driver.poll(&mut Context::from_waker(&waker)).is_pending());
        yield_now().await;
        wakes.0.load(Relaxed) > 0
    }

    /// What the peer has got since.
    fn arrived(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut cx = Context::from_waker(Waker::noop());
        while pin!(self.peer.read_buf(&mut bytes)).poll(&mut cx).is_ready() {}
        bytes
    }

    /// The fences among what the peer has got since, as their replies.
    fn fences(&mut self) -> Vec<Vec<u8>> {
        let (bytes, echo) = (self.arrived(), b"*2\r\n$4\r\nECHO\r\n");
        let starts = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(echo));
        starts.map(|at| bytes[at + echo.len()..at + echo.len() + 23].to_vec()).collect()
    }

    /// The peer says this, and the driver hears it.
    async fn hear(&mut self, bytes: &[u8]) {
        self.peer.write_all(bytes).await.unwrap();
        self.drive();
    }

    /// The texts that callers have got since.
    fn answers(&mut self) -> Vec<String> {
        let mut answers = vec![];
        self.callers.retain_mut(|caller| match turn(caller) {
            None => true,
            Some(Ok(Value::BulkString(text))) => {
                answers.push(String::from_utf8(text).unwrap());
                false
            }
            Some(other) => panic!("{other:?}"),
        });
        answers
    }

    /// Whether the connection has ended, and nobody got an answer.
    fn lost(&mut self) -> bool {
        let ended = self.driver.is_none();
        ended && self.callers.iter_mut().all(|caller| matches!(turn(caller), Some(Err(Lost::Unanswered))))
    }
}

/// Counts how often it is woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

#[tokio::test]
async fn a_lone_caller_is_never_put_off() {
    let mut rig = rig(false);
    for _ in 0..10 {
        rig.call(1);
        rig.drive();
        assert_eq!(rig.arrived(), COMMAND);
    }
}

#[tokio::test]
async fn what_follows_a_busy_load_waits_one_turn_for_others_and_goes_out_together() {
    let mut rig = rig(false);
    rig.call(2);
    rig.drive();
    assert_eq!(rig.arrived().len(), 2 * COMMAND.len());

    rig.call(1);
    rig.drive();
    assert!(rig.arrived().is_empty(), "others get their turn");
    rig.call(2);
    rig.drive();
    assert_eq!(rig.arrived().len(), 3 * COMMAND.len(), "but one turn only");

    // Nor where there is enough for a send of its own.
    rig.call(ENOUGH);
    rig.drive();
    assert_eq!(rig.arrived().len(), ENOUGH * COMMAND.len());

    // The next load still follows one of several; the one after it does not.
    rig.call(1);
    rig.drive();
    assert!(rig.arrived().is_empty());
    rig.drive();
    assert_eq!(rig.arrived(), COMMAND);
    rig.call(1);
    rig.drive();
    assert_eq!(rig.arrived(), COMMAND);
}

#[tokio::test]
async fn where_several_wait_and_replies_come_soon_it_looks_for_them_before_it_sleeps() {
    pause();
    let mut rig = rig(false);
    rig.call(4);
    assert!(!rig.looks().await, "no reply has come soon yet");
    rig.hear(b"$1\r\na\r\n").await;
    assert!(!rig.looks().await, "three are too few");
    rig.call(1);
    assert!(rig.looks().await, "others get their turn");
    assert!(rig.looks().await);
    assert_eq!(rig.arrived().len(), 5 * COMMAND.len());
    for _ in 0..100 {
        rig.drive();
    }
    assert!(!rig.looks().await, "there is an end to it");
}

#[tokio::test]
async fn callers_that_got_their_replies_together_are_waited_for_though_their_commands_went_one_by_one() {
    let mut rig = rig(false);
    for _ in 0..3 {
        rig.call(1);
        rig.drive();
        assert_eq!(rig.arrived(), COMMAND);
    }
    rig.hear(b"$1\r\na\r\n$1\r\nb\r\n").await;
    assert_eq!(rig.answers(), ["a", "b"]);
    rig.call(1);
    rig.drive();
    assert!(rig.arrived().is_empty());
    rig.call(1);
    rig.drive();
    assert_eq!(rig.arrived().len(), 2 * COMMAND.len());
}

#[tokio::test]
async fn a_server_that_has_nothing_to_do_is_sent_what_there_is_at_once() {
    let mut rig = rig(false);
    rig.call(2);
    rig.drive();
    assert_eq!(rig.arrived().len(), 2 * COMMAND.len());
    rig.hear(b"$1\r\na\r\n$1\r\nb\r\n").await;
    rig.call(1);
    rig.drive();
    assert_eq!(rig.arrived(), COMMAND);
}

#[tokio::test]
async fn a_deadline_is_kept_by_whoever_drives_and_the_late_reply_goes_to_nobody() {
    pause();
    for fence in [true, false] {
        let mut rig = rig(fence);
        rig.call(1);
        rig.drive();
        advance(PATIENCE / 2).await;
        rig.drive();
        rig.call(1);
        rig.drive();
        let fences = rig.fences();
        advance(PATIENCE / 2).await;
        rig.drive();
        assert!(matches!(turn(&mut rig.callers.remove(0)), Some(Err(Lost::Late))));
        assert!(turn(&mut rig.callers[0]).is_none(), "its deadline is later");
        match &fences[..] {
            [first, second] => {
                rig.hear(&[b"$1\r\na\r\n", first.as_slice(), b"$1\r\nb\r\n", second.as_slice()].concat()).await;
            }
            _ => rig.hear(b"$1\r\na\r\n$1\r\nb\r\n").await,
        }
        assert_eq!(rig.answers(), ["b"]);
        assert_eq!(rig.gauge.in_flight(), 0);
        // With nobody left there is nothing to look at.
        advance(PATIENCE).await;
        rig.drive();
        rig.drive();
    }
}

#[tokio::test]
async fn a_message_that_finds_no_room_until_its_deadline_was_certainly_not_sent() {
    pause();
    let rig = rig(false);
    let large = Command::new("SET").arg("k").arg(vec![b'v'; 1024 * 1024]);
    let mut callers: Vec<Caller> = (0..2)
        .map(|_| {
            let (outbox, large) = (Arc::clone(&rig.outbox), large.clone());
            Box::pin(async move { outbox.send(&large, due()).await }) as Caller
        })
        .collect();
    assert!(callers.iter_mut().all(|caller| turn(caller).is_none()));
    // The clock of timers goes by whole milliseconds.
    advance(PATIENCE + Duration::from_millis(1)).await;
    assert!(matches!(turn(&mut callers[1]), Some(Err(Lost::Crowded))));
}

#[tokio::test]
async fn replies_wait_for_their_fence_and_go_without_it() {
    let mut rig = rig(true);
    rig.call(2);
    rig.drive();
    let fence = rig.fences().remove(0);
    assert_eq!(rig.gauge.in_flight(), 2);
    rig.hear(b"$1\r\na\r\n$1\r\nb\r\n").await;
    assert!(rig.answers().is_empty());
    for byte in &fence {
        assert!(rig.answers().is_empty());
        rig.hear(&[*byte]).await;
    }
    assert_eq!(rig.answers(), ["a", "b"]);
    assert_eq!(rig.gauge.in_flight(), 0);
}

#[tokio::test]
async fn a_great_load_is_fenced_in_parts_that_go_one_by_one() {
    let mut rig = rig(true);
    rig.call(70);
    rig.drive();
    let fences = rig.fences();
    assert_eq!(fences.len(), 3);
    for (fence, replies) in fences.iter().zip([32, 32, 6]) {
        rig.hear(&b"$1\r\na\r\n".repeat(replies)).await;
        assert!(rig.answers().is_empty());
        rig.hear(fence).await;
        assert_eq!(rig.answers().len(), replies);
    }
}

#[tokio::test]
async fn no_fence_comes_between_the_commands_of_a_transaction() {
    let mut rig = rig(true);
    rig.call(31);
    let mut commands = Commands::default();
    commands.atomic();
    for _ in 0..40 {
        commands.push(get().bytes());
    }
    let outbox = Arc::clone(&rig.outbox);
    let mut caller = Box::pin(async move { outbox.send(&commands, due()).await });
    assert!(turn(&mut caller).is_none());
    rig.drive();
    let bytes = rig.arrived();
    let exec = b"*1\r\n$4\r\nEXEC\r\n*2\r\n$4\r\nECHO\r\n";
    assert_eq!(bytes.windows(exec.len()).filter(|window| window == exec).count(), 1);
    assert_eq!(bytes.windows(4).filter(|window| window == b"ECHO").count(), 1);
    assert_eq!(rig.gauge.in_flight(), 31 + 42);
}

#[tokio::test]
async fn batches_that_come_in_one_piece_are_handed_over_each_behind_its_fence() {
    let mut rig = rig(true);
    let mut replies = Vec::new();
    for letter in [b'a', b'b', b'c'] {
        rig.call(1);
        rig.drive();
        let fence = rig.fences().remove(0);
        replies.extend([b"$1\r\n", &[letter][..], b"\r\n", &fence].concat());
    }
    rig.hear(&replies).await;
    assert_eq!(rig.answers(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_reply_that_was_lost_is_known_as_soon_as_its_fence_comes() {
    let mut rig = rig(true);
    rig.call(2);
    rig.drive();
    let fence = rig.fences().remove(0);
    rig.hear(&[b"$1\r\na\r\n", fence.as_slice()].concat()).await;
    assert!(rig.lost());
    assert!(rig.gauge.take_cause().unwrap().to_string().contains("replies were lost"));
}

#[tokio::test]
async fn an_older_fence_opens_no_batch() {
    let mut rig = rig(true);
    rig.call(1);
    rig.drive();
    let older = rig.fences().remove(0);
    rig.hear(&[b"$1\r\na\r\n", older.as_slice()].concat()).await;
    assert_eq!(rig.answers(), ["a"]);
    rig.call(1);
    rig.drive();
    rig.hear(&[b"$1\r\na\r\n", older.as_slice()].concat()).await;
    assert!(rig.lost());
}

#[tokio::test]
async fn a_server_that_is_busy_with_a_script_refuses_the_fence_too_and_is_believed() {
    let busy = b"-BUSY Redis is busy running a script.\r\n";
    let mut rig = rig(true);
    rig.call(1);
    rig.drive();
    rig.hear(&[busy, &busy[..]].concat()).await;
    assert!(matches!(turn(&mut rig.callers.remove(0)), Some(Ok(Value::ServerError(_)))));
    // But not where another reply came before it: which of them is missing cannot be told.
    rig.call(1);
    rig.drive();
    rig.hear(&[b"$1\r\na\r\n", &busy[..]].concat()).await;
    assert!(rig.lost());
}

#[tokio::test]
async fn a_reply_that_nobody_asked_for_ends_the_connection_without_a_fence_as_well() {
    for fence in [true, false] {
        let mut rig = rig(fence);
        rig.hear(b"+OK\r\n").await;
        assert!(rig.lost());
        let cause = rig.gauge.take_cause().unwrap();
        assert!(cause.to_string().contains("nobody asked for"), "{cause}");
    }
}

#[tokio::test]
async fn what_was_not_taken_when_the_connection_ends_was_certainly_not_sent() {
    let mut rig = rig(true);
    rig.call(1);
    rig.drive();
    rig.call(1);
    rig.driver = None;
    let [mut taken, mut left] = <[Caller; 2]>::try_from(std::mem::take(&mut rig.callers)).ok().unwrap();
    assert!(matches!(turn(&mut taken), Some(Err(Lost::Unanswered))));
    assert!(matches!(turn(&mut left), Some(Err(Lost::Unsent))));
    // Nor what comes too late.
    let mut late: Caller = Box::pin(async move { rig.outbox.send(&get(), due()).await });
    assert!(matches!(turn(&mut late), Some(Err(Lost::Unsent))));
}

#[tokio::test]
async fn callers_wait_for_room_where_the_server_takes_nothing_and_go_on_when_it_does() {
    let mut rig = rig(false);
    let value = vec![b'v'; 600 * 1024];
    let mut callers: Vec<Caller> = (0..8)
        .map(|_| {
            let (outbox, set) = (Arc::clone(&rig.outbox), Command::new("SET").arg("k").arg(&value));
            Box::pin(async move { outbox.send(&set, due()).await }) as Caller
        })
        .collect();
    assert!(callers.iter_mut().all(|caller| turn(caller).is_none()));
    let mut got = 0;
    for _ in 0..64 {
        rig.drive();
        got += rig.arrived().len();
        assert!(callers.iter_mut().all(|caller| turn(caller).is_none()));
        if got > 8 * value.len() {
            break;
        }
        // So much at once is more than tokio lets one task do in a turn.
        yield_now().await;
    }
    rig.hear(&b"+OK\r\n".repeat(8)).await;
    assert!(callers.iter_mut().all(|caller| matches!(turn(caller), Some(Ok(Value::Okay)))));
}

#[tokio::test]
async fn a_caller_that_went_away_costs_the_others_nothing() {
    let mut rig = rig(true);
    rig.call(3);
    drop(rig.callers.remove(1));
    rig.drive();
    let fence = rig.fences().remove(0);
    rig.hear(&[b"$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", fence.as_slice()].concat()).await;
    assert_eq!(rig.answers(), ["a", "c"]);
}

#[tokio::test]
async fn a_call_that_the_server_owes_a_reply_keeps_its_place_though_nobody_waits_for_it() {
    let mut rig = rig_for(false, 2);
    rig.call(2);
    rig.callers.clear();
    rig.drive();
    let refused = turn(&mut pin!(rig.outbox.send(&get(), due()))).unwrap();
    assert!(matches!(refused, Err(Lost::Overloaded)));
    rig.hear(b"$1\r\na\r\n").await;
    rig.call(1);
    rig.drive();
    rig.drive();
    assert!(matches!(turn(&mut pin!(rig.outbox.send(&get(), due()))), Some(Err(Lost::Overloaded))));
    rig.hear(b"$1\r\nb\r\n$1\r\nc\r\n").await;
    assert_eq!(rig.answers(), ["c"]);
    assert_eq!(rig.outbox.calls(), 0);
}
