//! Integers of any size and floats on one scale.
//!
//! A number other than zero is `±1.f × 2^e`. The tag holds the sign and, from 0 to 63, the exponent; the
//! bits of `f` follow, and then a flag that tells an integer from the float of the same value. Everything
//! after the tag of a negative number is inverted.

use num_bigint::{BigInt, BigUint, Sign};

use super::{Term, text};

const NEGATIVE_LARGE: u8 = 0x10;
/// Exponent 0; the one of exponent 63 is 63 less.
const NEGATIVE: u8 = 0x50;
const NEGATIVE_FRACTION: u8 = 0x51;
const ZERO: u8 = 0x52;
const NEGATIVE_ZERO_FLOAT: u8 = 0x53;
const ZERO_FLOAT: u8 = 0x54;
const POSITIVE_FRACTION: u8 = 0x55;
/// Exponent 0; the one of exponent 63 is 63 more.
const POSITIVE: u8 = 0x56;
const POSITIVE_LARGE: u8 = 0x96;

const MAX_SMALL_EXPONENT: u8 = 63;
const MIN_FLOAT_EXPONENT: i64 = -1074;
/// Floats end here: larger numbers are integers, and need neither a flag nor short bits.
const MAX_FLOAT_EXPONENT: u64 = 1023;
/// The bits of a float after its leading one, in whole bytes.
const FLOAT_BYTES: usize = 7;

/// A float that goes on where an integer of this exponent ends.
const MORE: u8 = 3;

/// What follows the bits of a number. The integer sorts before its equal float on both sides of zero,
/// though below zero the flags are inverted.
fn integer_flag(negative: bool) -> u8 {
    if negative { 2 } else { 1 }
}

fn float_flag(negative: bool) -> u8 {
    if negative { 1 } else { 2 }
}

fn mask(negative: bool) -> u8 {
    if negative { 0xFF } else { 0 }
}

pub(super) fn write_small(negative: bool, magnitude: u64, out: &mut Vec<u8>) {
    if magnitude == 0 {
        out.push(ZERO);
        return;
    }
    let exponent = magnitude.ilog2() as u8;
    let fraction = fraction_of(magnitude, exponent);
    write_head(negative, exponent, fraction, out);
    out.push(integer_flag(negative) ^ mask(negative));
}

/// The bits below the leading one, moved to the top.
fn fraction_of(magnitude: u64, exponent: u8) -> u64 {
    if exponent == 0 { 0 } else { magnitude << (64 - exponent) }
}

/// So many bytes of fraction has an integer of this exponent.
fn integer_bytes(exponent: u8) -> usize {
    usize::from(exponent).div_ceil(8)
}

fn write_head(negative: bool, exponent: u8, fraction: u64, out: &mut Vec<u8>) {
    let fraction = if negative { !fraction } else { fraction };
    out.push(if negative { NEGATIVE - exponent } else { POSITIVE + exponent });
    out.extend_from_slice(&fraction.to_be_bytes()[..integer_bytes(exponent)]);
}

pub(super) fn write_big(value: &BigInt, out: &mut Vec<u8>) {
    let negative = value.sign() == Sign::Minus;
    let magnitude = value.magnitude();
    if let Ok(magnitude) = u64::try_from(magnitude) {
        write_small(negative, magnitude, out);
        return;
    }
    let exponent = magnitude.bits() - 1;
    let bytes = usize::try_from(exponent.div_ceil(8)).expect("the number is in memory");
    // The leading one falls out at the top.
    let aligned = (magnitude << (bytes as u64 * 8 - exponent)).to_bytes_be();
    let fraction = &aligned[aligned.len() - bytes..];
    write_large(negative, exponent, fraction, integer_flag(negative), out);
}

fn write_large(negative: bool, exponent: u64, fraction: &[u8], flag: u8, out: &mut Vec<u8>) {
    let mask = mask(negative);
    out.push(if negative { NEGATIVE_LARGE } else { POSITIVE_LARGE });
    let size = out.len();
    write_size(exponent, out);
    out[size..].iter_mut().for_each(|byte| *byte ^= mask);
    if exponent > MAX_FLOAT_EXPONENT {
        out.extend(fraction.iter().map(|byte| byte ^ mask));
    } else {
        text::write(trimmed(fraction), flag, mask, out);
    }
}

fn trimmed(fraction: &[u8]) -> &[u8] {
    let zeros = fraction.iter().rev().take_while(|&&byte| byte == 0).count();
    &fraction[..fraction.len() - zeros]
}

