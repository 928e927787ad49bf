//! A record as it lies in memory: one allocation, shared by the table and the index.

use std::cmp::Ordering;
use std::hint::black_box;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use triomphe::ThinArc;

use crate::ttl::Deadline;

use super::name::{Name, begins_with, compare, padded};
use super::row::Named;
use super::sync::{AtomicU32, AtomicU64};
use super::timers::Timer;

/// A handle to a record: deadline, name and value in one allocation.
///
/// The table and the index hold the same handle, so that no key is stored twice. A value of about the same size is
/// written over the old one where it lies and a new ttl is one store, and so neither touches the index. This takes a
/// record that is written while it is shared: it is made of atomic words, and the lock of its shard is what orders
/// their reads and writes (`Relaxed` everywhere). Only the name is read without that lock; it never changes.
#[derive(Clone)]
pub(super) struct Entry(ThinArc<Header, AtomicU64>);

struct Header {
    deadline: AtomicU64,
    timer: AtomicU64,
    /// How many bytes the name has, and above them the number of the shard.
    name: u32,
    value_bytes: AtomicU32,
}

/// The low bits of `name`, which hold a length; no name is longer than they tell.
const NAME_BITS: u32 = 26;

impl Entry {
    /// The largest value that lies within its record and is copied out to be read. A copy of so much costs about what
    /// sharing does, which takes an allocation as well and leaves a reader holding the record. A larger one lies apart.
    pub(super) const WITHIN: usize = 2048;

    /// What a record takes beyond its name and value, about: 48 bytes of header and allocator, 20 of table, 10 of
    /// index, 12 of timer, and what is lost in rounding.
    pub(super) const OVERHEAD: u64 = 104;

    /// The longest name, in bytes.
    pub(super) const MAX_NAME: usize = (1 << NAME_BITS) - 1;

    pub(super) fn new(name: &Name, value: &[u8], deadline: Deadline, timer: Timer, shard: u8) -> Self {
        let within = if value.len() <= Self::WITHIN { value } else { &[] };
        let names = name.words();
        let (whole, rest) = within.as_chunks::<8>();
        let word = |at: usize| match names.get(at) {
            Some(word) => *word,
            None => u64::from_ne_bytes(*whole.get(at - names.len()).unwrap_or(&padded(rest))),
        };
        let header = Header {
            deadline: AtomicU64::new(deadline.nanos()),
            timer: AtomicU64::new(timer.bits()),
            name: u32::from(shard) << NAME_BITS | length(name.len()),
            value_bytes: AtomicU32::new(length(value.len())),
        };
        let words = names.len() + within.len().div_ceil(8);
        Self(ThinArc::from_header_and_iter(header, (0..words).map(|at| AtomicU64::new(word(at)))))
    }

    fn header(&self) -> &Header {
        &self.0.header.header
    }

    fn split(&self) -> (&[AtomicU64], &[AtomicU64]) {
        self.0.slice.split_at(self.name_bytes().div_ceil(8))
    }

    #[inline]
    pub(super) fn is(&self, name: &Name) -> bool {
        self.compare(name) == Ordering::Equal
    }

    /// Brings the handle itself into the cache.
    #[inline]
    pub(super) fn touch_handle(&self) {
        black_box(self.0.ptr());
    }

    /// Brings the whole record into the cache.
    #[inline]
    pub(super) fn touch(&self) {
        for word in self.0.slice.iter().step_by(LINE) {
            black_box(word.load(Relaxed));
        }
    }

