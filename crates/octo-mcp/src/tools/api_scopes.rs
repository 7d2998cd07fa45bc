//! API scopes of a tenant (spec, identity 8.8).
//!
//! The service replaces a scope as a whole. An update reads it first and sends back everything it
//! does not change.

use octo_sdk::ServiceError;
use octo_sdk::identity::{ApiScopeDto, IdentityClient};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempts::until_unchanged;
use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};
use crate::tool::{Risk, Toolset, tool};

/// The group of API scope tools.
pub fn toolset() -> Toolset {
    Toolset::new(
        "Identity: API scopes",
        "Permissions that OAuth clients of a tenant can ask for",
    )
    .tool(tool("get_api_scopes", get_api_scopes))
    .tool(
        tool("create_api_scope", create_api_scope)
            .risk(Risk::High)
            .adds(),
    )
    .tool(
        tool("update_api_scope", update_api_scope)
            .risk(Risk::High)
            .destructive(),
    )
    .tool(
        tool("delete_api_scope", delete_api_scope)
            .risk(Risk::High)
            .destructive()
            .confirm(|p: &DeleteApiScope| {
                format!(
                    "Refusing to delete API scope '{}' without confirm=true.",
                    p.name
                )
            }),
    )
}

/// Lists the API scopes of a tenant.
#[derive(Deserialize, JsonSchema)]
struct GetApiScopes {}

/// A permission that clients can ask for.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ApiScopeItem {
    /// It can be asked for.
    is_enabled: bool,
    /// Name.
    name: Option<String>,
    /// Name for people.
    display_name: Option<String>,
    /// What it allows.
    description: Option<String>,
    /// The discovery document lists it.
    show_in_discovery_document: bool,
    /// Claims about the caller it opens.
    user_claims: Option<Vec<String>>,
    /// A user cannot refuse it.
    is_required: bool,
    /// A consent page shows it prominently.
    is_emphasize: bool,
    /// Always false.
    require_resource_indicator: bool,
    /// Always false.
    api_secrets: bool,
}

/// API scopes of a tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ApiScopeList {
    /// The API scopes.
    api_scopes: Vec<ApiScopeItem>,
    /// Their number.
    total_count: usize,
}

async fn get_api_scopes(cx: TenantCall, _: GetApiScopes) -> ToolResult<Done<ApiScopeList>> {
    let found = cx.identity()?.api_scopes().await?;
    let api_scopes: Vec<ApiScopeItem> = found.into_iter().map(item).collect();
    let text = match api_scopes.len() {
        0 => "No API scopes.".to_owned(),
        n => format!("{n} API scope(s)."),
    };
    let total_count = api_scopes.len();
    let list = ApiScopeList {
        api_scopes,
        total_count,
    };
    Ok(Done::new(text, list))
}

fn item(scope: ApiScopeDto) -> ApiScopeItem {
    ApiScopeItem {
        is_enabled: scope.is_enabled,
        name: scope.name,
        display_name: scope.display_name,
        description: scope.description,
        show_in_discovery_document: scope.show_in_discovery_document,
        user_claims: scope.user_claims,
        is_required: scope.is_required,
        is_emphasize: scope.is_emphasize,
        require_resource_indicator: scope.require_resource_indicator,
        api_secrets: scope.api_secrets,
    }
}

/// The API scope something was done to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ApiScopeReply {
    /// Its name.
    name: String,
    /// The API scope as it is now.
    api_scope: Option<ApiScopeItem>,
}

fn done(text: String, name: String, now: Option<ApiScopeDto>) -> Done<ApiScopeReply> {
    let reply = ApiScopeReply {
        name,
        api_scope: now.map(item),
    };
    Done::new(text, reply)
}

/// Creates an API scope. Clients that shall ask for it need it among their scopes
/// (add_scope_to_client), and an API resource that lists it becomes the audience of their tokens.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateApiScope {
    /// Name, unique in the tenant, without blanks.
    name: String,
    /// Name for people.
    display_name: Option<String>,
    /// What it allows.
    description: Option<String>,
    /// It can be asked for.
    #[serde(default = "yes")]
    is_enabled: bool,
}

async fn create_api_scope(cx: TenantCall, p: CreateApiScope) -> ToolResult<Done<ApiScopeReply>> {
    let name = p.name.trim().to_owned();
    let scope = ApiScopeDto {
        is_enabled: p.is_enabled,
        name: Some(name.clone()),
        display_name: p.display_name,
        description: p.description,
        show_in_discovery_document: true,
        user_claims: Some(Vec::new()),
        ..ApiScopeDto::default()
    };
    cx.identity()?.create_api_scope(&scope).await?;
    let text = format!("API scope '{name}' created.");
    Ok(done(text, name, Some(scope)))
}

/// Changes an API scope; what is not named stays. An empty text clears.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateApiScope {
    /// Name of the API scope.
    name: String,
    /// New name for people.
    display_name: Option<String>,
    /// New description.
    description: Option<String>,
    /// It can be asked for.
    is_enabled: Option<bool>,
}

async fn update_api_scope(cx: TenantCall, p: UpdateApiScope) -> ToolResult<Done<ApiScopeReply>> {
    let identity = cx.identity()?.noting();
    until_unchanged(|| rewrite(&identity, &p)).await
}

async fn rewrite(identity: &IdentityClient, p: &UpdateApiScope) -> ToolResult<Done<ApiScopeReply>> {
    let name = p.name.trim().to_owned();
    let present = identity
        .api_scope(&name)
        .await
        .map_err(|error| unknown(error, &name))?;
    let scope = ApiScopeDto {
        is_enabled: p.is_enabled.unwrap_or(present.is_enabled),
        name: Some(name.clone()),
        display_name: p.display_name.clone().or(present.display_name),
        description: p.description.clone().or(present.description),
        ..present
    };
    let unchanged = identity.if_unchanged();
    unchanged.update_api_scope(&name, &scope).await?;
    let text = format!("API scope '{name}' updated.");
    Ok(done(text, name, Some(scope)))
}

/// Deletes an API scope for good. Clients that have it among their scopes can no longer ask for it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteApiScope {
    /// Name of the API scope.
    name: String,
}

async fn delete_api_scope(cx: TenantCall, p: DeleteApiScope) -> ToolResult<Done<ApiScopeReply>> {
    cx.identity()?.delete_api_scope(&p.name).await?;
    let text = format!("API scope '{}' deleted.", p.name);
    Ok(done(text, p.name, None))
}

fn yes() -> bool {
    true
}

/// The service says no more than "Not Found".
fn unknown(error: ServiceError, name: &str) -> Failure {
    match error.is_not_found() {
        true => Failure::new(format!(
            "API scope '{name}' not found. get_api_scopes lists them; upper and lower case matter."
        )),
        false => error.into(),
    }
}
