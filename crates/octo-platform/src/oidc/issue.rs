//! Making tokens: from "who was granted what" to the answer of the token endpoint.

use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use octo_runtime::{Entity, RtId, RuntimeError, Tenant};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::client::Client;
use super::error::OAuthError;
use super::scopes::Scopes;
use crate::accounts::sign_in_basis::still_signed_in;
use crate::accounts::{allowed_tenants, roles, users};
use crate::state::PlatformState;
use crate::token::{AccessClaims, Values};

/// How a user came to be authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// When, seconds since 1970.
    pub auth_time: i64,
    /// By whom.
    pub idp: String,
    /// How.
    pub amr: Vec<String>,
    /// Id of the browser session, if there was one.
    pub sid: Option<String>,
}

/// What is granted to whom.
#[derive(Debug)]
pub struct Grant {
    /// Tenant the tokens are for.
    pub tenant: Arc<Tenant>,
    /// Client the tokens are for.
    pub client: Client,
    /// Granted scopes.
    pub granted: Vec<String>,
    /// API resources the tokens are restricted to; empty for all that own a granted scope.
    pub resources: Vec<String>,
    /// Value an id token repeats for its client.
    pub nonce: Option<String>,
    /// The tenant's scopes.
    pub scopes: Scopes,
    /// The user, unless a service acts for itself.
    pub user: Option<(Entity, Authentication)>,
}

/// A successful answer of the token endpoint.
#[derive(Debug, Serialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Lifetime of the access token in seconds.
    pub expires_in: i64,
    /// Granted scopes, blank-delimited.
    pub scope: String,
    /// Id token, when `openid` was granted to an interactive client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// Refresh token, when `offline_access` was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Type of the token, in answers to a token exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
}

/// The user of a token, if it still exists in the tenant.
///
/// # Errors
/// `invalid_grant` if the user is gone.
pub async fn active_user(tenant: &Tenant, user: RtId) -> Result<Entity, OAuthError> {
    users::by_id(tenant, user)
        .await?
        .ok_or_else(OAuthError::invalid_grant)
}

/// The user of a grant, if the sign-in it was given in still counts.
///
/// # Errors
/// `invalid_grant` if the user is gone, or what the sign-in rested on.
pub async fn signed_in_user(
    state: &PlatformState,
    tenant: &Tenant,
    user: RtId,
    idp: &str,
    basis: &str,
) -> Result<Entity, OAuthError> {
    still_signed_in(state, tenant, user, idp, basis)
        .await?
        .ok_or_else(OAuthError::invalid_grant)
}

/// Signs the access token of a grant.
///
/// # Errors
/// [`OAuthError`] if claims cannot be read or the token cannot be signed.
pub async fn access_token(
    state: &PlatformState,
    grant: &Grant,
) -> Result<TokenResponse, OAuthError> {
    let claims = access_claims(state, grant).await?;
    Ok(TokenResponse {
        access_token: state.tokens().sign_access(&claims)?,
        token_type: "Bearer",
        expires_in: grant.client.lifetimes.access_token,
        scope: grant.granted.join(" "),
        id_token: None,
        refresh_token: None,
        issued_token_type: None,
    })
}

/// Signs access token and, when `openid` was granted, id token of a user's grant.
///
/// # Errors
/// As [`access_token`].
pub async fn user_tokens(
    state: &PlatformState,
    grant: &Grant,
) -> Result<TokenResponse, OAuthError> {
    let mut response = access_token(state, grant).await?;
    if let Some((user, authentication)) = &grant.user
        && grant.granted.iter().any(|scope| scope == "openid")
    {
        let claims = id_claims(state, grant, user, authentication, &response.access_token).await?;
        response.id_token = Some(state.tokens().sign_id(&claims)?);
    }
    Ok(response)
}

