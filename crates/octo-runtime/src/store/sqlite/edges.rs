//! Rows of the association table.

use octo_ck::RtCkId;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::failed;
use crate::entity::{Association, Direction, EntityRef};
use crate::rt_id::RtId;
use crate::store::{EdgeQuery, StoreError};

const COLUMNS: &str = "association_id, role, origin_id, origin_type, target_id, target_type";

/// Edges that meet a query, ordered by id.
pub(super) fn find(
    connection: &Connection,
    query: &EdgeQuery,
) -> Result<Vec<Association>, StoreError> {
    let mut parameters = Vec::new();
    let condition = match query.direction {
        Direction::Outbound => condition("origin_id", query, &mut parameters),
        Direction::Inbound => condition("target_id", query, &mut parameters),
        Direction::Any => {
            let outbound = condition("origin_id", query, &mut parameters);
            let inbound = condition("target_id", query, &mut parameters);
            format!("({outbound}) OR ({inbound})")
        }
    };
    let sql =
        format!("SELECT {COLUMNS} FROM association WHERE {condition} ORDER BY association_id");
    let read = || {
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(parameters), Raw::read)?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    let raw = read().map_err(failed("read associations"))?;
    raw.into_iter().map(Raw::decode).collect()
}

/// The edge of a role between two entities.
pub(super) fn between(
    connection: &Connection,
    origin: RtId,
    role: &RtCkId,
    target: RtId,
) -> Result<Option<Association>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM association WHERE origin_id = ?1 AND role = ?2 AND target_id = ?3"
    );
    let read = || {
        connection
            .prepare_cached(&sql)?
            .query_row(
                params![origin.as_bytes(), role.to_string(), target.as_bytes()],
                Raw::read,
            )
            .optional()
    };
    let raw = read().map_err(failed("read associations"))?;
    raw.map(Raw::decode).transpose()
}

/// SQL that lists the ids at the far ends of edges.
pub(super) fn far_ids(query: &EdgeQuery, parameters: &mut Vec<Sql>) -> String {
    let mut select = |far: &str, near: &str| {
        let condition = condition(near, query, parameters);
        format!("SELECT {far} FROM association WHERE {condition}")
    };
    match query.direction {
        Direction::Outbound => select("target_id", "origin_id"),
        Direction::Inbound => select("origin_id", "target_id"),
        Direction::Any => {
            let outbound = select("target_id", "origin_id");
            let inbound = select("origin_id", "target_id");
            format!("{outbound} UNION {inbound}")
        }
    }
}

fn condition(near: &str, query: &EdgeQuery, parameters: &mut Vec<Sql>) -> String {
    let ids = query.entities.iter();
    parameters.extend(ids.map(|id| Sql::Blob(id.as_bytes().to_vec())));
    let places = vec!["?"; query.entities.len()].join(",");
    let mut condition = format!("{near} IN ({places})");
    if let Some(role) = &query.role {
        parameters.push(Sql::Text(role.to_string()));
        condition.push_str(" AND role = ?");
    }
    condition
}

struct Raw {
    id: [u8; 12],
    role: String,
    origin: ([u8; 12], String),
    target: ([u8; 12], String),
}

impl Raw {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            role: row.get(1)?,
            origin: (row.get(2)?, row.get(3)?),
            target: (row.get(4)?, row.get(5)?),
        })
    }

    fn decode(self) -> Result<Association, StoreError> {
        let id = RtId::from_bytes(self.id);
        let type_id = |text: String| {
            text.parse::<RtCkId>().map_err(|e| StoreError::Corrupt {
                what: format!("association {id}"),
                message: e.to_string(),
            })
        };
        let end = |(rt_id, ck_type): ([u8; 12], String)| {
            Ok(EntityRef::new(type_id(ck_type)?, RtId::from_bytes(rt_id)))
        };
        Ok(Association {
            id,
            role: type_id(self.role)?,
            origin: end(self.origin)?,
            target: end(self.target)?,
        })
    }
}
