//! Rows of the association table.
//!
//! Both directions have an index in the order edges come in, so edges are read entity by entity
//! with one prepared statement, and reading stops when the page is full: nothing is sorted, and
//! the number of entities is not limited by the places a statement may have.

use std::collections::{HashMap, HashSet};

use octo_ck::{RtCkId, TypeGraph};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde_json::Map;

use super::failed;
use super::select::{IDS, id_list};
use crate::entity::{Association, Direction, EntityRef};
use crate::rt_id::RtId;
use crate::store::{EdgeKey, EdgePage, EdgeQuery, StoreError};
use crate::value::stored::Decoder;

const COLUMNS: &str = "association_id, role, origin_id, origin_type, target_id, target_type, attributes, target_attributes";

/// One end of the table's edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    /// The near end is the origin.
    Outbound,
    /// The near end is the target.
    Inbound,
}

impl Side {
    fn of(direction: Direction) -> &'static [Side] {
        match direction {
            Direction::Outbound => &[Side::Outbound],
            Direction::Inbound => &[Side::Inbound],
            Direction::Any => &[Side::Outbound, Side::Inbound],
        }
    }

    /// Columns of the near and the far end.
    fn columns(self) -> (&'static str, &'static str) {
        match self {
            Side::Outbound => ("origin_id", "target_id"),
            Side::Inbound => ("target_id", "origin_id"),
        }
    }

    /// The near and the far end.
    fn ends(self, origin: RtId, target: RtId) -> (RtId, RtId) {
        match self {
            Side::Outbound => (origin, target),
            Side::Inbound => (target, origin),
        }
    }
}

/// Edges that meet a query, in its order.
pub(super) fn find(
    connection: &Connection,
    graph: &TypeGraph,
    query: &EdgeQuery,
    page: &EdgePage,
) -> Result<Vec<Association>, StoreError> {
    let mut reader = Reader::new(connection, graph, query, page);
    reader.read()?;
    Ok(reader.found)
}

struct Reader<'q> {
    connection: &'q Connection,
    graph: &'q TypeGraph,
    query: &'q EdgeQuery,
    page: &'q EdgePage,
    /// Where each entity first stands in the query.
    positions: HashMap<RtId, usize>,
    far: Option<HashSet<RtId>>,
    limit: usize,
    found: Vec<Association>,
}

impl<'q> Reader<'q> {
    fn new(
        connection: &'q Connection,
        graph: &'q TypeGraph,
        query: &'q EdgeQuery,
        page: &'q EdgePage,
    ) -> Self {
        let mut positions = HashMap::with_capacity(query.entities.len());
        for (position, id) in query.entities.iter().enumerate() {
            positions.entry(*id).or_insert(position);
        }
        Self {
            connection,
            graph,
            query,
            page,
            positions,
            far: page.far.as_ref().map(|ids| ids.iter().copied().collect()),
            limit: page.take.unwrap_or(usize::MAX),
            found: Vec::new(),
        }
    }

    fn read(&mut self) -> Result<(), StoreError> {
        let start = self.start();
        for (position, near) in self.query.entities.iter().enumerate() {
            if self.positions.get(near) != Some(&position) {
                continue;
            }
            for side in Side::of(self.query.direction) {
                if self.found.len() >= self.limit {
                    return Ok(());
                }
                match &start {
                    Some((group, _)) if (position, *side) < *group => {}
                    Some((group, after)) if (position, *side) == *group => {
                        self.group(position, *side, Some(after))?;
                    }
                    _ => self.group(position, *side, None)?,
                }
            }
        }
        Ok(())
    }

    /// Where the page starts: after which edge of which entity.
    fn start(&self) -> Option<((usize, Side), &'q EdgeKey)> {
        let after = self.page.after.as_ref()?;
        Some((self.place(after.origin, after.target)?, after))
    }

    /// With which entity an edge comes, and from which side: the first one it meets the query with.
    fn place(&self, origin: RtId, target: RtId) -> Option<(usize, Side)> {
        let sides = Side::of(self.query.direction).iter().filter_map(|side| {
            let (near, far) = side.ends(origin, target);
            let is_far = self.far.as_ref().is_none_or(|ids| ids.contains(&far));
            let position = self.positions.get(&near).filter(|_| is_far)?;
            Some((*position, *side))
        });
        sides.min()
    }

    /// The edges of one entity in one direction.
    fn group(
        &mut self,
        position: usize,
        side: Side,
        after: Option<&EdgeKey>,
    ) -> Result<(), StoreError> {
        let mut parameters = vec![blob(self.query.entities[position])];
        let sql = self.sql(side, after, &mut parameters);
        let read = failed("read associations");
        let mut statement = self.connection.prepare_cached(&sql).map_err(&read)?;
        let mut rows = statement
            .query(params_from_iter(parameters))
            .map_err(&read)?;
        while self.found.len() < self.limit
            && let Some(row) = rows.next().map_err(&read)?
        {
            let raw = Raw::read(row).map_err(&read)?;
            let (origin, target) = raw.ends();
            if self.place(origin, target) == Some((position, side)) {
                self.found.push(raw.decode(self.graph)?);
            }
        }
        Ok(())
    }

