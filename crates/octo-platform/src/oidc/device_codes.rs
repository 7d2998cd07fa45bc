//! Pending device authorizations (RFC 8628, auth.md 6.4).
//!
//! They live in memory: a restart within five minutes of a log-in only means starting that log-in
//! again. A request is known by two codes: the *device code*, a secret of 256 bits of which only
//! the hash is kept, and the *user code*, nine digits a person types. Nine digits are guessable in
//! principle, so pages count failed look-ups per address, a code bears few look-ups, and the
//! number of codes pending at once is bounded.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use octo_runtime::{RtId, TenantId};

use crate::secret::{RandomUnavailable, random_below, random_secret, sha256};

/// Seconds between two polls.
pub const POLL_INTERVAL_SECONDS: i64 = 5;

/// How many requests may be pending at once, in all and per requesting address.
const MAX_PENDING: usize = 1000;
const MAX_PENDING_PER_ADDRESS: usize = 100;
/// How often one code may be looked at before it is withdrawn.
const MAX_LOOKUPS: u32 = 30;
/// How long an expired request still answers `expired_token` instead of `invalid_grant`.
const EXPIRED_KEPT_SECONDS: i64 = 300;
const USER_CODE_DIGITS: usize = 9;

/// Who asks for what: shown on the confirmation page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRequest {
    /// Tenant to sign in to.
    pub tenant: TenantId,
    /// Asking client.
    pub client_id: String,
    /// Its name for people.
    pub client_name: String,
    /// Requested scopes.
    pub scopes: Vec<String>,
    /// Address the request came from.
    pub address: IpAddr,
}

/// A started request: what the client is told.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedCodes {
    /// Secret of the client.
    pub device_code: String,
    /// Nine digits for the person.
    pub user_code: String,
}

/// Who approved, and how that person was authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The user in the tenant.
    pub user: RtId,
    /// Granted scopes.
    pub scopes: Vec<String>,
    /// When the person signed in, seconds since 1970.
    pub auth_time: i64,
    /// Who authenticated the person.
    pub idp: String,
    /// What the sign-in rests on.
    pub basis: String,
    /// Id of the browser session.
    pub sid: String,
}

/// An approved request, handed out once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeemed {
    /// What was asked for.
    pub request: DeviceRequest,
    /// What was approved.
    pub approval: Approval,
}

/// Why polling yields no tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollError {
    /// Unknown, used, or of another client or tenant.
    InvalidGrant,
    /// Asked again before the interval was over.
    SlowDown,
    /// Past its lifetime.
    Expired,
    /// Denied.
    AccessDenied,
    /// Not decided yet.
    Pending,
}

/// Why no request could be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// Too many requests are pending.
    #[error("too many device authorizations are pending")]
    TooMany,
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomUnavailable),
}

/// What a person decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Let the client in.
    Approve(Approval),
    /// Turn it away.
    Deny,
}

/// All pending requests.
#[derive(Debug, Default)]
pub struct DeviceCodes(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    by_device_code: HashMap<[u8; 32], Pending>,
    by_user_code: HashMap<String, [u8; 32]>,
}

#[derive(Debug)]
struct Pending {
    request: DeviceRequest,
    user_code: String,
    expires_at: Timestamp,
    last_poll: Option<Timestamp>,
    lookups: u32,
    decision: Option<Decision>,
}

impl DeviceCodes {
    /// Starts a request that may be approved for `lifetime_seconds`.
    ///
    /// # Errors
    /// [`StartError::TooMany`] if too many are pending already.
    pub fn start(
        &self,
        request: DeviceRequest,
        lifetime_seconds: i64,
        now: Timestamp,
    ) -> Result<IssuedCodes, StartError> {
        let mut table = self.lock();
        table.sweep(now);
        let same_address = |pending: &&Pending| {
            pending.request.address == request.address && now < pending.expires_at
        };
        if table.by_device_code.len() >= MAX_PENDING
            || table.by_device_code.values().filter(same_address).count() >= MAX_PENDING_PER_ADDRESS
        {
            return Err(StartError::TooMany);
        }
        let device_code = random_secret()?;
        let user_code = table.free_user_code()?;
        let key = sha256(&device_code);
        table.by_user_code.insert(user_code.clone(), key);
        let expires_at = later(now, lifetime_seconds);
        let pending = Pending {
            request,
            user_code: user_code.clone(),
            expires_at,
            last_poll: None,
            lookups: 0,
            decision: None,
        };
        table.by_device_code.insert(key, pending);
        Ok(IssuedCodes {
            device_code,
            user_code,
        })
    }

