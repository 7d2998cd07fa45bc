//! Browser sessions of the pages, per tenant.
//!
//! The cookie is a random secret; the server keeps only its hash. Before log-in a cookie stands
//! for nobody and merely anchors the CSRF token; logging in always issues a new cookie, so that
//! nobody can plant one and later share the session.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use octo_runtime::{RtId, TenantId};

use crate::secret::{RandomUnavailable, random_secret, sha256};

const IDLE_SECONDS: i64 = 3600;
const ABSOLUTE_SECONDS: i64 = 12 * 3600;
const MAX_SESSIONS: usize = 10_000;

/// A signed-in person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Tenant the session is for.
    pub tenant: TenantId,
    /// The user in that tenant.
    pub user: RtId,
    /// Name to show.
    pub user_name: String,
    /// Who authenticated the person.
    pub idp: String,
    /// What the sign-in rests on; the session ends with it.
    pub basis: String,
    /// When, seconds since 1970.
    pub auth_time: i64,
    /// Id of this sign-in, as in token claim `sid`.
    pub sid: String,
    /// Whether a new password must be chosen before anything else.
    pub must_change_password: bool,
}

/// All sessions of signed-in people.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

#[derive(Debug)]
struct Session {
    person: SignedIn,
    created: Timestamp,
    used: Timestamp,
}

impl Session {
    fn is_alive(&self, now: Timestamp) -> bool {
        let within = |from: Timestamp, seconds| {
            from.checked_add(SignedDuration::from_secs(seconds))
                .is_ok_and(|end| now < end)
        };
        within(self.used, IDLE_SECONDS) && within(self.created, ABSOLUTE_SECONDS)
    }
}

impl Sessions {
    /// Opens a session; the result is the value of its cookie.
    ///
    /// # Errors
    /// [`RandomUnavailable`].
    pub fn open(&self, person: SignedIn, now: Timestamp) -> Result<String, RandomUnavailable> {
        let cookie = random_secret()?;
        let mut sessions = self.lock();
        if sessions.len() >= MAX_SESSIONS {
            sessions.retain(|_, session| session.is_alive(now));
        }
        if sessions.len() >= MAX_SESSIONS {
            let idlest = sessions.iter().min_by_key(|(_, session)| session.used);
            if let Some(key) = idlest.map(|(key, _)| *key) {
                sessions.remove(&key);
            }
        }
        sessions.insert(
            sha256(&cookie),
            Session {
                person,
                created: now,
                used: now,
            },
        );
        Ok(cookie)
    }

    /// The person behind a cookie, if the session is for `tenant` and still alive.
    pub fn find(&self, cookie: &str, tenant: &TenantId, now: Timestamp) -> Option<SignedIn> {
        let key = sha256(cookie);
        let mut sessions = self.lock();
        let session = sessions.get_mut(&key)?;
        if !session.is_alive(now) {
            sessions.remove(&key);
            return None;
        }
        if session.person.tenant != *tenant {
            return None;
        }
        session.used = now;
        Some(session.person.clone())
    }

    /// Ends a session.
    pub fn close(&self, cookie: &str) {
        self.lock().remove(&sha256(cookie));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> SignedIn {
        SignedIn {
            tenant: "acme".parse().unwrap(),
            user: RtId::generate(),
            user_name: "ada".to_owned(),
            idp: "local".to_owned(),
            basis: "b".to_owned(),
            auth_time: 1,
            sid: "s".to_owned(),
            must_change_password: false,
        }
    }

    #[test]
    fn a_session_belongs_to_its_tenant_and_ends_when_closed() {
        let (sessions, now) = (Sessions::default(), Timestamp::now());
        let cookie = sessions.open(person(), now).unwrap();
        assert_eq!(cookie.len(), 43);
        assert!(
            sessions
                .find(&cookie, &"acme".parse().unwrap(), now)
                .is_some()
        );
        assert!(
            sessions
                .find(&cookie, &"other".parse().unwrap(), now)
                .is_none()
        );
        sessions.close(&cookie);
        assert!(
            sessions
                .find(&cookie, &"acme".parse().unwrap(), now)
                .is_none()
        );
    }

    #[test]
    fn sessions_expire_when_idle_and_after_all() {
        let (sessions, start) = (Sessions::default(), Timestamp::now());
        let tenant = "acme".parse().unwrap();
        let at = |seconds| start + SignedDuration::from_secs(seconds);
        let idle = sessions.open(person(), start).unwrap();
        assert!(sessions.find(&idle, &tenant, at(IDLE_SECONDS)).is_none());
        let busy = sessions.open(person(), start).unwrap();
        for step in 1..24 {
            assert!(sessions.find(&busy, &tenant, at(step * 1800)).is_some());
        }
        assert!(
            sessions
                .find(&busy, &tenant, at(ABSOLUTE_SECONDS))
                .is_none()
        );
    }
}
