//! What is said on a new connection before anybody else may speak on it.
//!
//! One command a round trip, each reply checked. Nothing is sent behind AUTH before its reply is here: a proxy that
//! answers one command twice, or not at all, is found out here and not by a caller.

use std::io;
use std::time::{Duration, Instant};

use redis::{Value, parse_redis_value};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::command::Command;
use super::random::random;
use super::scanner::Scanner;
use super::{Address, Options, failed, tls};
use crate::error::{Error, ErrorKind, Result};
use crate::sabotage;

/// What a server said about itself, as far as we may know.
#[derive(Clone, Default)]
pub(super) struct Facts {
    pub(super) version: Option<String>,
    /// Differs after each start of the server.
    pub(super) run: Option<String>,
    pub(super) role: Option<String>,
    /// The server's number for this connection.
    pub(super) client: Option<i64>,
    /// Whether MULTI and EXEC are allowed.
    pub(super) transactions: bool,
    /// What the server can be asked at any time, to see whether it answers.
    pub(super) probe: Option<Command>,
    pub(super) round_trip: Option<Duration>,
}

/// Introduces us, and asks the server who it is. `before` is the connection that this one follows, where a write of it
/// was left without a reply.
pub(super) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    socket: S,
    address: &Address,
    options: &Options,
    before: Option<&Facts>,
) -> Result<(S, Facts)> {
    let mut talk = Talk { socket, limit: options.connect_timeout };
    let mut facts = Facts::default();
    if let Some(password) = &address.password {
        let auth = address.user.iter().fold(Command::new("AUTH"), Command::arg);
        talk.done(&auth.arg(password.reveal())).await?;
    }
    if address.database != 0 {
        talk.done(&Command::new("SELECT").number(address.database)).await?;
    }
    if options.fence {
        facts.round_trip = Some(fenced(&mut talk).await?);
    }
    let info = talk.allowed(&Command::new("INFO").arg("server")).await?;
    facts.version = field(&info, "redis_version:");
    facts.run = field(&info, "run_id:");
    facts.role = role(&talk.allowed(&Command::new("ROLE")).await?);
    facts.probe = match (&facts.role, options.fence) {
        (Some(_), _) => Some(Command::new("ROLE")),
        (None, true) => Some(Command::new("ECHO").arg("")),
        // Nothing is known to be allowed, and what is not fills the server's log of refusals.
        (None, false) => None,
    };
    if facts.role.is_none() {
        facts.role = field(&talk.allowed(&Command::new("INFO").arg("replication")).await?, "role:");
    }
    if facts.role.as_deref().is_some_and(|role| role != "master") && !options.stale_ok && !sabotage::is_off("replicas")
    {
        return Err(replica());
    }
    if let Value::Int(client) = talk.allowed(&Command::new("CLIENT").arg("ID")).await? {
        facts.client = Some(client);
    }
    if let Some(before) = before {
        silence(&mut talk, before, &facts).await?;
    }
    if talk.allowed(&Command::new("MULTI")).await? == Value::Okay {
        facts.transactions =
            matches!(talk.allowed(&Command::new("EXEC")).await?, Value::Array(replies) if replies.is_empty());
        if !facts.transactions {
            talk.allowed(&Command::new("DISCARD")).await?;
        }
    }
    Ok((talk.socket, facts))
}

/// The answer to a server that is a replica.
pub(super) fn replica() -> Error {
    let message =
        "the server is a replica, whose records may be out of date: connect to the master, or set `stale_ok=true`";
    Error::new(ErrorKind::Unavailable, message)
}

/// Tries the command that fences are made of.
async fn fenced<S: AsyncRead + AsyncWrite + Unpin>(talk: &mut Talk<S>) -> Result<Duration> {
    let (nonce, asked) = (random().to_string(), Instant::now());
    match talk.ask(&Command::new("ECHO").arg(&nonce)).await? {
        Value::BulkString(echoed) if echoed == nonce.as_bytes() => Ok(asked.elapsed()),
        Value::ServerError(error) if error.code() == "NOPERM" => Err(Error::new(
            ErrorKind::Denied,
            "the user may not use ECHO, which guards replies: grant `+echo`, or set `fence=false`",
        )),
        Value::ServerError(error) => Err(failed(&error)),
        _ => Err(odd()),
    }
}

