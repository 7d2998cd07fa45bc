//! What can be chosen when provisioning: P5–P7.

use axum::Json;
use axum::extract::{Path, State};
use octo_runtime::{Criteria, Entity, EntityQuery, Operator, SortOrder, TenantId};
use octo_sdk::identity::{RoleDto, SourceUserDto, TargetGroupDto};

use super::target::Target;
use crate::accounts::names::{GROUP, ROLE, USER};
use crate::accounts::shadow::is_shadow_name;
use crate::accounts::users::{normalize, user_name};
use crate::auth::{ReadWrite, TenantCaller};
use crate::identity::lookup::unreadable;
use crate::identity::roles::dto_of;
use crate::problem::Problem;
use crate::rest::Params;
use crate::state::PlatformState;

/// Users returned when the request does not say.
const DEFAULT_TAKE: usize = 20;
/// Users returned at most.
const MAX_TAKE: usize = 100;
/// Users of one tenant looked at, so that shadow users among them do not fill the answer.
const LOOKED_AT: u64 = 1_000;

/// P5: users of the tenants above the target that the caller administers.
pub(in crate::identity) async fn users(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, target)): Path<(String, String)>,
    params: Params,
) -> Result<Json<Vec<SourceUserDto>>, Problem> {
    let target = Target::open(&state, &caller, &target).await?;
    let take = params.parsed::<i64>("take")?;
    let take = take.map_or(DEFAULT_TAKE, |take| take.clamp(1, MAX_TAKE as i64) as usize);
    let mut found = Vec::new();
    for id in &target.above {
        let tenant = target.source(&state, id).await?;
        let users = tenant.query(wanted(params.get("search"))).await;
        let users = users.map_err(unreadable)?.items;
        let own = users.iter().filter(|user| !is_shadow_name(user_name(user)));
        found.extend(own.map(|user| candidate(id, user)));
        if found.len() >= take {
            break;
        }
    }
    found.truncate(take);
    Ok(Json(found))
}

/// P6.
pub(in crate::identity) async fn roles(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, target)): Path<(String, String)>,
) -> Result<Json<Vec<RoleDto>>, Problem> {
    let target = Target::open(&state, &caller, &target).await?;
    let query = EntityQuery::of(ROLE).sort("NormalizedName", SortOrder::Ascending);
    let roles = target.tenant.query(query).await.map_err(unreadable)?;
    Ok(Json(roles.items.iter().map(dto_of).collect()))
}

/// P7.
pub(in crate::identity) async fn groups(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, target)): Path<(String, String)>,
) -> Result<Json<Vec<TargetGroupDto>>, Problem> {
    let target = Target::open(&state, &caller, &target).await?;
    let query = EntityQuery::of(GROUP).sort("NormalizedGroupName", SortOrder::Ascending);
    let groups = target.tenant.query(query).await.map_err(unreadable)?;
    let text = |group: &Entity, name: &str| group.attributes.str(name).map(str::to_owned);
    let groups = groups.items.iter().map(|group| TargetGroupDto {
        id: group.rt_id.to_string(),
        name: text(group, "GroupName").unwrap_or_default(),
        description: text(group, "GroupDescription"),
    });
    Ok(Json(groups.collect()))
}

fn wanted(search: Option<&str>) -> EntityQuery {
    let query = EntityQuery::of(USER)
        .sort("NormalizedUserName", SortOrder::Ascending)
        .take(LOOKED_AT);
    let Some(search) = search.map(normalize) else {
        return query;
    };
    let by_name = Criteria::field("NormalizedUserName", Operator::Contains, search.clone());
    let by_email = Criteria::field("NormalizedEmail", Operator::Contains, search);
    query.filter(by_name.or(by_email))
}

fn candidate(tenant: &TenantId, user: &Entity) -> SourceUserDto {
    let text = |name: &str| user.attributes.str(name).map(str::to_owned);
    SourceUserDto {
        source_tenant_id: tenant.to_string(),
        user_id: user.rt_id.to_string(),
        user_name: user_name(user).to_owned(),
        email: text("Email"),
        first_name: text("FirstName"),
        last_name: text("LastName"),
    }
}
