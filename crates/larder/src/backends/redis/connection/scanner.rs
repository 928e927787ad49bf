//! Finds where replies end, over bytes that come in any pieces, and trusts none of their lengths.

use crate::sabotage;

/// How long a line may be, its end included.
const LINE: usize = 64 * 1024;
/// How long a bulk string may be: what Redis itself allows.
const BULK: i64 = 512 << 20;
/// How many elements an array may have.
const ELEMENTS: i64 = 1 << 20;
/// How deep arrays may nest.
const DEPTH: usize = 8;

/// Where in a frame of RESP2 we are. Allocates nothing.
#[derive(Default)]
pub(super) struct Scanner {
    /// Everything before it is understood.
    at: usize,
    /// Everything between `at` and it holds no end of line.
    searched: usize,
    /// Where the bulk string ends that began before `at`; 0 outside of one.
    bulk_end: usize,
    /// How many elements are still to come, of each array that is open.
    open: [u32; DEPTH],
    depth: usize,
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

impl Scanner {
    /// Returns the length of the frame that `bytes` begin with, once they hold all of it.
    ///
    /// Until then the next call gets the same bytes again with more behind them; what was understood is not looked at
    /// twice. After an error the scanner is of no more use.
    pub(super) fn frame(&mut self, bytes: &[u8]) -> Result<Option<usize>, Malformed> {
        loop {
            let whole = if self.bulk_end == 0 { self.line(bytes)? } else { self.bulk(bytes)? };
            match whole {
                Step::Wait => return Ok(None),
                Step::Opened => {}
                Step::Element => {
                    if self.close() {
                        let length = self.at;
                        *self = Self::default();
                        return Ok(Some(length));
                    }
                }
            }
        }
    }

    fn line(&mut self, bytes: &[u8]) -> Result<Step, Malformed> {
        let from = self.searched.max(self.at);
        let Some(found) = bytes.get(from..).and_then(|rest| rest.iter().position(|byte| *byte == b'\n')) else {
            if bytes.len() - self.at > LINE {
                return Err(Malformed("a line of a reply is too long"));
            }
            self.searched = bytes.len();
            return Ok(Step::Wait);
        };
        let line = &bytes[self.at..from + found];
        let Some(line) = line.strip_suffix(b"\r").filter(|line| line.len() <= LINE) else {
            return Err(Malformed("a line of a reply does not end as it should"));
        };
        let Some((kind, rest)) = line.split_first() else { return Err(Malformed("a reply has no type")) };
        self.at = from + found + 1;
        self.searched = self.at;
        match kind {
            b'+' if is_status(rest) => Ok(Step::Element),
            b'-' if !ends_in_header(rest) => Ok(Step::Element),
            b'+' | b'-' => Err(Malformed("a line of a reply was cut off")),
            b':' => number(rest).map(|_| Step::Element),
            b'$' => match number(rest)? {
                -1 => Ok(Step::Element),
                length if (0..=BULK).contains(&length) || sabotage::is_off("sizes") => {
                    self.bulk_end = self.at.saturating_add(length as usize).saturating_add(2);
                    self.bulk(bytes)
                }
                _ => Err(Malformed("a reply claims a string over 512 MiB")),
            },
            b'*' => match number(rest)? {
                -1 | 0 => Ok(Step::Element),
                count if (1..=ELEMENTS).contains(&count) || sabotage::is_off("sizes") => {
                    let place = self.open.get_mut(self.depth).ok_or(Malformed("a reply nests too deep"))?;
                    *place = count as u32;
                    self.depth += 1;
                    Ok(Step::Opened)
                }
                _ => Err(Malformed("a reply claims too many elements")),
            },
            _ => Err(Malformed("a reply has a type that was not asked for")),
        }
    }

    fn bulk(&mut self, bytes: &[u8]) -> Result<Step, Malformed> {
        if bytes.len() < self.bulk_end {
            return Ok(Step::Wait);
        }
        if &bytes[self.bulk_end - 2..self.bulk_end] != b"\r\n" {
            return Err(Malformed("a string of a reply is not as long as it claims"));
        }
        self.at = self.bulk_end;
        self.bulk_end = 0;
        Ok(Step::Element)
    }

    /// Counts an element down; says whether it was the last of the frame.
    fn close(&mut self) -> bool {
        while let Some(last) = self.depth.checked_sub(1) {
            self.open[last] -= 1;
            if self.open[last] > 0 {
                return false;
            }
            self.depth = last;
        }
        true
    }
}

/// Whether a line is words, as every status is that we ask for. One that was cut off would swallow the header of the
/// array behind it, and its elements would then count as replies: that can make up for one that is missing.
fn is_status(line: &[u8]) -> bool {
    line.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b' ')
}

