//! Randomness, from the operating system and from nowhere else.

use larder::{Error, ErrorKind, Result};

pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(Error::new(ErrorKind::Unavailable, "the operating system gives no randomness")),
    }
}
