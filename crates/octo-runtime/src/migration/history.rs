//! What happened to the data of a tenant: `System/MigrationHistory` entities (spec, Construction Kit
//! 10.3).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use octo_ck::migration::recorded_version;
use octo_ck::{CkVersion, TypeGraph};
use serde::Serialize;

use super::MigrationResult;
use crate::change::{ChangeSet, DeleteEntity, NewEntity};
use crate::entity::Entity;
use crate::error::RuntimeError;
use crate::mutation;
use crate::query::{EntityQuery, Page, SortOrder};
use crate::resolve;
use crate::store::{EntityStore, WriteTransaction};
use crate::tenant_id::TenantId;
use crate::value::Value;

const HISTORY: &str = "System/MigrationHistory";

/// One recorded migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MigrationRecord {
    /// Name of the model.
    pub ck_model_name: String,
    /// Version before.
    pub from_version: String,
    /// Version after.
    pub to_version: String,
    /// When it ran.
    pub executed_at: Timestamp,
    /// Whether it came to its end.
    pub success: bool,
    /// All entities changed.
    pub entities_affected: i64,
    /// Entities added.
    pub entities_added: i64,
    /// Changes to entities.
    pub entities_updated: i64,
    /// Entities deleted.
    pub entities_deleted: i64,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// Why it failed.
    pub errors: Vec<String>,
    /// What is worth knowing.
    pub warnings: Vec<String>,
    /// Backup made before.
    pub backup_id: Option<String>,
}

/// Versions the data was last migrated to, by model name.
pub(crate) async fn versions(
    store: &dyn EntityStore,
    graph: &Arc<TypeGraph>,
    names: &[&str],
) -> Result<BTreeMap<String, CkVersion>, RuntimeError> {
    let mut versions = BTreeMap::new();
    for name in names {
        let query = newest(Some(name)).eq("Success", true).take(1);
        let found = read(store, graph, query).await?.items.pop();
        if let Some(version) = found.and_then(|found| recorded_version(&found.to_version)) {
            versions.insert((*name).to_owned(), version);
        }
    }
    Ok(versions)
}

/// What is recorded about one model or all, newest first.
pub(crate) async fn list(
    store: &dyn EntityStore,
    graph: &Arc<TypeGraph>,
    name: Option<&str>,
    take: u64,
) -> Result<Page<MigrationRecord>, RuntimeError> {
    read(store, graph, newest(name).take(take)).await
}

/// Writes what a migration did.
pub(super) fn record(
    transaction: &mut dyn WriteTransaction,
    graph: &TypeGraph,
    tenant: &TenantId,
    result: &MigrationResult,
) -> Result<(), RuntimeError> {
    // Only models of `System` that are long gone know no history.
    if resolve::find_type(graph, HISTORY).is_ok() {
        let changes = ChangeSet::new().insert(entity(result));
        mutation::run(transaction, graph, tenant, &changes)?;
    }
    Ok(())
}

/// Writes that a migration failed, in place of an earlier failure of the same one.
pub(crate) fn record_failure(
    transaction: &mut dyn WriteTransaction,
    graph: &TypeGraph,
    tenant: &TenantId,
    result: &MigrationResult,
) -> Result<(), RuntimeError> {
    let Ok(_) = resolve::find_type(graph, HISTORY) else {
        return Ok(());
    };
    let same = EntityQuery::of(HISTORY)
        .eq("CkModelName", result.to_model.name())
        .eq("FromVersion", result.from_model.version().to_string())
        .eq("ToVersion", result.to_model.version().to_string())
        .eq("Success", false);
    let earlier = transaction.query(&resolve::query(graph, &same)?)?.items;
    let mut changes = ChangeSet::new().insert(entity(result));
    for failure in earlier {
        changes = changes.delete(DeleteEntity::of(HISTORY, failure.rt_id).erase());
    }
    mutation::run(transaction, graph, tenant, &changes)?;
    Ok(())
}

fn newest(name: Option<&str>) -> EntityQuery {
    let all = EntityQuery::of(HISTORY)
        .sort("ExecutedAt", SortOrder::Descending)
        .sort("rtId", SortOrder::Descending);
    name.into_iter()
        .fold(all, |all, name| all.eq("CkModelName", name))
}

async fn read(
    store: &dyn EntityStore,
    graph: &Arc<TypeGraph>,
    query: EntityQuery,
) -> Result<Page<MigrationRecord>, RuntimeError> {
    if resolve::find_type(graph, HISTORY).is_err() {
        let items = Vec::new();
        return Ok(Page { items, total: 0 });
    }
    let page = store.query(graph, resolve::query(graph, &query)?).await?;
    Ok(page.map(|entity| parsed(&entity)))
}

fn entity(result: &MigrationResult) -> NewEntity {
    let count = |number: u64| Value::Int(i32::try_from(number).unwrap_or(i32::MAX));
    let texts = |texts: &[String]| (!texts.is_empty()).then(|| Value::from(texts));
    NewEntity::of(HISTORY)
        .set("CkModelName", result.to_model.name())
        .set("FromVersion", result.from_model.version().to_string())
        .set("ToVersion", result.to_model.version().to_string())
        .set("ExecutedAt", Timestamp::now())
        .set("Success", result.success)
        .set("EntitiesAffected", count(result.total_entities_affected))
        .set("EntitiesAdded", count(result.entities_added))
        .set("EntitiesUpdated", count(result.entities_updated))
        .set("EntitiesDeleted", count(result.entities_deleted))
        .set("DurationMs", count(result.duration_ms))
        .set_opt("Errors", texts(&result.errors))
        .set_opt("Warnings", texts(&result.warnings))
}

fn parsed(entity: &Entity) -> MigrationRecord {
    let attributes = &entity.attributes;
    let text = |name| attributes.str(name).unwrap_or_default().to_owned();
    let number = |name| attributes.i64(name).unwrap_or_default();
    MigrationRecord {
        ck_model_name: text("CkModelName"),
        from_version: text("FromVersion"),
        to_version: text("ToVersion"),
        executed_at: attributes.timestamp("ExecutedAt").unwrap_or(entity.created),
        success: attributes.bool("Success").unwrap_or_default(),
        entities_affected: number("EntitiesAffected"),
        entities_added: number("EntitiesAdded"),
        entities_updated: number("EntitiesUpdated"),
        entities_deleted: number("EntitiesDeleted"),
        duration_ms: number("DurationMs"),
        errors: attributes.strings("Errors").to_vec(),
        warnings: attributes.strings("Warnings").to_vec(),
        backup_id: attributes.str("BackupId").map(str::to_owned),
    }
}
