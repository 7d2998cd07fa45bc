//! New rows of the entity table, many at a time.

use std::collections::HashMap;

use octo_ck::{RtCkId, TypeGraph};
use rusqlite::{CachedStatement, Connection, params, params_from_iter};

use super::failed;
use super::select::places;
use super::transaction::signed;
use crate::entity::Entity;
use crate::rt_id::RtId;
use crate::store::StoreError;
use crate::value::written::written;

/// Ids looked up with one statement.
const LOOKED_UP: usize = 250;

const INSERT: &str = "INSERT INTO entity (rt_id, ck_type_id, root, well_known_name, display_name,
        display_description, version, state, created, changed, archived, attributes)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

/// Adds entities.
pub(super) fn insert(
    connection: &Connection,
    graph: &TypeGraph,
    entities: &[Entity],
) -> Result<(), StoreError> {
    let statement = connection.prepare_cached(INSERT);
    let mut statement = statement.map_err(failed("insert"))?;
    let mut types: HashMap<&RtCkId, TypeTexts> = HashMap::new();
    for entity in entities {
        let texts = types
            .entry(&entity.ck_type_id)
            .or_insert_with(|| TypeTexts::of(graph, &entity.ck_type_id));
        add(&mut statement, entity, texts)?;
    }
    Ok(())
}

/// A type and its collection root as written into rows.
struct TypeTexts {
    ck_type: String,
    root: String,
}

impl TypeTexts {
    fn of(graph: &TypeGraph, ck_type: &RtCkId) -> Self {
        let node = graph.type_node(ck_type);
        let root = node.and_then(|node| node.collection_root.as_ref());
        Self {
            ck_type: ck_type.to_string(),
            root: root.unwrap_or(ck_type).to_string(),
        }
    }
}

fn add(
    statement: &mut CachedStatement<'_>,
    entity: &Entity,
    texts: &TypeTexts,
) -> Result<(), StoreError> {
    let attributes = written(&entity.attributes).map_err(|error| StoreError::Failed {
        operation: "insert",
        message: error.to_string(),
    })?;
    statement
        .execute(params![
            entity.rt_id.as_bytes(),
            texts.ck_type,
            texts.root,
            entity.well_known_name,
            entity.display_name,
            entity.display_description,
            signed(entity.version),
            entity.state as i64,
            entity.created.as_millisecond(),
            entity.changed.as_millisecond(),
            entity.archived.map(|instant| instant.as_millisecond()),
            attributes,
        ])
        .map_err(failed("insert"))?;
    Ok(())
}

/// Which of these ids are taken.
pub(super) fn taken(connection: &Connection, rt_ids: &[RtId]) -> Result<Vec<RtId>, StoreError> {
    let mut taken = Vec::new();
    for chunk in rt_ids.chunks(LOOKED_UP) {
        let sql = format!(
            "SELECT rt_id FROM entity WHERE rt_id IN ({})",
            places(chunk.len())
        );
        let read = || {
            let mut statement = connection.prepare_cached(&sql)?;
            let ids = chunk.iter().map(RtId::as_bytes);
            let rows = statement.query_map(params_from_iter(ids), |row| row.get(0))?;
            rows.map(|id| id.map(RtId::from_bytes))
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        taken.extend(read().map_err(failed("read"))?);
    }
    Ok(taken)
}
