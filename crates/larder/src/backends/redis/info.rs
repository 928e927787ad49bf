//! `info`: what the server says of itself, and how the connection to it is.

use crate::backend::{Batch, Health, Info, Listing};
use crate::error::{ErrorKind, Result};

use super::connection::{Command, Effect, State};
use super::{Redis, reply};

impl Redis {
    /// Asks the server, and answers all the same where it cannot be reached: that is what a look at health is for.
    pub(super) async fn describe(&self) -> Result<Info> {
        let mut info = Info::new("redis");
        info.batch = Batch::Atomic;
        info.listing = Listing::AtLeastOnce;
        info.batch_records = self.layout.portion();
        info.batch_bytes = 1 << 20;
        info.persistent = true;
        info.limits = self.limits;
        let memory = Command::new("INFO").arg("memory");
        match self.connection.call(&memory, Effect::Read).await.and_then(reply::text) {
            Ok(text) => {
                let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                info.bytes = field("used_memory").and_then(|bytes| bytes.parse().ok());
                info.max_bytes = field("maxmemory").and_then(|bytes| bytes.parse().ok()).filter(|bytes| *bytes != 0);
                let policy = field("maxmemory_policy").unwrap_or("noeviction");
                if info.max_bytes.is_some() && policy != "noeviction" {
                    info.warnings.push(format!(
                        "the server drops records when its memory is full (maxmemory-policy {policy}): set `noeviction`"
                    ));
                }
            }
            // The right to ask is not one that a store needs.
            Err(error) if error.kind() == ErrorKind::Denied => {}
            Err(error) => info.warnings.push(error.to_string()),
        }
        let status = self.connection.status();
        if let State::Down(why) = &status.state {
            info.warnings.push(format!("the connection is down: {why}"));
        }
        info.health = Some(Health {
            connected: status.state == State::Connected,
            role: status.role,
            version: status.version,
            round_trip: status.round_trip,
            reconnects: status.reconnects,
            last_error: status.last_error,
            queued: status.queued,
        });
        Ok(info)
    }
}
