//! Creating clients, one tool per way of asking for tokens.

use octo_sdk::Secret;
use octo_sdk::identity::{ClientDto, IdentityClient};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::{ClientReply, item};
use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};
use crate::tool::{Risk, Tool, tool};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The tools of this file.
pub(super) fn tools() -> [Tool; 3] {
    [
        tool("add_client_credentials_client", add_client_credentials)
            .risk(Risk::Medium)
            .adds(),
        tool("add_device_code_client", add_device_code)
            .risk(Risk::Medium)
            .adds(),
        tool("add_authorization_code_client", add_authorization_code)
            .risk(Risk::Medium)
            .adds()
            .check(AddAuthorizationCodeClient::problems),
    ]
}

/// Creates an OAuth client for a service that acts for itself: it gets tokens with its secret
/// (grant client_credentials) at once. Give it roles with add_client_to_role.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddClientCredentialsClient {
    /// OAuth client id, unique in the tenant; upper and lower case matter.
    client_id: String,
    /// Name for people.
    client_name: String,
    /// Secret in clear text. Only its hash is stored, so keep it.
    client_secret: String,
    /// New child tenants receive a copy of the client, secret included.
    #[serde(default)]
    auto_provision_in_child_tenants: bool,
}

async fn add_client_credentials(
    cx: TenantCall,
    p: AddClientCredentialsClient,
) -> ToolResult<Done<ClientReply>> {
    let flagged = p.auto_provision_in_child_tenants;
    let client = ClientDto {
        client_secret: Some(Secret::new(p.client_secret)),
        require_client_secret: Some(true),
        auto_provision_in_child_tenants: flagged.then_some(true),
        ..enabled(&p.client_id, p.client_name, "client_credentials")
    };
    let note = match flagged {
        true => " (AutoProvisionInChildTenants enabled)",
        false => "",
    };
    let text = format!("ClientCredentials client '{}' created{note}.", p.client_id);
    create(&cx.identity()?, p.client_id, client, text).await
}

/// Creates an OAuth client for a device or command line on which users sign in with a code
/// (device authorization). It has to present its secret.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddDeviceCodeClient {
    /// OAuth client id, unique in the tenant; upper and lower case matter.
    client_id: String,
    /// Name for people, shown when the user confirms the code.
    client_name: String,
    /// Secret in clear text. Only its hash is stored, so keep it.
    client_secret: String,
}

async fn add_device_code(cx: TenantCall, p: AddDeviceCodeClient) -> ToolResult<Done<ClientReply>> {
    let client = ClientDto {
        client_secret: Some(Secret::new(p.client_secret)),
        require_client_secret: Some(true),
        ..enabled(&p.client_id, p.client_name, DEVICE_CODE)
    };
    let text = format!("DeviceCode client '{}' created.", p.client_id);
    create(&cx.identity()?, p.client_id, client, text).await
}

/// Creates an OAuth client for a web application in which users sign in with a browser
/// (authorization code with PKCE, no secret).
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddAuthorizationCodeClient {
    /// OAuth client id, unique in the tenant; upper and lower case matter.
    client_id: String,
    /// Name for people.
    client_name: String,
    /// Address of the application; its origin may call, its root is returned to after sign-out.
    client_uri: String,
    /// Address to return to after sign-in; without one the root of the application.
    redirect_uri: Option<String>,
    /// Address called in the browser when the user signs out.
    front_channel_logout_uri: Option<String>,
}

impl AddAuthorizationCodeClient {
    fn problems(&self) -> Vec<String> {
        let uris = [
            ("clientUri", Some(self.client_uri.as_str())),
            ("redirectUri", self.redirect_uri.as_deref()),
            (
                "frontChannelLogoutUri",
                self.front_channel_logout_uri.as_deref(),
            ),
        ];
        let given = uris
            .into_iter()
            .filter_map(|(name, uri)| filled(uri).map(|uri| (name, uri)));
        let mut problems: Vec<String> = given
            .filter(|(_, uri)| Url::parse(uri).is_err())
            .map(|(name, uri)| {
                format!(
                    "{name} must be an absolute address such as https://app.example/, but was \
                     '{uri}'."
                )
            })
            .collect();
        let client_uri = Url::parse(self.client_uri.trim());
        if client_uri.is_ok_and(|uri| !uri.origin().is_tuple()) {
            problems.push("clientUri must be an http or https address.".to_owned());
        }
        problems
    }
}

async fn add_authorization_code(
    cx: TenantCall,
    p: AddAuthorizationCodeClient,
) -> ToolResult<Done<ClientReply>> {
    let uri = p.client_uri.trim();
    let root = format!("{}/", uri.trim_end_matches('/'));
    let origin = Url::parse(uri)
        .map_err(|_| Failure::new("clientUri must be an absolute address."))?
        .origin()
        .ascii_serialization();
    let redirect = filled(p.redirect_uri.as_deref()).unwrap_or(&root);
    let logout = filled(p.front_channel_logout_uri.as_deref());
    let client = ClientDto {
        client_uri: Some(uri.to_owned()),
        allowed_cors_origins: Some(vec![origin]),
        redirect_uris: Some(vec![redirect.to_owned()]),
        front_channel_logout_uri: logout.map(str::to_owned),
        front_channel_logout_session_required: logout.map(|_| true),
        post_logout_redirect_uris: Some(vec![root]),
        ..enabled(&p.client_id, p.client_name, "authorization_code")
    };
    let text = format!(
        "AuthorizationCode client '{}' (URI '{uri}') created.",
        p.client_id
    );
    create(&cx.identity()?, p.client_id, client, text).await
}

/// What all new clients have in common.
fn enabled(client_id: &str, client_name: String, grant_type: &str) -> ClientDto {
    ClientDto {
        is_enabled: Some(true),
        client_id: Some(client_id.to_owned()),
        client_name: Some(client_name),
        allowed_grant_types: Some(vec![grant_type.to_owned()]),
        allowed_scopes: Some(vec!["octo_api".to_owned()]),
        is_offline_access_enabled: Some(true),
        ..ClientDto::default()
    }
}

async fn create(
    identity: &IdentityClient,
    client_id: String,
    client: ClientDto,
    text: String,
) -> ToolResult<Done<ClientReply>> {
    identity.create_client(&client).await?;
    // The client exists, whether or not it can be shown.
    let client = identity.client(&client_id).await.ok().map(item);
    Ok(Done::new(text, ClientReply { client_id, client }))
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
