//! Ways to sign in with accounts kept elsewhere (spec, identity 8.6).
//!
//! The service replaces a provider as a whole. An update reads it first and sends back everything
//! it does not change, but for the secret, which the service keeps by itself.

mod add;
mod item;

use octo_runtime::RtId;
use octo_sdk::Secret;
use octo_sdk::identity::{IdentityClient, IdentityProviderDto, OAuthProviderDto, ProviderKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::item::ProviderItem;
use super::attempts::until_unchanged;
use super::identity_names::{find_group, id_of};
use crate::call::TenantCall;
use crate::reply::{Done, Failure, ToolResult};
use crate::tool::{Risk, Tool, Toolset, tool};

/// Names in characters.
const NAME: std::ops::RangeInclusive<usize> = 3..=100;

/// The group of identity provider tools.
pub fn toolset() -> Toolset {
    let toolset = Toolset::new(
        "Identity: identity providers",
        "Ways to sign in to a tenant with accounts kept elsewhere",
    )
    .tool(tool("get_identity_providers", get_identity_providers));
    let tools = add::tools()
        .into_iter()
        .chain([update_tool(), delete_tool()]);
    tools.fold(toolset, Toolset::tool)
}

fn update_tool() -> Tool {
    tool("update_identity_provider", update_identity_provider)
        .risk(Risk::High)
        .destructive()
        .check(|p: &UpdateIdentityProvider| name_problems(&p.name))
}

fn delete_tool() -> Tool {
    tool("delete_identity_provider", delete_identity_provider)
        .risk(Risk::High)
        .destructive()
        .confirm(|p: &DeleteIdentityProvider| {
            format!(
                "Refusing to delete identity provider '{}' without confirm=true.",
                p.provider_id
            )
        })
}

/// Lists the identity providers of a tenant. Their secrets are never shown.
#[derive(Deserialize, JsonSchema)]
struct GetIdentityProviders {}

/// Identity providers of a tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ProviderList {
    /// The providers.
    providers: Vec<ProviderItem>,
    /// Their number.
    total_count: usize,
}

async fn get_identity_providers(
    cx: TenantCall,
    _: GetIdentityProviders,
) -> ToolResult<Done<ProviderList>> {
    let found = cx.identity()?.identity_providers().await?;
    let providers: Vec<ProviderItem> = found.into_iter().map(ProviderItem::from).collect();
    let text = match providers.len() {
        0 => "No identity providers configured.".to_owned(),
        n => format!("Found {n} identity provider(s)."),
    };
    let total_count = providers.len();
    let list = ProviderList {
        providers,
        total_count,
    };
    Ok(Done::new(text, list))
}

/// The provider something was done to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ProviderReply {
    /// Id of the provider.
    provider_id: Option<String>,
    /// The provider as it is now.
    provider: Option<ProviderItem>,
}

/// Changes an identity provider; what is not named stays.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateIdentityProvider {
    /// Id or present name of the provider.
    provider_id: String,
    /// Name from now on: 3 to 100 letters, digits, dots, underscores or hyphens.
    name: String,
    /// It can be used.
    is_enabled: bool,
    /// New client id; for google, microsoft, facebook and Entra ID only.
    client_id: Option<String>,
    /// New client secret; for the same kinds.
    client_secret: Option<String>,
    /// People unknown so far receive an account at their first login.
    allow_self_registration: Option<bool>,
    /// Id or name of the group such people come into; an empty text removes it.
    default_group_rt_id: Option<String>,
}

async fn update_identity_provider(
    cx: TenantCall,
    p: UpdateIdentityProvider,
) -> ToolResult<Done<ProviderReply>> {
    let identity = cx.identity()?.noting();
    until_unchanged(|| rewrite(&identity, &p)).await
}

async fn rewrite(
    identity: &IdentityClient,
    p: &UpdateIdentityProvider,
) -> ToolResult<Done<ProviderReply>> {
    let named = find(identity, &p.provider_id).await?;
    let id = id_of(named.rt_id.as_deref(), "an identity provider")?;
    // Of one found by its name in the list, the revision is not known.
    let present = match p.provider_id.trim().eq_ignore_ascii_case(&id) {
        true => named,
        false => find(identity, &id).await?,
    };
    let unchanged = identity.if_unchanged();
    let client = OAuthProviderDto {
        client_id: filled(p.client_id.clone()),
        client_secret: filled(p.client_secret.clone()).map(Secret::new),
    };
    let group = match &p.default_group_rt_id {
        None => present.default_group_rt_id,
        named => default_group(identity, named.clone()).await?,
    };
    let provider = IdentityProviderDto {
        is_enabled: p.is_enabled,
        rt_id: None,
        name: p.name.clone(),
        description: present.description,
        allow_self_registration: p
            .allow_self_registration
            .unwrap_or(present.allow_self_registration),
        default_group_rt_id: group,
        kind: changed(&p.provider_id, present.kind, client)?,
    };
    unchanged.update_identity_provider(&id, &provider).await?;
    let text = format!("Identity provider '{}' updated.", p.provider_id);
    let provider = IdentityProviderDto {
        rt_id: Some(id.clone()),
        ..provider
    };
    let reply = ProviderReply {
        provider_id: Some(id),
        provider: Some(provider.into()),
    };
    Ok(Done::new(text, reply))
}

