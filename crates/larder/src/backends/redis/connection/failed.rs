//! What a caller is told where a call fails: what a server's refusals mean, and what became of what was sent.

use std::borrow::Cow;
use std::sync::Arc;

use redis::ServerError;

use super::Effect;
use super::scanner::Malformed;
use crate::error::{Error, ErrorKind};

/// The one mapping of a server's errors. None of them quotes the server's words, which can hold keys and values.
pub(in crate::backends::redis) fn failed(error: &ServerError) -> Error {
    if error.code() == "NOPERM" {
        return Error::new(ErrorKind::Denied, missing_right(error.details().unwrap_or_default()));
    }
    let (kind, message): (_, &'static str) = match error.code() {
        "LOADING" => (ErrorKind::Unavailable, "the server is still loading its data"),
        "BUSY" => (ErrorKind::Unavailable, "the server is busy with a script"),
        "TRYAGAIN" => (ErrorKind::Unavailable, "the slot of the keys is being moved"),
        "CLUSTERDOWN" => (ErrorKind::Unavailable, "the cluster is down"),
        "MASTERDOWN" => (ErrorKind::Unavailable, "the server is a replica that has lost its master"),
        "READONLY" => (ErrorKind::Unavailable, "the server is a replica and takes no writes: connect to the master"),
        "MISCONF" => (
            ErrorKind::Unavailable,
            "the server takes no writes because its last snapshot or log could not be written: see to its disk",
        ),
        "NOREPLICAS" => (
            ErrorKind::Unavailable,
            "the server takes no writes because too few replicas are connected (`min-replicas-to-write`)",
        ),
        "OOM" => (ErrorKind::Full, "the server has reached `maxmemory`; reads and deletes still work"),
        "NOAUTH" => (ErrorKind::Denied, "the server wants a password: `redis://user:password@host`"),
        "WRONGPASS" => (ErrorKind::Denied, "the user or the password is refused, or the user is off"),
        "DENIED" => {
            (ErrorKind::Denied, "the server is in protected mode: set a password on it, or connect from its host")
        }
        "WRONGTYPE" => (ErrorKind::Corrupt, "another kind of value stands where the record should be"),
        "NOSCRIPT" => (ErrorKind::Unavailable, "the server has forgotten the script"),
        "EXECABORT" => (ErrorKind::Unavailable, "the server discarded the transaction"),
        "MOVED" | "ASK" => (ErrorKind::Config, "the server is a node of a cluster: open it with `redis+cluster://`"),
        "CROSSSLOT" => (ErrorKind::Invalid, "the keys of one step lie in different slots of the cluster"),
        "NOPROTO" => (ErrorKind::Config, "the server does not speak the protocol"),
        _ => unnamed(error),
    };
    Error::new(kind, message)
}

/// Names the right that is missing. Of the server's words only the name of a command is repeated.
fn missing_right(words: &str) -> Cow<'static, str> {
    let command = words.split_once("run the '").and_then(|(_, rest)| rest.split_once('\'')).map(|(command, _)| command);
    let is_name = |command: &&str| command.len() <= 32 && command.bytes().all(|b| b.is_ascii_lowercase() || b == b'|');
    if let Some(command) = command.filter(is_name) {
        return format!("the user may not use `{command}`: grant `+{command}`").into();
    }
    if words.contains("access one of the keys") {
        return "the user may not touch the keys of this store: grant it patterns (`~…`) that cover them and their index"
            .into();
    }
    "the user lacks a right (see `ACL LOG` on the server): grant it".into()
}

/// Errors that have no code of their own are told apart by the server's words.
fn unnamed(error: &ServerError) -> (ErrorKind, &'static str) {
    let words = error.details().unwrap_or_default();
    let says = |text: &str| words.starts_with(text);
    if says("DB index is out of range") {
        (ErrorKind::Config, "the server has no database of that number: lower it, or raise `databases` on the server")
    } else if says("SELECT is not allowed") {
        (ErrorKind::Config, "the server is a cluster, which has database 0 alone")
    } else if says("The user executing the script") {
        (ErrorKind::Denied, "the user may run scripts, but not what they do: grant `+get +set +unlink`, and the keys")
    } else if says("AUTH") || says("Client sent AUTH") {
        (ErrorKind::Denied, "the server has no password set for the default user: leave it out of the URL, or set one")
    } else if says("max number of clients") {
        (ErrorKind::Unavailable, "the server has as many clients as it takes (`maxclients`)")
    } else if says("unknown command") || says("Unknown subcommand") || says("unknown subcommand") {
        (ErrorKind::Config, "the server does not know a command that is needed: use Redis 7.0 or later")
    } else {
        (ErrorKind::Unavailable, "the server refused the command")
    }
}

/// Whether the same command may well succeed a little later; it was certainly not applied.
pub(super) fn passes(error: &ServerError) -> bool {
    matches!(error.code(), "LOADING" | "BUSY" | "TRYAGAIN" | "CLUSTERDOWN" | "MASTERDOWN")
}

/// Whether a demoted master speaks.
pub(super) fn demoted(error: &ServerError) -> bool {
    error.code() == "READONLY"
}
/// What became of a message that was handed over and whose reply never came.
pub(super) fn unanswered(effect: Effect) -> Error {
    match effect {
        Effect::Read => Error::new(ErrorKind::Unavailable, "no reply came in time, or the connection was lost"),
        Effect::Write => Error::new(ErrorKind::Unknown, "no reply came: the write may have been applied"),
    }
}

pub(super) fn crowded() -> Error {
    Error::new(ErrorKind::Unavailable, "the server took nothing in time: the command was not sent")
}

pub(super) fn overloaded() -> Error {
    Error::new(ErrorKind::Overloaded, "too many calls are under way: try again later, or raise `queue`")
}

/// There is no connection, and why.
pub(super) fn away(last: Option<&Arc<Error>>) -> Error {
    last.map_or_else(|| Error::new(ErrorKind::Unavailable, "the server does not answer"), again)
}

/// Tells several callers of one error: of its kind where they have to change something, else that nothing was sent.
pub(super) fn again(last: &Arc<Error>) -> Error {
    let kind = match last.kind() {
        kind @ (ErrorKind::Denied | ErrorKind::Config) => kind,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, last.to_string()).caused_by(Arc::clone(last))
}

/// Why a connection ends that brings what no server answers.
pub(super) fn garbled(Malformed(why): Malformed) -> Error {
    let message = format!("the connection was ended because {why}: look at what lies before the server");
    Error::new(ErrorKind::Unavailable, message)
}
