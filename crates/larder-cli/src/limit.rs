//! How large what is handed over may be, checked before a store is opened.

use larder::Limits;

/// Bytes of a value.
pub(crate) fn of_values() -> usize {
    Limits::default().value_bytes
}

/// Bytes of a value's literal: what is written with escapes takes up to four times the room.
pub(crate) fn of_literals() -> usize {
    4 * of_values()
}

/// Bytes of a line of JSON: a value of the greatest length in base64, its key, and room to spare.
pub(crate) const LINE: usize = 32 << 20;
