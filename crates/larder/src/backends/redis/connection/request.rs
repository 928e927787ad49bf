//! What is sent over a link: one command or several, and what their replies mean for the connection.

use redis::{ServerError, Value};

use super::command::{Command, Commands};
use super::failed::{demoted, failed, passes};
use super::handshake::Facts;
use super::reply;
use super::scanner::Malformed;
use crate::error::{Error, ErrorKind, Result};

/// A message of commands.
pub(super) trait Request: Sync {
    type Reply: Send;

    /// Refuses what must not be sent to that server.
    fn allowed(&self, facts: &Facts) -> Result<()>;
    /// How many replies come to it.
    fn replies(&self) -> usize;
    /// Adds it to what is sent.
    fn write(&self, out: &mut Vec<u8>);
    /// Reads its replies, as they stood in the stream.
    fn read(&self, replies: &[u8]) -> Result<Self::Reply, Malformed>;
    fn verdict(&self, reply: &Self::Reply) -> Verdict;
    fn finish(&self, reply: Self::Reply) -> Result<Self::Reply>;
}

/// What to do with a reply.
pub(super) enum Verdict {
    Answer,
    /// Nothing was applied, and a little later it may be.
    Later(Error),
    /// The server is no longer the master; whether something was applied all the same.
    Demoted {
        applied: bool,
        why: Error,
    },
}

impl Verdict {
    /// Judges refusals of commands of which `all` were refused.
    fn of(error: &ServerError, all: bool) -> Self {
        if demoted(error) {
            Self::Demoted { applied: !all, why: failed(error) }
        } else if passes(error) && all {
            Self::Later(failed(error))
        } else {
            Self::Answer
        }
    }
}

impl Request for Command {
    type Reply = Value;

    fn allowed(&self, _: &Facts) -> Result<()> {
        Ok(())
    }

    fn replies(&self) -> usize {
        1
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.bytes());
    }

    fn read(&self, reply: &[u8]) -> Result<Value, Malformed> {
        reply::value(reply)
    }

    fn verdict(&self, reply: &Value) -> Verdict {
        match reply {
            Value::ServerError(error) => Verdict::of(error, true),
            _ => Verdict::Answer,
        }
    }

    fn finish(&self, reply: Value) -> Result<Value> {
        match reply {
            Value::ServerError(error) => Err(failed(&error)),
            value => Ok(value),
        }
    }
}

impl Request for Commands {
    type Reply = Vec<Value>;

    fn allowed(&self, facts: &Facts) -> Result<()> {
        if self.is_atomic() && !facts.transactions {
            return Err(Error::new(ErrorKind::Denied, "the user may not use MULTI and EXEC: grant `+multi +exec`"));
        }
        Ok(())
    }

    /// One a command, those to MULTI and EXEC included.
    fn replies(&self) -> usize {
        self.replies()
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.write(out);
    }

    fn read(&self, replies: &[u8]) -> Result<Vec<Value>, Malformed> {
        reply::values(replies, self.replies())
    }

    fn verdict(&self, reply: &Vec<Value>) -> Verdict {
        if self.is_atomic() {
            return match discarded(reply) {
                Some(error) => Verdict::of(error, true),
                None => Verdict::Answer,
            };
        }
        let all = reply.iter().all(|value| matches!(value, Value::ServerError(_)));
        let telling = reply.iter().find_map(|value| match value {
            Value::ServerError(error) if demoted(error) || passes(error) => Some(error),
            _ => None,
        });
        telling.map_or(Verdict::Answer, |error| Verdict::of(error, all))
    }

    fn finish(&self, mut reply: Vec<Value>) -> Result<Vec<Value>> {
        if !self.is_atomic() {
            return Ok(reply);
        }
        match reply.pop() {
            Some(Value::Array(values)) => Ok(values),
            Some(last) => {
                reply.push(last);
                Err(discarded(&reply).map_or_else(without_transaction, failed))
            }
            None => Err(without_transaction()),
        }
    }
}

/// Why a transaction was discarded; `None` where it was carried out, or something else went wrong.
fn discarded(reply: &[Value]) -> Option<&ServerError> {
    match reply.last() {
        // A cluster refuses EXEC itself where keys lie in different slots. Whatever refuses it, a MULTI that was begun ends.
        Some(Value::ServerError(last)) if last.code() == "EXECABORT" || reply.first() == Some(&Value::Okay) => {
            // The first refusal is the reason; EXEC names it only in words.
            reply.iter().find_map(|value| match value {
                Value::ServerError(error) => Some(error),
                _ => None,
            })
        }
        // All of it was refused, MULTI as well, so that there was nothing to discard.
        Some(Value::ServerError(_)) if reply.iter().all(|value| matches!(value, Value::ServerError(_))) => {
            reply.iter().find_map(|value| match value {
                Value::ServerError(error) => Some(error),
                _ => None,
            })
        }
        _ => None,
    }
}

fn without_transaction() -> Error {
    let message = "the server did not take the commands as one transaction: some of them may have been applied";
    Error::new(ErrorKind::Unknown, message)
}
