//! OAuth clients of a tenant (spec, identity 8.4).
//!
//! One file per kind of work: `add` creates clients, `roles` and `groups` say what they may do,
//! `mirrors` copies them into tenants below.

mod add;
mod groups;
mod mirrors;
mod roles;

use octo_sdk::ServiceError;
use octo_sdk::identity::{ClientDto, IdentityClient};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::TenantCall;
use crate::reply::{Data, Done, Failure, ToolResult};
use crate::tool::{Risk, Tool, Toolset, tool};
use crate::tools::attempts::until_unchanged;

/// Scopes that are not in the list of API scopes and exist everywhere.
const OTHER_SCOPES: [&str; 6] = [
    "openid",
    "profile",
    "email",
    "role",
    "allowed_tenants",
    "offline_access",
];

/// The group of client tools.
pub fn toolset() -> Toolset {
    let toolset = Toolset::new(
        "Identity: OAuth clients",
        "Applications and services that may ask for tokens of a tenant",
    )
    .tool(tool("get_clients", get_clients))
    .tool(tool("get_client", get_client));
    let tools = add::tools()
        .into_iter()
        .chain([delete_tool()])
        .chain(mirrors::tools())
        .chain([tool("add_scope_to_client", add_scope_to_client)
            .risk(Risk::Medium)
            .adds()])
        .chain(roles::tools())
        .chain(groups::tools());
    tools.fold(toolset, Toolset::tool)
}

fn delete_tool() -> Tool {
    tool("delete_client", delete_client)
        .risk(Risk::High)
        .destructive()
        .confirm(|p: &DeleteClient| {
            format!(
                "Refusing to delete client '{}' without confirm=true.",
                p.client_id
            )
        })
}

/// Lists the OAuth clients of a tenant.
#[derive(Deserialize, JsonSchema)]
struct GetClients {}

/// An OAuth client. Its secrets are never shown.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClientItem {
    /// Id of the client's entity.
    rt_id: Option<String>,
    /// The client can be used.
    is_enabled: Option<bool>,
    /// OAuth client id.
    client_id: Option<String>,
    /// The client must prove itself with a secret.
    require_client_secret: Option<bool>,
    /// Name for people.
    client_name: Option<String>,
    /// Home page.
    client_uri: Option<String>,
    /// Ways in which the client may ask for tokens.
    allowed_grant_types: Option<Vec<String>>,
    /// Addresses to return to after sign-in.
    redirect_uris: Option<Vec<String>>,
    /// Addresses to return to after sign-out.
    post_logout_redirect_uris: Option<Vec<String>>,
    /// Origins from which browsers may call.
    allowed_cors_origins: Option<Vec<String>>,
    /// Scopes the client may ask for.
    allowed_scopes: Option<Vec<String>>,
    /// The client may have refresh tokens.
    is_offline_access_enabled: Option<bool>,
    /// Address called in the browser at sign-out.
    front_channel_logout_uri: Option<String>,
    /// The session id is sent to that address.
    front_channel_logout_session_required: Option<bool>,
    /// Address called by the server at sign-out.
    back_channel_logout_uri: Option<String>,
    /// The session id is sent to that address.
    back_channel_logout_session_required: Option<bool>,
    /// New child tenants receive a copy of the client.
    auto_provision_in_child_tenants: Option<bool>,
    /// The tenant this client is a copy from.
    provisioned_by_parent_tenant_id: Option<String>,
    /// The client registered itself.
    dynamic_registration: Option<bool>,
    /// When that registration ends.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    dynamic_registration_expires_at: Option<jiff::Timestamp>,
}

/// OAuth clients of a tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClientList {
    /// The clients.
    clients: Vec<ClientItem>,
    /// Their number.
    total_count: usize,
}

async fn get_clients(cx: TenantCall, _: GetClients) -> ToolResult<Done<ClientList>> {
    let found = cx.identity()?.clients().await?;
    let clients: Vec<ClientItem> = found.into_iter().map(item).collect();
    let text = match clients.len() {
        0 => "No clients found.".to_owned(),
        n => format!("Found {n} client(s)."),
    };
    let total_count = clients.len();
    let list = ClientList {
        clients,
        total_count,
    };
    Ok(Done::new(text, list))
}