pub(super) fn write_float(value: f64, out: &mut Vec<u8>) {
    let negative = value.is_sign_negative();
    if value == 0.0 {
        out.push(if negative { NEGATIVE_ZERO_FLOAT } else { ZERO_FLOAT });
        return;
    }
    let mask = mask(negative);
    let (exponent, fraction) = parts(value);
    let bytes = fraction.to_be_bytes();
    match u8::try_from(exponent) {
        Ok(small @ 0..=MAX_SMALL_EXPONENT) => {
            write_head(negative, small, fraction, out);
            let rest = bytes[..FLOAT_BYTES].get(integer_bytes(small)..).unwrap_or_default();
            if rest.iter().all(|&byte| byte == 0) {
                out.push(float_flag(negative) ^ mask);
            } else {
                out.push(MORE ^ mask);
                out.extend(rest.iter().map(|byte| byte ^ mask));
            }
        }
        _ if exponent < 0 => {
            out.push(if negative { NEGATIVE_FRACTION } else { POSITIVE_FRACTION });
            let exponent = (exponent - MIN_FLOAT_EXPONENT) as u16;
            out.extend(exponent.to_be_bytes().map(|byte| byte ^ mask));
            out.extend(bytes[..FLOAT_BYTES].iter().map(|byte| byte ^ mask));
        }
        _ => {
            let exponent = exponent.unsigned_abs();
            write_large(negative, exponent, &bytes, float_flag(negative), out);
        }
    }
}

/// The exponent of a float other than zero, and the bits after its leading one, moved to the top.
fn parts(value: f64) -> (i64, u64) {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i64;
    let mantissa = bits & ((1 << 52) - 1);
    if exponent > 0 {
        return (exponent - 1023, mantissa << 12);
    }
    let top = mantissa.ilog2() as u8;
    (i64::from(top) + MIN_FLOAT_EXPONENT, fraction_of(mantissa, top))
}

/// A whole number of up to eight bytes, the smaller the shorter.
pub(super) fn write_size(size: u64, out: &mut Vec<u8>) {
    match u8::try_from(size) {
        Ok(byte @ 0..=MAX_SHORT_SIZE) => out.push(byte),
        _ => {
            let bytes = size.to_be_bytes();
            let zeros = size.leading_zeros() as usize / 8;
            out.push(MAX_SHORT_SIZE + (8 - zeros) as u8);
            out.extend_from_slice(&bytes[zeros..]);
        }
    }
}

const MAX_SHORT_SIZE: u8 = 0xF7;

/// The size and the length of its bytes.
pub(super) fn read_size(input: &[u8]) -> Option<(u64, usize)> {
    read_masked_size(input, 0)
}

fn read_masked_size(input: &[u8], mask: u8) -> Option<(u64, usize)> {
    let first = input.first()? ^ mask;
    if first <= MAX_SHORT_SIZE {
        return Some((first.into(), 1));
    }
    let length = usize::from(first - MAX_SHORT_SIZE);
    let bytes = input.get(1..=length)?;
    let size = bytes.iter().fold(0, |size: u64, byte| size << 8 | u64::from(byte ^ mask));
    let shortest = size > MAX_SHORT_SIZE.into() && bytes[0] != mask;
    shortest.then_some((size, length + 1))
}

/// The sign and the exponent that a tag holds.
fn small_tag(tag: u8) -> Option<(bool, u8)> {
    match tag {
        POSITIVE..POSITIVE_LARGE => Some((false, tag - POSITIVE)),
        0x11..=NEGATIVE => Some((true, NEGATIVE - tag)),
        _ => None,
    }
}

/// The length of what follows the tag.
pub(super) fn skip(tag: u8, input: &[u8]) -> Option<usize> {
    if let Some((negative, exponent)) = small_tag(tag) {
        let bytes = integer_bytes(exponent);
        let flag = input.get(bytes)? ^ mask(negative);
        let rest = if flag == MORE { FLOAT_BYTES.saturating_sub(bytes) } else { 0 };
        let length = bytes + 1 + rest;
        return (input.len() >= length).then_some(length);
    }
    let length = match tag {
        ZERO | ZERO_FLOAT | NEGATIVE_ZERO_FLOAT => 0,
        NEGATIVE_FRACTION | POSITIVE_FRACTION => 2 + FLOAT_BYTES,
        NEGATIVE_LARGE | POSITIVE_LARGE => {
            let mask = mask(tag == NEGATIVE_LARGE);
            let (exponent, length) = read_masked_size(input, mask)?;
            if exponent > MAX_FLOAT_EXPONENT {
                length.checked_add(usize::try_from(exponent.div_ceil(8)).ok()?)?
            } else {
                length + text::skip(&input[length..], mask)?
            }
        }
        _ => return None,
    };
    (input.len() >= length).then_some(length)
}

