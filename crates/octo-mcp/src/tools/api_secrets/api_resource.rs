//! Secrets of API resources.

use octo_sdk::identity::SecretOwner;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{NewSecret, SecretChange, SecretList, SecretReply, Tools};
use crate::call::TenantCall;
use crate::reply::{Data, Done, ToolResult};
use crate::tool::{Risk, tool};

/// The tools of this file.
pub(super) fn tools() -> Tools {
    [
        tool("get_api_resource_secrets", list),
        tool("create_api_resource_secret", create)
            .risk(Risk::High)
            .adds(),
        tool("update_api_resource_secret", update)
            .risk(Risk::High)
            .destructive(),
        tool("delete_api_resource_secret", delete)
            .risk(Risk::High)
            .destructive()
            .confirm(|p: &DeleteApiResourceSecret| {
                format!(
                    "Refusing to delete secret on API resource '{}' without confirm=true.",
                    p.api_resource_name
                )
            }),
    ]
}

/// Lists the secrets of an API resource, without their clear text.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetApiResourceSecrets {
    /// Name of the API resource.
    api_resource_name: String,
}

async fn list(cx: TenantCall, p: GetApiResourceSecrets) -> ToolResult<Data<SecretList>> {
    let name = p.api_resource_name.as_str();
    let owner = SecretOwner::ApiResource(name);
    super::list(&cx.identity()?, owner, name).await.map(Data)
}

/// Adds a secret to an API resource. Only its hash is stored; the answer holds the clear text this once.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateApiResourceSecret {
    /// Name of the API resource.
    api_resource_name: String,
    /// The secret in clear text.
    value_clear_text: String,
    /// When it stops being valid, ISO 8601; without one never.
    #[schemars(extend("format" = "date-time"))]
    expiration_date: Option<String>,
    /// What it is for.
    description: Option<String>,
}

async fn create(cx: TenantCall, p: CreateApiResourceSecret) -> ToolResult<Done<SecretReply>> {
    let wanted = NewSecret {
        clear_text: p.value_clear_text,
        expiration_date: p.expiration_date,
        description: p.description,
    };
    let owner = SecretOwner::ApiResource(&p.api_resource_name);
    super::create(&cx.identity()?, owner, wanted).await
}

/// Changes when a secret of an API resource expires and what it is for; what is not named stays.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateApiResourceSecret {
    /// Name of the API resource.
    api_resource_name: String,
    /// Hash of the secret, as get_api_resource_secrets shows it.
    value_encrypted: String,
    /// When it stops being valid, ISO 8601.
    #[schemars(extend("format" = "date-time"))]
    expiration_date: Option<String>,
    /// What it is for.
    description: Option<String>,
}

async fn update(cx: TenantCall, p: UpdateApiResourceSecret) -> ToolResult<Done<SecretReply>> {
    let change = SecretChange {
        value_encrypted: p.value_encrypted,
        expiration_date: p.expiration_date,
        description: p.description,
    };
    let owner = SecretOwner::ApiResource(&p.api_resource_name);
    super::update(&cx.identity()?, owner, change).await
}

/// Deletes a secret of an API resource for good. Who uses it is refused from now on.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteApiResourceSecret {
    /// Name of the API resource.
    api_resource_name: String,
    /// Hash of the secret, as get_api_resource_secrets shows it.
    value_encrypted: String,
}

async fn delete(cx: TenantCall, p: DeleteApiResourceSecret) -> ToolResult<Done<SecretReply>> {
    let owner = SecretOwner::ApiResource(&p.api_resource_name);
    super::delete(&cx.identity()?, owner, &p.value_encrypted).await
}
