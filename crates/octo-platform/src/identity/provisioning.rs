//! Provisioning of administrators in other tenants: P1–P8 (identity.md 4.10 and 6.10).
//!
//! The real service lets any token of any tenant read and change the mappings of any other tenant,
//! and make its user the owner there. Here the caller must administer tenants, and the target must
//! lie below the caller's own tenant ([`target`]).

pub(super) mod candidates;
mod target;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use octo_runtime::{EntityQuery, RtId, Tenant};
use octo_sdk::identity::ExternalTenantUserMappingDto;

use self::target::Target;
use super::lookup::{self, unreadable};
use super::user_mappings::dto::{MappingBody, Source, of_entities, of_entity};
use super::user_mappings::{FAILED, erase, taken};
use crate::accounts::names::{EXTERNAL_MAPPING, GROUP};
use crate::accounts::provision::{self, ProvisionError, Provisioned, Rights};
use crate::auth::{ReadWrite, TenantCaller};
use crate::problem::Problem;
use crate::rest::JsonBody;
use crate::state::PlatformState;

type Mapping = Json<ExternalTenantUserMappingDto>;

/// P1.
pub(super) async fn list(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, target)): Path<(String, String)>,
) -> Result<Json<Vec<ExternalTenantUserMappingDto>>, Problem> {
    let target = Target::open(&state, &caller, &target).await?;
    let mappings = target.tenant.query(EntityQuery::of(EXTERNAL_MAPPING)).await;
    let mappings = mappings.map_err(unreadable)?.items;
    Ok(Json(of_entities(&target.tenant, &mappings).await?))
}

/// P2.
pub(super) async fn create(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, target)): Path<(String, String)>,
    JsonBody(body): JsonBody<MappingBody>,
) -> Result<(StatusCode, Mapping), Problem> {
    let target = Target::open(&state, &caller, &target).await?;
    let source = body.source(target.tenant.id())?;
    let roles = lookup::roles_by_id(&target.tenant, body.role_ids()).await?;
    let rights = Rights {
        roles: roles.into_keys().collect(),
        groups: Vec::new(),
    };
    admit(&state, &target, &source, &rights).await
}

/// P8: unknown groups are skipped.
pub(super) async fn create_with_groups(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, target)): Path<(String, String)>,
    JsonBody(body): JsonBody<MappingBody>,
) -> Result<(StatusCode, Mapping), Problem> {
    let target = Target::open(&state, &caller, &target).await?;
    let source = body.source(target.tenant.id())?;
    let groups = EntityQuery::of(GROUP).ids(body.group_ids());
    let groups = target.tenant.query(groups).await.map_err(unreadable)?;
    let rights = Rights {
        roles: Vec::new(),
        groups: groups.items,
    };
    admit(&state, &target, &source, &rights).await
}

/// P3: 201 with the new mapping, 200 with the one that was there.
pub(super) async fn provision_current_user(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, target)): Path<(String, String)>,
) -> Result<(StatusCode, Mapping), Problem> {
    let target = Target::open(&state, &caller, &target).await?;
    let Some(user) = caller.caller.subject else {
        let text = "Cannot determine user identity from token.";
        return Err(Problem::text(StatusCode::BAD_REQUEST, text));
    };
    let provisioned =
        provision::provision_admin(&state, &target.tenant, &caller.tenant, user).await;
    answer(&target.tenant, provisioned.map_err(refusal)?).await
}

/// P4. The shadow user stays, without what the mapping gave it.
pub(super) async fn delete(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, target, id)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let target = Target::open(&state, &caller, &target).await?;
    let tenant = &target.tenant;
    let mapping = match id.trim().parse::<RtId>() {
        Ok(id) => tenant.get(EXTERNAL_MAPPING, id).await.map_err(unreadable)?,
        Err(_) => None,
    };
    let mapping = mapping.ok_or_else(|| {
        let text = format!("Mapping '{id}' not found in tenant '{}'.", tenant.id());
        Problem::text(StatusCode::NOT_FOUND, text)
    })?;
    erase(tenant, &mapping).await?;
    Ok(StatusCode::OK)
}

async fn admit(
    state: &PlatformState,
    target: &Target,
    source: &Source,
    rights: &Rights,
) -> Result<(StatusCode, Mapping), Problem> {
    let parent = target.source(state, &source.tenant).await?;
    let admitted = provision::admit(state, &target.tenant, &parent, source.user, rights).await;
    let admitted = admitted.map_err(refusal)?;
    if !admitted.created {
        return Err(taken(source, &target.tenant));
    }
    answer(&target.tenant, admitted).await
}

async fn answer(
    tenant: &Tenant,
    provisioned: Provisioned,
) -> Result<(StatusCode, Mapping), Problem> {
    let mapping = of_entity(tenant, &provisioned.mapping).await?;
    let status = match provisioned.created {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    Ok((status, Json(mapping)))
}

fn refusal(error: ProvisionError) -> Problem {
    match error {
        ProvisionError::UserUnknown { .. } => Problem::text(StatusCode::BAD_REQUEST, error),
        ProvisionError::Runtime(error) => Problem::runtime(FAILED, &error),
    }
}
