//! How far the administration of users reaches.
//!
//! The role `UserManagement` opens users, roles, groups and mappings. It must not be a way to every
//! other role: without a limit its holder could take `TenantManagement` by one call (identity.md 9,
//! no. 13). So who does not administer tenants can neither give nor take roles they lack
//! themselves, directly or through groups, mappings and rules, and cannot touch an account that may
//! do more than they may: who sets its password can act as that account.

use std::collections::BTreeSet;

use octo_runtime::{Entity, RtId, Tenant};

use super::lookup::unreadable;
use super::roles::name_of;
use crate::accounts::rights_elsewhere;
use crate::accounts::roles::{self, Roles};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::rest::TENANT_ROLES;
use crate::seed::ROLE_NAMES;
use crate::state::PlatformState;

/// Lets a caller pass who has all of these roles, or administers tenants.
///
/// # Errors
/// 403, naming the roles the caller lacks.
pub(super) fn require_roles<'a>(
    caller: &Caller,
    roles: impl IntoIterator<Item = &'a Entity>,
) -> Result<(), Problem> {
    if administers_tenants(caller) {
        return Ok(());
    }
    let roles = roles.into_iter().map(name_of);
    let lacking: BTreeSet<&str> = roles.filter(|role| !caller.has_role(role)).collect();
    refuse_lacking(&lacking)
}

/// Lets a caller pass who may call a role so: services go by names, so the name of one of the
/// platform's roles opens what that role opens.
///
/// # Errors
/// 403 as [`require_roles`].
pub(super) fn require_name(caller: &Caller, name: &str) -> Result<(), Problem> {
    let is_lacking = |role: &str| role.eq_ignore_ascii_case(name) && !caller.has_role(role);
    let lacking = ROLE_NAMES.into_iter().filter(|role| is_lacking(role));
    match administers_tenants(caller) {
        true => Ok(()),
        false => refuse_lacking(&lacking.collect()),
    }
}

fn refuse_lacking(lacking: &BTreeSet<&str>) -> Result<(), Problem> {
    if lacking.is_empty() {
        return Ok(());
    }
    let lacking: Vec<&str> = lacking.iter().copied().collect();
    Err(Problem::forbidden(format!(
        "This concerns roles you do not have: '{}'. It needs them or the role 'TenantManagement'.",
        lacking.join("', '")
    )))
}

/// Lets a caller pass who may do all that a user may do, in this tenant and in those that let the
/// user in; everybody may change their own account.
///
/// # Errors
/// 403 as [`require_roles`], or 500 if the tenant cannot be read.
pub(super) async fn require_user(
    state: &PlatformState,
    caller: &Caller,
    tenant: &Tenant,
    user: &Entity,
) -> Result<(), Problem> {
    if administers_tenants(caller) || caller.subject == Some(user.rt_id) {
        return Ok(());
    }
    let held = roles::effective_of_user(state, tenant, user).await;
    require_all(caller, &held.map_err(unreadable)?)?;
    let elsewhere = rights_elsewhere::of_user(state, tenant, user).await;
    let elsewhere = elsewhere.map_err(unreadable)?;
    let lacking = elsewhere.iter().map(String::as_str);
    refuse_lacking(&lacking.filter(|role| !caller.has_role(role)).collect())
}

/// Lets a caller pass who has all roles the members of a group have through it.
///
/// # Errors
/// 403 as [`require_roles`], or 500 if the tenant cannot be read.
pub(super) async fn require_group(
    caller: &Caller,
    tenant: &Tenant,
    group: RtId,
) -> Result<(), Problem> {
    if administers_tenants(caller) {
        return Ok(());
    }
    let given = roles::of_members(tenant, group).await;
    require_all(caller, &given.map_err(unreadable)?)
}

/// Lets a caller pass who has all roles a mapping gives.
///
/// # Errors
/// 403 as [`require_roles`], or 500 if the tenant cannot be read.
pub(super) async fn require_mapping(
    caller: &Caller,
    tenant: &Tenant,
    mapping: &Entity,
) -> Result<(), Problem> {
    if administers_tenants(caller) {
        return Ok(());
    }
    let given = roles::of_mapping(tenant, mapping).await;
    require_all(caller, &given.map_err(unreadable)?)
}

/// As [`require_roles`].
pub(super) fn require_all(caller: &Caller, roles: &Roles) -> Result<(), Problem> {
    require_roles(caller, roles.values())
}

fn administers_tenants(caller: &Caller) -> bool {
    TENANT_ROLES.iter().any(|role| caller.has_role(role))
}
