//! Secrets of OAuth clients.

use octo_sdk::identity::SecretOwner;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{NewSecret, SecretChange, SecretList, SecretReply, Tools};
use crate::call::TenantCall;
use crate::reply::{Done, ToolResult};
use crate::tool::{Risk, tool};

/// The tools of this file.
pub(super) fn tools() -> Tools {
    [
        tool("get_client_secrets", list),
        tool("create_client_secret", create).risk(Risk::High).adds(),
        tool("update_client_secret", update)
            .risk(Risk::High)
            .destructive(),
        tool("delete_client_secret", delete)
            .risk(Risk::High)
            .destructive()
            .confirm(|p: &DeleteClientSecret| {
                format!(
                    "Refusing to delete secret on client '{}' without confirm=true.",
                    p.client_id
                )
            }),
    ]
}

/// Lists the secrets of an OAuth client, without their clear text.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetClientSecrets {
    /// OAuth client id.
    client_id: String,
}

async fn list(cx: TenantCall, p: GetClientSecrets) -> ToolResult<Done<SecretList>> {
    let id = p.client_id.as_str();
    let secrets = super::list(&cx.identity()?, SecretOwner::Client(id), id).await?;
    let text = match secrets.total_count {
        0 => format!("No secrets on client '{id}'."),
        n => format!("{n} secret(s) on client '{id}'."),
    };
    Ok(Done::new(text, secrets))
}

/// Adds a secret to an OAuth client. Only its hash is stored; the answer holds the clear text this once.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateClientSecret {
    /// OAuth client id.
    client_id: String,
    /// The secret in clear text.
    value_clear_text: String,
    /// When it stops being valid, ISO 8601; without one never.
    #[schemars(extend("format" = "date-time"))]
    expiration_date: Option<String>,
    /// What it is for.
    description: Option<String>,
}

async fn create(cx: TenantCall, p: CreateClientSecret) -> ToolResult<Done<SecretReply>> {
    let wanted = NewSecret {
        clear_text: p.value_clear_text,
        expiration_date: p.expiration_date,
        description: p.description,
    };
    let owner = SecretOwner::Client(&p.client_id);
    super::create(&cx.identity()?, owner, wanted).await
}

/// Changes when a secret of an OAuth client expires and what it is for; what is not named stays.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateClientSecret {
    /// OAuth client id.
    client_id: String,
    /// Hash of the secret, as get_client_secrets shows it.
    value_encrypted: String,
    /// When it stops being valid, ISO 8601.
    #[schemars(extend("format" = "date-time"))]
    expiration_date: Option<String>,
    /// What it is for.
    description: Option<String>,
}

async fn update(cx: TenantCall, p: UpdateClientSecret) -> ToolResult<Done<SecretReply>> {
    let change = SecretChange {
        value_encrypted: p.value_encrypted,
        expiration_date: p.expiration_date,
        description: p.description,
    };
    let owner = SecretOwner::Client(&p.client_id);
    super::update(&cx.identity()?, owner, change).await
}

/// Deletes a secret of an OAuth client for good. Who uses it is refused from now on.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteClientSecret {
    /// OAuth client id.
    client_id: String,
    /// Hash of the secret, as get_client_secrets shows it.
    value_encrypted: String,
}

async fn delete(cx: TenantCall, p: DeleteClientSecret) -> ToolResult<Done<SecretReply>> {
    let owner = SecretOwner::Client(&p.client_id);
    super::delete(&cx.identity()?, owner, &p.value_encrypted).await
}
