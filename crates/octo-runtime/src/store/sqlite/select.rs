//! From resolved queries to SQL.
//!
//! Values are always bound, never written into the SQL text; the text depends only on the shape of
//! the query, so that statements can be reused.
//!
//! A page is found in two steps: first which entities are on it, in order, from indexes as far as
//! they reach; then only those are read as a whole.

use octo_ck::TypeGraph;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use serde_json::Value as Json;

use super::conditions::{self, MAX_PLACES, Subject};
use super::rows::{ENTITY_COLUMNS, RawEntity};
use super::{edges, failed, keys, scan};
use crate::entity::Entity;
use crate::query::{Page, SortOrder};
use crate::rt_id::RtId;
use crate::store::{
    EdgeQuery, EntityPage, Filter, KeyValue, Position, StoreError, StoreQuery, TypeScope,
};

/// An entity that meets a query, and what it was sorted by.
pub(super) struct Match {
    pub(super) seq: i64,
    pub(super) rt_id: [u8; 12],
    pub(super) keys: Vec<KeyValue>,
}

/// The matches on a page.
pub(super) struct Matches {
    pub(super) found: Vec<Match>,
    /// There are more behind them.
    pub(super) has_more: bool,
    /// All matches, when they were counted.
    pub(super) total: Option<u64>,
}

/// The ids of a bound [`id_list`], as a set.
pub(super) const IDS: &str = "(SELECT unhex(value) FROM json_each(?))";

/// Entities that meet `query`.
pub(super) fn page(
    connection: &Connection,
    graph: &TypeGraph,
    query: &StoreQuery,
) -> Result<Page<Entity>, StoreError> {
    let matches = matches(connection, query, None, true)?;
    Ok(Page {
        items: load(connection, graph, &matches.found)?,
        total: matches.total.unwrap_or(0),
    })
}

/// Ids of the entities that meet `query`, in its order.
pub(super) fn ids(connection: &Connection, query: &StoreQuery) -> Result<Vec<RtId>, StoreError> {
    let matches = matches(connection, query, None, false)?;
    let ids = matches.found.into_iter();
    Ok(ids.map(|found| RtId::from_bytes(found.rt_id)).collect())
}

/// Entities that meet `query` and, when given, are at the far end of `edges`, and where they end.
pub(super) fn entity_page(
    connection: &Connection,
    graph: &TypeGraph,
    query: &StoreQuery,
    edges: Option<&EdgeQuery>,
    count: bool,
) -> Result<EntityPage, StoreError> {
    let mut matches = matches(connection, query, edges, count)?;
    let items = load(connection, graph, &matches.found)?;
    let last = matches.found.pop().filter(|_| matches.has_more);
    Ok(EntityPage {
        items,
        total: matches.total,
        last: last.map(|last| Position {
            keys: last.keys,
            rt_id: RtId::from_bytes(last.rt_id),
        }),
    })
}

fn matches(
    connection: &Connection,
    query: &StoreQuery,
    edges: Option<&EdgeQuery>,
    count: bool,
) -> Result<Matches, StoreError> {
    let mut parameters = Vec::new();
    let condition = condition(query, edges, &mut parameters)?;
    let is_filtered = edges.is_some() || query.ids.is_some() || !is_everything(&query.filter);
    if let Some(take) = query.take
        && count
        && is_filtered
        && query.after.is_none()
        && query.skip.saturating_add(take) <= scan::MAX_KEPT
    {
        return scan::first(connection, query, &condition, &parameters, take);
    }
    let mut matches = in_order(connection, query, &condition, &parameters)?;
    if count {
        let known = known_total(query, matches.found.len(), matches.has_more);
        matches.total = Some(match known {
            Some(total) => total,
            None => total(connection, &condition, parameters)?,
        });
    }
    Ok(matches)
}

fn is_everything(filter: &Filter) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().all(is_everything),
        _ => false,
    }
}

/// The condition of a query; its position and paging are not part of it.
pub(super) fn condition(
    query: &StoreQuery,
    edges: Option<&EdgeQuery>,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    let is_by_id = query.ids.is_some() || edges.is_some();
    // Indexes of models cover attributes only; without them other indexes tell all there is to
    // know, and asking for the root would mean to look at every entity.
    let may_use_index = !is_by_id && (!is_everything(&query.filter) || !query.sort.is_empty());
    let mut parts = vec![scope(&query.scope, is_by_id, may_use_index, parameters)];
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
    let filter = conditions::compile(&query.filter, &Subject::entity(), parameters)?;
    parts.push(filter);
    Ok(parts.join(" AND "))
}

/// Ids as [`IDS`] reads them: one bound value, however many there are.
pub(super) fn id_list(ids: &[RtId]) -> String {
    Json::from_iter(ids.iter().map(RtId::to_string)).to_string()
}

fn scope(
    scope: &TypeScope,
    is_by_id: bool,
    may_use_index: bool,
    parameters: &mut Vec<Sql>,
) -> String {
    // The sign keeps SQLite from walking through all types for each of the ids.
    let types = types(scope, if is_by_id { "+" } else { "" }, parameters);
    match &scope.root {
        _ if !may_use_index => types,
        // Written out, not bound: this is how SQLite sees that an index of the root applies.
        Some(root) => format!("root = '{}' AND {types}", quoted(&root.to_string())),
        None => types,
    }
}

