//! How values become the bytes that a backend keeps.
mod etf;
mod json;
mod raw;

use bytes::Bytes;

use crate::error::Result;
pub use etf::Etf;
pub use json::Json;
pub use raw::Raw;

/// Turns values into bytes and back.
///
/// What it encoded it must decode to an equal value. Bytes that do not decode are an error of kind
/// [`ErrorKind::Codec`](crate::ErrorKind::Codec), whose text quotes nothing of them; never "absent".
pub trait Codec<V>: Send + Sync + 'static {
    /// The bytes that stand for a value.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`](crate::ErrorKind::Codec) where this codec has no bytes for it.
    fn encode(&self, value: &V) -> Result<Bytes>;

    /// The value that the bytes stand for.
    ///
    /// # Errors
    /// [`ErrorKind::Codec`](crate::ErrorKind::Codec) where they stand for none.
    fn decode(&self, bytes: Bytes) -> Result<V>;
}
