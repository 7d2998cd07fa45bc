//! Random secrets, their fingerprints, and seals.
//!
//! Handles that are handed out (refresh tokens, device codes, session cookies) carry 256 random
//! bits; only their SHA-256 is kept. Content that the platform stores in a tenant's database but
//! must be able to trust later is *sealed*: a tenant's administrator may edit every entity of the
//! tenant, so a stored grant or identity link counts only with a valid HMAC of this platform. Secrets of other
//! services are encrypted ([`Vault`]).

mod vault;

pub use vault::{NotSealed, Vault};

use aws_lc_rs::{digest, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq as _;

/// The system's random source failed; nothing that needs a secret can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system's random source is not available")]
pub struct RandomUnavailable;

/// Fills an array with random bytes.
///
/// # Errors
/// [`RandomUnavailable`] if the operating system gives none.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], RandomUnavailable> {
    let mut bytes = [0_u8; N];
    rand::fill(&mut bytes).map_err(|_| RandomUnavailable)?;
    Ok(bytes)
}

/// A new secret of 256 bits in base64url without padding (43 characters).
///
/// # Errors
/// [`RandomUnavailable`] if the operating system gives no randomness.
pub fn random_secret() -> Result<String, RandomUnavailable> {
    Ok(URL_SAFE_NO_PAD.encode(random_bytes::<32>()?))
}

/// A uniformly distributed number below `bound`.
///
/// # Errors
/// [`RandomUnavailable`] if the operating system gives no randomness.
pub fn random_below(bound: u32) -> Result<u32, RandomUnavailable> {
    let bound = bound.max(1);
    let fair = u32::MAX - u32::MAX % bound;
    loop {
        let candidate = u32::from_le_bytes(random_bytes::<4>()?);
        if candidate < fair {
            return Ok(candidate % bound);
        }
    }
}

/// SHA-256 of a secret.
pub fn sha256(secret: &str) -> [u8; 32] {
    let mut out = [0_u8; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
    out
}

/// SHA-256 in base64 with padding: the stored form of client secrets (identity.md 6.4) and of
/// grant handles.
pub fn sha256_base64(secret: &str) -> String {
    STANDARD.encode(sha256(secret))
}

/// Whether two texts are equal, in a time that does not depend on where they differ.
pub fn equal(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

/// Makes and checks seals with one key; the label keeps different uses apart.
#[derive(Clone)]
pub struct Sealer(hmac::Key);

impl Sealer {
    /// A sealer whose key is derived from `secret`.
    pub fn from_secret(secret: &[u8]) -> Self {
        let derived = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, secret),
            b"octo-platform/seal/1",
        );
        Self(hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()))
    }

    /// The seal over `parts` (base64url, 43 characters). Parts are length-prefixed, so that no
    /// two different lists of parts share a seal.
    pub fn seal(&self, label: &str, parts: &[impl AsRef<str>]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in std::iter::once(label).chain(parts.iter().map(AsRef::as_ref)) {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(context.sign())
    }

    /// Whether `seal` was made by this sealer for the same label and parts.
    pub fn verify(&self, label: &str, parts: &[impl AsRef<str>], seal: &str) -> bool {
        equal(&self.seal(label, parts), seal)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_differ() -> Result<(), RandomUnavailable> {
        let (one, two) = (random_secret()?, random_secret()?);
        assert_eq!(one.len(), 43);
        assert_ne!(one, two);
        Ok(())
    }

    #[test]
    fn bounded_numbers_stay_below_the_bound() -> Result<(), RandomUnavailable> {
        for _ in 0..200 {
            assert!(random_below(7)? < 7);
        }
        Ok(())
    }

    #[test]
    fn client_secret_hash_is_base64_of_sha256() {
        assert_eq!(
            sha256_base64("abc"),
            "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
        );
    }

    #[test]
    fn a_seal_binds_label_key_and_every_part() {
        let sealer = Sealer::from_secret(b"key");
        let seal = sealer.seal("grant", &["acme", "1"]);
        assert!(sealer.verify("grant", &["acme", "1"], &seal));
        assert!(!sealer.verify("link", &["acme", "1"], &seal));
        assert!(!sealer.verify("grant", &["acme1", ""], &seal));
        assert!(!Sealer::from_secret(b"other").verify("grant", &["acme", "1"], &seal));
    }
}