/// The settings of a provider after an update. A secret that was read is not sent back: without
/// one the service keeps what it has.
fn changed(id: &str, kind: ProviderKind, new: OAuthProviderDto) -> Result<ProviderKind, Failure> {
    let has_client = matches!(kind.number(), Some(0..=2 | 5));
    if !has_client && (new.client_id.is_some() || new.client_secret.is_some()) {
        return Err(Failure::new(format!(
            "Identity provider '{id}' has neither clientId nor clientSecret; leave them out."
        )));
    }
    let merged = |present: OAuthProviderDto| OAuthProviderDto {
        client_id: new.client_id.clone().or(present.client_id),
        client_secret: new.client_secret.clone(),
    };
    Ok(match kind {
        ProviderKind::Google(own) => ProviderKind::Google(merged(own)),
        ProviderKind::Microsoft(own) => ProviderKind::Microsoft(merged(own)),
        ProviderKind::Facebook(own) => ProviderKind::Facebook(merged(own)),
        ProviderKind::Entra(mut own) => {
            own.client_id = new.client_id.or(own.client_id);
            own.client_secret = new.client_secret;
            ProviderKind::Entra(own)
        }
        ProviderKind::Unknown(_) => {
            return Err(Failure::new(format!(
                "Unsupported identity provider type for '{id}'."
            )));
        }
        other => other,
    })
}

/// Deletes an identity provider. Nobody can sign in through it any more; accounts that came
/// through it stay.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeleteIdentityProvider {
    /// Id or name of the provider.
    provider_id: String,
}

async fn delete_identity_provider(
    cx: TenantCall,
    p: DeleteIdentityProvider,
) -> ToolResult<Done<ProviderReply>> {
    let identity = cx.identity()?;
    let provider = find(&identity, &p.provider_id).await?;
    let id = id_of(provider.rt_id.as_deref(), "an identity provider")?;
    identity.delete_identity_provider(&id).await?;
    let reply = ProviderReply {
        provider_id: Some(id),
        provider: None,
    };
    let text = format!("Identity provider '{}' deleted.", p.provider_id);
    Ok(Done::new(text, reply))
}

/// The provider with this id or name.
async fn find(identity: &IdentityClient, text: &str) -> Result<IdentityProviderDto, Failure> {
    let text = text.trim();
    let (found, no_id) = match text.parse::<RtId>() {
        Ok(id) => (identity.identity_provider(&id.to_string()).await?, None),
        Err(error) => {
            let all = identity.identity_providers().await?;
            let mut all = all.into_iter();
            let named = all.find(|provider| provider.name.eq_ignore_ascii_case(text));
            (named, Some(error.to_string()))
        }
    };
    found.ok_or_else(|| {
        let no_id = no_id.map(|text| format!(" {text}")).unwrap_or_default();
        Failure::new(format!(
            "Identity provider '{text}' not found.{no_id} get_identity_providers lists them with \
             their ids."
        ))
    })
}

/// The id of the group that was named, if one was.
async fn default_group(
    identity: &IdentityClient,
    group: Option<String>,
) -> Result<Option<String>, Failure> {
    let Some(group) = filled(group) else {
        return Ok(None);
    };
    let group = find_group(identity, &group).await?;
    id_of(group.id.as_deref(), "a group").map(Some)
}

fn name_problems(name: &str) -> Vec<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let length = name.chars().count();
    if NAME.contains(&length) && name.chars().all(allowed) {
        return Vec::new();
    }
    vec![format!(
        "name must have {} to {} characters: letters, digits, '.', '_' and '-'.",
        NAME.start(),
        NAME.end()
    )]
}

fn filled(text: Option<String>) -> Option<String> {
    let text = text.map(|text| text.trim().to_owned());
    text.filter(|text| !text.is_empty())
}
