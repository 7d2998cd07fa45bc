//! Bringing archived entities back.

use octo_runtime::change::LinkEnd;
use octo_runtime::dto::{EntityDto, Projection};
use octo_runtime::{
    ChangeSet, Direction, MissingAssociation, RestoreEntity, Restored, RtId, RtIdError,
    RuntimeError,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::edges::Edge;
use super::writes::{no_result, refused};
use super::{EntityItem, protection, shown};
use crate::call::TenantCall;
use crate::reply::{Data, Failure, ToolResult};

/// Brings back an entity that delete_entity archived: values and id are as before. Its associations
/// were removed then; pass those it must have again. What is still missing comes back as
/// missingAssociations.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RestoreEntityParameters {
    /// Id of the type or of a base type.
    ck_type_id: String,
    /// Id of the entity, 24 hex digits.
    rt_id: String,
    /// Associations to create.
    associations: Option<Vec<Edge>>,
    /// The rtVersion of the archived entity.
    #[schemars(range(min = 0))]
    expected_version: Option<u64>,
}

/// A restored entity.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RestoredEntity {
    /// The type asked for.
    ck_type_id: String,
    /// Id of the entity.
    rt_id: String,
    /// Its version now.
    current_rt_version: u64,
    /// The entity as stored.
    #[schemars(with = "EntityItem")]
    entity: EntityDto,
    /// Nothing was restored because the entity had changed.
    is_conflict: bool,
    /// Associations it must have and has not.
    missing_associations: Vec<Missing>,
}

/// An association an entity must have and has not.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Missing {
    /// Its role.
    ck_role_id: String,
    /// Inbound or Outbound, seen from the entity.
    direction: &'static str,
    /// Type the other entity must have.
    target_ck_type_id: String,
}

pub(super) async fn restore_entity(
    cx: TenantCall,
    p: RestoreEntityParameters,
) -> ToolResult<Data<RestoredEntity>> {
    let restored = restore(&cx, &p).await.map_err(|failure| {
        failure
            .with("ckTypeId", &p.ck_type_id)
            .with("rtId", &p.rt_id)
            .with_default("isConflict", false)
    })?;
    let graph = cx.data().await?.graph();
    Ok(Data(RestoredEntity {
        ck_type_id: p.ck_type_id,
        rt_id: p.rt_id,
        current_rt_version: restored.entity.version,
        missing_associations: restored.missing.iter().map(Missing::from).collect(),
        entity: shown(restored.entity, &graph, &Projection::all()),
        is_conflict: false,
    }))
}

async fn restore(cx: &TenantCall, p: &RestoreEntityParameters) -> Result<Restored, Failure> {
    let rt_id: RtId = p
        .rt_id
        .trim()
        .parse()
        .map_err(|error: RtIdError| Failure::new(error.to_string()))?;
    let tenant = cx.data().await?;
    let graph = tenant.graph();
    let stored = tenant.get_with_archived(&p.ck_type_id, rt_id).await?;
    let stored = stored.ok_or_else(|| RuntimeError::EntityMissing {
        ck_type: p.ck_type_id.clone(),
        rt_id,
    })?;
    let ck_type = stored.ck_type_id.to_string();
    protection::refuse_writes(&graph, &ck_type)?;
    let mut restore = RestoreEntity::of(&ck_type, rt_id);
    if let Some(version) = p.expected_version {
        restore = restore.expect_version(version);
    }
    let mut changes = ChangeSet::new().restore(restore);
    if let Some(node) = graph.type_node(&stored.ck_type_id) {
        for edge in p.associations.iter().flatten() {
            changes = edge.add_to(changes, LinkEnd::from(&stored), node)?;
        }
    }
    let applied = tenant.apply(changes).await;
    let mut applied = applied.map_err(|error| refused(error, &graph))?;
    let restored = applied.restored.pop();
    restored.ok_or_else(no_result)
}

impl From<&MissingAssociation> for Missing {
    fn from(missing: &MissingAssociation) -> Self {
        Self {
            ck_role_id: missing.role.to_string(),
            direction: match missing.direction {
                Direction::Inbound => "Inbound",
                Direction::Outbound | Direction::Any => "Outbound",
            },
            target_ck_type_id: missing.partner.to_string(),
        }
    }
}
