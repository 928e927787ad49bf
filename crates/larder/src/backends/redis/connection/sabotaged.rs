//! How others do it who went wrong: what a build for `scripts/sabotage` does where a defence is switched off.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::handshake::Facts;
use super::outbox::Outbox;
use super::request::{Request, Verdict};
use super::scanner::Malformed;
use super::waiting::Lost;

/// A connection that callers borrow in turn to read their reply from. Whoever goes away leaves it to the next.
pub(super) struct Borrowed {
    replies: Mutex<UnboundedReceiver<Result<Vec<u8>, Lost>>>,
    arrived: UnboundedSender<Result<Vec<u8>, Lost>>,
}

impl Default for Borrowed {
    fn default() -> Self {
        let (arrived, replies) = unbounded_channel();
        Self { replies: Mutex::new(replies), arrived }
    }
}

impl Borrowed {
    pub(super) async fn send<R: Request + ?Sized>(
        &self,
        outbox: &Arc<Outbox>,
        request: &R,
        due: Instant,
    ) -> Result<R::Reply, Lost> {
        let mut replies = self.replies.lock().await;
        let mut raw = Raw { bytes: Vec::new(), replies: request.replies() };
        request.write(&mut raw.bytes);
        let (outbox, arrived) = (Arc::clone(outbox), self.arrived.clone());
        tokio::spawn(async move {
            let _ = arrived.send(outbox.send(&raw, due).await);
        });
        let reply = replies.recv().await.unwrap_or(Err(Lost::Unanswered))?;
        request.read(&reply).map_err(Lost::Garbled)
    }
}

/// A message as it is sent, and its replies as they come.
struct Raw {
    bytes: Vec<u8>,
    replies: usize,
}

impl Request for Raw {
    type Reply = Vec<u8>;

    fn allowed(&self, _: &Facts) -> crate::Result<()> {
        Ok(())
    }

    fn replies(&self) -> usize {
        self.replies
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
    }

    fn read(&self, replies: &[u8]) -> Result<Vec<u8>, Malformed> {
        Ok(replies.to_vec())
    }

    fn verdict(&self, _: &Vec<u8>) -> Verdict {
        Verdict::Answer
    }

    fn finish(&self, reply: Vec<u8>) -> crate::Result<Vec<u8>> {
        Ok(reply)
    }
}

/// Commands as lines of words, without their lengths.
pub(super) fn lines(mut commands: &[u8]) -> Vec<u8> {
    let mut lines = Vec::new();
    while let Some(count) = header(&mut commands) {
        for _ in 0..count {
            let length = header(&mut commands).unwrap_or_default();
            lines.extend_from_slice(&commands[..length]);
            lines.push(b' ');
            commands = &commands[length + 2..];
        }
        lines.extend_from_slice(b"\r\n");
    }
    lines
}

/// The number of a line such as `*3`, which is taken off.
fn header(bytes: &mut &[u8]) -> Option<usize> {
    let end = bytes.iter().position(|byte| *byte == b'\r')?;
    let number = std::str::from_utf8(&bytes[1..end]).ok()?.parse().ok()?;
    *bytes = &bytes[end + 2..];
    Some(number)
}
