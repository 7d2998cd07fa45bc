//! The tenant registry: `System/Tenant` entities in the system tenant (spec 10.2).
//!
//! The system tenant's record is the truth. A child of another tenant is recorded a second time in
//! its parent's own database, without the parent's id, as real clusters do; nothing reads that
//! record here.

use octo_ck::id::camel_case;

use crate::change::{ChangeSet, DeleteEntity, NewEntity};
use crate::criteria::{Criteria, Operator};
use crate::entity::Entity;
use crate::error::RuntimeError;
use crate::query::{EntityQuery, Page, SortOrder};
use crate::rt_id::RtId;
use crate::store::StoreError;
use crate::tenant::Tenant;
use crate::tenant_id::{DatabaseName, TenantId};

const TENANT: &str = "System/Tenant";
const TENANT_ID: &str = "TenantId";
const PARENT: &str = "ParentTenantId";
const DATABASE: &str = "DatabaseName";

/// What is recorded about a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantInfo {
    /// Its id.
    pub id: TenantId,
    /// Name of its database.
    pub database: DatabaseName,
    /// Its parent; `None` for the system tenant.
    pub parent: Option<TenantId>,
}

/// Which tenants below a parent are asked for.
#[derive(Debug, Clone, Default)]
pub struct ChildrenQuery {
    /// Matches to leave out.
    pub skip: u64,
    /// Matches to return at most; all by default.
    pub take: Option<u64>,
    /// Only ids that contain this text.
    pub filter: Option<String>,
}

/// A record of the registry.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) rt_id: RtId,
    pub(super) info: TenantInfo,
}

/// The record of a tenant.
pub(super) async fn find(system: &Tenant, id: &TenantId) -> Result<Option<Row>, RuntimeError> {
    let query = EntityQuery::of(TENANT).eq(TENANT_ID, id.as_str());
    system.first(query).await?.map(|e| row(&e)).transpose()
}

/// The tenant that uses a database.
pub(super) async fn find_by_database(
    system: &Tenant,
    database: &DatabaseName,
) -> Result<Option<Row>, RuntimeError> {
    let query = EntityQuery::of(TENANT).eq(DATABASE, database.as_str());
    system.first(query).await?.map(|e| row(&e)).transpose()
}

/// Tenants below a parent; all tenants below the system tenant.
pub(super) async fn children(
    system: &Tenant,
    parent: &TenantId,
    query: &ChildrenQuery,
) -> Result<Page<TenantInfo>, RuntimeError> {
    let mut entities = EntityQuery::of(TENANT)
        .sort(TENANT_ID, SortOrder::Ascending)
        .skip(query.skip);
    entities.take = query.take;
    if parent != system.id() {
        entities = entities.eq(PARENT, parent.as_str());
    }
    if let Some(text) = query.filter.as_deref().filter(|text| !text.is_empty()) {
        entities = entities.filter(Criteria::field(TENANT_ID, Operator::Contains, text));
    }
    let page = system.query(entities).await?;
    let items = page.items.iter().map(|e| Ok(row(e)?.info));
    Ok(Page {
        items: items.collect::<Result<_, RuntimeError>>()?,
        total: page.total,
    })
}

/// Direct children of a tenant, the system tenant included.
pub(super) async fn direct_children(
    system: &Tenant,
    parent: &TenantId,
) -> Result<Vec<TenantId>, RuntimeError> {
    let query = EntityQuery::of(TENANT).eq(PARENT, parent.as_str());
    let page = system.query(query).await?;
    page.items.iter().map(|e| Ok(row(e)?.info.id)).collect()
}

/// Records a tenant, in the parent's own database too when that is not the system tenant.
pub(super) async fn register(
    system: &Tenant,
    parent: &Tenant,
    info: &TenantInfo,
) -> Result<(), RuntimeError> {
    if parent.id() != system.id() {
        // A record left behind by a crash is replaced.
        forget_in(parent, &info.id).await?;
        parent.insert(record(info)).await?;
    }
    let record = record(info).set(PARENT, parent.id().as_str());
    match system.insert(record).await {
        Ok(_) => Ok(()),
        Err(error) => {
            if parent.id() != system.id() {
                forget_in(parent, &info.id).await?;
            }
            Err(error)
        }
    }
}

/// Removes the record of a tenant.
pub(super) async fn forget(
    system: &Tenant,
    parent: Option<&Tenant>,
    row: &Row,
) -> Result<(), RuntimeError> {
    system
        .delete(DeleteEntity::of(TENANT, row.rt_id).erase())
        .await?;
    match parent.filter(|parent| parent.id() != system.id()) {
        Some(parent) => forget_in(parent, &row.info.id).await,
        None => Ok(()),
    }
}

async fn forget_in(registry: &Tenant, id: &TenantId) -> Result<(), RuntimeError> {
    let query = EntityQuery::of(TENANT).eq(TENANT_ID, id.as_str());
    let mut changes = ChangeSet::new();
    for entity in registry.query(query).await?.items {
        changes = changes.delete(DeleteEntity::of(TENANT, entity.rt_id).erase());
    }
    if !changes.is_empty() {
        registry.apply(changes).await?;
    }
    Ok(())
}

fn record(info: &TenantInfo) -> NewEntity {
    NewEntity::of(TENANT)
        .set(TENANT_ID, info.id.as_str())
        .set(DATABASE, info.database.as_str())
}

fn row(entity: &Entity) -> Result<Row, RuntimeError> {
    let unreadable = |attribute: &str| {
        RuntimeError::Store(StoreError::Corrupt {
            what: format!("tenant record {}", entity.rt_id),
            message: format!("attribute '{}' is missing or bad", camel_case(attribute)),
        })
    };
    let text = |name: &'static str| entity.attributes.str(name).ok_or_else(|| unreadable(name));
    let parent = entity.attributes.str(PARENT).map(str::parse).transpose();
    Ok(Row {
        rt_id: entity.rt_id,
        info: TenantInfo {
            id: text(TENANT_ID)?
                .parse()
                .map_err(|_| unreadable(TENANT_ID))?,
            database: text(DATABASE)?.parse().map_err(|_| unreadable(DATABASE))?,
            parent: parent.map_err(|_| unreadable(PARENT))?,
        },
    })
}
