//! What all services of the platform share.

use std::sync::Arc;
use std::time::Duration;

use octo_runtime::{ChildrenQuery, Runtime, RuntimeError, Tenant, TenantId};
use tokio::sync::Mutex;

use crate::accounts::directory::Directories;
use crate::clock::Clock;
use crate::config::PlatformConfig;
use crate::jobs::Jobs;
use crate::keys::SigningKey;
use crate::locks::KeyedLocks;
use crate::oidc::authorization_codes::AuthorizationCodes;
use crate::oidc::client_documents::ClientDocuments;
use crate::oidc::device_codes::DeviceCodes;
use crate::oidc::external::ExternalProviders;
use crate::pages::session::Sessions;
use crate::password::PasswordHasher;
use crate::secret::{Sealer, Vault};
use crate::seed::{self, Seeded};
use crate::throttle::Throttle;
use crate::token::Tokens;

const MINUTE: Duration = Duration::from_secs(60);
const FIVE_MINUTES: Duration = Duration::from_secs(300);
const TRACKED_ADDRESSES: usize = 10_000;

/// Shared state of all services. Cheap to clone.
#[derive(Clone)]
pub struct PlatformState(Arc<Inner>);

struct Inner {
    config: PlatformConfig,
    runtime: Arc<Runtime>,
    authority: String,
    keys: Arc<SigningKey>,
    tokens: Tokens,
    passwords: PasswordHasher,
    clock: Arc<Clock>,
    authorization_codes: AuthorizationCodes,
    client_documents: ClientDocuments,
    device_codes: DeviceCodes,
    directories: Directories,
    external: ExternalProviders,
    sessions: Sessions,
    throttles: Throttles,
    locks: KeyedLocks,
    client_mirrors: Mutex<()>,
    seeded: Seeded,
    jobs: Jobs,
}

/// Attempt limits of the identity service, counted per client address.
#[derive(Debug)]
pub struct Throttles {
    /// Failed password log-ins: 20 in 5 minutes.
    pub logins: Throttle,
    /// Passwords tried with one account of a directory: 5 in 5 minutes.
    pub directory_accounts: Throttle,
    /// Sign-ins begun at other providers: 30 in 5 minutes.
    pub external_sign_ins: Throttle,
    /// User codes that named no pending request: 10 in 5 minutes.
    pub user_codes: Throttle,
    /// Wrong client secrets: 20 in 5 minutes.
    pub client_secrets: Throttle,
    /// Registrations of clients: 5 in a minute.
    pub registrations: Throttle,
    /// Documents of clients that had to be fetched: 20 in 5 minutes.
    pub client_documents: Throttle,
}

impl Default for Throttles {
    fn default() -> Self {
        Self {
            logins: Throttle::new(20, FIVE_MINUTES, TRACKED_ADDRESSES),
            directory_accounts: Throttle::new(5, FIVE_MINUTES, TRACKED_ADDRESSES),
            external_sign_ins: Throttle::new(30, FIVE_MINUTES, TRACKED_ADDRESSES),
            user_codes: Throttle::new(10, FIVE_MINUTES, TRACKED_ADDRESSES),
            client_secrets: Throttle::new(20, FIVE_MINUTES, TRACKED_ADDRESSES),
            registrations: Throttle::new(5, MINUTE, TRACKED_ADDRESSES),
            client_documents: Throttle::new(20, FIVE_MINUTES, TRACKED_ADDRESSES),
        }
    }
}

/// The parts from which the state is composed.
pub(crate) struct StateParts {
    pub(crate) config: PlatformConfig,
    pub(crate) runtime: Arc<Runtime>,
    /// Public base URL of the identity service without trailing slash.
    pub(crate) authority: String,
    pub(crate) keys: SigningKey,
    pub(crate) passwords: PasswordHasher,
    pub(crate) client_documents: ClientDocuments,
    pub(crate) external: ExternalProviders,
}

