//! Bytes of any length, ended so that the shorter of two equal beginnings sorts first: 0x00 is written as
//! 0x00 0xFF, and the end is 0x00 and a byte below 0xFF that the caller chooses.
//!
//! A mask of 0xFF inverts every byte written, which turns the order round.

use std::borrow::Cow;

use crate::sabotage;

const ESCAPED: u8 = 0xFF;

pub(super) fn write(bytes: &[u8], end: u8, mask: u8, out: &mut Vec<u8>) {
    out.reserve(bytes.len() + 2);
    let mut rest = bytes;
    while let Some(zero) = find(rest, 0)
        && !sabotage::is_off("separators")
    {
        extend(&rest[..zero], mask, out);
        out.extend([mask, ESCAPED ^ mask]);
        rest = &rest[zero + 1..];
    }
    extend(rest, mask, out);
    out.extend([mask, end ^ mask]);
}

fn extend(bytes: &[u8], mask: u8, out: &mut Vec<u8>) {
    if mask == 0 {
        out.extend_from_slice(bytes);
    } else {
        out.extend(bytes.iter().map(|byte| byte ^ mask));
    }
}

/// The length with the end.
pub(super) fn skip(input: &[u8], mask: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        at += find(&input[at..], mask)?;
        let second = *input.get(at + 1)?;
        at += 2;
        if second ^ mask != ESCAPED {
            return Some(at);
        }
    }
}

/// The bytes, the end, and the length with the end.
pub(super) fn read(input: &[u8], mask: u8) -> Option<(Cow<'_, [u8]>, u8, usize)> {
    let first = find(input, mask)?;
    let end = input.get(first + 1)? ^ mask;
    if end != ESCAPED && mask == 0 {
        return Some((input[..first].into(), end, first + 2));
    }
    let mut bytes = Vec::new();
    let mut at = 0;
    loop {
        let length = find(&input[at..], mask)?;
        extend(&input[at..at + length], mask, &mut bytes);
        at += length;
        let end = input.get(at + 1)? ^ mask;
        at += 2;
        if end != ESCAPED {
            return Some((bytes.into(), end, at));
        }
        bytes.push(0);
    }
}

/// The place of the first such byte, eight bytes a step.
fn find(bytes: &[u8], byte: u8) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let pattern = ONES * u64::from(byte);
    let (chunks, tail) = bytes.as_chunks::<8>();
    for (index, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk) ^ pattern;
        let zeros = word.wrapping_sub(ONES) & !word & HIGHS;
        if zeros != 0 {
            return Some(index * 8 + zeros.trailing_zeros() as usize / 8);
        }
    }
    let place = tail.iter().position(|&other| other == byte)?;
    Some(chunks.len() * 8 + place)
}
