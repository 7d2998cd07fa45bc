//! Refresh tokens: rotation, grace and reuse detection (auth.md 6.5.1, 9.1).
//!
//! A handle reads `{tenant}.{43 random characters}`. Each log-in starts a *family*; every use of a
//! handle consumes it and yields its only successor. A handle presented again within
//! [`GRACE_SECONDS`], while the successor is unused, gets that same successor: the answer was lost
//! on the way. Any other second use means that somebody else has a copy, and ends the family.
//!
//! Grants are `PersistedGrant` entities of the tenant. They hold the SHA-256 of the handle, never
//! the handle; the successor can still be repeated because it is derived from its predecessor with
//! the platform's key. The content is sealed, since administrators may edit entities of their
//! tenant.

use jiff::{SignedDuration, Timestamp};
use octo_runtime::{
    ChangeSet, Criteria, DeleteEntity, Entity, EntityQuery, NewEntity, Operator, RtId,
    RuntimeError, Tenant, UpdateEntity,
};
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::error::OAuthError;
use super::issue::{Authentication, Grant};
use crate::accounts::names::PERSISTED_GRANT;
use crate::secret::{random_secret, sha256_base64};
use crate::state::PlatformState;

/// How long a consumed handle still yields its successor.
pub const GRACE_SECONDS: i64 = 30;

const GRANT_TYPE: &str = "refresh_token";
const SEAL_LABEL: &str = "refresh-grant";
const SUCCESSOR_LABEL: &str = "refresh-successor";
/// Expired grants removed whenever a new family starts.
const SWEEP: u64 = 100;

/// What a family of refresh tokens stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshGrant {
    /// Client it was issued to.
    pub client_id: String,
    /// The user in the tenant.
    pub user: RtId,
    /// Granted scopes.
    pub scopes: Vec<String>,
    /// API resources the tokens are restricted to; empty for all that own a granted scope.
    #[serde(default)]
    pub resources: Vec<String>,
    /// When the user signed in, seconds since 1970.
    pub auth_time: i64,
    /// By whom the user was authenticated.
    pub idp: String,
    /// How.
    pub amr: Vec<String>,
    /// Id of the browser session.
    pub sid: Option<String>,
    /// What the sign-in rests on, such as the password: the family ends with it.
    #[serde(rename = "stamp")]
    pub basis: String,
    family: String,
    ends_at: i64,
}

impl RefreshGrant {
    /// How the user was authenticated when the family began.
    pub fn authentication(&self) -> Authentication {
        Authentication {
            auth_time: self.auth_time,
            idp: self.idp.clone(),
            amr: self.amr.clone(),
            sid: self.sid.clone(),
        }
    }
}

/// The tenant part of a handle.
pub fn tenant_of(handle: &str) -> Option<&str> {
    handle
        .split_once('.')
        .map(|(tenant, _)| tenant)
        .filter(|tenant| !tenant.is_empty())
}

/// A new family of refresh tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// Its first handle.
    pub handle: String,
    /// The name under which the whole family can be ended.
    pub family: String,
}

/// Starts a family for the user of a grant, whose sign-in rests on `basis`.
///
/// # Errors
/// [`OAuthError`] if the grant cannot be stored.
pub async fn start(
    state: &PlatformState,
    granted: &Grant,
    user: &Entity,
    authentication: &Authentication,
    basis: &str,
) -> Result<Started, OAuthError> {
    let (tenant, client) = (&granted.tenant, &granted.client);
    let now = state.clock().now();
    sweep(tenant, now).await?;
    let handle = format!("{}.{}", tenant.id(), random_secret()?);
    let grant = RefreshGrant {
        client_id: client.client_id.clone(),
        user: user.rt_id,
        scopes: granted.granted.clone(),
        resources: granted.resources.clone(),
        auth_time: authentication.auth_time,
        idp: authentication.idp.clone(),
        amr: authentication.amr.clone(),
        sid: authentication.sid.clone(),
        basis: basis.to_owned(),
        family: uuid::Uuid::new_v4().simple().to_string(),
        ends_at: now
            .as_second()
            .saturating_add(client.lifetimes.refresh_absolute),
    };
    tenant
        .insert(stored(state, tenant, client, &handle, &grant, now)?)
        .await?;
    Ok(Started {
        handle,
        family: grant.family,
    })
}

/// The grant behind a handle of `client`, without using the handle up.
///
/// # Errors
/// `invalid_grant` if the handle is unknown or of another client.
pub async fn look_up(
    state: &PlatformState,
    tenant: &Tenant,
    client: &Client,
    handle: &str,
) -> Result<RefreshGrant, OAuthError> {
    let (_, grant) = open(state, tenant, handle).await?;
    if grant.client_id != client.client_id {
        return Err(OAuthError::invalid_grant());
    }
    Ok(grant)
}