    /// Whether both are handles to the same record.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.0.ptr() == other.0.ptr()
    }

    #[inline]
    pub(super) fn name_bytes(&self) -> usize {
        (self.header().name & Self::MAX_NAME as u32) as usize
    }

    /// The number of the shard it belongs to.
    #[inline]
    pub(super) fn shard(&self) -> usize {
        (self.header().name >> NAME_BITS) as usize
    }

    /// Whether its name begins with these bytes.
    #[inline]
    pub(super) fn begins_with(&self, head: &Name) -> bool {
        begins_with(self.split().0.iter().map(|word| word.load(Relaxed)), self.name_bytes(), head)
    }

    /// Replaces what the buffer holds by the name's bytes.
    pub(super) fn read_name(&self, buffer: &mut Vec<u8>) {
        buffer.resize(self.name_bytes(), 0);
        self.copy_name(buffer);
    }

    /// Copies the name to room of its size.
    pub(super) fn copy_name(&self, room: &mut [u8]) {
        copy(self.split().0, u64::to_be_bytes, room);
    }

    /// Whether the value lies apart from the record.
    #[inline]
    pub(super) fn is_apart(&self) -> bool {
        self.value_bytes() > Self::WITHIN
    }

    pub(super) fn value_bytes(&self) -> usize {
        self.header().value_bytes.load(Relaxed) as usize
    }

    /// A copy of the value that lies within.
    #[inline]
    pub(super) fn value(&self) -> Bytes {
        let mut value = vec![FILL; self.value_bytes()];
        self.copy_value(&mut value);
        value.into()
    }

    /// Copies the value that lies within to room of its size.
    #[inline]
    pub(super) fn copy_value(&self, room: &mut [u8]) {
        copy(self.split().1, u64::to_ne_bytes, room);
    }

    /// Writes a value over the old one, or answers `false` where it would not fit or would leave much room unused.
    #[inline]
    pub(super) fn overwrite(&self, value: &[u8]) -> bool {
        let words = self.split().1;
        let needed = value.len().div_ceil(8);
        if self.is_apart() || needed > words.len() || words.len() - needed > words.len() / 4 {
            return false;
        }
        // Reads are sent out together and early; writes would wait for one line of the cache after another.
        self.touch();
        let (whole, rest) = value.as_chunks();
        for (word, chunk) in words.iter().zip(whole) {
            word.store(u64::from_ne_bytes(*chunk), Relaxed);
        }
        if let (false, Some(word)) = (rest.is_empty(), words.get(whole.len())) {
            word.store(u64::from_ne_bytes(padded(rest)), Relaxed);
        }
        self.header().value_bytes.store(length(value.len()), Relaxed);
        true
    }

    #[inline]
    pub(super) fn deadline(&self) -> Deadline {
        Deadline::from_nanos(self.header().deadline.load(Relaxed))
    }

    pub(super) fn set_deadline(&self, deadline: Deadline) {
        self.header().deadline.store(deadline.nanos(), Relaxed);
    }

    /// Marks it as no longer in its shard: past at every moment.
    pub(super) fn end(&self) {
        self.set_deadline(Deadline::from_nanos(0));
    }

    /// Which stretch of time the deadline lies in, as timers tell them apart.
    pub(super) fn deadline_tick(&self) -> u64 {
        Timer::new(self.deadline(), 0).tick()
    }

    /// The timer that will free it: of all that name it in its shard, the one that counts.
    #[inline]
    pub(super) fn timer(&self) -> Timer {
        Timer::from_bits(self.header().timer.load(Relaxed))
    }

    pub(super) fn set_timer(&self, timer: Timer) {
        self.header().timer.store(timer.bits(), Relaxed);
    }

    /// What it counts against a bound.
    pub(super) fn charge(&self) -> u64 {
        let apart = if self.is_apart() { self.value_bytes() } else { 0 };
        Self::OVERHEAD + 8 * self.0.slice.len() as u64 + apart as u64
    }

    /// What a record would count.
    pub(super) fn charge_of(name: &Name, value: &[u8]) -> u64 {
        let value = if value.len() > Self::WITHIN { value.len() } else { value.len().next_multiple_of(8) };
        Self::OVERHEAD + (name.len().next_multiple_of(8) + value) as u64
    }
}

impl Named for Entry {
    #[inline]
    fn compare(&self, name: &Name) -> Ordering {
        let words = self.split().0.iter().map(|word| word.load(Relaxed));
        compare(words, self.name_bytes(), name.words(), name.len())
    }

    fn name(&self) -> Name {
        let words = self.split().0.iter().map(|word| word.load(Relaxed));
        Name::from_words(words, self.name_bytes())
    }

    fn word(&self, at: usize) -> u64 {
        self.split().0.get(at).map_or(0, |word| word.load(Relaxed))
    }

    #[inline]
    fn touch_item(&self) {
        self.touch_handle();
    }

    #[inline]
    fn touch_name(&self) {
        // The header leads to the words, so that one of these brings both.
        black_box(self.word(LINE - 1));
    }
}

/// What fills room that is about to be written. Not zero: for zeros an allocator is asked another way, on which glibc's
/// passes by the memory that the thread has at hand.
pub(super) const FILL: u8 = u8::MAX;

/// How many words there are in a line of the cache.
const LINE: usize = 8;

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("limits keep names and values below 4 GiB")
}

/// Copies as many bytes of a row of words as there is room for.
#[inline]
fn copy(words: &[AtomicU64], order: impl Fn(u64) -> [u8; 8], room: &mut [u8]) {
    let (whole, rest) = room.as_chunks_mut::<8>();
    for (chunk, word) in whole.iter_mut().zip(words) {
        *chunk = order(word.load(Relaxed));
    }
    if let (false, Some(word)) = (rest.is_empty(), words.get(whole.len())) {
        rest.copy_from_slice(&order(word.load(Relaxed))[..rest.len()]);
    }
}
