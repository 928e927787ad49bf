//! What a server answers, and where an answer ends in a stream.

/// A reply, as RESP2 has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A short text such as `OK`.
    Status(String),
    /// An error: its code is the first word.
    Error(String),
    /// A number.
    Integer(i64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Nothing there.
    Nil,
    /// Several replies.
    Array(Vec<Reply>),
}

impl Reply {
    /// The reply to a write that went well.
    pub fn ok() -> Self {
        Self::Status("OK".to_owned())
    }

    /// Bytes, from text.
    pub fn text(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }

    /// The bytes or the status as text.
    ///
    /// # Panics
    /// Where the reply is neither.
    pub fn as_text(&self) -> String {
        match self {
            Self::Status(text) => text.clone(),
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            other => panic!("the server answered {other:?} and not with text"),
        }
    }

    /// The number.
    ///
    /// # Panics
    /// Where the reply is none.
    pub fn as_integer(&self) -> i64 {
        match self {
            Self::Integer(number) => *number,
            other => panic!("the server answered {other:?} and not with a number"),
        }
    }

    /// The replies in it.
    ///
    /// # Panics
    /// Where the reply is no array.
    pub fn as_array(&self) -> &[Reply] {
        match self {
            Self::Array(replies) => replies,
            other => panic!("the server answered {other:?} and not with an array"),
        }
    }

    /// Reads one RESP2 reply that is whole, from its first byte.
    pub(crate) fn read(bytes: &[u8], at: &mut usize) -> Self {
        let kind = bytes[*at];
        let line = line(bytes, *at).expect("the reply is whole");
        let text = String::from_utf8_lossy(&bytes[*at + 1..line - 2]).into_owned();
        *at = line;
        let number = || text.parse::<i64>().unwrap_or_else(|_| panic!("the server sent {text:?} as a number"));
        match kind {
            b'+' => Self::Status(text),
            b'-' => Self::Error(text),
            b':' => Self::Integer(number()),
            b'$' | b'*' if number() < 0 => Self::Nil,
            b'$' => {
                let start = *at;
                let end = start + number() as usize;
                *at = end + 2;
                Self::Bytes(bytes[start..end].to_vec())
            }
            b'*' => Self::Array((0..number()).map(|_| Self::read(bytes, at)).collect()),
            other => panic!("the server sent a reply of the kind {:?}", char::from(other)),
        }
    }
}

/// Where the reply ends that begins here, RESP2 or RESP3; `None` while it is not whole.
pub(crate) fn end(bytes: &[u8], at: usize) -> Option<usize> {
    let after = line(bytes, at)?;
    let count = || std::str::from_utf8(&bytes[at + 1..after - 2]).ok()?.parse::<i64>().ok();
    let several = |times: usize| {
        let count = usize::try_from(count().unwrap_or(0)).unwrap_or(0);
        (0..count * times).try_fold(after, |at, _| end(bytes, at))
    };
    match bytes[at] {
        b'$' | b'!' | b'=' => match count() {
            Some(length) if length >= 0 => {
                let whole = after + usize::try_from(length).ok()? + 2;
                (whole <= bytes.len()).then_some(whole)
            }
            _ => Some(after),
        },
        b'*' | b'~' | b'>' => several(1),
        b'%' => several(2),
        b'|' => several(2).and_then(|at| end(bytes, at)), // what an attribute describes belongs to it
        _ => Some(after),
    }
}

/// Behind the line that begins here.
fn line(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    rest.windows(2).position(|pair| pair == b"\r\n").map(|found| at + found + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [&[u8]; 10] = [
        b"+OK\r\n",
        b"-ERR no\r\n",
        b":12\r\n",
        b"$3\r\na\r\n\r\n",
        b"$-1\r\n",
        b"*2\r\n$1\r\na\r\n*1\r\n:1\r\n",
        b"*0\r\n",
        b"_\r\n",
        b"%1\r\n+a\r\n:1\r\n",
        b"|1\r\n+ttl\r\n:1\r\n$1\r\na\r\n",
    ];

    #[test]
    fn a_reply_ends_with_its_last_byte_and_not_before() {
        for reply in WHOLE {
            let mut stream = reply.to_vec();
            stream.extend_from_slice(b"+next\r\n");
            assert_eq!(end(&stream, 0), Some(reply.len()), "{:?}", String::from_utf8_lossy(reply));
            for cut in 0..reply.len() {
                assert_eq!(end(&reply[..cut], 0), None, "{:?}", String::from_utf8_lossy(&reply[..cut]));
            }
        }
    }

    #[test]
    fn a_reply_is_read_as_what_it_is() {
        let read = |bytes: &[u8]| Reply::read(bytes, &mut 0);
        assert_eq!(read(WHOLE[3]), Reply::Bytes(b"a\r\n".to_vec()));
        assert_eq!(read(WHOLE[4]), Reply::Nil);
        assert_eq!(read(WHOLE[5]), Reply::Array(vec![Reply::text("a"), Reply::Array(vec![Reply::Integer(1)])]));
    }
}