/// Ends the connection before this one on the server's side too, lest a write that is still on its way there is applied
/// after what follows here. Numbers of connections begin anew when a server does, so it must be the same one.
async fn silence<S: AsyncRead + AsyncWrite + Unpin>(talk: &mut Talk<S>, before: &Facts, facts: &Facts) -> Result<()> {
    match before.client {
        _ if sabotage::is_off("revival") => Ok(()),
        Some(client) if facts.run.is_some() && facts.run == before.run && facts.client != Some(client) => {
            // It answers an error where the connection has ended already, and where we may not.
            talk.ask(&Command::new("CLIENT").arg("KILL").arg("ID").number(client)).await.map(drop)
        }
        _ => Ok(()),
    }
}

/// A conversation of one command at a time.
struct Talk<S> {
    socket: S,
    limit: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    /// Wants `OK`.
    async fn done(&mut self, command: &Command) -> Result<()> {
        match self.ask(command).await? {
            Value::Okay => Ok(()),
            Value::ServerError(error) => Err(failed(&error)),
            _ => Err(odd()),
        }
    }

    /// Wants an answer, or no right to one, which is `Nil`.
    async fn allowed(&mut self, command: &Command) -> Result<Value> {
        match self.ask(command).await? {
            // What has no code of its own is a command or argument that an older or other server does not know.
            Value::ServerError(error) if matches!(error.code(), "NOPERM" | "ERR" | "EXECABORT") => Ok(Value::Nil),
            Value::ServerError(error) => Err(failed(&error)),
            value => Ok(value),
        }
    }

    async fn ask(&mut self, command: &Command) -> Result<Value> {
        timeout(self.limit, exchange(&mut self.socket, command.bytes()))
            .await
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::Unavailable, "the server accepts but does not answer")))
    }
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut S, command: &[u8]) -> Result<Value> {
    socket.write_all(command).await.map_err(cut_off)?;
    socket.flush().await.map_err(cut_off)?;
    let (mut reply, mut scanner) = (Vec::new(), Scanner::default());
    loop {
        if reply.len() > LONGEST || socket.read_buf(&mut reply).await.map_err(cut_off)? == 0 {
            return Err(cut_off(io::ErrorKind::UnexpectedEof.into()));
        }
        match scanner.frame(&reply) {
            Ok(None) => {}
            Ok(Some(length)) if length == reply.len() => return parse_redis_value(&reply).map_err(|_| odd()),
            Ok(Some(_)) | Err(_) => return Err(odd()),
        }
    }
}

/// A server that speaks TLS ends a connection that does not; one that wants a certificate of ours says so only now.
fn cut_off(error: io::Error) -> Error {
    tls::refusal(&error)
        .unwrap_or_else(|| {
            let message = "the server closed the connection unasked: if it speaks TLS there, use `rediss://`";
            Error::new(ErrorKind::Unavailable, message)
        })
        .caused_by(error)
}

/// No reply of a handshake comes near it.
const LONGEST: usize = 1024 * 1024;

fn odd() -> Error {
    Error::new(ErrorKind::Unavailable, "what answers there does not answer as Redis does: look at the host and port")
}

/// The role in a reply to ROLE.
pub(super) fn role(reply: &Value) -> Option<String> {
    match reply {
        Value::Array(parts) => match parts.first() {
            Some(Value::BulkString(role)) => Some(String::from_utf8_lossy(role).into_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// The value of a line of INFO.
fn field(info: &Value, name: &str) -> Option<String> {
    let Value::BulkString(info) = info else { return None };
    let info = String::from_utf8_lossy(info);
    info.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
}