impl PlatformState {
    pub(crate) fn new(parts: StateParts) -> Self {
        let clock = Arc::new(Clock::new());
        let keys = Arc::new(parts.keys);
        let issuer = format!("{}/", parts.authority);
        Self(Arc::new(Inner {
            tokens: Tokens::new(Arc::clone(&keys), &issuer, Arc::clone(&clock)),
            runtime: parts.runtime,
            authority: parts.authority,
            keys,
            passwords: parts.passwords,
            clock,
            authorization_codes: AuthorizationCodes::default(),
            client_documents: parts.client_documents,
            device_codes: DeviceCodes::default(),
            directories: Directories::new(
                parts.config.provider_hosts.clone(),
                parts.config.trusted_ca.clone(),
            ),
            external: parts.external,
            sessions: Sessions::default(),
            throttles: Throttles::default(),
            locks: KeyedLocks::default(),
            client_mirrors: Mutex::default(),
            seeded: Seeded::default(),
            jobs: Jobs::default(),
            config: parts.config,
        }))
    }

    /// All tenants of this deployment.
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.0.runtime
    }

    /// The configuration the platform was started with.
    pub fn config(&self) -> &PlatformConfig {
        &self.0.config
    }

    /// Public base URL of the identity service without trailing slash.
    pub fn authority(&self) -> &str {
        &self.0.authority
    }

    /// Issues and verifies tokens; knows the issuer.
    pub fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    /// The signing key, for the JWKS.
    pub fn keys(&self) -> &SigningKey {
        &self.0.keys
    }

    /// Seals content that a tenant's administrator could edit.
    pub fn sealer(&self) -> &Sealer {
        self.0.keys.sealer()
    }

    /// Encrypts secrets that other services issued.
    pub fn vault(&self) -> &Vault {
        self.0.keys.vault()
    }

    /// Hashes and verifies passwords.
    pub fn passwords(&self) -> &PasswordHasher {
        &self.0.passwords
    }

    /// The platform's time.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Authorization codes on their way to their clients.
    pub fn authorization_codes(&self) -> &AuthorizationCodes {
        &self.0.authorization_codes
    }

    /// Documents in which clients describe themselves.
    pub fn client_documents(&self) -> &ClientDocuments {
        &self.0.client_documents
    }

    /// Pending device authorizations.
    pub fn device_codes(&self) -> &DeviceCodes {
        &self.0.device_codes
    }

    /// Asks directories for people's passwords.
    pub fn directories(&self) -> &Directories {
        &self.0.directories
    }

    /// Other OpenID providers people sign in with.
    pub fn external(&self) -> &ExternalProviders {
        &self.0.external
    }

    /// Browser sessions of the login pages.
    pub fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    /// Background jobs.
    pub fn jobs(&self) -> &Jobs {
        &self.0.jobs
    }

    /// Attempt limits.
    pub fn throttles(&self) -> &Throttles {
        &self.0.throttles
    }

    /// Locks by account or tenant, for checks that are followed by a write.
    pub fn locks(&self) -> &KeyedLocks {
        &self.0.locks
    }

    /// Held while clients are copied between tenants; open every tenant before taking it.
    pub(crate) fn client_mirrors(&self) -> &Mutex<()> {
        &self.0.client_mirrors
    }

    pub(crate) fn seeded(&self) -> &Seeded {
        &self.0.seeded
    }

    /// At most `limit` tenants below `parent`: its children, or all tenants for the system tenant.
    ///
    /// # Errors
    /// [`RuntimeError`] if the registry cannot be read.
    pub async fn children_of(
        &self,
        parent: &TenantId,
        limit: usize,
    ) -> Result<Vec<TenantId>, RuntimeError> {
        let query = ChildrenQuery {
            take: Some(limit as u64),
            ..ChildrenQuery::default()
        };
        let children = self.runtime().children(parent, query).await?;
        Ok(children.items.into_iter().map(|child| child.id).collect())
    }

    /// The tenant a request names, seeded and ready for use; `system` stands for the system tenant (identity.md 9, no. 15).
    /// `None` when the id is malformed or no such tenant exists.
    ///
    /// # Errors
    /// [`RuntimeError`] if the registry or the tenant's database cannot be read.
    pub async fn find_tenant(&self, text: &str) -> Result<Option<Arc<Tenant>>, RuntimeError> {
        if text.trim().eq_ignore_ascii_case("system") {
            return Ok(Some(self.runtime().system_tenant()));
        }
        let Ok(id) = text.parse::<TenantId>() else {
            return Ok(None);
        };
        match self.runtime().tenant(&id).await {
            Ok(tenant) => {
                seed::ensure(self, &tenant).await?;
                Ok(Some(tenant))
            }
            Err(RuntimeError::TenantUnknown(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl std::fmt::Debug for PlatformState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlatformState")
            .field("authority", &self.0.authority)
            .finish_non_exhaustive()
    }
}
