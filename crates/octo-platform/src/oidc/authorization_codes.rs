//! Authorization codes on their way from browser to client (RFC 6749, 4.1).
//!
//! They live in memory for a few minutes, like device codes. Only the hash of a code is kept. A
//! code is used up by the first attempt to redeem it, whatever its outcome: who tries with another
//! client, address or verifier should not have it. It is remembered until it expires; a second
//! attempt then ends the refresh tokens the first one got.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use octo_runtime::{RtId, TenantId};

use super::pkce;
use crate::secret::{RandomUnavailable, random_secret, sha256};

/// How many codes may be on their way, in all and per user.
const MAX_CODES: usize = 2000;
const MAX_CODES_PER_USER: usize = 50;

/// What a code stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeGrant {
    /// Tenant the user signed in to.
    pub tenant: TenantId,
    /// Client the code is for.
    pub client_id: String,
    /// Address the code was sent to, as the client wrote it.
    pub redirect_uri: String,
    /// SHA-256 of the client's verifier.
    pub challenge: String,
    /// The user in the tenant.
    pub user: RtId,
    /// Granted scopes.
    pub scopes: Vec<String>,
    /// Resources the tokens are for; empty for all that own a granted scope.
    pub resources: Vec<String>,
    /// Value the id token repeats.
    pub nonce: Option<String>,
    /// When the person signed in, seconds since 1970.
    pub auth_time: i64,
    /// Who authenticated the person.
    pub idp: String,
    /// What the sign-in rests on.
    pub basis: String,
    /// Id of the browser session.
    pub sid: String,
}

/// Why no code could be issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// Too many codes are on their way.
    #[error("too many authorization codes are pending")]
    TooMany,
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomUnavailable),
}

/// A code that cannot be redeemed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedeemError {
    /// Unknown, expired, or presented with the wrong client, address or verifier.
    Invalid,
    /// Used before. The family of refresh tokens it had started, if any, has to end.
    Replayed {
        /// The family.
        family: Option<String>,
    },
}

/// Who presents a code.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    /// The code.
    pub code: &'a str,
    /// The authenticated client.
    pub client_id: &'a str,
    /// Address the client says the code was sent to.
    pub redirect_uri: &'a str,
    /// The client's verifier.
    pub verifier: &'a str,
}

/// All codes on their way.
#[derive(Debug, Default)]
pub struct AuthorizationCodes(Mutex<HashMap<[u8; 32], Entry>>);

#[derive(Debug)]
struct Entry {
    grant: CodeGrant,
    expires_at: Timestamp,
    state: State,
}

#[derive(Debug)]
enum State {
    Fresh,
    Used { family: Option<String> },
    Replayed,
}

