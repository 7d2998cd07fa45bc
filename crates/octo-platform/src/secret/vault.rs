//! Encryption of secrets that the platform has to present elsewhere.
//!
//! A password or handle of our own is kept as a hash. A secret that another service issued to us
//! must be shown to that service again, so it cannot be hashed; it is encrypted with AES-256-GCM
//! under a key derived from the signing key. The *context* names what the secret is for. It is not
//! stored but authenticated: a sealed text copied elsewhere, or kept while the address it is sent
//! to is changed, does not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Beginning of every sealed text; the number is that of the format.
const PREFIX: &str = "sealed:1:";

/// Encrypts and decrypts with one key.
pub struct Vault(RandomizedNonceKey);

/// A secret could not be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret could not be encrypted")]
pub struct NotSealed;

impl Vault {
    /// A vault whose key is derived from `secret`; `None` if the cryptography refuses it.
    pub fn from_secret(secret: &[u8]) -> Option<Self> {
        let derived = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, secret),
            b"octo-platform/vault/1",
        );
        RandomizedNonceKey::new(&AES_256_GCM, derived.as_ref())
            .ok()
            .map(Self)
    }

    /// Encrypts `text` for `context`. The same text is another sealed text each time.
    ///
    /// # Errors
    /// [`NotSealed`] if the system gives no randomness.
    pub fn seal(&self, context: &[impl AsRef<str>], text: &str) -> Result<String, NotSealed> {
        let mut content = text.as_bytes().to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(packed(context)), &mut content)
            .map_err(|_| NotSealed)?;
        let whole = [nonce.as_ref().as_slice(), &content].concat();
        Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(whole)))
    }

    /// Decrypts what [`seal`](Self::seal) made for the same context. A text that was never sealed
    /// (from a backup of another installation, or written by hand) is returned as it is.
    pub fn open(&self, context: &[impl AsRef<str>], stored: &str) -> Option<String> {
        let Some(packed_text) = stored.strip_prefix(PREFIX) else {
            return Some(stored.to_owned());
        };
        let whole = URL_SAFE_NO_PAD.decode(packed_text).ok()?;
        let (nonce, content) = whole.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut content = content.to_vec();
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(packed(context)), &mut content)
            .ok()?;
        String::from_utf8(opened.to_vec()).ok()
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(..)")
    }
}

/// Each part with its length before it, so that no two lists of parts are packed alike.
fn packed(parts: &[impl AsRef<str>]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts.iter().map(AsRef::as_ref) {
        out.extend_from_slice(&(part.len() as u64).to_le_bytes());
        out.extend_from_slice(part.as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_context_open_a_secret() {
        let vault = Vault::from_secret(b"key").unwrap();
        let sealed = vault.seal(&["acme", "1"], "hush").unwrap();
        assert!(!sealed.contains("hush"));
        assert_ne!(sealed, vault.seal(&["acme", "1"], "hush").unwrap());
        assert_eq!(vault.open(&["acme", "1"], &sealed).unwrap(), "hush");
        assert_eq!(vault.open(&["acme1", ""], &sealed), None);
        let other = Vault::from_secret(b"other").unwrap();
        assert_eq!(other.open(&["acme", "1"], &sealed), None);
    }

    #[test]
    fn damaged_texts_do_not_open_and_plain_ones_are_taken_as_they_are() {
        let vault = Vault::from_secret(b"key").unwrap();
        let sealed = vault.seal(&["a"], "hush").unwrap();
        for cut in PREFIX.len()..sealed.len() {
            assert_eq!(vault.open(&["a"], &sealed[..cut]), None);
        }
        assert_eq!(vault.open(&["a"], "sealed:1:???"), None);
        assert_eq!(vault.open(&["a"], "plain").as_deref(), Some("plain"));
    }
}
