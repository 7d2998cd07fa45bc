//! Secrets of clients and API resources: K1–K10 (identity.md 4.7 and 6.8).
//!
//! Only the hash of a secret is stored. The real service ignores the secret a caller chose and makes
//! one up; here the caller's is kept, and one is made up when there is none. Its clear text is in
//! the answer to its creation and never again. Reading hashes needs a role as well: they are plain
//! SHA-256, and a secret somebody chose may be guessable.

use axum::Json;
use axum::extract::{Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use octo_runtime::{Entity, EntityQuery, Record, Tenant, UpdateEntity};
use octo_sdk::Secret;
use octo_sdk::identity::ApiSecretDto;
use serde::Deserialize;

use super::clients;
use super::lookup::unreadable;
use crate::accounts::names::{API_RESOURCE, MODEL};
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::problem::Problem;
use crate::rest::{IfMatch, JsonBody, Revised, TENANT_ROLES, require_any_role};
use crate::secret::{equal, sha256_base64};
use crate::state::PlatformState;

const UPDATE_FAILED: &str = "Update of secrets failed";

/// Longest secret and description, in characters.
const MAX_TEXT: usize = 4_000;

/// Secrets of one owner at most.
const MAX_SECRETS: usize = 100;

/// Whose secrets a route is about: `client/{id}` or `apiResource/{name}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum OwnerKind {
    /// An OAuth client.
    Client,
    /// An API resource.
    ApiResource,
}

/// `ApiSecretDto` as received.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SecretBody {
    #[serde(rename = "valueencrypted")]
    value_encrypted: Option<String>,
    #[serde(rename = "valuecleartext")]
    value_clear_text: Option<String>,
    #[serde(rename = "expirationdate")]
    expiration_date: Option<String>,
    description: Option<String>,
}

/// The stored form of a secret that never expires.
pub(super) fn record(clear_text: &str) -> Record {
    Record::of(MODEL, "Secret")
        .set("Value", sha256_base64(clear_text))
        .set("Type", "SharedSecret")
}

/// K1, K6.
pub(super) async fn list(
    caller: TenantCaller<ReadOnly>,
    Path((_, kind, name)): Path<(String, String, String)>,
) -> Result<Json<Vec<ApiSecretDto>>, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let owner = Owner::find(&caller.tenant, OwnerKind::read(&kind)?, &name)
        .await?
        .ok_or_else(Problem::bare_not_found)?;
    Ok(Json(owner.secrets().iter().map(dto_of).collect()))
}

/// K2, K7.
pub(super) async fn read(
    caller: TenantCaller<ReadOnly>,
    Path((_, kind, name, encoded)): Path<(String, String, String, String)>,
) -> Result<Revised<ApiSecretDto>, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let kind = OwnerKind::read(&kind)?;
    let hash = decoded(&encoded)?;
    let owner = Owner::find(&caller.tenant, kind, &name)
        .await?
        .ok_or_else(|| Problem::not_found(format!("{} '{name}' not found", kind.in_words())))?;
    let secret = owner
        .secrets()
        .iter()
        .find(|secret| has_hash(secret, &hash));
    let secret =
        secret.ok_or_else(|| Problem::not_found(format!("API secret '{hash}' not found")))?;
    Ok(Revised(dto_of(secret)))
}

/// K3, K8.
pub(super) async fn create(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, kind, name)): Path<(String, String, String)>,
    JsonBody(body): JsonBody<SecretBody>,
) -> Result<Json<ApiSecretDto>, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let kind = OwnerKind::read(&kind)?;
    let expires = body.expires()?;
    body.check()?;
    if expires.is_some_and(|at| at <= state.clock().now()) {
        let text = "The secret would have expired already.";
        return Err(Problem::validation("ExpirationDate", text));
    }
    let clear_text = body.clear_text();
    let secret = record(&clear_text)
        .set_opt("ExpirationDateTime", expires)
        .set_opt("Description", body.description());
    let answer = ApiSecretDto {
        value_clear_text: Some(Secret::new(clear_text)),
        ..dto_of(&secret)
    };
    kind.change(
        &state,
        &caller.tenant,
        &name,
        Problem::bare_not_found,
        |secrets| {
            if secrets.len() >= MAX_SECRETS {
                return Err(Problem::bad_request(format!(
                    "'{name}' has {MAX_SECRETS} secrets already. Delete some first."
                )));
            }
            secrets.push(secret);
            Ok(())
        },
    )
    .await?;
    Ok(Json(answer))
}

/// K4, K9: the hash stays, expiration and description are replaced, nulls included.
pub(super) async fn update(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, kind, name)): Path<(String, String, String)>,
    if_match: IfMatch,
    JsonBody(body): JsonBody<SecretBody>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let kind = OwnerKind::read(&kind)?;
    let hash = body.value_encrypted.as_deref().unwrap_or_default().trim();
    if hash.is_empty() {
        return Err(Problem::required("ValueEncrypted"));
    }
    let expires = body.expires()?;
    body.check()?;
    kind.change(
        &state,
        &caller.tenant,
        &name,
        Problem::bare_not_found,
        |secrets| {
            let secret = secrets
                .iter_mut()
                .find(|secret| has_hash(secret, hash))
                .ok_or_else(|| no_secret(hash))?;
            if_match.check(&dto_of(secret))?;
            for name in ["ExpirationDateTime", "Description"] {
                secret.attributes.remove(name);
            }
            *secret = secret
                .clone()
                .set_opt("ExpirationDateTime", expires)
                .set_opt("Description", body.description());
            Ok(())
        },
    )
    .await?;
    Ok(StatusCode::OK)
}