/// The number, and the length of what follows the tag.
pub(super) fn read(tag: u8, input: &[u8]) -> Option<(Term, usize)> {
    let length = skip(tag, input)?;
    let body = &input[..length];
    let number = match small_tag(tag) {
        Some((negative, exponent)) => read_small(negative, exponent, body)?,
        None => match tag {
            ZERO => Term::from(0),
            ZERO_FLOAT => Term::float(0.0).ok()?,
            NEGATIVE_ZERO_FLOAT => Term::float(-0.0).ok()?,
            NEGATIVE_FRACTION | POSITIVE_FRACTION => read_fraction(tag == NEGATIVE_FRACTION, body)?,
            _ => read_large(tag == NEGATIVE_LARGE, body)?,
        },
    };
    Some((number, length))
}

fn read_small(negative: bool, exponent: u8, body: &[u8]) -> Option<Term> {
    let mask = mask(negative);
    let bytes = integer_bytes(exponent);
    let flag = body[bytes] ^ mask;
    let fraction = joined(body[..bytes].iter().chain(&body[bytes + 1..]), mask);
    if flag != integer_flag(negative) {
        return float(negative, exponent.into(), fraction, &[tag_of(negative, exponent)], body);
    }
    if fraction_of(fraction_bits(fraction, exponent), exponent) != fraction {
        return None;
    }
    let magnitude: u64 = 1 << exponent | fraction_bits(fraction, exponent);
    if let Ok(value) = i64::try_from(magnitude) {
        return Some(if negative { -value } else { value }.into());
    }
    let value = i128::from(magnitude);
    Some(if negative { -value } else { value }.into())
}

fn tag_of(negative: bool, exponent: u8) -> u8 {
    if negative { NEGATIVE - exponent } else { POSITIVE + exponent }
}

/// The top bits of a fraction, as many as the exponent says.
fn fraction_bits(fraction: u64, exponent: u8) -> u64 {
    if exponent == 0 { 0 } else { fraction >> (64 - exponent) }
}

fn joined<'a>(bytes: impl Iterator<Item = &'a u8>, mask: u8) -> u64 {
    let mut joined = [0; 8];
    for (place, byte) in joined.iter_mut().zip(bytes) {
        *place = byte ^ mask;
    }
    u64::from_be_bytes(joined)
}

fn read_fraction(negative: bool, body: &[u8]) -> Option<Term> {
    let mask = mask(negative);
    let (exponent, fraction) = body.split_first_chunk::<2>()?;
    let exponent = i64::from(u16::from_be_bytes(exponent.map(|byte| byte ^ mask)));
    let tag = if negative { NEGATIVE_FRACTION } else { POSITIVE_FRACTION };
    let fraction = joined(fraction.iter(), mask);
    float(negative, exponent + MIN_FLOAT_EXPONENT, fraction, &[tag], body)
}

fn read_large(negative: bool, body: &[u8]) -> Option<Term> {
    let mask = mask(negative);
    let (exponent, length) = read_masked_size(body, mask)?;
    let bytes = usize::try_from(exponent.div_ceil(8)).ok()?;
    if exponent <= MAX_SMALL_EXPONENT.into() {
        return None;
    }
    let (mut fraction, flag) = if exponent > MAX_FLOAT_EXPONENT {
        let fraction: Vec<u8> = body[length..].iter().map(|byte| byte ^ mask).collect();
        (fraction, integer_flag(negative))
    } else {
        let (fraction, flag, _) = text::read(&body[length..], mask)?;
        if fraction.last() == Some(&0) || fraction.len() > bytes {
            return None;
        }
        (fraction.into_owned(), flag)
    };
    if flag == float_flag(negative) {
        let tag = if negative { NEGATIVE_LARGE } else { POSITIVE_LARGE };
        let exponent = i64::try_from(exponent).ok()?;
        return float(negative, exponent, joined(fraction.iter(), 0), &[tag], body);
    }
    if flag != integer_flag(negative) {
        return None;
    }
    fraction.resize(bytes, 0);
    let unused = (bytes as u64 * 8) - exponent;
    if fraction.last()?.trailing_zeros() < unused as u32 {
        return None;
    }
    let fraction = BigUint::from_bytes_be(&fraction) >> unused;
    let magnitude = (BigUint::from(1_u8) << exponent) | fraction;
    let sign = if negative { Sign::Minus } else { Sign::Plus };
    Some(Term::integer(BigInt::from_biguint(sign, magnitude)))
}

/// The float of these parts, if it exists and is written as it was read.
fn float(negative: bool, exponent: i64, fraction: u64, tag: &[u8], body: &[u8]) -> Option<Term> {
    let bits = if exponent >= -1022 {
        (exponent as u64).wrapping_add(1023) << 52 | fraction >> 12
    } else {
        let top = u8::try_from(exponent - MIN_FLOAT_EXPONENT).ok()?;
        1 << top | fraction_bits(fraction, top)
    };
    let value = f64::from_bits(bits | u64::from(negative) << 63);
    let mut written = Vec::with_capacity(tag.len() + body.len());
    write_float(value, &mut written);
    let same = written.starts_with(tag) && written[tag.len()..] == *body;
    if same { Term::float(value).ok() } else { None }
}
