//! URI overlays of OAuth clients (spec, identity 8.5).

use octo_sdk::identity::{
    ApplyOverlayUrisDto, ApplyOverlayUrisListCountDto, ApplyOverlayUrisResultDto,
    CleanOverlayEntriesResultDto,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::call::TenantCall;
use crate::reply::{Done, ToolResult};
use crate::tool::{Risk, Toolset, tool};

/// The group of overlay tools.
pub fn toolset() -> Toolset {
    Toolset::new(
        "Identity: client overlays",
        "Addresses that developers add to OAuth clients and take away again by name",
    )
    .tool(
        tool("apply_client_overlay", apply_client_overlay)
            .risk(Risk::Medium)
            .writes()
            .check(ApplyClientOverlay::problems),
    )
    .tool(
        tool("clean_client_overlays", clean_client_overlays)
            .risk(Risk::High)
            .destructive()
            .check(CleanClientOverlays::problems)
            .confirm(|p: &CleanClientOverlays| match p.name() {
                None => "Refusing to strip ALL overlay:* URI entries on every client without \
                         confirm=true."
                    .to_owned(),
                Some(name) => format!(
                    "Refusing to strip every overlay:{name} URI entry on every client without \
                     confirm=true."
                ),
            }),
    )
}

/// Adds addresses to an OAuth client under the name of an overlay, so that they can be taken away
/// again together (clean_client_overlays). Addresses the client has already are left alone.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ApplyClientOverlay {
    /// OAuth client id.
    client_id: String,
    /// Name of the overlay: letters, digits, dot, underscore and hyphen.
    overlay_name: String,
    /// Addresses to return to after sign-in.
    redirect_uris: Option<Vec<String>>,
    /// Addresses to return to after sign-out.
    post_logout_redirect_uris: Option<Vec<String>>,
    /// Origins from which browsers may call.
    allowed_cors_origins: Option<Vec<String>>,
}

impl ApplyClientOverlay {
    fn problems(&self) -> Vec<String> {
        let mut problems = name_problem(&self.overlay_name);
        let lists = [
            ("redirectUris", &self.redirect_uris),
            ("postLogoutRedirectUris", &self.post_logout_redirect_uris),
            ("allowedCorsOrigins", &self.allowed_cors_origins),
        ];
        if lists.iter().all(|(_, uris)| filled(uris).is_none()) {
            problems.push(
                "At least one of redirectUris / postLogoutRedirectUris / allowedCorsOrigins must \
                 contain a URI."
                    .to_owned(),
            );
        }
        for (list, uris) in lists {
            let uris = filled(uris).unwrap_or_default();
            let wrong = uris.into_iter().filter(|uri| Url::parse(uri).is_err());
            problems.extend(wrong.map(|uri| {
                format!("{list}: '{uri}' is not an absolute address such as https://app.example/.")
            }));
        }
        problems
    }
}

/// What an overlay changed.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ApplyReply {
    /// OAuth client id.
    client_id: String,
    /// Name of the overlay.
    overlay_name: String,
    /// What was done.
    result: Applied,
}

/// What an overlay changed on a client, list by list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Applied {
    /// Name of the overlay.
    overlay_name: String,
    /// OAuth client id.
    client_id: String,
    /// Addresses to return to after sign-in.
    redirect_uris: Count,
    /// Addresses to return to after sign-out.
    post_logout_redirect_uris: Count,
    /// Origins from which browsers may call.
    allowed_cors_origins: Count,
}

/// What happened to one list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Count {
    /// Entries added.
    added: u64,
    /// Entries that were there already.
    skipped_duplicate: u64,
}

impl From<ApplyOverlayUrisListCountDto> for Count {
    fn from(count: ApplyOverlayUrisListCountDto) -> Self {
        Self {
            added: count.added,
            skipped_duplicate: count.skipped_duplicate,
        }
    }
}

