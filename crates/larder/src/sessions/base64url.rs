//! Tokens of 43 characters of base64url, read in the same time whatever they are.
//!
//! base64ct does it for texts of any length, one character after the other; every request shows a token, and for this
//! one length a machine does sixteen at a time. The tests hold the two against each other.

const PADDED: usize = 48;

/// The bit that marks a digit as one.
const KNOWN: u8 = 0x80;

/// The 32 bytes that these characters are; `None` where they are no base64url, or hold bits beyond the last byte.
pub(super) fn decode(text: &[u8; 43]) -> Option<[u8; 32]> {
    let mut characters = [b'A'; PADDED];
    characters[..43].copy_from_slice(text);
    let mut digits = [0; PADDED];
    // One assignment and no second array: else the compiler takes one character after the other.
    for (digit, character) in digits.iter_mut().zip(characters) {
        *digit = (character.wrapping_sub(b'A') | KNOWN) & mask(character.wrapping_sub(b'A') < 26)
            | (character.wrapping_sub(b'a' - 26) | KNOWN) & mask(character.wrapping_sub(b'a') < 26)
            | (character.wrapping_add(52 - b'0') | KNOWN) & mask(character.wrapping_sub(b'0') < 10)
            | (62 | KNOWN) & mask(character == b'-')
            | (63 | KNOWN) & mask(character == b'_');
    }
    let mut bytes = [0; PADDED / 4 * 3];
    for (three, four) in bytes.chunks_exact_mut(3).zip(digits.chunks_exact(4)) {
        let word = four.iter().fold(0, |word, digit| word << 6 | u32::from(digit & !KNOWN));
        three.copy_from_slice(&word.to_be_bytes()[1..]);
    }
    let known = digits.iter().fold(KNOWN, |known, digit| known & digit);
    // 43 characters hold two bits more than 256; those are zero.
    let (bytes, _) = bytes.split_first_chunk().filter(|_| known == KNOWN && digits[42] & 0b11 == 0)?;
    Some(*bytes)
}

/// All ones or none. No branch, and no place in memory, depends on a character.
fn mask(holds: bool) -> u8 {
    u8::from(holds).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64UrlUnpadded, Encoding};

    use super::*;

    #[test]
    fn a_token_is_read_as_base64ct_reads_it() {
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..1000 {
            let bytes: [u8; 32] = std::array::from_fn(|_| random.u8(..));
            let text = Base64UrlUnpadded::encode_string(&bytes);
            assert_eq!(decode(text.as_bytes().try_into().unwrap()), Some(bytes));
        }
    }

    #[test]
    fn what_is_no_token_is_none() {
        let mut random = fastrand::Rng::with_seed(6);
        for place in 0..43 {
            for byte in 0..=255 {
                let bytes: [u8; 32] = std::array::from_fn(|_| random.u8(..));
                let mut text: [u8; 43] = Base64UrlUnpadded::encode_string(&bytes).into_bytes().try_into().unwrap();
                text[place] = byte;
                let mut room = [0; 32];
                let theirs = Base64UrlUnpadded::decode(text, &mut room).ok();
                assert_eq!(decode(&text).as_ref().map(<[u8; 32]>::as_slice), theirs, "{place} {byte}");
            }
        }
    }
}
