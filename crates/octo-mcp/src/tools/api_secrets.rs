//! Secrets of OAuth clients and API resources (spec, identity 8.9).
//!
//! A stored secret is addressed by its hash; its clear text exists in one answer only, that to its
//! creation. Real services ignore the secret they are sent and make one up, so the answer says
//! which one counts.

mod api_resource;
mod client;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use octo_sdk::identity::{ApiSecretDto, IdentityClient, SecretOwner};
use octo_sdk::{Secret, ServiceError};
use schemars::JsonSchema;
use serde::Serialize;

use super::attempts::until_unchanged;
use crate::reply::{Done, Failure};
use crate::tool::{Tool, Toolset};

/// The group of secret tools.
pub fn toolset() -> Toolset {
    let toolset = Toolset::new(
        "Identity: API secrets",
        "Secrets with which OAuth clients and APIs of a tenant prove themselves",
    );
    let tools = client::tools().into_iter().chain(api_resource::tools());
    tools.fold(toolset, Toolset::tool)
}

/// A secret, without its clear text.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SecretItem {
    /// Hash by which the secret is addressed.
    value_encrypted: String,
    /// When it stops being valid.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    expiration_date: Option<Timestamp>,
    /// What it is for.
    description: Option<String>,
}

/// Secrets of one owner.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SecretList {
    /// The secrets.
    api_secrets: Vec<SecretItem>,
    /// Their number.
    total_count: usize,
    /// OAuth client id or name of the API resource.
    owner_id: String,
}

/// The secret something was done to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SecretReply {
    /// OAuth client id or name of the API resource.
    owner_id: String,
    /// Hash by which the secret is addressed.
    secret_value: String,
    /// The secret itself, shown this once when it is created.
    value_clear_text: Option<String>,
    /// The stored secret as it is now.
    api_secret: Option<SecretItem>,
}

impl From<ApiSecretDto> for SecretItem {
    fn from(secret: ApiSecretDto) -> Self {
        Self {
            value_encrypted: secret.value_encrypted,
            expiration_date: secret.expiration_date,
            description: secret.description,
        }
    }
}

fn done(
    text: String,
    owner_id: &str,
    secret_value: String,
    now: Option<ApiSecretDto>,
) -> Done<SecretReply> {
    let reply = SecretReply {
        owner_id: owner_id.to_owned(),
        secret_value,
        value_clear_text: None,
        api_secret: now.map(SecretItem::from),
    };
    Done::new(text, reply)
}

async fn list(
    identity: &IdentityClient,
    owner: SecretOwner<'_>,
    owner_id: &str,
) -> Result<SecretList, Failure> {
    let found = identity.api_secrets(owner).await;
    let found = found.map_err(|error| unknown_owner(error, owner))?;
    let api_secrets: Vec<SecretItem> = found.into_iter().map(SecretItem::from).collect();
    Ok(SecretList {
        total_count: api_secrets.len(),
        api_secrets,
        owner_id: owner_id.to_owned(),
    })
}

async fn create(
    identity: &IdentityClient,
    owner: SecretOwner<'_>,
    wanted: NewSecret,
) -> Result<Done<SecretReply>, Failure> {
    let secret = ApiSecretDto {
        value_encrypted: String::new(),
        value_clear_text: Some(Secret::new(wanted.clear_text.clone())),
        expiration_date: instant("expirationDate", wanted.expiration_date.as_deref())?,
        description: wanted.description,
    };
    let created = identity.create_api_secret(owner, &secret).await;
    let created = created.map_err(|error| unknown_owner(error, owner))?;
    let (kind, owner_id) = in_words(owner);
    let mut text = format!("Secret created on {kind} '{owner_id}'.");
    let clear_text = created.value_clear_text.as_ref();
    let clear_text = clear_text.map(|text| text.expose().to_owned());
    match &clear_text {
        Some(clear_text) if *clear_text == wanted.clear_text => {}
        Some(_) => text.push_str(
            " The service made up its own secret and did not use the given one: \
             valueClearText is the secret to use. It is shown this once.",
        ),
        None => text.push_str(
            " The service did not return the secret; if the given one does not work, delete this \
             secret and create it at the service.",
        ),
    }
    Ok(Done::new(
        text,
        SecretReply {
            owner_id: owner_id.to_owned(),
            secret_value: created.value_encrypted.clone(),
            value_clear_text: clear_text,
            api_secret: Some(created.into()),
        },
    ))
}

/// A secret to create.
struct NewSecret {
    clear_text: String,
    expiration_date: Option<String>,
    description: Option<String>,
}

/// What shall change on a secret; `None` stays.
struct SecretChange {
    value_encrypted: String,
    expiration_date: Option<String>,
    description: Option<String>,
}

async fn update(
    identity: &IdentityClient,
    owner: SecretOwner<'_>,
    change: SecretChange,
) -> Result<Done<SecretReply>, Failure> {
    let identity = identity.noting();
    until_unchanged(|| rewrite(&identity, owner, &change)).await
}

async fn rewrite(
    identity: &IdentityClient,
    owner: SecretOwner<'_>,
    change: &SecretChange,
) -> Result<Done<SecretReply>, Failure> {
    let hash = change.value_encrypted.trim().to_owned();
    let expires = instant("expirationDate", change.expiration_date.as_deref())?;
    let present = identity.api_secret(owner, &hash).await?;
    let secret = ApiSecretDto {
        value_encrypted: hash.clone(),
        value_clear_text: None,
        expiration_date: expires.or(present.expiration_date),
        description: change.description.clone().or(present.description),
    };
    identity
        .if_unchanged()
        .update_api_secret(owner, &secret)
        .await?;
    let (kind, owner_id) = in_words(owner);
    let text = format!("Secret on {kind} '{owner_id}' updated.");
    Ok(done(text, owner_id, hash, Some(secret)))
}

async fn delete(
    identity: &IdentityClient,
    owner: SecretOwner<'_>,
    value_encrypted: &str,
) -> Result<Done<SecretReply>, Failure> {
    let hash = value_encrypted.trim().to_owned();
    let deleted = identity.delete_api_secret(owner, &hash).await;
    deleted.map_err(|error| unknown_owner(error, owner))?;
    let (kind, owner_id) = in_words(owner);
    let text = format!("Secret on {kind} '{owner_id}' deleted.");
    Ok(done(text, owner_id, hash, None))
}

fn in_words(owner: SecretOwner<'_>) -> (&'static str, &str) {
    match owner {
        SecretOwner::Client(id) => ("client", id),
        SecretOwner::ApiResource(name) => ("API resource", name),
    }
}

/// Some answers say no more than "Not Found".
fn unknown_owner(error: ServiceError, owner: SecretOwner<'_>) -> Failure {
    let text = error.to_string();
    if !text.ends_with(": Not Found") {
        return error.into();
    }
    let (list, (kind, id)) = match owner {
        SecretOwner::Client(_) => ("get_clients", in_words(owner)),
        SecretOwner::ApiResource(_) => ("get_api_resources", in_words(owner)),
    };
    Failure::new(format!(
        "The {kind} '{id}' does not exist. {list} shows what there is; upper and lower case matter."
    ))
}

/// An instant; a date or a time without offset is taken as UTC, as the services do.
fn instant(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let utc = |local: DateTime| local.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    text.parse::<Timestamp>()
        .or_else(|_| text.parse().and_then(utc))
        .map(Some)
        .map_err(|_| {
            Failure::new(format!(
                "{name} must be an ISO 8601 date and time, but was '{text}'."
            ))
        })
}

/// Tools in the order they are listed: list, create, update, delete.
type Tools = [Tool; 4];