async fn apply_client_overlay(
    cx: TenantCall,
    p: ApplyClientOverlay,
) -> ToolResult<Done<ApplyReply>> {
    let origins = filled(&p.allowed_cors_origins).map(|origins| {
        let origins = origins.iter();
        origins
            .map(|origin| origin.trim_end_matches('/').to_owned())
            .collect()
    });
    let overlay = ApplyOverlayUrisDto {
        overlay_name: p.overlay_name.trim().to_owned(),
        redirect_uris: filled(&p.redirect_uris),
        post_logout_redirect_uris: filled(&p.post_logout_redirect_uris),
        allowed_cors_origins: origins,
    };
    let result = cx
        .identity()?
        .apply_client_overlay(&p.client_id, &overlay)
        .await?;
    let ApplyOverlayUrisResultDto {
        overlay_name,
        redirect_uris: redirect,
        post_logout_redirect_uris: logout,
        allowed_cors_origins: cors,
        ..
    } = result;
    let text = format!(
        "Overlay '{overlay_name}' on '{}': RedirectUris +{}/~{}, PostLogoutRedirectUris +{}/~{}, \
         AllowedCorsOrigins +{}/~{}.",
        p.client_id,
        redirect.added,
        redirect.skipped_duplicate,
        logout.added,
        logout.skipped_duplicate,
        cors.added,
        cors.skipped_duplicate,
    );
    let applied = Applied {
        overlay_name: overlay_name.clone(),
        client_id: p.client_id.clone(),
        redirect_uris: redirect.into(),
        post_logout_redirect_uris: logout.into(),
        allowed_cors_origins: cors.into(),
    };
    let client_id = p.client_id;
    Ok(Done::new(
        text,
        ApplyReply {
            client_id,
            overlay_name,
            result: applied,
        },
    ))
}

/// Takes the addresses of one overlay, or of all overlays, from every OAuth client of the tenant.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CleanClientOverlays {
    /// Name of the overlay; without one all overlays are taken away.
    overlay_name: Option<String>,
}

impl CleanClientOverlays {
    fn name(&self) -> Option<&str> {
        let name = self.overlay_name.as_deref().map(str::trim);
        name.filter(|name| !name.is_empty())
    }

    fn problems(&self) -> Vec<String> {
        self.name().map(name_problem).unwrap_or_default()
    }
}

/// What was taken away.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CleanReply {
    /// Name of the overlay, if one was named.
    overlay_name: Option<String>,
    /// What was done.
    result: Cleaned,
}

/// What was taken away from the clients of a tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Cleaned {
    /// Name of the overlay, if one was named.
    overlay_name: Option<String>,
    /// Number of changed clients.
    clients_affected: u64,
    /// Number of removed entries.
    total_entries_removed: u64,
    /// The changed clients.
    client_results: Vec<CleanedClient>,
}

/// What was taken away from one client.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CleanedClient {
    /// OAuth client id.
    client_id: String,
    /// Addresses to return to after sign-in.
    redirect_uris_removed: u64,
    /// Addresses to return to after sign-out.
    post_logout_redirect_uris_removed: u64,
    /// Origins from which browsers may call.
    allowed_cors_origins_removed: u64,
}

async fn clean_client_overlays(
    cx: TenantCall,
    p: CleanClientOverlays,
) -> ToolResult<Done<CleanReply>> {
    let result = cx.identity()?.clean_client_overlays(p.name()).await?;
    let entries = match result.total_entries_removed {
        1 => "entry",
        _ => "entries",
    };
    let text = format!(
        "Clean complete: {} {entries} removed across {} client(s).",
        result.total_entries_removed, result.clients_affected
    );
    let overlay_name = p.name().map(str::to_owned);
    let result = cleaned(result);
    Ok(Done::new(
        text,
        CleanReply {
            overlay_name,
            result,
        },
    ))
}

fn cleaned(result: CleanOverlayEntriesResultDto) -> Cleaned {
    let clients = result.client_results.into_iter();
    Cleaned {
        overlay_name: result.overlay_name,
        clients_affected: result.clients_affected,
        total_entries_removed: result.total_entries_removed,
        client_results: clients
            .map(|client| CleanedClient {
                client_id: client.client_id,
                redirect_uris_removed: client.redirect_uris_removed,
                post_logout_redirect_uris_removed: client.post_logout_redirect_uris_removed,
                allowed_cors_origins_removed: client.allowed_cors_origins_removed,
            })
            .collect(),
    }
}

fn name_problem(name: &str) -> Vec<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    match name.trim().chars().all(allowed) {
        true => Vec::new(),
        false => vec![format!(
            "overlayName may hold letters, digits, dots, underscores and hyphens only, but was \
             '{name}'."
        )],
    }
}

/// The entries that are not blank, without blanks around them; `None` when there are none.
fn filled(uris: &Option<Vec<String>>) -> Option<Vec<String>> {
    let uris = uris.iter().flatten().map(|uri| uri.trim());
    let uris: Vec<String> = uris
        .filter(|uri| !uri.is_empty())
        .map(str::to_owned)
        .collect();
    (!uris.is_empty()).then_some(uris)
}
