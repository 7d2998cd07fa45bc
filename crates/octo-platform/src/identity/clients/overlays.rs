//! URI overlays: C11 and C12 (identity.md 4.4 and 6.6).
//!
//! A developer's addresses are added to clients under a name, and taken away again by that name,
//! without touching what the seed, the REST service or a registration put there.

use axum::Json;
use axum::extract::{Path, State};
use octo_runtime::{Attributes, Entity, EntityQuery, Record, Tenant, UpdateEntity};
use octo_sdk::identity::{
    ApplyOverlayUrisListCountDto, ApplyOverlayUrisResultDto, CleanOverlayEntriesClientResultDto,
    CleanOverlayEntriesResultDto,
};
use serde::Deserialize;

use super::body::{entry, uri_error};
use super::{UPDATE_FAILED, existing, is_flagged, lock, refresh_copies};
use crate::accounts::names::CLIENT;
use crate::auth::{ReadWrite, TenantCaller};
use crate::identity::lookup::unreadable;
use crate::problem::Problem;
use crate::rest::{JsonBody, Params, TENANT_ROLES, require_any_role};
use crate::state::PlatformState;

/// What the sources of overlay entries start with.
const OVERLAY: &str = "overlay:";

/// The three lists of URIs a client has.
const LISTS: [&str; 3] = [
    "RedirectUris",
    "PostLogoutRedirectUris",
    "AllowedCorsOrigins",
];

/// `ApplyOverlayUrisDto` as received.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::identity) struct OverlayBody {
    #[serde(rename = "overlayname")]
    overlay_name: Option<String>,
    #[serde(rename = "redirecturis")]
    redirect_uris: Option<Vec<String>>,
    #[serde(rename = "postlogoutredirecturis")]
    post_logout_redirect_uris: Option<Vec<String>>,
    #[serde(rename = "allowedcorsorigins")]
    allowed_cors_origins: Option<Vec<String>>,
}

impl OverlayBody {
    /// The URIs per list of [`LISTS`], without blank ones.
    fn lists(&self) -> [Vec<&str>; 3] {
        [
            &self.redirect_uris,
            &self.post_logout_redirect_uris,
            &self.allowed_cors_origins,
        ]
        .map(|list| {
            let uris = list.iter().flatten().map(|uri| uri.trim());
            uris.filter(|uri| !uri.is_empty()).collect()
        })
    }

    fn name(&self) -> Result<&str, Problem> {
        let name = self.overlay_name.as_deref().unwrap_or_default();
        if name.is_empty() {
            return Err(Problem::required("OverlayName"));
        }
        match is_name(name) {
            true => Ok(name),
            false => Err(Problem::validation("OverlayName", NAME_RULE)),
        }
    }
}

const NAME_RULE: &str =
    "The field OverlayName must match the regular expression '^[A-Za-z0-9._-]+$'.";

fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.chars().all(allowed)
}

/// C11.
pub(in crate::identity) async fn apply(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, client_id)): Path<(String, String)>,
    JsonBody(body): JsonBody<OverlayBody>,
) -> Result<Json<ApplyOverlayUrisResultDto>, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let name = body.name()?;
    let wanted = checked(body.lists())?;
    let tenant = &caller.tenant;
    let only_one = lock(&state, tenant).await;
    let client = existing(tenant, &client_id).await?;
    let mut counts = [ApplyOverlayUrisListCountDto::default(); 3];
    let mut changed = Attributes::new();
    for ((list, uris), count) in LISTS.iter().zip(&wanted).zip(&mut counts) {
        let (entries, counted) = with_overlay(client.attributes.records(list), uris, name);
        *count = counted;
        if counted.added > 0 {
            changed.insert(list, entries);
        }
    }
    let changes = !changed.is_empty();
    if changes {
        write(tenant, &client, changed).await?;
    }
    drop(only_one);
    if changes && is_flagged(&client) {
        refresh_copies(&state, tenant, &client_id, &client).await?;
    }
    let [
        redirect_uris,
        post_logout_redirect_uris,
        allowed_cors_origins,
    ] = counts;
    Ok(Json(ApplyOverlayUrisResultDto {
        overlay_name: name.to_owned(),
        client_id,
        redirect_uris,
        post_logout_redirect_uris,
        allowed_cors_origins,
    }))
}

