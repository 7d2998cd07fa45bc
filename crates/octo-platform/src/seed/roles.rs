//! Seeded roles and the group that holds them all (identity.md 7.1, 7.6).

use octo_runtime::{Attributes, ChangeSet, EntityQuery, RuntimeError, Tenant, Value};

use super::seed_id;
use super::upsert::SeedEntity;
use crate::accounts::names::{ASSIGNED_ROLE, GROUP, ROLE};
use crate::accounts::{roles, users};

/// Names of the seeded roles, in the order of their ids (suffix 01 and up).
pub const ROLE_NAMES: [&str; 14] = [
    "TenantManagement",
    "UserManagement",
    "CommunicationManagement",
    "Development",
    "AdminPanelManagement",
    "BotManagement",
    "DashboardManagement",
    "DashboardViewer",
    "ReportingManagement",
    "ReportingViewer",
    "DataModelManagement",
    "StreamDataAdmin",
    "StreamDataWriter",
    "StreamDataReader",
];

/// Name of the group of a tenant's administrators.
pub const OWNERS_GROUP: &str = "TenantOwners";

const OWNERS_SUFFIX: u8 = 0x40;

pub(super) fn roles() -> Vec<SeedEntity> {
    let mut seed: Vec<SeedEntity> = (1..)
        .zip(ROLE_NAMES)
        .map(|(suffix, name)| role(suffix, name))
        .collect();
    seed.push(owners());
    seed
}

fn role(suffix: u8, name: &str) -> SeedEntity {
    SeedEntity {
        ck_type: ROLE,
        rt_id: seed_id(suffix),
        well_known_name: Some(name.to_owned()),
        fixed: Attributes::new()
            .set("Name", name)
            .set("NormalizedName", users::normalize(name)),
        initial: Attributes::new()
            .set("SubjectIds", Value::StringArray(Vec::new()))
            .set("IdentityRoleIds", Value::StringArray(Vec::new())),
    }
}

fn owners() -> SeedEntity {
    SeedEntity {
        ck_type: GROUP,
        rt_id: seed_id(OWNERS_SUFFIX),
        well_known_name: Some(OWNERS_GROUP.to_owned()),
        fixed: Attributes::new()
            .set("GroupName", OWNERS_GROUP)
            .set("NormalizedGroupName", users::normalize(OWNERS_GROUP))
            .set(
                "GroupDescription",
                "Administrators of the tenant: members have every role.",
            ),
        initial: Attributes::new(),
    }
}

/// Gives the owners' group every seeded role that exists and that it does not have yet.
pub(super) async fn link_owners(tenant: &Tenant) -> Result<(), RuntimeError> {
    let owners = seed_id(OWNERS_SUFFIX);
    if tenant.get(GROUP, owners).await?.is_none() {
        return Ok(());
    }
    let held = roles::direct(tenant, owners).await?;
    let seeded = (1..).zip(ROLE_NAMES).map(|(suffix, _)| seed_id(suffix));
    let existing = tenant.query(EntityQuery::of(ROLE).ids(seeded)).await?.items;
    let changes = existing
        .iter()
        .filter(|role| !held.contains_key(&role.rt_id))
        .fold(ChangeSet::new(), |changes, role| {
            changes.associate((GROUP, owners), ASSIGNED_ROLE, role)
        });
    if !changes.is_empty() {
        tenant.apply(changes).await?;
    }
    Ok(())
}
