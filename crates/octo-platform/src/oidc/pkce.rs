//! Proof key for code exchange (RFC 7636), method S256 only.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::equal;

/// The method every client must use; `plain` protects against nobody who sees the request.
pub const METHOD: &str = "S256";
const CHALLENGE_LENGTH: usize = 43;

/// Whether `challenge` can be the SHA-256 of a verifier.
pub fn is_challenge(challenge: &str) -> bool {
    challenge.len() == CHALLENGE_LENGTH && challenge.bytes().all(is_base64url)
}

/// Whether `verifier` is well-formed and the one `challenge` was made from.
pub fn matches(verifier: &str, challenge: &str) -> bool {
    let unreserved = |byte: u8| is_base64url(byte) || matches!(byte, b'.' | b'~');
    let well_formed = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
    let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
    well_formed && equal(&URL_SAFE_NO_PAD.encode(hash.as_ref()), challenge)
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_standard_matches() {
        assert!(is_challenge(CHALLENGE) && matches(VERIFIER, CHALLENGE));
    }

    #[test]
    fn everything_else_does_not() {
        assert!(!matches(CHALLENGE, CHALLENGE));
        assert!(!matches("short", CHALLENGE) && !matches("", ""));
        assert!(!is_challenge("short") && !is_challenge(&"=".repeat(43)));
    }
}