/// The same of an error, which may say anything but that.
fn ends_in_header(line: &[u8]) -> bool {
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && line[..line.len() - digits].ends_with(b"*")
}

enum Step {
    /// More bytes are needed.
    Wait,
    /// An array has begun.
    Opened,
    /// Something is complete.
    Element,
}

/// Reads a whole number strictly: digits, with `-` before them or nothing.
fn number(digits: &[u8]) -> Result<i64, Malformed> {
    const WRONG: Malformed = Malformed("a number of a reply is none");
    let (negative, digits) = match digits.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, digits),
    };
    if digits.is_empty() || digits.len() > 19 {
        return Err(WRONG);
    }
    let mut number: i64 = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return Err(WRONG);
        }
        let digit = i64::from(digit - b'0');
        let next = number.checked_mul(10);
        let next = next.and_then(|tens| if negative { tens.checked_sub(digit) } else { tens.checked_add(digit) });
        number = next.ok_or(WRONG)?;
    }
    Ok(number)
}

/// Any reply, whole, in the shapes that Redis has.
#[cfg(test)]
pub(super) fn any_reply() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
    use proptest::collection::vec;
    use proptest::prelude::*;

    let word = "[a-zA-Z ]{0,20}";
    let leaf = prop_oneof![
        word.prop_map(|word| format!("+{word}\r\n").into_bytes()),
        word.prop_map(|word| format!("-ERR {word}\r\n").into_bytes()),
        any::<i64>().prop_map(|number| format!(":{number}\r\n").into_bytes()),
        Just(b"$-1\r\n".to_vec()),
        Just(b"*-1\r\n".to_vec()),
        vec(any::<u8>(), 0..40)
            .prop_map(|bytes| [format!("${}\r\n", bytes.len()).as_bytes(), &bytes, b"\r\n"].concat()),
    ];
    leaf.prop_recursive(6, 40, 4, |inner| {
        vec(inner, 0..4).prop_map(|all| [format!("*{}\r\n", all.len()).into_bytes(), all.concat()].concat())
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn frames_end_where_redis_rs_ends_them_however_they_are_cut(
            replies in vec(any_reply(), 1..6),
            cuts in vec(1usize..30, 1..40),
        ) {
            let bytes = replies.concat();
            let (mut scanner, mut start, mut end, mut found) = (Scanner::default(), 0, 0, vec![]);
            for cut in cuts.into_iter().chain([bytes.len()]) {
                end = (end + cut).min(bytes.len());
                while let Some(length) = scanner.frame(&bytes[start..end]).unwrap() {
                    found.push(bytes[start..start + length].to_vec());
                    start += length;
                }
            }
            prop_assert_eq!(start, bytes.len());
            prop_assert_eq!(&found, &replies);
            for frame in found {
                prop_assert!(redis::parse_redis_value(&frame).is_ok());
            }
        }

        #[test]
        fn no_bytes_make_it_panic_or_look_beyond_them(
            bytes in vec(prop_oneof![any::<u8>(), prop::sample::select(&b"$*+-:\r\n0123456789"[..])], 0..200),
        ) {
            let mut scanner = Scanner::default();
            for end in 0..=bytes.len() {
                match scanner.frame(&bytes[..end]) {
                    Ok(None) => {}
                    Ok(Some(length)) => { prop_assert_eq!(length, end); break }
                    Err(_) => break,
                }
            }
        }
    }

    #[test]
    fn hostile_sizes_are_refused_by_their_header_alone() {
        let nested = b"*1\r\n".repeat(DEPTH + 1);
        let long = [b"+".as_slice(), &b"x".repeat(LINE)].concat();
        let hostile: [&[u8]; 13] = [
            b"$4294967296\r\n",
            b"$536870913\r\n",
            b"$-2\r\n",
            b"$99999999999999999999\r\n",
            b"$\r\n",
            b"$1x\r\n",
            b"$+1\r\n",
            b"*1000000000\r\n",
            b"*-2\r\n",
            b"%1\r\n",
            b"\r\n",
            &nested,
            &long,
        ];
        for bytes in hostile {
            assert!(
                Scanner::default().frame(bytes).is_err(),
                "{:?}",
                String::from_utf8_lossy(&bytes[..9.min(bytes.len())])
            );
        }
        assert_eq!(Scanner::default().frame(&b"*1\r\n".repeat(DEPTH)), Ok(None));
        assert_eq!(Scanner::default().frame(b"$536870912\r\n"), Ok(None));
    }
}