/// K5, K10: every secret with that hash.
pub(super) async fn delete(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, kind, name, encoded)): Path<(String, String, String, String)>,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let kind = OwnerKind::read(&kind)?;
    let hash = decoded(&encoded)?;
    let unknown_owner = || match kind {
        OwnerKind::Client => Problem::not_found(format!("Client with id '{name}' does not exist.")),
        OwnerKind::ApiResource => Problem::bare_not_found(),
    };
    kind.change(&state, &caller.tenant, &name, unknown_owner, |secrets| {
        let before = secrets.len();
        secrets.retain(|secret| !has_hash(secret, &hash));
        match secrets.len() < before {
            true => Ok(()),
            false => Err(no_secret(&hash)),
        }
    })
    .await?;
    Ok(StatusCode::OK)
}

/// Whose secrets: the stored client or API resource.
struct Owner {
    entity: Entity,
    attribute: &'static str,
}

impl Owner {
    async fn find(tenant: &Tenant, kind: OwnerKind, name: &str) -> Result<Option<Self>, Problem> {
        let (entity, attribute) = match kind {
            OwnerKind::Client => (clients::find(tenant, name).await?, "ClientSecrets"),
            OwnerKind::ApiResource => {
                let query = EntityQuery::of(API_RESOURCE).eq("Name", name);
                (tenant.first(query).await.map_err(unreadable)?, "ApiSecrets")
            }
        };
        Ok(entity.map(|entity| Self { entity, attribute }))
    }

    fn secrets(&self) -> &[Record] {
        self.entity.attributes.records(self.attribute)
    }
}

impl OwnerKind {
    fn read(segment: &str) -> Result<Self, Problem> {
        match segment {
            "client" => Ok(Self::Client),
            "apiResource" => Ok(Self::ApiResource),
            _ => Err(Problem::bare_not_found()),
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::ApiResource => "API resource",
        }
    }

    /// Changes the secrets of an owner while nobody else does, and carries the change over to the
    /// copies of a client.
    async fn change(
        self,
        state: &PlatformState,
        tenant: &Tenant,
        name: &str,
        unknown: impl FnOnce() -> Problem,
        change: impl FnOnce(&mut Vec<Record>) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let only_one = match self {
            Self::Client => clients::lock(state, tenant).await,
            Self::ApiResource => super::api_resources::lock(state, tenant).await,
        };
        let owner = Owner::find(tenant, self, name).await?.ok_or_else(unknown)?;
        let mut secrets = owner.secrets().to_vec();
        change(&mut secrets)?;
        let update = UpdateEntity::from_entity(&owner.entity).set(owner.attribute, secrets);
        let updated = tenant.update(update).await;
        updated.map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
        drop(only_one);
        match self {
            Self::Client if clients::is_flagged(&owner.entity) => {
                clients::refresh_copies(state, tenant, name, &owner.entity).await
            }
            _ => Ok(()),
        }
    }
}

impl SecretBody {
    /// The caller's secret, or a new random one.
    fn clear_text(&self) -> String {
        let given = self.value_clear_text.clone();
        given
            .filter(|text| !text.trim().is_empty())
            .unwrap_or_else(|| uuid::Uuid::new_v4().to_string())
    }

    fn description(&self) -> Option<String> {
        let given = self.description.as_deref().map(str::trim);
        given.filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// An instant, or a date and time without offset, which means UTC.
    fn expires(&self) -> Result<Option<Timestamp>, Problem> {
        let given = self.expiration_date.as_deref().map(str::trim);
        let Some(text) = given.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let utc = |local: DateTime| local.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
        text.parse::<Timestamp>()
            .or_else(|_| text.parse().and_then(utc))
            .map(Some)
            .map_err(|_| {
                Problem::validation(
                    "ExpirationDate",
                    format!("The value '{text}' is not valid."),
                )
            })
    }

    fn check(&self) -> Result<(), Problem> {
        let too_long = |text: &Option<String>| {
            text.as_ref()
                .is_some_and(|text| text.chars().count() > MAX_TEXT)
        };
        let errors: Vec<(&str, String)> = [
            ("ValueClearText", too_long(&self.value_clear_text)),
            ("Description", too_long(&self.description)),
        ]
        .into_iter()
        .filter(|(_, wrong)| *wrong)
        .map(|(field, _)| (field, format!("At most {MAX_TEXT} characters are allowed.")))
        .collect();
        match errors.is_empty() {
            true => Ok(()),
            false => Err(Problem::validation_errors(&errors)),
        }
    }
}

fn has_hash(secret: &Record, hash: &str) -> bool {
    let stored = secret.attributes.str("Value");
    stored.is_some_and(|stored| equal(stored, hash))
}

fn decoded(encoded: &str) -> Result<String, Problem> {
    let bytes = STANDARD.decode(encoded).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Problem::validation("value", format!("The value '{encoded}' is not valid.")))
}

fn no_secret(hash: &str) -> Problem {
    Problem::not_found(format!("Secret with value '{hash}' does not exist."))
}

fn dto_of(secret: &Record) -> ApiSecretDto {
    let text = |name: &str| secret.attributes.str(name).map(str::to_owned);
    ApiSecretDto {
        value_encrypted: text("Value").unwrap_or_default(),
        value_clear_text: None,
        expiration_date: secret.attributes.timestamp("ExpirationDateTime"),
        description: text("Description"),
    }
}
