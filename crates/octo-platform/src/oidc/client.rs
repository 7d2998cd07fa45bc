//! OAuth clients as the provider sees them.

use jiff::Timestamp;
use octo_runtime::{Entity, EntityQuery, RtId, RuntimeError, Tenant};

use crate::accounts::names::CLIENT;
use crate::secret::{equal, sha256_base64};
use crate::token::ACCESS_TOKEN_SECONDS;

const SHARED_SECRET: &str = "SharedSecret";
const SLIDING: i32 = 0;
/// Codes are meant to be redeemed at once, whatever a client says.
const MAX_CODE_SECONDS: i64 = 600;

/// A client of one tenant.
#[derive(Debug, Clone)]
pub struct Client {
    /// Id of the entity; none for clients that describe themselves.
    pub rt_id: Option<RtId>,
    /// OAuth client id.
    pub client_id: String,
    /// Name for people; the client id if it has none.
    pub name: String,
    /// Grants it may use.
    pub grant_types: Vec<String>,
    /// Scopes it may ask for.
    pub scopes: Vec<String>,
    /// Whether it may have refresh tokens.
    pub offline_access: bool,
    /// Whether it must prove its identity with a secret.
    pub requires_secret: bool,
    /// Whether id tokens carry the user's claims.
    pub user_claims_in_id_token: bool,
    /// Addresses codes may be sent to.
    pub redirect_uris: Vec<String>,
    /// Addresses a browser may go to after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// Origins whose scripts act for it.
    pub allowed_origins: Vec<String>,
    /// Whether the user is asked before it gets anything.
    pub consent: ConsentRule,
    /// Whether it made itself known, without an administrator.
    pub self_registered: bool,
    /// Lifetimes of what it gets.
    pub lifetimes: Lifetimes,
    pub(super) secrets: Vec<StoredSecret>,
}

/// Whether a client's users are asked before it gets anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentRule {
    /// They are asked.
    pub required: bool,
    /// Their answer may be remembered.
    pub rememberable: bool,
    /// How long it is remembered, seconds; `None` for as long as the program allows.
    pub lifetime: Option<i64>,
}

impl ConsentRule {
    fn read(entity: &Entity, self_registered: bool) -> Self {
        let attributes = &entity.attributes;
        Self {
            required: self_registered || attributes.bool("RequireConsent") == Some(true),
            rememberable: !self_registered
                && attributes.bool("AllowRememberConsent") != Some(false),
            lifetime: attributes
                .i32("ConsentLifetime")
                .map(i64::from)
                .filter(|&seconds| seconds > 0),
        }
    }
}

/// Lifetimes in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Access token.
    pub access_token: i64,
    /// Id token.
    pub id_token: i64,
    /// Authorization code.
    pub authorization_code: i64,
    /// Device and user code.
    pub device_code: i64,
    /// Refresh token, counted from the log-in.
    pub refresh_absolute: i64,
    /// Refresh token, counted from its last use; only for clients with sliding expiration.
    pub refresh_sliding: Option<i64>,
}

/// A secret of which only the hash is known.
#[derive(Debug, Clone)]
pub(super) struct StoredSecret {
    hash: String,
    expires: Option<Timestamp>,
}

