//! Users of other tenants and what they are given here (identity.md 6.10).
//!
//! A mapping names a user of another tenant by tenant and id, and the roles that user has in this
//! one. Like a user it can be a member of groups. What it gives counts as long as it exists
//! ([`roles`](super::roles)).

use octo_runtime::{Direction, Entity, EntityQuery, RtId, RuntimeError, Tenant, TenantId};

use super::HomeIdentity;
use super::names::{EXTERNAL_MAPPING, GROUP, GROUP_MEMBER};

/// The mappings of one user. There should be one; imported data may hold several.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn of(
    tenant: &Tenant,
    source: &TenantId,
    user: RtId,
) -> Result<Vec<Entity>, RuntimeError> {
    // Ids of users are unique across tenants in practice; how the tenant is written differs.
    let query = EntityQuery::of(EXTERNAL_MAPPING).eq("SourceUserId", user.to_string());
    let mut found = tenant.query(query).await?.items;
    found.retain(|mapping| is_from(mapping, source));
    Ok(found)
}

/// Whether a mapping names this user: an administrator has let it in, whether or not the way in is
/// open to everybody.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn admit(tenant: &Tenant, home: &HomeIdentity) -> Result<bool, RuntimeError> {
    Ok(!of(tenant, &home.tenant, home.user).await?.is_empty())
}

/// Whether a mapping is for users of `tenant`.
pub fn is_from(mapping: &Entity, tenant: &TenantId) -> bool {
    mapping
        .attributes
        .str("SourceTenantId")
        .is_some_and(|source| source.trim().eq_ignore_ascii_case(tenant.as_str()))
}

/// Ids of the mapped roles; what is no id is left out, what is unknown is not.
pub fn role_ids(mapping: &Entity) -> impl Iterator<Item = RtId> {
    let ids = mapping.attributes.strings("MappedRoleIds").iter();
    ids.filter_map(|id| id.parse().ok())
}

/// Names of the groups each of `mappings` is in, in the order of the mappings.
///
/// # Errors
/// [`RuntimeError`] if the tenant cannot be read.
pub async fn group_names(
    tenant: &Tenant,
    mappings: &[Entity],
) -> Result<Vec<Vec<String>>, RuntimeError> {
    let ids = mappings.iter().map(|mapping| mapping.rt_id);
    let edges = tenant
        .associations_of(ids, Some(GROUP_MEMBER), Direction::Inbound)
        .await?;
    if edges.is_empty() {
        return Ok(vec![Vec::new(); mappings.len()]);
    }
    let listing = edges.iter().map(|edge| edge.origin.rt_id);
    let groups = EntityQuery::of(GROUP).ids(listing);
    let groups = tenant.query(groups).await?.items;
    let names = |mapping: &Entity| {
        let edges = edges
            .iter()
            .filter(|edge| edge.target.rt_id == mapping.rt_id);
        let groups = edges.filter_map(|edge| {
            let group = groups
                .iter()
                .find(|group| group.rt_id == edge.origin.rt_id)?;
            group.attributes.str("GroupName").map(str::to_owned)
        });
        let mut names: Vec<String> = groups.collect();
        names.sort();
        names
    };
    Ok(mappings.iter().map(names).collect())
}
