//! P3: the calling user becomes an administrator of a tenant below (identity.md 4.10 and 6.10).
//!
//! The real service lets any token of any tenant make its user the owner of any other tenant. Here
//! the caller must administer tenants, and the target must lie below the caller's own tenant.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use octo_runtime::{Direction, Entity, EntityQuery, RuntimeError, TargetQuery, Tenant};
use octo_sdk::identity::ExternalTenantUserMappingDto;

use super::lookup::unreadable;
use crate::accounts::names::{GROUP, GROUP_MEMBER};
use crate::accounts::provision::ProvisionError;
use crate::accounts::provision_admin;
use crate::auth::{ReadWrite, TenantCaller};
use crate::problem::Problem;
use crate::rest::{TENANT_ROLES, require_any_role};
use crate::state::PlatformState;

/// P3: 201 with the new mapping, 200 with the one that was there.
pub(super) async fn provision_current_user(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, target)): Path<(String, String)>,
) -> Result<(StatusCode, Json<ExternalTenantUserMappingDto>), Problem> {
    require_any_role(&caller.caller, TENANT_ROLES)?;
    let Some(user) = caller.caller.subject else {
        let text = "Cannot determine user identity from token.";
        return Err(Problem::text(StatusCode::BAD_REQUEST, text));
    };
    let child = state
        .find_tenant(&target)
        .await
        .map_err(unreadable)?
        .ok_or_else(|| {
            Problem::text(
                StatusCode::NOT_FOUND,
                format!("Tenant '{target}' not found."),
            )
        })?;
    let ancestors = state
        .runtime()
        .ancestors(child.id())
        .await
        .map_err(unreadable)?;
    if !ancestors.contains(caller.tenant.id()) {
        return Err(Problem::forbidden(format!(
            "Tenant '{}' is not below tenant '{}'.",
            child.id(),
            caller.tenant.id()
        )));
    }
    let provisioned = provision_admin(&state, &child, &caller.tenant, user)
        .await
        .map_err(refusal)?;
    let mapping = mapping_dto(&child, &provisioned.mapping)
        .await
        .map_err(unreadable)?;
    let status = if provisioned.created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(mapping)))
}

fn refusal(error: ProvisionError) -> Problem {
    match error {
        ProvisionError::UserUnknown { .. } => Problem::text(StatusCode::BAD_REQUEST, error),
        ProvisionError::Runtime(error) => {
            Problem::runtime("The user could not be provisioned.", &error)
        }
    }
}

async fn mapping_dto(
    tenant: &Tenant,
    mapping: &Entity,
) -> Result<ExternalTenantUserMappingDto, RuntimeError> {
    let query = TargetQuery::new(mapping.rt_id, GROUP_MEMBER, Direction::Inbound)
        .to(EntityQuery::of(GROUP));
    let groups = tenant.targets(query).await?.items;
    let text = |name: &str| mapping.attributes.str(name).unwrap_or_default().to_owned();
    Ok(ExternalTenantUserMappingDto {
        id: Some(mapping.rt_id.to_string()),
        source_tenant_id: text("SourceTenantId"),
        source_user_id: text("SourceUserId"),
        source_user_name: text("SourceUserName"),
        role_ids: mapping.attributes.strings("MappedRoleIds").to_vec(),
        group_names: groups
            .iter()
            .filter_map(|group| group.attributes.str("GroupName"))
            .map(str::to_owned)
            .collect(),
    })
}
