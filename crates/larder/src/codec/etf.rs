//! Erlang's external term format.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Result;
use crate::term::{Otp, Term, from_term, to_term};

use super::Codec;

/// Values in Erlang's external term format, as Pow stores them: structs become maps with atom keys, `None` becomes
/// `nil`, text becomes binaries. Only names that stand in the type become atoms ([`to_term`]).
///
/// Reads what every OTP release writes; writes atoms as `otp` does.
#[derive(Clone, Copy, Debug)]
pub struct Etf {
    /// The release whose way of writing atoms is followed.
    pub otp: Otp,
}

impl<V: Serialize + DeserializeOwned> Codec<V> for Etf {
    fn encode(&self, value: &V) -> Result<Bytes> {
        Ok(to_term(value)?.to_etf(self.otp)?.into())
    }

    fn decode(&self, bytes: Bytes) -> Result<V> {
        from_term(&Term::from_etf(&bytes)?)
    }
}