async fn access_claims(state: &PlatformState, grant: &Grant) -> Result<AccessClaims, OAuthError> {
    let now = state.clock().unix_seconds();
    let (granted, resources) = (&grant.granted, &grant.resources);
    let role = match (&grant.user, grant.scopes.wants_roles(granted, resources)) {
        (_, false) => Vec::new(),
        (None, true) => match grant.client.rt_id {
            Some(client) => roles::effective_names(&grant.tenant, client).await?,
            None => Vec::new(),
        },
        (Some((user, _)), true) => {
            roles::effective_names_of_user(state, &grant.tenant, user).await?
        }
    };
    let allowed_tenants = match &grant.user {
        Some((user, _)) => allowed_tenants::of_user(state, &grant.tenant, user).await?,
        None => Vec::new(),
    };
    let authentication = grant
        .user
        .as_ref()
        .map(|(_, authentication)| authentication);
    Ok(AccessClaims {
        iss: state.tokens().issuer().to_owned(),
        iat: now,
        nbf: now,
        exp: now + grant.client.lifetimes.access_token,
        jti: uuid::Uuid::new_v4().simple().to_string().to_uppercase(),
        aud: grant.scopes.audiences(granted, resources),
        scope: grant.granted.clone(),
        client_id: grant.client.client_id.clone(),
        sub: grant.user.as_ref().map(|(user, _)| user.rt_id.to_string()),
        auth_time: authentication.map(|authentication| authentication.auth_time),
        idp: authentication.map(|authentication| authentication.idp.clone()),
        amr: authentication
            .map(|authentication| authentication.amr.clone())
            .unwrap_or_default(),
        sid: authentication.and_then(|authentication| authentication.sid.clone()),
        tenant_id: Some(grant.tenant.id().to_string()),
        allowed_tenants: Values(allowed_tenants),
        role: Values(role),
    })
}

async fn id_claims(
    state: &PlatformState,
    grant: &Grant,
    user: &Entity,
    authentication: &Authentication,
    access_token: &str,
) -> Result<Value, RuntimeError> {
    let now = state.clock().unix_seconds();
    let mut claims = json!({
        "iss": state.tokens().issuer(),
        "aud": grant.client.client_id,
        "sub": user.rt_id.to_string(),
        "iat": now,
        "nbf": now,
        "exp": now + grant.client.lifetimes.id_token,
        "auth_time": authentication.auth_time,
        "idp": authentication.idp,
        "tenant_id": grant.tenant.id().as_str(),
        "amr": authentication.amr,
        "at_hash": at_hash(access_token),
    });
    if let Some(sid) = &authentication.sid {
        claims["sid"] = sid.as_str().into();
    }
    if let Some(nonce) = &grant.nonce {
        claims["nonce"] = nonce.as_str().into();
    }
    if grant.client.user_claims_in_id_token {
        let own =
            identity_claims(state, &grant.tenant, user, &grant.scopes, &grant.granted).await?;
        for (name, value) in own {
            claims[name] = value;
        }
    }
    Ok(claims)
}

/// The left half of the access token's SHA-256 (OpenID Connect Core, 3.1.3.6).
fn at_hash(access_token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
}

/// The identity claims of a user that `granted` opens, plus the tenant claims: content of
/// userinfo.
///
/// # Errors
/// [`RuntimeError`] if roles or tenants cannot be read.
pub async fn identity_claims(
    state: &PlatformState,
    tenant: &Tenant,
    user: &Entity,
    scopes: &Scopes,
    granted: &[String],
) -> Result<Map<String, Value>, RuntimeError> {
    let mut claims = Map::new();
    let text = |name: &str| user.attributes.str(name).map(Value::from);
    for claim in scopes.identity_claims(granted) {
        let value = match claim {
            "name" | "preferred_username" => text("UserName"),
            "given_name" => text("FirstName"),
            "family_name" => text("LastName"),
            "email" => text("Email"),
            "email_verified" => user.attributes.bool("EmailConfirmed").map(Value::from),
            "role" => one_or_many(roles::effective_names_of_user(state, tenant, user).await?),
            _ => None,
        };
        if let Some(value) = value {
            claims.insert(claim.to_owned(), value);
        }
    }
    claims.insert("sub".to_owned(), user.rt_id.to_string().into());
    claims.insert("tenant_id".to_owned(), tenant.id().as_str().into());
    if let Some(tenants) = one_or_many(allowed_tenants::of_user(state, tenant, user).await?) {
        claims.insert("allowed_tenants".to_owned(), tenants);
    }
    Ok(claims)
}

fn one_or_many(mut values: Vec<String>) -> Option<Value> {
    match values.len() {
        0 => None,
        1 => values.pop().map(Value::from),
        _ => Some(values.into()),
    }
}
