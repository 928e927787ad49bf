use flate2::{Decompress, FlushDecompress, Status};
use num_bigint::{BigInt, Sign};

use crate::error::{Error, ErrorKind, Result};
use crate::sabotage;

use super::super::{Kind, Term};
use super::{skip, *};

/// How many children room is made for ahead of them. A message of small tuples in small tuples announces many more at
/// every second byte of it.
const ROOM: usize = 4;

/// So many bytes are inflated at once.
const INFLATE_STEP: usize = 64 << 10;

impl Term {
    /// Reads a term that Erlang wrote, within the default [`Limits`]. It reads and refuses what
    /// `binary_to_term` does: compressed terms are inflated, bytes after the term are left alone, a map
    /// with a key twice is refused. References, funs, ports and pids are kept as their bytes.
    ///
    /// ```
    /// use larder::Term;
    ///
    /// let term = Term::from_etf(b"\x83h\x02w\x02idaa")?;
    /// assert_eq!(term.to_string(), "{:id, 97}");
    /// # Ok::<(), larder::Error>(())
    /// ```
    pub fn from_etf(bytes: &[u8]) -> Result<Self> {
        Self::from_etf_within(bytes, Limits::default())
    }

    /// Reads a term that Erlang wrote, within limits of your own.
    pub fn from_etf_within(bytes: &[u8], limits: Limits) -> Result<Self> {
        if bytes.len() > limits.bytes {
            return Err(failed("the term has more bytes than the limit allows", 0));
        }
        match bytes {
            [VERSION, COMPRESSED, size @ ..] => {
                let Some((size, deflated)) = size.split_first_chunk::<4>() else {
                    return Err(failed("the term is cut off", 2));
                };
                let inflated = inflate(deflated, u32::from_be_bytes(*size), limits)?;
                Reader::new(&inflated, 0, limits).read()
            }
            [VERSION, ..] => Reader::new(bytes, 1, limits).read(),
            _ => Err(failed("the bytes are not in the external term format", 0)),
        }
    }
}

fn failed(message: &str, at: usize) -> Error {
    Error::new(ErrorKind::Codec, format!("{message}, at byte {at}"))
}

/// Inflates what must have exactly this size. Memory grows with what comes out, not with what is claimed.
fn inflate(deflated: &[u8], size: u32, limits: Limits) -> Result<Vec<u8>> {
    let damaged = || failed("the compressed term is damaged", 6);
    let size = usize::try_from(size).map_err(|_| damaged())?;
    let (size, limit) = if sabotage::is_off("inflation") { (usize::MAX, usize::MAX) } else { (size, limits.inflated) };
    if size > limit {
        return Err(failed("the compressed term is larger than the limit allows", 2));
    }
    let mut inflater = Decompress::new(true);
    let mut out = Vec::new();
    loop {
        // One byte more than claimed would be too many, but shows that there is one.
        out.reserve(INFLATE_STEP.min(size.saturating_add(1) - out.len()));
        let read = usize::try_from(inflater.total_in()).map_err(|_| damaged())?;
        let before = (read, out.len());
        let status = inflater
            .decompress_vec(&deflated[read..], &mut out, FlushDecompress::None)
            .map_err(|error| damaged().caused_by(error))?;
        if out.len() > size {
            return Err(damaged());
        }
        if status == Status::StreamEnd {
            return if out.len() == size { Ok(out) } else { Err(damaged()) };
        }
        let read = usize::try_from(inflater.total_in()).map_err(|_| damaged())?;
        if (read, out.len()) == before {
            return Err(damaged());
        }
    }
}

