//! Rows of the entity and model tables.

use jiff::Timestamp;
use octo_ck::TypeGraph;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::failed;
use crate::entity::{Entity, RtState};
use crate::rt_id::RtId;
use crate::store::{ModelState, StoreError, StoredModel};
use crate::value::stored::Decoder;

/// Columns [`RawEntity::read`] expects, in order.
pub(super) const ENTITY_COLUMNS: &str = "rt_id, ck_type_id, well_known_name, display_name, display_description, version, state, created, changed, archived, attributes";

/// The entity of that id.
pub(super) fn entity(
    connection: &Connection,
    graph: &TypeGraph,
    rt_id: RtId,
) -> Result<Option<Entity>, StoreError> {
    let sql = format!("SELECT {ENTITY_COLUMNS} FROM entity WHERE rt_id = ?1");
    let mut statement = connection.prepare_cached(&sql).map_err(failed("read"))?;
    let raw = statement
        .query_row([rt_id.as_bytes()], RawEntity::read)
        .optional()
        .map_err(failed("read"))?;
    raw.map(|raw| raw.decode(graph)).transpose()
}

/// Entities of exactly one type in the order of their ids, beginning after one.
pub(super) fn batch(
    connection: &Connection,
    graph: &TypeGraph,
    ck_type: &octo_ck::RtCkId,
    after: Option<RtId>,
    limit: usize,
) -> Result<Vec<Entity>, StoreError> {
    // One part per state, because the index of types has the state in front of the id.
    let part = |state: i64| {
        format!(
            "SELECT * FROM (SELECT {ENTITY_COLUMNS} FROM entity
             WHERE ck_type_id = ?1 AND state = {state} AND rt_id > ?2 ORDER BY rt_id LIMIT ?3)"
        )
    };
    let sql = format!(
        "{} UNION ALL {} ORDER BY rt_id LIMIT ?3",
        part(RtState::Active as i64),
        part(RtState::Archived as i64)
    );
    // The empty id is in front of all others.
    let after: Vec<u8> = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&sql).map_err(failed("read"))?;
    let mut rows = statement
        .query(params![ck_type.to_string(), after, limit])
        .map_err(failed("read"))?;
    let mut entities = Vec::new();
    while let Some(row) = rows.next().map_err(failed("read"))? {
        let raw = RawEntity::read(row).map_err(failed("read"))?;
        entities.push(raw.decode(graph)?);
    }
    Ok(entities)
}

/// All models, ordered by name.
pub(super) fn models(connection: &Connection) -> Result<Vec<StoredModel>, StoreError> {
    let read = || {
        let mut statement =
            connection.prepare_cached("SELECT name, state, document FROM model ORDER BY name")?;
        let rows = statement.query_map([], |row| {
            Ok(StoredModel {
                name: row.get(0)?,
                state: model_state(row.get(1)?),
                document: row.get(2)?,
            })
        })?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(failed("read models"))
}

fn model_state(number: i64) -> ModelState {
    match number {
        0 => ModelState::Importing,
        1 => ModelState::Available,
        _ => ModelState::ResolveFailed,
    }
}

/// A row as read, before its values get their types.
pub(super) struct RawEntity {
    rt_id: [u8; 12],
    ck_type_id: String,
    well_known_name: Option<String>,
    display_name: Option<String>,
    display_description: Option<String>,
    version: i64,
    state: i64,
    created: i64,
    changed: i64,
    archived: Option<i64>,
    attributes: String,
}

impl RawEntity {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            rt_id: row.get(0)?,
            ck_type_id: row.get(1)?,
            well_known_name: row.get(2)?,
            display_name: row.get(3)?,
            display_description: row.get(4)?,
            version: row.get(5)?,
            state: row.get(6)?,
            created: row.get(7)?,
            changed: row.get(8)?,
            archived: row.get(9)?,
            attributes: row.get(10)?,
        })
    }

    pub(super) fn decode(self, graph: &TypeGraph) -> Result<Entity, StoreError> {
        let rt_id = RtId::from_bytes(self.rt_id);
        let corrupt = |message: String| StoreError::Corrupt {
            what: format!("entity {rt_id}"),
            message,
        };
        let instant = |ms| Timestamp::from_millisecond(ms).map_err(|e| corrupt(e.to_string()));
        let ck_type_id: octo_ck::RtCkId = self
            .ck_type_id
            .parse()
            .map_err(|e: octo_ck::IdError| corrupt(e.to_string()))?;
        let stored = serde_json::from_str(&self.attributes).map_err(|e| corrupt(e.to_string()))?;
        Ok(Entity {
            attributes: Decoder::new(graph).entity(&ck_type_id, stored),
            rt_id,
            ck_type_id,
            created: instant(self.created)?,
            changed: instant(self.changed)?,
            archived: self.archived.map(instant).transpose()?,
            well_known_name: self.well_known_name,
            display_name: self.display_name,
            display_description: self.display_description,
            version: u64::try_from(self.version).unwrap_or(0),
            state: if self.state == RtState::Archived as i64 {
                RtState::Archived
            } else {
                RtState::Active
            },
        })
    }
}
