//! From resolved queries to SQL.
//!
//! Values are always bound, never written into the SQL text; the text depends only on the shape of
//! the query, so that statements can be reused.

use octo_ck::TypeGraph;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use serde_json::Value as Json;

use super::rows::{ENTITY_COLUMNS, RawEntity};
use super::{conditions, edges, failed, path};
use crate::entity::Entity;
use crate::query::{Page, SortOrder};
use crate::rt_id::RtId;
use crate::store::{EdgeQuery, StoreError, StoreQuery, TypeScope};

/// The ids of a bound [`id_list`], as a set.
pub(super) const IDS: &str = "(SELECT unhex(value) FROM json_each(?))";

/// Entities that meet `query` and, when given, are at the far end of `edges`.
pub(super) fn page(
    connection: &Connection,
    graph: &TypeGraph,
    query: &StoreQuery,
    edges: Option<&EdgeQuery>,
) -> Result<Page<Entity>, StoreError> {
    let mut parameters = Vec::new();
    let condition = condition(query, edges, &mut parameters)?;
    let items = select(connection, graph, query, &condition, &parameters)?;
    let total = match known_total(query, items.len()) {
        Some(total) => total,
        None => count(connection, &condition, parameters)?,
    };
    Ok(Page { items, total })
}

/// Ids of the entities that meet `query`, in its order.
pub(super) fn ids(connection: &Connection, query: &StoreQuery) -> Result<Vec<RtId>, StoreError> {
    let mut parameters = Vec::new();
    let condition = condition(query, None, &mut parameters)?;
    let order = order(query)?;
    let sql =
        format!("SELECT rt_id FROM entity WHERE {condition} ORDER BY {order} LIMIT ? OFFSET ?");
    let limit = query.take.map_or(-1, signed);
    parameters.extend([Sql::Integer(limit), Sql::Integer(signed(query.skip))]);
    let read = || {
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(parameters), |row| row.get(0))?;
        rows.map(|id| id.map(RtId::from_bytes))
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(failed("query"))
}

fn condition(
    query: &StoreQuery,
    edges: Option<&EdgeQuery>,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    let is_by_id = query.ids.is_some() || edges.is_some();
    let mut parts = vec![scope(&query.scope, is_by_id, parameters)];
    if !query.include_archived {
        parts.push("state = 0".to_owned());
    }
    if let Some(ids) = &query.ids {
        parameters.push(Sql::Text(id_list(ids)));
        parts.push(format!("rt_id IN {IDS}"));
    }
    if let Some(edges) = edges {
        let far = edges::far_ids(edges, parameters);
        parts.push(format!("rt_id IN ({far})"));
    }
    parts.push(conditions::compile(
        &query.filter,
        "attributes",
        parameters,
    )?);
    Ok(parts.join(" AND "))
}

/// Ids as [`IDS`] reads them: one bound value, however many there are.
pub(super) fn id_list(ids: &[RtId]) -> String {
    Json::from_iter(ids.iter().map(RtId::to_string)).to_string()
}

fn scope(scope: &TypeScope, is_by_id: bool, parameters: &mut Vec<Sql>) -> String {
    let types = scope.types.iter();
    parameters.extend(types.map(|id| Sql::Text(id.to_string())));
    // The sign keeps SQLite from walking through all types for each of the ids.
    let column = if is_by_id {
        "+ck_type_id"
    } else {
        "ck_type_id"
    };
    let types = match scope.types.len() {
        1 => format!("{column} = ?"),
        count => format!("{column} IN ({})", places(count)),
    };
    match &scope.root {
        _ if is_by_id => types,
        // Written out, not bound: this is how SQLite sees that an index of the root applies.
        Some(root) => format!("root = '{}' AND {types}", quoted(&root.to_string())),
        None => types,
    }
}

fn select(
    connection: &Connection,
    graph: &TypeGraph,
    query: &StoreQuery,
    condition: &str,
    parameters: &[Sql],
) -> Result<Vec<Entity>, StoreError> {
    let sql = page_sql(query, condition)?;
    let limit = query.take.map_or(-1, signed);
    let paging = [Sql::Integer(limit), Sql::Integer(signed(query.skip))];
    let parameters = parameters.iter().chain(&paging);
    let mut statement = connection.prepare_cached(&sql).map_err(failed("query"))?;
    let mut rows = statement
        .query(params_from_iter(parameters))
        .map_err(failed("query"))?;
    let mut entities = Vec::new();
    while let Some(row) = rows.next().map_err(failed("query"))? {
        let raw = RawEntity::read(row).map_err(failed("query"))?;
        entities.push(raw.decode(graph)?);
    }
    Ok(entities)
}

