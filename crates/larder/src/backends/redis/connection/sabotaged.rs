//! How others do it who went wrong: what a build for `scripts/sabotage` does where a defence is switched off.

use std::sync::Arc;

use redis::Value;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::command::Command;
use super::outbox::Outbox;
use super::waiting::Lost;

/// A connection that callers borrow in turn to read their reply from. Whoever goes away leaves it to the next.
pub(super) struct Borrowed {
    replies: Mutex<UnboundedReceiver<Result<Value, Lost>>>,
    arrived: UnboundedSender<Result<Value, Lost>>,
}

impl Default for Borrowed {
    fn default() -> Self {
        let (arrived, replies) = unbounded_channel();
        Self { replies: Mutex::new(replies), arrived }
    }
}

impl Borrowed {
    pub(super) async fn send(&self, outbox: &Arc<Outbox>, command: &Command, due: Instant) -> Result<Value, Lost> {
        let mut replies = self.replies.lock().await;
        let (outbox, command, arrived) = (Arc::clone(outbox), command.clone(), self.arrived.clone());
        tokio::spawn(async move {
            let _ = arrived.send(outbox.send(&command, due).await);
        });
        replies.recv().await.unwrap_or(Err(Lost::Unanswered))
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
