//! Password hashing and the password policy.
//!
//! Hashes are argon2id in PHC format. Hashing is slow by intent, so it has a thread of its own and
//! happens one at a time: a burst of log-ins queues up instead of taking the machine. The one
//! thread also keeps memory small, because the allocator of the system keeps the 19 MiB that a
//! hash needs for each thread that ever computed one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Sender};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::oneshot;

/// Longest accepted password in bytes; longer input is refused before it is hashed.
pub const MAX_PASSWORD_BYTES: usize = 1024;

const MIN_PASSWORD_CHARS: usize = 6;
/// 19 MiB, 2 passes, 1 lane: the OWASP minimum for argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Verified in place of a missing hash, so that unknown users take as long as known ones; a hash
/// of the usual cost that no known password has.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$\
    bm9ib2R5LWhhcy10aGlzIQ$bm90IHRoZSBoYXNoIG9mIGFueSBwYXNzd29yZC4uLi4";

type Job = Box<dyn FnOnce() + Send>;

/// Hashing failed for a reason that is not the password's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("password hashing is not available: {0}")]
pub struct HashingFailed(String);

/// Hashes and verifies passwords off the async threads. Cheap to clone.
#[derive(Clone)]
pub struct PasswordHasher {
    argon2: Argon2<'static>,
    jobs: Sender<Job>,
}

impl PasswordHasher {
    /// A hasher with the platform's parameters.
    ///
    /// # Errors
    /// [`HashingFailed`] if the parameters are refused or there is no thread to be had.
    pub fn new() -> Result<Self, HashingFailed> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let (jobs, queue) = mpsc::channel::<Job>();
        std::thread::Builder::new()
            .name("password-hashing".to_owned())
            .spawn(move || {
                for job in queue {
                    // Who waits for the job learns that it has no answer; the next one goes on.
                    let _ = catch_unwind(AssertUnwindSafe(job));
                }
            })
            .map_err(failed)?;
        Ok(Self { argon2, jobs })
    }

    /// Hashes a password with a fresh salt.
    ///
    /// # Errors
    /// [`HashingFailed`] if the hash function fails.
    pub async fn hash(&self, password: &str) -> Result<String, HashingFailed> {
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        self.blocking(move || {
            Ok(argon2
                .hash_password(password.as_bytes())
                .map_err(failed)?
                .to_string())
        })
        .await?
    }

    /// Whether `password` belongs to the stored `hash`. Without a hash the answer is no, after the
    /// same work.
    ///
    /// # Errors
    /// [`HashingFailed`] if the work could not be done; never for a wrong password.
    pub async fn verify(&self, hash: Option<&str>, password: &str) -> Result<bool, HashingFailed> {
        if password.len() > MAX_PASSWORD_BYTES {
            return Ok(false);
        }
        let known = hash.is_some_and(|hash| PasswordHash::new(hash).is_ok());
        let hash = if known { hash.unwrap_or(DECOY) } else { DECOY }.to_owned();
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        let matches = self
            .blocking(move || {
                PasswordHash::new(&hash)
                    .is_ok_and(|hash| argon2.verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await?;
        Ok(known && matches)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingFailed> {
        let (answer, result) = oneshot::channel();
        let job = move || {
            if !answer.is_closed() {
                // Whoever asked may have given up meanwhile.
                let _ = answer.send(work());
            }
        };
        self.jobs.send(Box::new(job)).map_err(failed)?;
        result.await.map_err(failed)
    }
}

impl std::fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHasher(argon2id)")
    }
}

fn failed(error: impl std::fmt::Display) -> HashingFailed {
    HashingFailed(error.to_string())
}

/// One violated rule: its code and its text (identity.md 6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyViolation {
    /// Stable code, for example `PasswordTooShort`.
    pub code: &'static str,
    /// What the password lacks.
    pub description: &'static str,
}

/// All rules of identity.md 6.1 that `password` violates; empty when it is acceptable.
pub fn policy_violations(password: &str) -> Vec<PolicyViolation> {
    let any = |test: fn(char) -> bool| password.chars().any(test);
    let rules = [
        (
            password.chars().count() >= MIN_PASSWORD_CHARS,
            "PasswordTooShort",
            "Passwords must be at least 6 characters.",
        ),
        (
            any(|c| !c.is_ascii_alphanumeric()),
            "PasswordRequiresNonAlphanumeric",
            "Passwords must have at least one non alphanumeric character.",
        ),
        (
            any(|c| c.is_ascii_digit()),
            "PasswordRequiresDigit",
            "Passwords must have at least one digit ('0'-'9').",
        ),
        (
            any(|c| c.is_ascii_lowercase()),
            "PasswordRequiresLower",
            "Passwords must have at least one lowercase ('a'-'z').",
        ),
        (
            any(|c| c.is_ascii_uppercase()),
            "PasswordRequiresUpper",
            "Passwords must have at least one uppercase ('A'-'Z').",
        ),
        (
            password.len() <= MAX_PASSWORD_BYTES,
            "PasswordTooLong",
            "Passwords must be at most 1024 bytes.",
        ),
    ];
    rules
        .into_iter()
        .filter(|(holds, ..)| !holds)
        .map(|(_, code, description)| PolicyViolation { code, description })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let hasher = PasswordHasher::new().unwrap();
        let hash = hasher.hash("Correct-horse-1").await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(hasher.verify(Some(&hash), "Correct-horse-1").await.unwrap());
        assert!(!hasher.verify(Some(&hash), "Correct-horse-2").await.unwrap());
    }

    #[test]
    fn the_decoy_costs_what_a_hash_costs() {
        let hasher = PasswordHasher::new().unwrap();
        let decoy = PasswordHash::new(DECOY).unwrap();
        let (decoy, usual) = (Params::try_from(&decoy).unwrap(), hasher.argon2.params());
        assert_eq!(decoy.output_len(), Some(Params::DEFAULT_OUTPUT_LEN));
        assert_eq!(
            (decoy.m_cost(), decoy.t_cost(), decoy.p_cost()),
            (usual.m_cost(), usual.t_cost(), usual.p_cost())
        );
    }

    #[tokio::test]
    async fn missing_and_damaged_hashes_never_match() {
        let hasher = PasswordHasher::new().unwrap();
        assert!(
            !hasher
                .verify(None, "nobody has this password")
                .await
                .unwrap()
        );
        assert!(
            !hasher
                .verify(Some("damaged"), "nobody has this password")
                .await
                .unwrap()
        );
    }

    #[test]
    fn every_violation_is_listed() {
        let codes = |password| -> Vec<_> {
            policy_violations(password)
                .into_iter()
                .map(|violation| violation.code)
                .collect()
        };
        assert_eq!(
            codes("test"),
            [
                "PasswordTooShort",
                "PasswordRequiresNonAlphanumeric",
                "PasswordRequiresDigit",
                "PasswordRequiresUpper"
            ]
        );
        assert!(codes("Passw0rd!").is_empty());
    }
}
