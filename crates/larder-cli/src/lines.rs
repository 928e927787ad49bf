//! Lines of bytes, numbered, and never longer than a limit.

use std::io::{self, BufRead, BufReader, Read};

/// Bytes of a line of JSON: a value of the greatest length in base64, its key, and room to spare.
pub(crate) const LONGEST: usize = 32 << 20;

/// Reads lines without their ends. One that is too long is passed over whole, and the next one is read rightly.
pub(crate) struct Lines<R> {
    source: BufReader<R>,
    line: Vec<u8>,
    number: u64,
    bytes: u64,
    limit: usize,
}

/// A line as it was met.
pub(crate) enum Met<'l> {
    Line(&'l [u8]),
    TooLong,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(source: R) -> Self {
        Self::within(source, LONGEST)
    }

    fn within(source: R, limit: usize) -> Self {
        Self { source: BufReader::with_capacity(1 << 17, source), line: Vec::new(), number: 0, bytes: 0, limit }
    }

    /// The next line; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Met<'_>>> {
        self.line.clear();
        // What a giant left behind is given back.
        self.line.shrink_to(1 << 20);
        let most = self.limit as u64 + 1;
        let read = self.source.by_ref().take(most).read_until(b'\n', &mut self.line)? as u64;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.bytes += read;
        if read == most && !self.line.ends_with(b"\n") {
            self.bytes += skip_line(&mut self.source)?;
            return Ok(Some(Met::TooLong));
        }
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        Ok(Some(Met::Line(line.strip_suffix(b"\r").unwrap_or(line))))
    }

    /// The number of the last line; the first is 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether the next line may have to be waited for.
    pub(crate) fn is_drained(&self) -> bool {
        self.source.buffer().is_empty()
    }
}

/// Passes over the rest of a line; tells how long it was.
fn skip_line(source: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = source.fill_buf()?;
        if buffer.is_empty() {
            return Ok(skipped);
        }
        let (length, ended) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), false),
        };
        source.consume(length);
        skipped += length as u64;
        if ended {
            return Ok(skipped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_too_long_spoils_no_other() {
        let text = b"ab\r\n12345\n123456\n\nlast".to_vec();
        let mut lines = Lines::within(text.as_slice(), 5);
        let mut met = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            met.push(match line {
                Met::Line(line) => Some(String::from_utf8(line.to_vec()).unwrap()),
                Met::TooLong => None,
            });
        }
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(met, [some("ab"), some("12345"), None, some(""), some("last")]);
        assert_eq!((lines.number(), lines.bytes()), (5, text.len() as u64));
    }
}
