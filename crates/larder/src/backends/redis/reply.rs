//! A server's replies, each read as what its command answers and as nothing else.
//!
//! A reply of another shape means that the stream has slipped or that the server is none: it is an error, never a guess.

use std::time::Duration;

use bytes::Bytes;
use redis::Value;

use crate::error::{Error, ErrorKind, Result};

use super::connection::failed;

/// A value's bytes, or nothing.
pub(super) fn bytes(reply: Value) -> Result<Option<Bytes>> {
    match reply {
        Value::BulkString(bytes) => Ok(Some(bytes.into())),
        Value::Nil => Ok(None),
        other => Err(unexpected(other)),
    }
}

/// A count.
pub(super) fn integer(reply: Value) -> Result<i64> {
    match reply {
        Value::Int(number) => Ok(number),
        other => Err(unexpected(other)),
    }
}

/// Whether something was done, as a count of it says.
pub(super) fn some(reply: Value) -> Result<bool> {
    integer(reply).map(|number| number > 0)
}

/// Whether a SET was carried out: its condition may have forbidden it.
pub(super) fn set(reply: Value) -> Result<bool> {
    match reply {
        Value::Okay => Ok(true),
        Value::Nil => Ok(false),
        other => Err(unexpected(other)),
    }
}

/// What a TIME answers, since the Unix epoch.
pub(super) fn time(reply: Value) -> Result<Duration> {
    let parts = array(reply)?;
    let number = |value: &Value| match value {
        Value::BulkString(text) => std::str::from_utf8(text).ok()?.parse::<u64>().ok(),
        _ => None,
    };
    match parts.as_slice() {
        [seconds, micros] => match (number(seconds), number(micros)) {
            (Some(seconds), Some(micros)) => Ok(Duration::from_secs(seconds) + Duration::from_micros(micros)),
            _ => Err(slipped()),
        },
        _ => Err(slipped()),
    }
}

/// A page of SCAN or ZSCAN: the next position, 0 at the end, and what it lists.
pub(super) fn page(reply: Value) -> Result<(u64, Vec<Bytes>)> {
    let mut parts = array(reply)?.into_iter();
    let (Some(Value::BulkString(position)), Some(listed), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err(slipped());
    };
    let position = std::str::from_utf8(&position).ok().and_then(|text| text.parse().ok()).ok_or_else(slipped)?;
    let listed = array(listed)?.into_iter().map(|item| bytes(item)?.ok_or_else(slipped)).collect::<Result<_>>()?;
    Ok((position, listed))
}

/// A text, as INFO answers.
pub(super) fn text(reply: Value) -> Result<String> {
    match reply {
        Value::BulkString(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Value::VerbatimString { text, .. } | Value::SimpleString(text) => Ok(text),
        other => Err(unexpected(other)),
    }
}

fn array(reply: Value) -> Result<Vec<Value>> {
    match reply {
        Value::Array(items) => Ok(items),
        other => Err(unexpected(other)),
    }
}

fn unexpected(reply: Value) -> Error {
    match reply {
        Value::ServerError(error) => failed(&error),
        _ => slipped(),
    }
}

/// The error of a reply that its command cannot have.
pub(super) fn slipped() -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "the server's reply is not what the command answers: a proxy in between may have dropped one",
    )
    .at("redis")
}