/// C12.
pub(in crate::identity) async fn clean(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    params: Params,
) -> Result<Json<CleanOverlayEntriesResultDto>, Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let name = params.get("overlayName");
    if name.is_some_and(|name| !is_name(name)) {
        return Err(Problem::dictionary("overlayName", NAME_RULE));
    }
    let tenant = &caller.tenant;
    let only_one = lock(&state, tenant).await;
    let all = EntityQuery::of(CLIENT);
    let clients = tenant.query(all).await.map_err(unreadable)?.items;
    let mut result = CleanOverlayEntriesResultDto {
        overlay_name: name.map(str::to_owned),
        ..CleanOverlayEntriesResultDto::default()
    };
    let mut copied = Vec::new();
    for client in &clients {
        let Some(cleaned) = clean_client(tenant, client, name).await? else {
            continue;
        };
        result.clients_affected += 1;
        result.total_entries_removed += cleaned.redirect_uris_removed
            + cleaned.post_logout_redirect_uris_removed
            + cleaned.allowed_cors_origins_removed;
        result.client_results.push(cleaned);
        copied.extend(is_flagged(client).then_some(client));
    }
    drop(only_one);
    for client in copied {
        let id = client.attributes.str("ClientId").unwrap_or_default();
        refresh_copies(&state, tenant, id, client).await?;
    }
    Ok(Json(result))
}

async fn clean_client(
    tenant: &Tenant,
    client: &Entity,
    name: Option<&str>,
) -> Result<Option<CleanOverlayEntriesClientResultDto>, Problem> {
    let mut changed = Attributes::new();
    let mut removed = [0_u64; 3];
    for (list, removed) in LISTS.iter().zip(&mut removed) {
        let stored = client.attributes.records(list);
        let kept = stored.iter().filter(|entry| !is_overlay(entry, name));
        let kept: Vec<Record> = kept.cloned().collect();
        *removed = (stored.len() - kept.len()) as u64;
        if *removed > 0 {
            changed.insert(list, kept);
        }
    }
    if changed.is_empty() {
        return Ok(None);
    }
    write(tenant, client, changed).await?;
    let client_id = client.attributes.str("ClientId").unwrap_or_default();
    Ok(Some(CleanOverlayEntriesClientResultDto {
        client_id: client_id.to_owned(),
        redirect_uris_removed: removed[0],
        post_logout_redirect_uris_removed: removed[1],
        allowed_cors_origins_removed: removed[2],
    }))
}

/// There must be something to add, and every URI must be one.
fn checked(lists: [Vec<&str>; 3]) -> Result<[Vec<&str>; 3], Problem> {
    let mut errors = Vec::new();
    for (list, uris) in LISTS.iter().zip(&lists) {
        let wrong = uris.iter().filter_map(|uri| uri_error(uri));
        errors.extend(wrong.map(|error| (*list, error)));
    }
    if !errors.is_empty() {
        return Err(Problem::validation_errors(&errors));
    }
    if lists.iter().all(Vec::is_empty) {
        return Err(Problem::dictionary(
            "dto",
            "At least one of redirectUris, postLogoutRedirectUris and allowedCorsOrigins must \
             contain a URI.",
        ));
    }
    Ok(lists)
}

/// The entries of a list together with the overlay's, and how many are new.
fn with_overlay(
    stored: &[Record],
    uris: &[&str],
    overlay: &str,
) -> (Vec<Record>, ApplyOverlayUrisListCountDto) {
    let source = format!("{OVERLAY}{overlay}");
    let mut entries = stored.to_vec();
    let mut count = ApplyOverlayUrisListCountDto::default();
    for uri in uris {
        if entries.iter().any(|entry| uri_of(entry) == Some(uri)) {
            count.skipped_duplicate += 1;
        } else {
            entries.push(entry(uri, &source));
            count.added += 1;
        }
    }
    (entries, count)
}

fn uri_of(entry: &Record) -> Option<&str> {
    entry.attributes.str("Uri")
}

/// Whether an entry belongs to the overlay of that name, or to any overlay.
fn is_overlay(entry: &Record, name: Option<&str>) -> bool {
    let source = entry.attributes.str("Source").unwrap_or_default();
    source
        .strip_prefix(OVERLAY)
        .is_some_and(|overlay| name.is_none_or(|name| name == overlay))
}

async fn write(tenant: &Tenant, client: &Entity, changed: Attributes) -> Result<(), Problem> {
    let update = UpdateEntity::from_entity(client);
    let update = changed
        .into_iter()
        .fold(update, |update, (name, value)| update.set(&name, value));
    let written = tenant.update(update).await;
    written.map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    Ok(())
}
