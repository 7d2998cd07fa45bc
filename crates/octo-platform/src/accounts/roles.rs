//! Effective roles of users and clients (identity.md 6.3).
//!
//! A subject has the roles assigned to itself, those of every group that lists it as a member, and
//! those of the groups nested in these. Nesting hands roles *up*: members of the outer group get
//! the roles of the inner one, not the other way round.
//!
//! A user of another tenant counts under two names: as shadow user, and as the mapping that admits
//! it. Roles and groups of the mapping are worked out anew for every token, so taking a role from
//! the mapping, or the mapping from a group, takes effect like any other change. (The original
//! copies mapped roles to the shadow user, where they stay for good, and ignores the groups of a
//! mapping although it shows them.)

use std::collections::{BTreeMap, BTreeSet};

use octo_runtime::{
    Association, ChangeSet, Direction, Entity, EntityQuery, RtId, RuntimeError, Tenant,
};

use super::names::{ASSIGNED_ROLE, CHILD_GROUP, GROUP_MEMBER, ROLE};
use super::{mappings, shadow};
use crate::state::PlatformState;

/// How many levels of nested groups hand on roles; the group that lists the subject is the first.
pub const GROUP_LEVELS: usize = 10;

/// Roles by id.
pub type Roles = BTreeMap<RtId, Entity>;

/// The roles assigned to a user, client or group itself.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn direct(tenant: &Tenant, subject: RtId) -> Result<Roles, RuntimeError> {
    let assigned = assigned_to(tenant, [subject]).await?;
    load(tenant, assigned).await
}

/// The effective roles of a client, or of anybody else who has no mapping: direct ones and those of
/// groups, [`GROUP_LEVELS`] deep; each group counts once. For users see [`effective_of_user`].
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn effective(tenant: &Tenant, subject: RtId) -> Result<Roles, RuntimeError> {
    of_subjects(tenant, vec![subject], BTreeSet::new()).await
}

/// The effective roles of a user, those given to it as a user of another tenant included.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn effective_of_user(
    state: &PlatformState,
    tenant: &Tenant,
    user: &Entity,
) -> Result<Roles, RuntimeError> {
    let mut subjects = vec![user.rt_id];
    let mut mapped = BTreeSet::new();
    if let Some(home) = shadow::home_of(state.sealer(), tenant.id(), user) {
        for mapping in mappings::of(tenant, &home.tenant, home.user).await? {
            subjects.push(mapping.rt_id);
            mapped.extend(mappings::role_ids(&mapping));
        }
    }
    of_subjects(tenant, subjects, mapped).await
}

/// The roles every member of a group has through it.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn of_members(tenant: &Tenant, group: RtId) -> Result<Roles, RuntimeError> {
    let groups = with_nested(tenant, BTreeSet::from([group])).await?;
    let assigned = assigned_to(tenant, groups).await?;
    load(tenant, assigned).await
}

/// The roles a mapping gives to its user, those of its groups included.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn of_mapping(tenant: &Tenant, mapping: &Entity) -> Result<Roles, RuntimeError> {
    let mapped = mappings::role_ids(mapping).collect();
    of_subjects(tenant, vec![mapping.rt_id], mapped).await
}

/// Names of the effective roles of a client, sorted, without repetition.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn effective_names(tenant: &Tenant, subject: RtId) -> Result<Vec<String>, RuntimeError> {
    Ok(names(&effective(tenant, subject).await?))
}

/// Names of the effective roles of a user, sorted, without repetition.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn effective_names_of_user(
    state: &PlatformState,
    tenant: &Tenant,
    user: &Entity,
) -> Result<Vec<String>, RuntimeError> {
    Ok(names(&effective_of_user(state, tenant, user).await?))
}

/// The roles that are in one of two sets only.
pub fn difference(left: &Roles, right: &Roles) -> Roles {
    let only = |these: &Roles, those: &Roles| {
        let these = these.iter().filter(|(id, _)| !those.contains_key(id));
        these
            .map(|(id, role)| (*id, role.clone()))
            .collect::<Roles>()
    };
    let mut changed = only(left, right);
    changed.extend(only(right, left));
    changed
}

/// Makes `wanted` the roles assigned to `subject` itself: what is missing is added, what is too
/// much is taken away, all at once.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read or changed; then nothing is changed.
pub async fn replace(
    tenant: &Tenant,
    subject: &Entity,
    wanted: &Roles,
) -> Result<(), RuntimeError> {
    let held = direct(tenant, subject.rt_id).await?;
    let mut changes = ChangeSet::new();
    for (_, role) in held.iter().filter(|(id, _)| !wanted.contains_key(id)) {
        changes = changes.dissociate(subject, ASSIGNED_ROLE, role);
    }
    for (_, role) in wanted.iter().filter(|(id, _)| !held.contains_key(id)) {
        changes = changes.associate(subject, ASSIGNED_ROLE, role);
    }
    if !changes.is_empty() {
        tenant.apply(changes).await?;
    }
    Ok(())
}

async fn of_subjects(
    tenant: &Tenant,
    subjects: Vec<RtId>,
    mut roles: BTreeSet<RtId>,
) -> Result<Roles, RuntimeError> {
    let memberships = Some(GROUP_MEMBER);
    let listing = tenant
        .associations_of(subjects.clone(), memberships, Direction::Inbound)
        .await?;
    let groups = listing.iter().map(|edge| edge.origin.rt_id).collect();
    let groups = with_nested(tenant, groups).await?;
    roles.extend(assigned_to(tenant, subjects.into_iter().chain(groups)).await?);
    load(tenant, roles).await
}

/// These groups and those nested in them, as far as they hand on roles.
async fn with_nested(
    tenant: &Tenant,
    mut level: BTreeSet<RtId>,
) -> Result<BTreeSet<RtId>, RuntimeError> {
    let mut groups = BTreeSet::new();
    for _ in 0..GROUP_LEVELS {
        level.retain(|group| groups.insert(*group));
        let nested = tenant
            .associations_of(level, Some(CHILD_GROUP), Direction::Outbound)
            .await?;
        level = nested.iter().map(|edge| edge.target.rt_id).collect();
    }
    Ok(groups)
}

async fn assigned_to(
    tenant: &Tenant,
    subjects: impl IntoIterator<Item = RtId>,
) -> Result<BTreeSet<RtId>, RuntimeError> {
    let edges = tenant
        .associations_of(subjects, Some(ASSIGNED_ROLE), Direction::Outbound)
        .await?;
    let target = |edge: &Association| edge.target.rt_id;
    Ok(edges.iter().map(target).collect())
}

/// The roles of these ids that exist.
async fn load(tenant: &Tenant, ids: BTreeSet<RtId>) -> Result<Roles, RuntimeError> {
    if ids.is_empty() {
        return Ok(Roles::new());
    }
    let roles = tenant.query(EntityQuery::of(ROLE).ids(ids)).await?.items;
    Ok(roles.into_iter().map(|role| (role.rt_id, role)).collect())
}

/// Names of roles, sorted, without repetition.
pub fn names(roles: &Roles) -> Vec<String> {
    let names: BTreeSet<&str> = roles
        .values()
        .filter_map(|role| role.attributes.str("Name"))
        .collect();
    names.into_iter().map(str::to_owned).collect()
}