/// A term whose children are not all read.
struct Open {
    shape: Shape,
    /// So many children are still to come, but for the tail of a list.
    left: usize,
    children: Vec<Term>,
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Tuple,
    List,
    Map,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    limits: Limits,
    nodes: usize,
    stack: Vec<Open>,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], at: usize, limits: Limits) -> Self {
        Self { bytes, at, limits, nodes: 1, stack: Vec::new() }
    }

    fn read(mut self) -> Result<Term> {
        loop {
            let Some(mut done) = self.start()? else {
                continue;
            };
            // The term is whole: it may be the last one of those it stands in.
            loop {
                let Some(open) = self.stack.last_mut() else {
                    return Ok(done);
                };
                let tail = open.left == 0;
                if !tail {
                    open.left -= 1;
                    open.children.push(done);
                    if open.left > 0 || open.shape == Shape::List {
                        break;
                    }
                    done = self.close(None)?;
                } else {
                    done = self.close(Some(done))?;
                }
            }
        }
    }

    /// Makes the term whose children are all read.
    fn close(&mut self, tail: Option<Term>) -> Result<Term> {
        let Some(open) = self.stack.pop() else {
            return Err(self.damaged());
        };
        Ok(match open.shape {
            Shape::Tuple => Term::tuple(open.children),
            Shape::List => Term::improper(open.children, tail.unwrap_or_else(Term::empty_list)),
            Shape::Map => {
                let pairs = open.children.len() / 2;
                let mut children = open.children.into_iter();
                let map = Term::map(std::iter::from_fn(|| children.next().zip(children.next())));
                if map.as_map().is_none_or(|unique| unique.len() < pairs) {
                    return Err(self.failed("a map has a key twice"));
                }
                map
            }
        })
    }

    /// Reads a term, or only the beginning of one that has children.
    fn start(&mut self) -> Result<Option<Term>> {
        let [tag] = self.array()?;
        Ok(Some(match tag {
            SMALL_INTEGER => {
                let [byte] = self.array()?;
                byte.into()
            }
            INTEGER => i32::from_be_bytes(self.array()?).into(),
            SMALL_BIG => {
                let [length, sign] = self.array()?;
                self.big(usize::from(length), sign)?
            }
            LARGE_BIG => {
                let length = self.count()?;
                let [sign] = self.array()?;
                self.big(length, sign)?
            }
            NEW_FLOAT => self.float(f64::from_be_bytes(self.peek_array()?), 8)?,
            FLOAT => self.old_float()?,
            ATOM => {
                let length = u16::from_be_bytes(self.array()?);
                self.latin_atom(length.into())?
            }
            SMALL_ATOM => {
                let [length] = self.array()?;
                self.latin_atom(length.into())?
            }
            ATOM_UTF8 => {
                let length = u16::from_be_bytes(self.array()?);
                self.atom(length.into())?
            }
            SMALL_ATOM_UTF8 => {
                let [length] = self.array()?;
                self.atom(length.into())?
            }
            BINARY => {
                let length = self.count()?;
                self.take(length)?.into()
            }
            BIT_BINARY => self.bitstring()?,
            SMALL_TUPLE => {
                let [size] = self.array()?;
                return self.open(Shape::Tuple, size.into());
            }
            LARGE_TUPLE => {
                let size = self.count()?;
                return self.open(Shape::Tuple, size);
            }
            MAP => {
                let pairs = self.count()?;
                return self.open(Shape::Map, pairs.saturating_mul(2));
            }
            LIST => {
                let length = self.count()?;
                return self.list(length);
            }
            NIL => Term::empty_list(),
            STRING => {
                let length = usize::from(u16::from_be_bytes(self.array()?));
                self.add_nodes(length)?;
                let bytes = self.take(length)?;
                Term::list(bytes.iter().copied().map(Term::from).collect::<Vec<_>>())
            }
            _ => {
                let bytes = &self.bytes[self.at - 1..];
                let Some((kind, length)) = skip::opaque(bytes) else {
                    return Err(self.damaged());
                };
                self.at += length - 1;
                Term::opaque(kind, &bytes[..length])
            }
        }))
    }

    fn open(&mut self, shape: Shape, children: usize) -> Result<Option<Term>> {
        self.add_nodes(children)?;
        if children == 0 {
            return Ok(Some(match shape {
                Shape::Map => Term::map([(0, 0); 0]),
                _ => Term::tuple(Vec::new()),
            }));
        }
        self.push(shape, children)
    }

    fn list(&mut self, length: usize) -> Result<Option<Term>> {
        self.add_nodes(length)?;
        // A list at the end of a list goes on with it; so no chain of them is deep.
        match self.stack.last_mut() {
            Some(open) if open.shape == Shape::List && open.left == 0 => {
                open.left = length;
                Ok(None)
            }
            _ => self.push(Shape::List, length),
        }
    }

    fn push(&mut self, shape: Shape, left: usize) -> Result<Option<Term>> {
        if self.stack.len() >= self.limits.depth && !sabotage::is_off("depth") {
            return Err(self.failed("the term is nested deeper than the limit allows"));
        }
        let room = if sabotage::is_off("counts") { left } else { left.min(ROOM) };
        self.stack.push(Open { shape, left, children: Vec::with_capacity(room) });
        Ok(None)
    }

    /// Counts terms that are announced. Each of them has a byte at least.
    fn add_nodes(&mut self, nodes: usize) -> Result<()> {
        if nodes > self.bytes.len() - self.at && !sabotage::is_off("counts") {
            return Err(self.damaged());
        }
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > self.limits.nodes {
            return Err(self.failed("the term holds more terms than the limit allows"));
        }
        Ok(())
    }

    fn big(&mut self, length: usize, sign: u8) -> Result<Term> {
        let magnitude = self.take(length)?;
        if length <= 8 {
            let mut bytes = [0; 8];
            bytes[..length].copy_from_slice(magnitude);
            let magnitude = i128::from(u64::from_le_bytes(bytes));
            return Ok(if sign == 0 { magnitude } else { -magnitude }.into());
        }
        let sign = if sign == 0 { Sign::Plus } else { Sign::Minus };
        Ok(Term::integer(BigInt::from_bytes_le(sign, magnitude)))
    }

    fn float(&mut self, value: f64, length: usize) -> Result<Term> {
        let float = Term::float(value).map_err(|_| self.failed("a float is not finite"))?;
        self.at += length;
        Ok(float)
    }

    /// A float as Erlang wrote it long ago: decimal digits, filled up with zero bytes.
    fn old_float(&mut self) -> Result<Term> {
        const LENGTH: usize = 31;
        let digits: [u8; LENGTH] = self.peek_array()?;
        let end = digits.iter().position(|&byte| byte == 0).unwrap_or(LENGTH);
        let digits = &digits[..end];
        let plain = digits.contains(&b'.')
            && digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
        let value = std::str::from_utf8(digits).ok().filter(|_| plain).and_then(|digits| digits.parse().ok());
        match value {
            Some(value) => self.float(value, LENGTH),
            None => Err(self.damaged()),
        }
    }

    fn latin_atom(&mut self, length: usize) -> Result<Term> {
        let name: String = self.take(length)?.iter().copied().map(char::from).collect();
        Term::atom(&name).map_err(|_| self.failed("an atom has more than 255 characters"))
    }

    fn atom(&mut self, length: usize) -> Result<Term> {
        let name = self.take(length)?;
        let name = std::str::from_utf8(name).map_err(|_| self.failed("an atom is not UTF-8"))?;
        Term::atom(name).map_err(|_| self.failed("an atom has more than 255 characters"))
    }

    fn bitstring(&mut self) -> Result<Term> {
        let length = self.count()?;
        let [last_bits] = self.array()?;
        let bytes = self.take(length)?;
        if length == 0 || !(1..=8).contains(&last_bits) {
            return Err(self.damaged());
        }
        Term::bitstring(bytes, (length - 1) * 8 + usize::from(last_bits)).map_err(|_| self.damaged())
    }

    fn count(&mut self) -> Result<usize> {
        let count = u32::from_be_bytes(self.array()?);
        usize::try_from(count).map_err(|_| self.damaged())
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        let Some(taken) = rest.get(..length) else {
            return Err(self.failed("the term is cut off"));
        };
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let array = self.peek_array()?;
        self.at += N;
        Ok(array)
    }

    fn peek_array<const N: usize>(&self) -> Result<[u8; N]> {
        match self.bytes[self.at..].first_chunk() {
            Some(array) => Ok(*array),
            None => Err(self.failed("the term is cut off")),
        }
    }

    fn damaged(&self) -> Error {
        self.failed("the term is damaged, or of a kind that is not stored")
    }

    fn failed(&self, message: &str) -> Error {
        failed(message, self.at)
    }
}

/// The kind of bytes that are exactly one reference, fun, port or pid.
pub(in crate::term) fn opaque_kind(bytes: &[u8]) -> Option<Kind> {
    let (kind, length) = skip::opaque(bytes)?;
    (length == bytes.len()).then_some(kind)
}