fn page_sql(query: &StoreQuery, condition: &str) -> Result<String, StoreError> {
    let order = order(query)?;
    Ok(format!(
        "SELECT {ENTITY_COLUMNS} FROM entity WHERE {condition} ORDER BY {order} LIMIT ? OFFSET ?"
    ))
}

fn order(query: &StoreQuery) -> Result<String, StoreError> {
    let mut keys = Vec::with_capacity(query.sort.len() + 1);
    for (field, order) in &query.sort {
        let expression = path::single("attributes", field)?;
        keys.push(match order {
            SortOrder::Ascending => expression,
            SortOrder::Descending => format!("{expression} DESC"),
        });
    }
    keys.push("rt_id".to_owned());
    Ok(keys.join(", "))
}

/// The total when the page itself tells it: it is the last one and not empty, or the only one.
fn known_total(query: &StoreQuery, returned: usize) -> Option<u64> {
    let returned = returned as u64;
    let is_full = query.take.is_some_and(|take| returned >= take);
    let is_beyond = returned == 0 && query.skip > 0;
    (!is_full && !is_beyond).then(|| query.skip + returned)
}

fn count(
    connection: &Connection,
    condition: &str,
    parameters: Vec<Sql>,
) -> Result<u64, StoreError> {
    let sql = format!("SELECT count(*) FROM entity WHERE {condition}");
    let mut statement = connection.prepare_cached(&sql).map_err(failed("count"))?;
    let total: i64 = statement
        .query_row(params_from_iter(parameters), |row| row.get(0))
        .map_err(failed("count"))?;
    Ok(u64::try_from(total).unwrap_or(0))
}

/// `count` places for bound values.
pub(super) fn places(count: usize) -> String {
    vec!["?"; count].join(",")
}

/// A text as it may stand between single quotes.
pub(super) fn quoted(text: &str) -> String {
    text.replace('\'', "''")
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use octo_ck::model::ValueType;

    use super::*;
    use crate::store::sqlite::{connection, indexes};
    use crate::store::{
        Field, FieldPath, Filter, IndexDefinition, PathIndex, PathStep, SystemField, Test,
    };

    fn plan(connection: &Connection, query: &StoreQuery) -> String {
        let mut parameters = Vec::new();
        let condition = condition(query, None, &mut parameters).unwrap();
        parameters.extend([Sql::Integer(-1), Sql::Integer(0)]);
        let sql = format!(
            "EXPLAIN QUERY PLAN {}",
            page_sql(query, &condition).unwrap()
        );
        let mut statement = connection.prepare(&sql).unwrap();
        let steps = statement
            .query_map(params_from_iter(parameters), |row| row.get::<_, String>(3))
            .unwrap();
        steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    }

    fn scope(types: &[&str]) -> TypeScope {
        TypeScope {
            root: Some("Demo/Thing".parse().unwrap()),
            types: types.iter().map(|id| id.parse().unwrap()).collect(),
        }
    }

    fn name() -> Field {
        Field::Attribute(FieldPath {
            steps: vec![PathStep {
                name: "name".to_owned(),
                index: PathIndex::Whole,
            }],
            value_type: ValueType::String,
        })
    }

    #[test]
    fn look_ups_use_indexes_and_need_no_sorting() {
        let folder = tempfile::tempdir().unwrap();
        let connection = connection::open_writer(&folder.path().join("a.db")).unwrap();
        let index = IndexDefinition {
            root: "Demo/Thing".parse().unwrap(),
            fields: vec![name()],
        };
        indexes::set(&connection, std::slice::from_ref(&index)).unwrap();

        let mut query = StoreQuery::of(scope(&["Demo/Tool"]));
        let by_type = plan(&connection, &query);
        assert_eq!(
            by_type,
            "SEARCH entity USING INDEX entity_type (ck_type_id=? AND state=?)"
        );
        query.filter = Filter::Field(name(), Test::Equals("x".into()));
        let by_name = plan(&connection, &query);
        assert!(by_name.contains("USING INDEX model_"), "{by_name}");
        assert!(!by_name.contains("TEMP B-TREE"), "{by_name}");

        query.scope = scope(&["Demo/Thing", "Demo/Tool", "Demo/Gadget"]);
        let by_name = plan(&connection, &query);
        assert!(by_name.contains("USING INDEX model_"), "{by_name}");

        let named = Field::System(SystemField::WellKnownName);
        query.filter = Filter::Field(named, Test::Equals("x".into()));
        let by_known_name = plan(&connection, &query);
        assert!(by_known_name.contains("entity_name"), "{by_known_name}");

        query.filter = Filter::everything();
        query.ids = Some(vec![crate::rt_id::RtId::generate()]);
        let by_id = plan(&connection, &query);
        assert!(by_id.contains("rt_id=?"), "{by_id}");

        indexes::set(&connection, &[]).unwrap();
        indexes::set(&connection, &[index]).unwrap();
    }
}