impl Client {
    /// The enabled, unexpired client of that id.
    ///
    /// # Errors
    /// [`RuntimeError`] if the tenant cannot be read.
    pub async fn find(
        tenant: &Tenant,
        client_id: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, RuntimeError> {
        let entity = tenant
            .first(EntityQuery::of(CLIENT).eq("ClientId", client_id))
            .await?;
        Ok(entity.and_then(|entity| Self::read(&entity, now)))
    }

    fn read(entity: &Entity, now: Timestamp) -> Option<Self> {
        let attributes = &entity.attributes;
        let self_registered = attributes.bool("DynamicRegistration") == Some(true);
        if attributes.bool("Enabled") != Some(true) || Self::is_expired(entity, now) {
            return None;
        }
        let client_id = attributes.str("ClientId")?.to_owned();
        Some(Self {
            rt_id: Some(entity.rt_id),
            name: attributes
                .str("ClientName")
                .unwrap_or(&client_id)
                .to_owned(),
            client_id,
            grant_types: attributes.strings("AllowedGrantTypes").to_vec(),
            scopes: attributes.strings("AllowedScopes").to_vec(),
            offline_access: attributes.bool("AllowOfflineAccess").unwrap_or(false),
            requires_secret: attributes.bool("RequireClientSecret").unwrap_or(true),
            user_claims_in_id_token: attributes
                .bool("AlwaysIncludeUserClaimsInIdToken")
                .unwrap_or(false),
            redirect_uris: uris(entity, "RedirectUris"),
            post_logout_redirect_uris: uris(entity, "PostLogoutRedirectUris"),
            allowed_origins: uris(entity, "AllowedCorsOrigins"),
            consent: ConsentRule::read(entity, self_registered),
            self_registered,
            lifetimes: Lifetimes::read(entity),
            secrets: secrets(entity),
        })
    }

    /// Whether the client of an entity registered itself too long ago.
    pub fn is_expired(entity: &Entity, now: Timestamp) -> bool {
        let attributes = &entity.attributes;
        attributes.bool("DynamicRegistration") == Some(true)
            && attributes
                .timestamp("DynamicRegistrationExpiresAt")
                .is_some_and(|at| at <= now)
    }

    /// Whether the client may use a grant.
    pub fn allows_grant(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|allowed| allowed == grant_type)
    }

    /// Whether `secret` is one of the client's unexpired secrets.
    pub fn accepts_secret(&self, secret: &str, now: Timestamp) -> bool {
        let hash = sha256_base64(secret);
        self.secrets.iter().fold(false, |found, stored| {
            let alive = stored.expires.is_none_or(|at| now < at);
            (equal(&stored.hash, &hash) && alive) || found
        })
    }
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            access_token: ACCESS_TOKEN_SECONDS,
            id_token: 300,
            authorization_code: 300,
            device_code: 300,
            refresh_absolute: 2_592_000,
            refresh_sliding: None,
        }
    }
}

impl Lifetimes {
    fn read(entity: &Entity) -> Self {
        let default = Self::default();
        let seconds = |name: &str, default: i64| {
            entity
                .attributes
                .i32(name)
                .map_or(default, i64::from)
                .max(1)
        };
        let code = seconds("AuthorizationCodeLifetime", default.authorization_code);
        let sliding = entity.attributes.i32("RefreshTokenExpiration") == Some(SLIDING);
        Self {
            access_token: seconds("AccessTokenLifetime", default.access_token),
            id_token: seconds("IdentityTokenLifetime", default.id_token),
            authorization_code: code.min(MAX_CODE_SECONDS),
            device_code: seconds("DeviceCodeLifetime", default.device_code),
            refresh_absolute: seconds("AbsoluteRefreshTokenLifetime", default.refresh_absolute),
            refresh_sliding: sliding.then(|| seconds("SlidingRefreshTokenLifetime", 1_296_000)),
        }
    }
}

fn uris(entity: &Entity, list: &str) -> Vec<String> {
    let entries = entity.attributes.records(list).iter();
    entries
        .filter_map(|entry| entry.attributes.str("Uri"))
        .map(str::to_owned)
        .collect()
}

fn secrets(entity: &Entity) -> Vec<StoredSecret> {
    entity
        .attributes
        .records("ClientSecrets")
        .iter()
        .filter(|secret| {
            secret
                .attributes
                .str("Type")
                .is_none_or(|kind| kind == SHARED_SECRET)
        })
        .filter_map(|secret| {
            let hash = secret.attributes.str("Value")?.to_owned();
            Some(StoredSecret {
                hash,
                expires: secret.attributes.timestamp("ExpirationDateTime"),
            })
        })
        .collect()
}