fn item(client: ClientDto) -> ClientItem {
    ClientItem {
        rt_id: client.rt_id,
        is_enabled: client.is_enabled,
        client_id: client.client_id,
        require_client_secret: client.require_client_secret,
        client_name: client.client_name,
        client_uri: client.client_uri,
        allowed_grant_types: client.allowed_grant_types,
        redirect_uris: client.redirect_uris,
        post_logout_redirect_uris: client.post_logout_redirect_uris,
        allowed_cors_origins: client.allowed_cors_origins,
        allowed_scopes: client.allowed_scopes,
        is_offline_access_enabled: client.is_offline_access_enabled,
        front_channel_logout_uri: client.front_channel_logout_uri,
        front_channel_logout_session_required: client.front_channel_logout_session_required,
        back_channel_logout_uri: client.back_channel_logout_uri,
        back_channel_logout_session_required: client.back_channel_logout_session_required,
        auto_provision_in_child_tenants: client.auto_provision_in_child_tenants,
        provisioned_by_parent_tenant_id: client.provisioned_by_parent_tenant_id,
        dynamic_registration: client.dynamic_registration,
        dynamic_registration_expires_at: client.dynamic_registration_expires_at,
    }
}

/// The client something was done to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClientReply {
    /// OAuth client id.
    client_id: String,
    /// The client as it is now, where the tool reads it.
    client: Option<ClientItem>,
}

fn done(text: String, client_id: String) -> Done<ClientReply> {
    Done::new(
        text,
        ClientReply {
            client_id,
            client: None,
        },
    )
}

/// Shows an OAuth client.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetClient {
    /// OAuth client id, exactly as written.
    client_id: String,
}

async fn get_client(cx: TenantCall, p: GetClient) -> ToolResult<Data<ClientReply>> {
    let client = find(&cx.identity()?, &p.client_id).await?;
    Ok(Data(ClientReply {
        client_id: p.client_id,
        client: Some(item(client)),
    }))
}

/// Deletes an OAuth client for good, with its roles, its group memberships and its copies in
/// tenants below. It can no longer get tokens.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteClient {
    /// OAuth client id.
    client_id: String,
}

async fn delete_client(cx: TenantCall, p: DeleteClient) -> ToolResult<Done<ClientReply>> {
    cx.identity()?.delete_client(&p.client_id).await?;
    Ok(done(
        format!("Client '{}' deleted.", p.client_id),
        p.client_id,
    ))
}

/// Allows an OAuth client to ask for one more scope; those it has stay.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddScopeToClient {
    /// OAuth client id.
    client_id: String,
    /// Name of the scope, as get_api_scopes lists it.
    scope_name: String,
}

async fn add_scope_to_client(cx: TenantCall, p: AddScopeToClient) -> ToolResult<Done<ClientReply>> {
    let identity = cx.identity()?.noting();
    until_unchanged(|| add_scope(&identity, &p)).await
}

async fn add_scope(
    identity: &IdentityClient,
    p: &AddScopeToClient,
) -> ToolResult<Done<ClientReply>> {
    let scope = p.scope_name.trim();
    let client = find(identity, &p.client_id).await?;
    let unchanged = identity.if_unchanged();
    let mut scopes = client.allowed_scopes.unwrap_or_default();
    if scopes.iter().any(|held| held == scope) {
        let text = format!("Client '{}' has scope '{scope}' already.", p.client_id);
        return Ok(done(text, p.client_id.clone()));
    }
    require_scope(identity, scope).await?;
    scopes.push(scope.to_owned());
    let change = ClientDto {
        allowed_scopes: Some(scopes),
        ..ClientDto::default()
    };
    unchanged.update_client(&p.client_id, &change).await?;
    let reply = ClientReply {
        client_id: p.client_id.clone(),
        // The scope is granted, whether or not the client can be shown.
        client: identity.client(&p.client_id).await.ok().map(item),
    };
    let text = format!("Scope '{scope}' granted to client '{}'.", p.client_id);
    Ok(Done::new(text, reply))
}

/// The service takes any text for a scope, and a mistyped one would only show at sign-in.
async fn require_scope(identity: &IdentityClient, scope: &str) -> Result<(), Failure> {
    let is_known = OTHER_SCOPES.contains(&scope)
        || identity
            .api_scopes()
            .await?
            .iter()
            .any(|known| known.name.as_deref() == Some(scope));
    match is_known {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "Scope '{scope}' does not exist. get_api_scopes lists the scopes, create_api_scope \
             adds one."
        ))),
    }
}

async fn find(identity: &IdentityClient, client_id: &str) -> Result<ClientDto, Failure> {
    identity
        .client(client_id)
        .await
        .map_err(|error| unknown(error, client_id))
}

/// The service says no more than "Not Found".
fn unknown(error: ServiceError, client_id: &str) -> Failure {
    match error.is_not_found() {
        true => Failure::new(format!(
            "Client '{client_id}' not found. get_clients lists the clients; upper and lower case \
             matter."
        )),
        false => error.into(),
    }
}
