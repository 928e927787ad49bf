//! Hashing of passwords, by Argon2id.
//!
//! The parameters are cheap, so that a demonstration is quick: 4 MiB and one pass. A real application takes the ones
//! that OWASP names (19 MiB and two passes, or more) and limits how often somebody may try.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use larder::Result;

use crate::random::random;

/// The least that a password must have, in characters.
pub const LEAST: usize = 8;

pub async fn hash(password: String) -> Result<String> {
    aside(move || hash_now(&password)).await
}

pub async fn verify(password: String, hash: String) -> bool {
    aside(move || verify_now(&password, &hash)).await
}

/// Takes as long as a wrong password does: nobody can tell by the time whether a name is known.
pub async fn verify_nobody(password: String) {
    let _ = hash(password).await;
}

fn hash_now(password: &str) -> Result<String> {
    let salt = SaltString::encode_b64(&random::<16>()?).expect("16 bytes are a salt");
    let hash = hasher().hash_password(password.as_bytes(), &salt);
    Ok(hash.expect("forms bound the length of a password").to_string())
}

fn verify_now(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| hasher().verify_password(password.as_bytes(), &hash).is_ok())
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(4 * 1024, 1, 1, None).expect("these parameters are within bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Off the threads that serve requests, which must not wait for sums.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("hashing does not panic")
}