    /// One poll by a client, checked in the order of auth.md 6.4. Success consumes the request.
    ///
    /// # Errors
    /// [`PollError`].
    pub fn poll(
        &self,
        device_code: &str,
        client_id: &str,
        now: Timestamp,
    ) -> Result<Redeemed, PollError> {
        let key = sha256(device_code);
        let mut table = self.lock();
        let pending = table
            .by_device_code
            .get_mut(&key)
            .ok_or(PollError::InvalidGrant)?;
        if pending.request.client_id != client_id {
            return Err(PollError::InvalidGrant);
        }
        let last_poll = pending.last_poll.replace(now);
        if last_poll.is_some_and(|last| now < later(last, POLL_INTERVAL_SECONDS)) {
            return Err(PollError::SlowDown);
        }
        if now >= pending.expires_at {
            return Err(PollError::Expired);
        }
        match &pending.decision {
            None => return Err(PollError::Pending),
            Some(Decision::Deny) => return Err(PollError::AccessDenied),
            Some(Decision::Approve(approval)) if approval.scopes.is_empty() => {
                return Err(PollError::AccessDenied);
            }
            Some(Decision::Approve(_)) => {}
        }
        let taken = table.remove(&key).ok_or(PollError::InvalidGrant)?;
        match taken.decision {
            Some(Decision::Approve(approval)) => Ok(Redeemed {
                request: taken.request,
                approval,
            }),
            _ => Err(PollError::InvalidGrant),
        }
    }

    /// The tenant of a request, for a client that names a device code.
    pub fn tenant_of(&self, device_code: &str) -> Option<TenantId> {
        let table = self.lock();
        let pending = table.by_device_code.get(&sha256(device_code))?;
        Some(pending.request.tenant.clone())
    }

    /// The undecided request a person means by `user_code`. Counts as a look-up: after too many,
    /// the code is withdrawn.
    pub fn look_up(
        &self,
        tenant: &TenantId,
        user_code: &str,
        now: Timestamp,
    ) -> Option<DeviceRequest> {
        let mut table = self.lock();
        let (key, pending) = table.open(tenant, user_code, now)?;
        pending.lookups += 1;
        if pending.lookups > MAX_LOOKUPS {
            table.remove(&key);
            return None;
        }
        Some(pending.request.clone())
    }

