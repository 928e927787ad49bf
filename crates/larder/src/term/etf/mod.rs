//! Terms in Erlang's external term format, the bytes of `term_to_binary` and `binary_to_term`.

mod decode;
mod encode;
mod limits;
mod skip;

#[cfg(test)]
mod tests;

pub(super) use self::decode::opaque_kind;
pub use self::limits::Limits;

/// The first byte of every term in this format.
const VERSION: u8 = 131;

// The names are those of the format's description, the numbers its tags.
const NEW_FLOAT: u8 = 70;
const BIT_BINARY: u8 = 77;
const COMPRESSED: u8 = 80;
const NEW_PID: u8 = 88;
const NEW_PORT: u8 = 89;
const NEWER_REFERENCE: u8 = 90;
const SMALL_INTEGER: u8 = 97;
const INTEGER: u8 = 98;
const FLOAT: u8 = 99;
const ATOM: u8 = 100;
const REFERENCE: u8 = 101;
const PORT: u8 = 102;
const PID: u8 = 103;
const SMALL_TUPLE: u8 = 104;
const LARGE_TUPLE: u8 = 105;
const NIL: u8 = 106;
const STRING: u8 = 107;
const LIST: u8 = 108;
const BINARY: u8 = 109;
const SMALL_BIG: u8 = 110;
const LARGE_BIG: u8 = 111;
const NEW_FUN: u8 = 112;
const EXPORT: u8 = 113;
const NEW_REFERENCE: u8 = 114;
const SMALL_ATOM: u8 = 115;
const MAP: u8 = 116;
const FUN: u8 = 117;
const ATOM_UTF8: u8 = 118;
const SMALL_ATOM_UTF8: u8 = 119;
const V4_PORT: u8 = 120;

/// Which Erlang releases write a term as we do. They differ in atoms only; every release reads both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Otp {
    /// Erlang/OTP 25 and before: atoms in Latin-1 where that holds their names.
    Otp25,
    /// Erlang/OTP 26 and later: atoms in UTF-8.
    Otp26,
}
