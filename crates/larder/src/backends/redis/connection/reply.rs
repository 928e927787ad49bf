//! Reads replies of which the scanner has found the end.

use std::str::from_utf8;

use redis::{Value, parse_redis_value};

use super::scanner::{Malformed, Scanner};

/// The value of one whole reply. What is common is read here, because redis-rs's parser takes as long as all else that
/// a reply costs; errors, and what is odd, are read there.
pub(super) fn value(reply: &[u8]) -> Result<Value, Malformed> {
    let mut rest = reply;
    match read(&mut rest) {
        Some(value) if rest.is_empty() => Ok(value),
        _ => parse_redis_value(reply).map_err(|_| Malformed("a reply cannot be read")),
    }
}

/// The values of so many replies, one behind the other.
pub(super) fn values(mut replies: &[u8], count: usize) -> Result<Vec<Value>, Malformed> {
    let mut values = Vec::with_capacity(count);
    let mut scanner = Scanner::default();
    while values.len() < count {
        let before = replies;
        values.push(match read(&mut replies) {
            Some(value) => value,
            None => {
                let length = scanner.frame(before)?.ok_or(Malformed("a reply is missing"))?;
                replies = &before[length..];
                value(&before[..length])?
            }
        });
    }
    Ok(values)
}

/// Reads the first value off; `None` where it is not common.
fn read(bytes: &mut &[u8]) -> Option<Value> {
    let end = bytes.iter().position(|byte| *byte == b'\r')?;
    let (kind, line) = bytes.get(..end)?.split_first()?;
    let rest = bytes.get(end + 2..)?;
    let number = || from_utf8(line).ok()?.parse::<i64>().ok();
    let (value, rest) = match kind {
        // Of a command that was queued EXEC says what came of it.
        b'+' if line == b"OK" || line == b"QUEUED" => (Value::Okay, rest),
        b'+' => (Value::SimpleString(from_utf8(line).ok()?.into()), rest),
        b':' => (Value::Int(number()?), rest),
        b'$' | b'*' if line == b"-1" => (Value::Nil, rest),
        b'$' => {
            let length = usize::try_from(number()?).ok()?;
            let string = rest.get(..length)?.to_vec();
            (Value::BulkString(string), rest.get(length.checked_add(2)?..)?)
        }
        b'*' => {
            let mut rest = rest;
            // The scanner has seen them, and how deep they nest.
            let count = usize::try_from(number()?).ok()?;
            let values = (0..count).map(|_| read(&mut rest)).collect::<Option<_>>()?;
            (Value::Array(values), rest)
        }
        _ => return None,
    };
    *bytes = rest;
    Some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::scanner::any_reply;
    use super::*;

    proptest! {
        #[test]
        fn a_reply_is_read_as_redis_rs_reads_it(frame in any_reply()) {
            prop_assert_eq!(Scanner::default().frame(&frame), Ok(Some(frame.len())));
            prop_assert_eq!(value(&frame).unwrap(), parse_redis_value(&frame).unwrap());
        }

        #[test]
        fn replies_behind_one_another_are_read_as_each_by_itself(frames in prop::collection::vec(any_reply(), 1..8)) {
            let each: Vec<_> = frames.iter().map(|frame| value(frame).unwrap()).collect();
            prop_assert_eq!(values(&frames.concat(), frames.len()).unwrap(), each);
        }

        #[test]
        fn no_bytes_make_it_panic(
            bytes in prop::collection::vec(
                prop_oneof![any::<u8>(), prop::sample::select(&b"$*+-:\r\n0123456789"[..])], 0..200,
            ),
        ) {
            let _ = value(&bytes);
            let _ = values(&bytes, 3);
        }
    }
}