impl AuthorizationCodes {
    /// Issues a code that may be redeemed for `lifetime_seconds`.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn issue(
        &self,
        grant: CodeGrant,
        lifetime_seconds: i64,
        now: Timestamp,
    ) -> Result<String, IssueError> {
        let mut entries = self.lock();
        entries.retain(|_, entry| now < entry.expires_at);
        let same_user =
            |entry: &&Entry| entry.grant.user == grant.user && entry.grant.tenant == grant.tenant;
        if entries.len() >= MAX_CODES
            || entries.values().filter(same_user).count() >= MAX_CODES_PER_USER
        {
            return Err(IssueError::TooMany);
        }
        let code = random_secret()?;
        let expires_at = now
            .checked_add(SignedDuration::from_secs(lifetime_seconds))
            .unwrap_or(now);
        entries.insert(
            sha256(&code),
            Entry {
                grant,
                expires_at,
                state: State::Fresh,
            },
        );
        Ok(code)
    }

    /// The tenant a code was issued in.
    pub fn tenant_of(&self, code: &str) -> Option<TenantId> {
        let entries = self.lock();
        Some(entries.get(&sha256(code))?.grant.tenant.clone())
    }

    /// Uses a code up; the result is what it stands for, if everything about it is right.
    ///
    /// # Errors
    /// [`RedeemError`].
    pub fn redeem(
        &self,
        presented: Presented<'_>,
        now: Timestamp,
    ) -> Result<CodeGrant, RedeemError> {
        let mut entries = self.lock();
        let entry = entries
            .get_mut(&sha256(presented.code))
            .filter(|entry| now < entry.expires_at)
            .ok_or(RedeemError::Invalid)?;
        let used = State::Used { family: None };
        match std::mem::replace(&mut entry.state, used) {
            State::Fresh => {}
            State::Used { family } => {
                entry.state = State::Replayed;
                return Err(RedeemError::Replayed { family });
            }
            State::Replayed => {
                entry.state = State::Replayed;
                return Err(RedeemError::Invalid);
            }
        }
        let grant = &entry.grant;
        let right = grant.client_id == presented.client_id
            && grant.redirect_uri == presented.redirect_uri
            && pkce::matches(presented.verifier, &grant.challenge);
        match right {
            true => Ok(grant.clone()),
            false => Err(RedeemError::Invalid),
        }
    }

    /// Notes the family of refresh tokens a redeemed code started; `false` if the code was
    /// presented again in the meantime, so that the family must not live.
    pub fn note_family(&self, code: &str, family: &str) -> bool {
        let mut entries = self.lock();
        match entries.get_mut(&sha256(code)) {
            Some(Entry {
                state: State::Used { family: noted },
                ..
            }) => {
                *noted = Some(family.to_owned());
                true
            }
            Some(_) => false,
            // Expired and swept since it was redeemed: nobody can present it any more.
            None => true,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn grant() -> CodeGrant {
        CodeGrant {
            tenant: "acme".parse().unwrap(),
            client_id: "app".to_owned(),
            redirect_uri: "http://127.0.0.1/cb".to_owned(),
            challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
            user: "65d5c447b420da3fb12381bc".parse().unwrap(),
            scopes: vec!["openid".to_owned()],
            resources: Vec::new(),
            nonce: None,
            auth_time: 1,
            idp: "local".to_owned(),
            basis: "b".to_owned(),
            sid: "s".to_owned(),
        }
    }

    fn presented(code: &str) -> Presented<'_> {
        Presented {
            code,
            client_id: "app",
            redirect_uri: "http://127.0.0.1/cb",
            verifier: VERIFIER,
        }
    }

    #[test]
    fn a_code_is_redeemed_once_and_a_replay_names_the_family() {
        let (codes, now) = (AuthorizationCodes::default(), Timestamp::now());
        let code = codes.issue(grant(), 300, now).unwrap();
        assert_eq!(codes.redeem(presented(&code), now), Ok(grant()));
        assert!(codes.note_family(&code, "f"));
        let replayed = RedeemError::Replayed {
            family: Some("f".to_owned()),
        };
        assert_eq!(codes.redeem(presented(&code), now), Err(replayed));
        assert!(!codes.note_family(&code, "g"));
        let third = codes.redeem(presented(&code), now);
        assert_eq!(third, Err(RedeemError::Invalid));
    }

    #[test]
    fn a_wrong_attempt_uses_the_code_up() {
        let now = Timestamp::now();
        let wrong: [fn(&mut Presented<'_>); 3] = [
            |presented| presented.client_id = "other",
            |presented| presented.redirect_uri = "http://127.0.0.1:9/cb",
            |presented| presented.verifier = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        ];
        for change in wrong {
            let codes = AuthorizationCodes::default();
            let code = codes.issue(grant(), 300, now).unwrap();
            let mut presented = presented(&code);
            change(&mut presented);
            assert_eq!(codes.redeem(presented, now), Err(RedeemError::Invalid));
            assert!(codes.redeem(super::tests::presented(&code), now).is_err());
        }
    }

    #[test]
    fn codes_expire_and_their_number_is_bounded() {
        let (codes, now) = (AuthorizationCodes::default(), Timestamp::now());
        let code = codes.issue(grant(), 300, now).unwrap();
        let later = now + SignedDuration::from_secs(300);
        assert_eq!(
            codes.redeem(presented(&code), later),
            Err(RedeemError::Invalid)
        );
        for _ in 0..MAX_CODES_PER_USER {
            codes.issue(grant(), 300, later).unwrap();
        }
        assert_eq!(codes.issue(grant(), 300, later), Err(IssueError::TooMany));
    }
}
