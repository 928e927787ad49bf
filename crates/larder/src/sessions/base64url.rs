//! Tokens of 43 characters of base64url, read in the same time whatever they are.
//!
//! base64ct does it for texts of any length, one character after the other; every request shows a token, and for this
//! one length a machine does sixteen at a time. The tests hold the two against each other.

const PADDED: usize = 48;

/// The 32 bytes that these characters are; `None` where they are no base64url, or hold bits beyond the last byte.
pub(super) fn decode(text: &[u8; 43]) -> Option<[u8; 32]> {
    let mut characters = [b'A'; PADDED];
    characters[..43].copy_from_slice(text);
    let (mut digits, mut known) = ([0; PADDED], [0; PADDED]);
    for ((character, digit), known) in characters.into_iter().zip(&mut digits).zip(&mut known) {
        // All ones where the character is of a range. No branch, and no place in memory, depends on it.
        let upper = mask(character.wrapping_sub(b'A') < 26);
        let lower = mask(character.wrapping_sub(b'a') < 26);
        let number = mask(character.wrapping_sub(b'0') < 10);
        let (minus, underscore) = (mask(character == b'-'), mask(character == b'_'));
        *digit = character.wrapping_sub(b'A') & upper
            | character.wrapping_sub(b'a' - 26) & lower
            | character.wrapping_add(52 - b'0') & number
            | 62 & minus
            | 63 & underscore;
        *known = upper | lower | number | minus | underscore;
    }
    let mut bytes = [0; PADDED / 4 * 3];
    for (three, four) in bytes.chunks_exact_mut(3).zip(digits.chunks_exact(4)) {
        let word = four.iter().fold(0, |word, digit| word << 6 | u32::from(*digit));
        three.copy_from_slice(&word.to_be_bytes()[1..]);
    }
    // 43 characters hold two bits more than 256; those are zero.
    let wrong = known.iter().fold(0, |wrong, known| wrong | !known) | digits[42] & 0b11;
    let (bytes, _) = bytes.split_first_chunk().filter(|_| wrong == 0)?;
    Some(*bytes)
}

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
