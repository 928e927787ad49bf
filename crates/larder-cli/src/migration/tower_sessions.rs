//! What tower-sessions-redis-store writes: under the id's text, MessagePack of a record's three parts.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use larder::sessions::Fields;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The characters of an id: 16 bytes in base64url.
pub(super) const ID: usize = 22;

/// The id, the data and the expiry date, for which the key's own ttl stands.
#[derive(Deserialize)]
struct Record(i128, Fields, IgnoredAny);

/// The data; `None` where this is no session of this id.
pub(super) fn read(id: &str, value: &[u8]) -> Option<Fields> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(id).ok()?.try_into().ok()?;
    let Record(own, fields, _) = rmp_serde::from_slice(value).ok()?;
    (own == i128::from_le_bytes(bytes)).then_some(fields)
}