/// Consumes a handle; the result is its successor.
///
/// # Errors
/// `invalid_grant` for a handle that is unknown, expired, of another client, or used before; in
/// the last case the family is revoked.
pub async fn rotate(
    state: &PlatformState,
    tenant: &Tenant,
    client: &Client,
    handle: &str,
) -> Result<String, OAuthError> {
    let grant = look_up(state, tenant, client, handle).await?;
    let _one_at_a_time = state
        .locks()
        .lock(&[tenant.id().as_str(), &grant.family])
        .await;
    let (entity, grant) = open(state, tenant, handle).await?;
    let now = state.clock().now();
    let alive = entity
        .attributes
        .timestamp("ExpirationDateTime")
        .is_some_and(|at| now < at);
    if !alive || now.as_second() >= grant.ends_at {
        return Err(OAuthError::invalid_grant());
    }
    let successor = successor_of(state, tenant, handle);
    match entity.attributes.timestamp("ConsumedDateTime") {
        None => {
            let consumed = UpdateEntity::from_entity(&entity)
                .expect_version(entity.version)
                .set("ConsumedDateTime", now);
            let next = stored(state, tenant, client, &successor, &grant, now)?;
            tenant
                .apply(ChangeSet::new().update(consumed).insert(next))
                .await?;
        }
        Some(consumed) => {
            let in_grace = consumed
                .checked_add(SignedDuration::from_secs(GRACE_SECONDS))
                .is_ok_and(|end| now < end);
            if !in_grace || !is_unused(tenant, &successor).await? {
                tracing::warn!(tenant = %tenant.id(), client = %client.client_id,
                    "a refresh token was used twice; its family is revoked");
                remove_family(tenant, &grant.family).await?;
                return Err(OAuthError::invalid_grant());
            }
        }
    }
    Ok(successor)
}

/// Ends the family of a handle, if the handle is known and belongs to the client.
///
/// # Errors
/// [`OAuthError`] if the tenant cannot be changed.
pub async fn revoke(
    state: &PlatformState,
    tenant: &Tenant,
    client: &Client,
    handle: &str,
) -> Result<(), OAuthError> {
    let grant = match look_up(state, tenant, client, handle).await {
        Ok(grant) => grant,
        Err(error) if error.code() == "invalid_grant" => return Ok(()),
        Err(error) => return Err(error),
    };
    let _one_at_a_time = state
        .locks()
        .lock(&[tenant.id().as_str(), &grant.family])
        .await;
    Ok(remove_family(tenant, &grant.family).await?)
}

async fn open(
    state: &PlatformState,
    tenant: &Tenant,
    handle: &str,
) -> Result<(Entity, RefreshGrant), OAuthError> {
    let entity = find(tenant, handle)
        .await?
        .ok_or_else(OAuthError::invalid_grant)?;
    let grant = unseal(state, tenant, &entity).ok_or_else(|| {
        tracing::warn!(tenant = %tenant.id(), grant = %entity.rt_id, "a stored grant has no valid seal");
        OAuthError::invalid_grant()
    })?;
    Ok((entity, grant))
}

async fn find(tenant: &Tenant, handle: &str) -> Result<Option<Entity>, RuntimeError> {
    let query = EntityQuery::of(PERSISTED_GRANT)
        .eq("GrantKey", sha256_base64(handle))
        .eq("GrantType", GRANT_TYPE);
    tenant.first(query).await
}

async fn is_unused(tenant: &Tenant, handle: &str) -> Result<bool, RuntimeError> {
    let found = find(tenant, handle).await?;
    Ok(found.is_some_and(|grant| !grant.attributes.contains("ConsumedDateTime")))
}

fn successor_of(state: &PlatformState, tenant: &Tenant, handle: &str) -> String {
    format!(
        "{}.{}",
        tenant.id(),
        state.sealer().seal(SUCCESSOR_LABEL, &[handle])
    )
}

fn stored(
    state: &PlatformState,
    tenant: &Tenant,
    client: &Client,
    handle: &str,
    grant: &RefreshGrant,
    now: Timestamp,
) -> Result<NewEntity, OAuthError> {
    let key = sha256_base64(handle);
    let json = serde_json::to_string(grant).map_err(OAuthError::server)?;
    let seal = state
        .sealer()
        .seal(SEAL_LABEL, &[tenant.id().as_str(), &key, &json]);
    let mut ends = Timestamp::from_second(grant.ends_at).map_err(OAuthError::server)?;
    if let Some(sliding) = client.lifetimes.refresh_sliding {
        let idle_end = now.checked_add(SignedDuration::from_secs(sliding));
        ends = ends.min(idle_end.map_err(OAuthError::server)?);
    }
    Ok(NewEntity::of(PERSISTED_GRANT)
        .set("GrantKey", key)
        .set("GrantType", GRANT_TYPE)
        .set("SubjectId", grant.user.to_string())
        .set("SessionId", grant.family.clone())
        .set("ClientId", grant.client_id.clone())
        .set("CreationDateTime", now)
        .set("ExpirationDateTime", ends)
        .set("Data", format!("{seal}.{json}")))
}

fn unseal(state: &PlatformState, tenant: &Tenant, entity: &Entity) -> Option<RefreshGrant> {
    let key = entity.attributes.str("GrantKey")?;
    let (seal, json) = entity.attributes.str("Data")?.split_once('.')?;
    let parts = [tenant.id().as_str(), key, json];
    if !state.sealer().verify(SEAL_LABEL, &parts, seal) {
        return None;
    }
    serde_json::from_str(json).ok()
}

/// Ends a family.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be changed.
pub async fn remove_family(tenant: &Tenant, family: &str) -> Result<(), RuntimeError> {
    erase(
        tenant,
        EntityQuery::of(PERSISTED_GRANT).eq("SessionId", family),
    )
    .await
}

async fn sweep(tenant: &Tenant, now: Timestamp) -> Result<(), RuntimeError> {
    let expired = Criteria::field("ExpirationDateTime", Operator::LessThan, now);
    erase(
        tenant,
        EntityQuery::of(PERSISTED_GRANT).filter(expired).take(SWEEP),
    )
    .await
}

async fn erase(tenant: &Tenant, query: EntityQuery) -> Result<(), RuntimeError> {
    let found = tenant.query(query).await?.items;
    let changes = found.iter().fold(ChangeSet::new(), |changes, grant| {
        changes.delete(DeleteEntity::of(PERSISTED_GRANT, grant.rt_id).erase())
    });
    if !changes.is_empty() {
        tenant.apply(changes).await?;
    }
    Ok(())
}