/// The condition that an entity is of one of the types; `prefix` stands before the column.
pub(super) fn types(scope: &TypeScope, prefix: &str, parameters: &mut Vec<Sql>) -> String {
    if scope.types.len() > MAX_PLACES {
        let types: Vec<_> = scope.types.iter().map(ToString::to_string).collect();
        parameters.push(Sql::Text(serde_json::json!(types).to_string()));
        return format!("{prefix}ck_type_id IN (SELECT value FROM json_each(?))");
    }
    let types = scope.types.iter();
    parameters.extend(types.map(|id| Sql::Text(id.to_string())));
    match scope.types.len() {
        1 => format!("{prefix}ck_type_id = ?"),
        count => format!("{prefix}ck_type_id IN ({})", places(count)),
    }
}

fn in_order(
    connection: &Connection,
    query: &StoreQuery,
    condition: &str,
    parameters: &[Sql],
) -> Result<Matches, StoreError> {
    let mut all = Vec::new();
    let (sql, key_count) = ordered_sql(query, condition, parameters, &mut all)?;
    // One more than asked for tells whether there are more.
    let limit = query.take.map_or(-1, |take| signed(take.saturating_add(1)));
    all.extend([Sql::Integer(limit), Sql::Integer(signed(query.skip))]);
    let read = || {
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(all), |row| {
            Ok(Match {
                seq: row.get(0)?,
                rt_id: row.get(1)?,
                keys: keys::read(row, 2, key_count)?,
            })
        })?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    let mut found = read().map_err(failed("query"))?;
    let take = query.take.and_then(|take| usize::try_from(take).ok());
    let has_more = take.is_some_and(|take| found.len() > take);
    found.truncate(take.unwrap_or(usize::MAX));
    Ok(Matches {
        found,
        has_more,
        total: None,
    })
}

fn ordered_sql(
    query: &StoreQuery,
    condition: &str,
    parameters: &[Sql],
    all: &mut Vec<Sql>,
) -> Result<(String, usize), StoreError> {
    let by_id = keys::is_by_id(query);
    let keys = match by_id {
        true => Vec::new(),
        false => keys::expressions(query, all)?,
    };
    let mut columns = vec!["seq".to_owned(), "rt_id".to_owned()];
    let mut order = Vec::with_capacity(keys.len() + 1);
    for (at, (key, (_, direction))) in keys.iter().zip(&query.sort).enumerate() {
        columns.push(format!("{key} AS key{at}"));
        order.push(match direction {
            SortOrder::Ascending => format!("key{at}"),
            SortOrder::Descending => format!("key{at} DESC"),
        });
    }
    order.push("rt_id".to_owned());
    all.extend_from_slice(parameters);
    let behind = match &query.after {
        Some(position) if by_id => {
            all.push(Sql::Blob(position.rt_id.as_bytes().to_vec()));
            " AND rt_id > ?".to_owned()
        }
        Some(position) => format!(" AND {}", keys::behind(query, position, all)?),
        None => String::new(),
    };
    let (columns, order) = (columns.join(", "), order.join(", "));
    let sql = format!(
        "SELECT {columns} FROM entity WHERE {condition}{behind} ORDER BY {order} LIMIT ? OFFSET ?"
    );
    Ok((sql, keys.len()))
}

fn load(
    connection: &Connection,
    graph: &TypeGraph,
    matches: &[Match],
) -> Result<Vec<Entity>, StoreError> {
    let sql = format!("SELECT {ENTITY_COLUMNS} FROM entity WHERE seq = ?");
    let mut statement = connection.prepare_cached(&sql).map_err(failed("query"))?;
    let mut entities = Vec::with_capacity(matches.len());
    for found in matches {
        let raw = statement.query_row([found.seq], RawEntity::read);
        entities.push(raw.map_err(failed("query"))?.decode(graph)?);
    }
    Ok(entities)
}

/// The total when the page itself tells it: it is the last one and not empty, or the only one.
fn known_total(query: &StoreQuery, returned: usize, has_more: bool) -> Option<u64> {
    let returned = returned as u64;
    let is_beyond = returned == 0 && query.skip > 0;
    (!has_more && !is_beyond && query.after.is_none()).then(|| query.skip + returned)
}

fn total(
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
        let mut all = Vec::new();
        let (sql, _) = ordered_sql(query, &condition, &parameters, &mut all).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let mut parameters = all;
        parameters.extend([Sql::Integer(-1), Sql::Integer(0)]);
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
            "SEARCH entity USING COVERING INDEX entity_type (ck_type_id=? AND state=?)"
        );
        query.filter = Filter::Field(name(), Test::Equals("x".into()));
        let by_name = plan(&connection, &query);
        assert!(by_name.contains("USING INDEX model_"), "{by_name}");
        assert!(!by_name.contains("TEMP B-TREE"), "{by_name}");

        for count in [2, MAX_PLACES + 1] {
            let values = (0..count).map(|number| number.to_string().into()).collect();
            let or_null = false;
            query.filter = Filter::Field(name(), Test::In { values, or_null });
            let by_names = plan(&connection, &query);
            assert!(by_names.contains("USING INDEX model_"), "{by_names}");
        }

        query.filter = Filter::Field(name(), Test::Equals("x".into()));
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
