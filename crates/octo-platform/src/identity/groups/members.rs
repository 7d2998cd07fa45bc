//! Users and clients in a group: G10–G15.
//!
//! A user of another tenant is a member through its mapping, so the routes for users take the id of
//! a mapping as well. Whoever is not a member is not removed with a bare 500, as by the original,
//! but with the reason.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use octo_runtime::{ChangeSet, Direction, Entity, Tenant};

use super::{UPDATE_FAILED, dto, existing, lock};
use crate::accounts::names::{CLIENT, EXTERNAL_MAPPING, GROUP_MEMBER, USER};
use crate::auth::{ReadOnly, ReadWrite, TenantCaller};
use crate::identity::lookup::{self, unreadable};
use crate::identity::reach;
use crate::problem::Problem;
use crate::rest::{USER_ROLES, require_any_role};
use crate::state::PlatformState;

/// What kind of member a route is about.
struct Kind {
    /// Its name in sentences.
    name: &'static str,
    /// Its id in the route.
    parameter: &'static str,
    /// Types of entity it can be; the first is the one that is listed.
    types: &'static [&'static str],
}

const USERS: Kind = Kind {
    name: "User",
    parameter: "userId",
    types: &[USER, EXTERNAL_MAPPING],
};

const CLIENTS: Kind = Kind {
    name: "Client",
    parameter: "clientId",
    types: &[CLIENT],
};

type Group = Path<(String, String)>;
type Member = Path<(String, String, String)>;

/// G10.
pub(in crate::identity) async fn users(
    caller: TenantCaller<ReadOnly>,
    Path((_, group)): Group,
) -> Result<Json<Vec<String>>, Problem> {
    list(&caller.tenant, &group, &USERS).await
}

/// G11.
pub(in crate::identity) async fn add_user(
    state: State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    path: Member,
) -> Result<StatusCode, Problem> {
    add(state, caller, path, &USERS).await
}

/// G12.
pub(in crate::identity) async fn remove_user(
    state: State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    path: Member,
) -> Result<StatusCode, Problem> {
    remove(state, caller, path, &USERS).await
}

/// G13.
pub(in crate::identity) async fn clients(
    caller: TenantCaller<ReadOnly>,
    Path((_, group)): Group,
) -> Result<Json<Vec<String>>, Problem> {
    list(&caller.tenant, &group, &CLIENTS).await
}

/// G14.
pub(in crate::identity) async fn add_client(
    state: State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    path: Member,
) -> Result<StatusCode, Problem> {
    add(state, caller, path, &CLIENTS).await
}

/// G15.
pub(in crate::identity) async fn remove_client(
    state: State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    path: Member,
) -> Result<StatusCode, Problem> {
    remove(state, caller, path, &CLIENTS).await
}

async fn list(tenant: &Tenant, group: &str, kind: &Kind) -> Result<Json<Vec<String>>, Problem> {
    let group = existing(tenant, group).await?;
    let edges = tenant
        .associations_of([group.rt_id], Some(GROUP_MEMBER), Direction::Outbound)
        .await
        .map_err(unreadable)?;
    let listed = kind.types.first().copied();
    Ok(Json(dto::targets(&edges, GROUP_MEMBER, listed)))
}

async fn add(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, group, member)): Member,
    kind: &Kind,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let group = existing(tenant, &group).await?;
    reach::require_group(&caller.caller, tenant, group.rt_id).await?;
    let member = found(tenant, &member, kind).await?;
    if !is_member(tenant, &group, &member).await? {
        let changes = ChangeSet::new().associate(&group, GROUP_MEMBER, &member);
        let applied = tenant.apply(changes).await;
        applied.map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    }
    Ok(StatusCode::OK)
}

async fn remove(
    State(state): State<PlatformState>,
    caller: TenantCaller<ReadWrite>,
    Path((_, group, member)): Member,
    kind: &Kind,
) -> Result<StatusCode, Problem> {
    require_any_role(&caller.caller, USER_ROLES)?;
    let tenant = &caller.tenant;
    let _only_one = lock(&state, tenant).await;
    let group = existing(tenant, &group).await?;
    reach::require_group(&caller.caller, tenant, group.rt_id).await?;
    let member = found(tenant, &member, kind).await?;
    if !is_member(tenant, &group, &member).await? {
        let group = group.attributes.str("GroupName").unwrap_or_default();
        return Err(Problem::bad_request(format!(
            "{} '{}' is not a member of group '{group}'.",
            kind.name, member.rt_id
        )));
    }
    let changes = ChangeSet::new().dissociate(&group, GROUP_MEMBER, &member);
    let applied = tenant.apply(changes).await;
    applied.map_err(|error| Problem::runtime(UPDATE_FAILED, &error))?;
    Ok(StatusCode::OK)
}

async fn found(tenant: &Tenant, member: &str, kind: &Kind) -> Result<Entity, Problem> {
    let id = lookup::id(kind.parameter, member)?;
    for ck_type in kind.types {
        if let Some(entity) = tenant.get(ck_type, id).await.map_err(unreadable)? {
            return Ok(entity);
        }
    }
    Err(Problem::not_found(format!(
        "{} with id '{id}' not found.",
        kind.name
    )))
}

async fn is_member(tenant: &Tenant, group: &Entity, member: &Entity) -> Result<bool, Problem> {
    let edges = tenant
        .associations_of([member.rt_id], Some(GROUP_MEMBER), Direction::Inbound)
        .await
        .map_err(unreadable)?;
    Ok(edges.iter().any(|edge| edge.origin.rt_id == group.rt_id))
}
