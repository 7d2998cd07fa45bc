//! API resources of a tenant (spec, identity 8.7).
//!
//! The service replaces a resource as a whole. An update reads it first and sends back everything
//! it does not change.

use octo_sdk::ServiceError;
use octo_sdk::identity::{ApiResourceDto, IdentityClient};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempts::until_unchanged;
use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};
use crate::tool::{Risk, Toolset, tool};

/// The group of API resource tools.
pub fn toolset() -> Toolset {
    Toolset::new(
        "Identity: API resources",
        "APIs that access tokens of a tenant can be made for",
    )
    .tool(tool("get_api_resources", get_api_resources))
    .tool(
        tool("create_api_resource", create_api_resource)
            .risk(Risk::High)
            .adds(),
    )
    .tool(
        tool("update_api_resource", update_api_resource)
            .risk(Risk::High)
            .destructive(),
    )
    .tool(
        tool("delete_api_resource", delete_api_resource)
            .risk(Risk::High)
            .destructive()
            .confirm(|p: &DeleteApiResource| {
                format!(
                    "Refusing to delete API resource '{}' without confirm=true.",
                    p.name
                )
            }),
    )
}

/// Lists the API resources of a tenant.
#[derive(Deserialize, JsonSchema)]
struct GetApiResources {}

/// An API that tokens can be made for.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ApiResourceItem {
    /// Tokens can be made for it.
    is_enabled: bool,
    /// Name; the audience of its tokens.
    name: Option<String>,
    /// Name for people.
    display_name: Option<String>,
    /// What it is.
    description: Option<String>,
    /// It is published.
    show_in_discovery_document: bool,
    /// Claims about the caller its tokens carry.
    user_claims: Option<Vec<String>>,
    /// Its tokens must be asked for by resource indicator.
    require_resource_indicator: bool,
    /// Names of its scopes.
    scopes: Option<Vec<String>>,
    /// Algorithms its tokens may be signed with; empty for all.
    allowed_access_token_signing_algorithms: Option<Vec<String>>,
}

/// API resources of a tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ApiResourceList {
    /// The API resources.
    api_resources: Vec<ApiResourceItem>,
    /// Their number.
    total_count: usize,
}

async fn get_api_resources(
    cx: TenantCall,
    _: GetApiResources,
) -> ToolResult<Done<ApiResourceList>> {
    let found = cx.identity()?.api_resources().await?;
    let api_resources: Vec<ApiResourceItem> = found.into_iter().map(item).collect();
    let text = match api_resources.len() {
        0 => "No API resources.".to_owned(),
        n => format!("{n} API resource(s)."),
    };
    let total_count = api_resources.len();
    let list = ApiResourceList {
        api_resources,
        total_count,
    };
    Ok(Done::new(text, list))
}

fn item(resource: ApiResourceDto) -> ApiResourceItem {
    ApiResourceItem {
        is_enabled: resource.is_enabled,
        name: resource.name,
        display_name: resource.display_name,
        description: resource.description,
        show_in_discovery_document: resource.show_in_discovery_document,
        user_claims: resource.user_claims,
        require_resource_indicator: resource.require_resource_indicator,
        scopes: resource.scopes,
        allowed_access_token_signing_algorithms: resource.allowed_access_token_signing_algorithms,
    }
}

/// The API resource something was done to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ApiResourceReply {
    /// Its name.
    name: String,
    /// The API resource as it is now.
    api_resource: Option<ApiResourceItem>,
}

fn done(text: String, name: String, now: Option<ApiResourceDto>) -> Done<ApiResourceReply> {
    let reply = ApiResourceReply {
        name,
        api_resource: now.map(item),
    };
    Done::new(text, reply)
}

/// Creates an API resource. Tokens with one of its scopes name it as audience.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateApiResource {
    /// Name, unique in the tenant; often the address of the API.
    name: String,
    /// Name for people.
    display_name: Option<String>,
    /// What it is.
    description: Option<String>,
    /// Names of its scopes.
    scopes: Option<Vec<String>>,
    /// Claims about the caller its tokens carry, such as role.
    user_claims: Option<Vec<String>>,
    /// Tokens can be made for it.
    #[serde(default = "yes")]
    is_enabled: bool,
}

async fn create_api_resource(
    cx: TenantCall,
    p: CreateApiResource,
) -> ToolResult<Done<ApiResourceReply>> {
    let name = p.name.trim().to_owned();
    let resource = ApiResourceDto {
        is_enabled: p.is_enabled,
        name: Some(name.clone()),
        display_name: p.display_name,
        description: p.description,
        show_in_discovery_document: true,
        user_claims: p.user_claims,
        scopes: Some(p.scopes.unwrap_or_default()),
        ..ApiResourceDto::default()
    };
    cx.identity()?.create_api_resource(&resource).await?;
    let text = format!("API resource '{name}' created.");
    Ok(done(text, name, Some(resource)))
}

/// Changes an API resource; what is not named stays. An empty text clears.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateApiResource {
    /// Name of the API resource.
    name: String,
    /// New name for people.
    display_name: Option<String>,
    /// New description.
    description: Option<String>,
    /// Names of the scopes it shall have.
    scopes: Option<Vec<String>>,
    /// Claims about the caller its tokens shall carry.
    user_claims: Option<Vec<String>>,
    /// Tokens can be made for it.
    is_enabled: Option<bool>,
}

async fn update_api_resource(
    cx: TenantCall,
    p: UpdateApiResource,
) -> ToolResult<Done<ApiResourceReply>> {
    let identity = cx.identity()?.noting();
    until_unchanged(|| rewrite(&identity, &p)).await
}

async fn rewrite(
    identity: &IdentityClient,
    p: &UpdateApiResource,
) -> ToolResult<Done<ApiResourceReply>> {
    let name = p.name.trim().to_owned();
    let present = identity
        .api_resource(&name)
        .await
        .map_err(|error| unknown(error, &name))?;
    let resource = ApiResourceDto {
        is_enabled: p.is_enabled.unwrap_or(present.is_enabled),
        name: Some(name.clone()),
        display_name: p.display_name.clone().or(present.display_name),
        description: p.description.clone().or(present.description),
        scopes: p.scopes.clone().or(present.scopes),
        user_claims: p.user_claims.clone().or(present.user_claims),
        ..present
    };
    let unchanged = identity.if_unchanged();
    unchanged.update_api_resource(&resource).await?;
    let text = format!("API resource '{name}' updated.");
    Ok(done(text, name, Some(resource)))
}

/// Deletes an API resource for good. Its scopes stay; tokens no longer name it as audience.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteApiResource {
    /// Name of the API resource.
    name: String,
}

async fn delete_api_resource(
    cx: TenantCall,
    p: DeleteApiResource,
) -> ToolResult<Done<ApiResourceReply>> {
    cx.identity()?.delete_api_resource(&p.name).await?;
    let text = format!("API resource '{}' deleted.", p.name);
    Ok(done(text, p.name, None))
}

fn yes() -> bool {
    true
}

/// The service says no more than "Not Found".
fn unknown(error: ServiceError, name: &str) -> Failure {
    match error.is_not_found() {
        true => Failure::new(format!(
            "API resource '{name}' not found. get_api_resources lists them; upper and lower case \
             matter."
        )),
        false => error.into(),
    }
}
