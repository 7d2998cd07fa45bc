//! The signing key of the OpenID provider.
//!
//! One RSA-2048 key signs every token (RS256). It is generated at the first start and kept in the
//! data directory, readable by the owner only, so that tokens and refresh grants survive a
//! restart. The key id is the RFC 7638 thumbprint of the public key.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};

use crate::secret::{Sealer, Vault, sha256};

/// Name of the key file inside the data directory.
pub const KEY_FILE: &str = "signing-key.pem";

const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// Why the signing key is not available.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key file could not be read or written.
    #[error("signing key file '{}': {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file exists but holds no usable key. It is never overwritten silently.
    #[error(
        "signing key file '{}' holds no PKCS#8 RSA key; restore it from a backup, or remove it to \
         have a new key generated (all issued tokens then become invalid)",
        path.display()
    )]
    Unusable {
        /// The file.
        path: PathBuf,
    },
    /// No key could be generated.
    #[error("no RSA key could be generated")]
    Generation,
}

/// The private key with everything derived from it.
pub struct SigningKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
    kid: String,
    modulus: String,
    exponent: String,
    sealer: Sealer,
    vault: Vault,
}

impl SigningKey {
    /// Reads the key of a data directory, generating and storing it when there is none yet.
    ///
    /// # Errors
    /// [`KeyError`] if the file cannot be read, written or parsed.
    pub fn load_or_create(data_dir: &Path) -> Result<Self, KeyError> {
        let path = data_dir.join(KEY_FILE);
        match fs::read_to_string(&path) {
            Ok(pem) => Self::from_pem(&pem).ok_or(KeyError::Unusable { path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path),
            Err(source) => Err(KeyError::File { path, source }),
        }
    }

    fn create(path: PathBuf) -> Result<Self, KeyError> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generation)?;
        let der: Pkcs8V1Der<'static> = pair.as_der().map_err(|_| KeyError::Generation)?;
        let pem = to_pem(der.as_ref());
        write_owner_only(&path, pem.as_bytes()).map_err(|source| KeyError::File {
            path: path.clone(),
            source,
        })?;
        Self::from_pem(&pem).ok_or(KeyError::Unusable { path })
    }

    fn from_pem(pem: &str) -> Option<Self> {
        let der = from_pem(pem)?;
        let pair = KeyPair::from_pkcs8(&der).ok()?;
        let public = pair.public_key();
        let modulus = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
        let exponent = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
        let thumbprint = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
        Some(Self {
            encoding: EncodingKey::from_rsa_pem(pem.as_bytes()).ok()?,
            decoding: DecodingKey::from_rsa_components(&modulus, &exponent).ok()?,
            kid: URL_SAFE_NO_PAD.encode(sha256(&thumbprint)),
            modulus,
            exponent,
            sealer: Sealer::from_secret(&der),
            vault: Vault::from_secret(&der)?,
        })
    }

    /// Key id, as in token headers and the JWKS.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The key that signs.
    pub fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }

    /// The key that verifies.
    pub fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }

    /// Seals stored content; derived from the private key, so it survives restarts with it.
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// Encrypts secrets of other services; derived from the private key like the sealer.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The public key as a JSON Web Key Set.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256",
            "kid": self.kid, "n": self.modulus, "e": self.exponent,
        }] })
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

fn to_pem(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut pem = format!("{PEM_BEGIN}\n");
    for line in body.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str(PEM_END);
    pem.push('\n');
    pem
}

fn from_pem(pem: &str) -> Option<Vec<u8>> {
    let body = pem.trim().strip_prefix(PEM_BEGIN)?.strip_suffix(PEM_END)?;
    let packed: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(packed).ok()
}

/// Writes a file so that a crash leaves either nothing or the whole content, and so that it is
/// never readable by others, not even for a moment.
fn write_owner_only(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension(format!("pem.{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_created_once_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let first = SigningKey::load_or_create(dir.path()).unwrap();
        let second = SigningKey::load_or_create(dir.path()).unwrap();
        assert_eq!(first.kid(), second.kid());
        assert_eq!(first.jwks(), second.jwks());
        let seal = first.sealer().seal("test", &["a"]);
        assert!(second.sealer().verify("test", &["a"], &seal));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_the_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        SigningKey::load_or_create(dir.path()).unwrap();
        let mode = fs::metadata(dir.path().join(KEY_FILE))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_file_is_reported_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(KEY_FILE), "not a key").unwrap();
        let error = SigningKey::load_or_create(dir.path()).unwrap_err();
        assert!(
            error.to_string().contains("restore it from a backup"),
            "{error}"
        );
        assert_eq!(
            fs::read_to_string(dir.path().join(KEY_FILE)).unwrap(),
            "not a key"
        );
    }

    #[test]
    fn jwks_shows_the_public_half_only() {
        let dir = tempfile::tempdir().unwrap();
        let jwks = SigningKey::load_or_create(dir.path()).unwrap().jwks();
        let mut members: Vec<_> = jwks["keys"][0]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        members.sort();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    }
}