    /// Decides an undecided request; `false` when there is none of that code any more.
    pub fn decide(
        &self,
        tenant: &TenantId,
        user_code: &str,
        decision: Decision,
        now: Timestamp,
    ) -> bool {
        let mut table = self.lock();
        let Some((key, pending)) = table.open(tenant, user_code, now) else {
            return false;
        };
        pending.decision = Some(decision);
        let user_code = pending.user_code.clone();
        table.by_user_code.remove(&user_code);
        table.by_device_code.contains_key(&key)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn open(
        &mut self,
        tenant: &TenantId,
        user_code: &str,
        now: Timestamp,
    ) -> Option<([u8; 32], &mut Pending)> {
        let key = *self.by_user_code.get(&digits(user_code))?;
        let pending = self.by_device_code.get_mut(&key)?;
        let open = pending.request.tenant == *tenant
            && now < pending.expires_at
            && pending.decision.is_none();
        open.then_some((key, pending))
    }

    fn free_user_code(&self) -> Result<String, RandomUnavailable> {
        loop {
            let number = random_below(10_u32.pow(USER_CODE_DIGITS as u32))?;
            let code = format!("{number:0USER_CODE_DIGITS$}");
            if !self.by_user_code.contains_key(&code) {
                return Ok(code);
            }
        }
    }

    fn remove(&mut self, key: &[u8; 32]) -> Option<Pending> {
        let pending = self.by_device_code.remove(key)?;
        self.by_user_code.remove(&pending.user_code);
        Some(pending)
    }

    fn sweep(&mut self, now: Timestamp) {
        self.by_device_code
            .retain(|_, pending| now < later(pending.expires_at, EXPIRED_KEPT_SECONDS));
        let alive = &self.by_device_code;
        self.by_user_code.retain(|_, key| alive.contains_key(key));
    }
}

/// A user code as typed, reduced to its digits: people add blanks and dashes.
pub fn digits(user_code: &str) -> String {
    user_code
        .chars()
        .filter(char::is_ascii_digit)
        .take(USER_CODE_DIGITS + 1)
        .collect()
}

fn later(from: Timestamp, seconds: i64) -> Timestamp {
    from.checked_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> DeviceRequest {
        DeviceRequest {
            tenant: "acme".parse().unwrap(),
            client_id: "octo-cli".to_owned(),
            client_name: "CLI".to_owned(),
            scopes: vec!["openid".to_owned()],
            address: IpAddr::from([127, 0, 0, 1]),
        }
    }

    fn approve() -> Decision {
        Decision::Approve(Approval {
            user: RtId::generate(),
            scopes: vec!["openid".to_owned()],
            auth_time: 1,
            idp: "local".to_owned(),
            basis: "b".to_owned(),
            sid: "s".to_owned(),
        })
    }

    fn tenant() -> TenantId {
        "acme".parse().unwrap()
    }

    #[test]
    fn polling_follows_the_documented_order() {
        let (codes, now) = (DeviceCodes::default(), Timestamp::now());
        let issued = codes.start(request(), 300, now).unwrap();
        let poll = |client: &str, at| codes.poll(&issued.device_code, client, at).map(|_| ());
        assert_eq!(poll("other", now), Err(PollError::InvalidGrant));
        assert_eq!(poll("octo-cli", now), Err(PollError::Pending));
        assert_eq!(poll("octo-cli", later(now, 2)), Err(PollError::SlowDown));
        assert!(codes.decide(&tenant(), &issued.user_code, approve(), now));
        assert_eq!(poll("octo-cli", later(now, 6)), Err(PollError::SlowDown));
        assert_eq!(poll("octo-cli", later(now, 11)), Ok(()));
        assert_eq!(
            poll("octo-cli", later(now, 16)),
            Err(PollError::InvalidGrant)
        );
    }

    #[test]
    fn expired_and_denied_requests_say_so() {
        let (codes, now) = (DeviceCodes::default(), Timestamp::now());
        let expired = codes.start(request(), 300, now).unwrap();
        let at = later(now, 300);
        assert_eq!(
            codes.poll(&expired.device_code, "octo-cli", at),
            Err(PollError::Expired)
        );
        assert!(!codes.decide(&tenant(), &expired.user_code, approve(), at));
        let denied = codes.start(request(), 300, now).unwrap();
        assert!(codes.decide(&tenant(), &denied.user_code, Decision::Deny, now));
        assert!(!codes.decide(&tenant(), &denied.user_code, approve(), now));
        assert_eq!(
            codes.poll(&denied.device_code, "octo-cli", now),
            Err(PollError::AccessDenied)
        );
    }

    #[test]
    fn user_codes_are_nine_digits_and_read_with_blanks() {
        let (codes, now) = (DeviceCodes::default(), Timestamp::now());
        let issued = codes.start(request(), 300, now).unwrap();
        assert_eq!(issued.user_code.len(), 9);
        let (head, tail) = issued.user_code.split_at(3);
        assert!(
            codes
                .look_up(&tenant(), &format!(" {head}-{tail} "), now)
                .is_some()
        );
        assert!(
            codes
                .look_up(&"other".parse().unwrap(), &issued.user_code, now)
                .is_none()
        );
    }

    #[test]
    fn a_code_bears_few_lookups() {
        let (codes, now) = (DeviceCodes::default(), Timestamp::now());
        let issued = codes.start(request(), 300, now).unwrap();
        for _ in 0..MAX_LOOKUPS {
            assert!(codes.look_up(&tenant(), &issued.user_code, now).is_some());
        }
        assert!(codes.look_up(&tenant(), &issued.user_code, now).is_none());
        assert!(codes.poll(&issued.device_code, "octo-cli", now).is_err());
    }

    #[test]
    fn pending_requests_per_address_are_bounded() {
        let (codes, now) = (DeviceCodes::default(), Timestamp::now());
        for _ in 0..MAX_PENDING_PER_ADDRESS {
            codes.start(request(), 300, now).unwrap();
        }
        assert!(matches!(
            codes.start(request(), 300, now),
            Err(StartError::TooMany)
        ));
        assert!(codes.start(request(), 300, later(now, 700)).is_ok());
    }
}