    fn sql(&self, side: Side, after: Option<&EdgeKey>, parameters: &mut Vec<Sql>) -> String {
        let (near, far) = side.columns();
        let mut sql = format!("SELECT {COLUMNS} FROM association WHERE {near} = ?");
        if let Some(role) = &self.query.role {
            parameters.push(Sql::Text(role.to_string()));
            sql.push_str(" AND role = ?");
        }
        if let Some(after) = after {
            let (_, far_id) = side.ends(after.origin, after.target);
            // Both forms are ranges of the index.
            if self.query.role.is_some() {
                sql.push_str(&format!(" AND {far} > ?"));
            } else {
                parameters.push(Sql::Text(after.role.to_string()));
                sql.push_str(&format!(" AND (role, {far}) > (?, ?)"));
            }
            parameters.push(blob(far_id));
        }
        // Reading the list takes time, which is well spent once.
        if let (Some(ids), [_]) = (&self.page.far, self.query.entities.as_slice()) {
            parameters.push(Sql::Text(id_list(ids)));
            sql.push_str(&format!(" AND {far} IN {IDS}"));
        }
        sql.push_str(&format!(" ORDER BY role, {far}"));
        sql
    }
}

/// The edge of a role between two entities.
pub(super) fn between(
    connection: &Connection,
    graph: &TypeGraph,
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
    raw.map(|raw| raw.decode(graph)).transpose()
}

/// SQL that lists the ids at the far ends of edges.
pub(super) fn far_ids(query: &EdgeQuery, parameters: &mut Vec<Sql>) -> String {
    let sides = Side::of(query.direction).iter().map(|side| {
        let (near, far) = side.columns();
        parameters.push(Sql::Text(id_list(&query.entities)));
        let mut select = format!("SELECT {far} FROM association WHERE {near} IN {IDS}");
        if let Some(role) = &query.role {
            parameters.push(Sql::Text(role.to_string()));
            select.push_str(" AND role = ?");
        }
        select
    });
    sides.collect::<Vec<_>>().join(" UNION ")
}

fn blob(id: RtId) -> Sql {
    Sql::Blob(id.as_bytes().to_vec())
}

struct Raw {
    id: [u8; 12],
    role: String,
    origin: ([u8; 12], String),
    target: ([u8; 12], String),
    attributes: Option<String>,
    target_attributes: Option<String>,
}

impl Raw {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            role: row.get(1)?,
            origin: (row.get(2)?, row.get(3)?),
            target: (row.get(4)?, row.get(5)?),
            attributes: row.get(6)?,
            target_attributes: row.get(7)?,
        })
    }

    fn ends(&self) -> (RtId, RtId) {
        let (origin, target) = (self.origin.0, self.target.0);
        (RtId::from_bytes(origin), RtId::from_bytes(target))
    }

    fn decode(self, graph: &TypeGraph) -> Result<Association, StoreError> {
        let id = RtId::from_bytes(self.id);
        let corrupt = |message: String| StoreError::Corrupt {
            what: format!("association {id}"),
            message,
        };
        let type_id = |text: String| {
            text.parse::<RtCkId>()
                .map_err(|error| corrupt(error.to_string()))
        };
        let end = |(rt_id, ck_type): ([u8; 12], String)| {
            Ok(EntityRef::new(type_id(ck_type)?, RtId::from_bytes(rt_id)))
        };
        let role = type_id(self.role)?;
        let attributes = match &self.attributes {
            None => Map::new(),
            Some(text) => serde_json::from_str(text).map_err(|e| corrupt(e.to_string()))?,
        };
        let target_attributes = match &self.target_attributes {
            None => Vec::new(),
            Some(text) => serde_json::from_str(text).map_err(|e| corrupt(e.to_string()))?,
        };
        Ok(Association {
            id,
            attributes: Decoder::new(graph).association(&role, attributes),
            role,
            origin: end(self.origin)?,
            target: end(self.target)?,
            target_attributes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::connection;

    #[test]
    fn pages_are_ranges_of_an_index_and_need_no_sorting() {
        let folder = tempfile::tempdir().unwrap();
        let connection = connection::open_writer(&folder.path().join("a.db")).unwrap();
        let graph = TypeGraph::default();
        let role: RtCkId = "X/R".parse().unwrap();
        let id = RtId::generate();
        let key = EdgeKey {
            origin: id,
            role: role.clone(),
            target: id,
        };
        for (side, role, expected) in [
            (
                Side::Outbound,
                None,
                "origin_id=? AND (role,target_id)>(?,?)",
            ),
            (
                Side::Inbound,
                None,
                "target_id=? AND (role,origin_id)>(?,?)",
            ),
            (
                Side::Outbound,
                Some(role.clone()),
                "origin_id=? AND role=? AND target_id>?",
            ),
            (
                Side::Inbound,
                Some(role),
                "target_id=? AND role=? AND origin_id>?",
            ),
        ] {
            let query = EdgeQuery {
                entities: vec![id],
                role,
                direction: Direction::Any,
            };
            let page = EdgePage::all();
            let reader = Reader::new(&connection, &graph, &query, &page);
            let mut parameters = vec![blob(id)];
            let sql = reader.sql(side, Some(&key), &mut parameters);
            let mut statement = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap();
            let steps = statement
                .query_map(params_from_iter(parameters), |row| row.get::<_, String>(3))
                .unwrap();
            let plan = steps.map(Result::unwrap).collect::<Vec<_>>().join("; ");
            assert!(plan.contains(expected), "{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
