//! Links to associated entities, as subqueries.
//!
//! Each starts at the associations of one entity, which an index finds, and looks the far ends up
//! by id.

use octo_ck::TypeGraph;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use super::conditions::{self, Subject};
use super::rows::{ENTITY_COLUMNS, RawEntity};
use super::{failed, select};
use crate::entity::{Direction, Entity};
use crate::rt_id::RtId;
use crate::store::{Filter, Link, StoreError};

/// For each entity the first ones at the far end.
pub(super) fn far_ends(
    connection: &Connection,
    graph: &TypeGraph,
    near: &[RtId],
    link: &Link,
    limit: usize,
) -> Result<Vec<Vec<Entity>>, StoreError> {
    let (from, end, mut parameters) = from_bound(link)?;
    let columns: Vec<_> = ENTITY_COLUMNS
        .split(", ")
        .map(|column| format!("{}{column}", end.prefix))
        .collect();
    let sql = format!(
        "SELECT {} {from} ORDER BY {} LIMIT {limit}",
        columns.join(", "),
        end.id
    );
    let mut statement = connection.prepare_cached(&sql).map_err(failed("query"))?;
    let mut found = Vec::with_capacity(near.len());
    for id in near {
        parameters[0] = Sql::Blob(id.as_bytes().to_vec());
        let mut read = || {
            let rows = statement.query_map(params_from_iter(&parameters), RawEntity::read)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let raw = read().map_err(failed("query"))?.into_iter();
        found.push(raw.map(|raw| raw.decode(graph)).collect::<Result<_, _>>()?);
    }
    Ok(found)
}

/// For each entity the number of entities at the far end.
pub(super) fn counts(
    connection: &Connection,
    near: &[RtId],
    link: &Link,
) -> Result<Vec<u64>, StoreError> {
    let (from, _, mut parameters) = from_bound(link)?;
    let sql = format!("SELECT count(*) {from}");
    let mut statement = connection.prepare_cached(&sql).map_err(failed("count"))?;
    let mut counts = Vec::with_capacity(near.len());
    for id in near {
        parameters[0] = Sql::Blob(id.as_bytes().to_vec());
        let count = statement.query_row(params_from_iter(&parameters), |row| row.get::<_, i64>(0));
        counts.push(u64::try_from(count.map_err(failed("count"))?).unwrap_or(0));
    }
    Ok(counts)
}

/// The far ends of an entity whose id is bound as the first parameter.
fn from_bound(link: &Link) -> Result<(String, Subject, Vec<Sql>), StoreError> {
    let mut parameters = vec![Sql::Null];
    let bound = Subject {
        id: "?".to_owned(),
        ..Subject::entity()
    };
    let (from, end) = ends(link, &bound, &mut parameters)?;
    Ok((from, end, parameters))
}

/// Whether an entity at the far end meets `far`.
pub(super) fn exists(
    link: &Link,
    far: &Filter,
    subject: &Subject,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    let (from, end) = ends(link, subject, parameters)?;
    let condition = conditions::compile(far, &end, parameters)?;
    Ok(format!("EXISTS (SELECT 1 {from} AND {condition})"))
}

/// The number of entities at the far end.
pub(super) fn count(
    link: &Link,
    subject: &Subject,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    // Two associations of one role between the same two entities do not exist.
    let (from, _) = ends(link, subject, parameters)?;
    Ok(format!("(SELECT count(*) {from})"))
}

/// One value of the entities at the far end: `aggregate` of what `value` makes of each.
pub(super) fn reduced(
    link: &Link,
    subject: &Subject,
    aggregate: &str,
    value: impl FnOnce(&Subject, &mut Vec<Sql>) -> Result<String, StoreError>,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    // In the order of the SQL text: the value comes before the condition.
    let far = Subject::far(subject.depth);
    let value = value(&far, parameters)?;
    let (from, _) = ends(link, subject, parameters)?;
    Ok(format!("(SELECT {aggregate}({value}) {from})"))
}

/// The value of the far end with the smallest id: what `value` makes of it.
pub(super) fn first(
    link: &Link,
    subject: &Subject,
    value: impl FnOnce(&Subject, &mut Vec<Sql>) -> Result<String, StoreError>,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    let far = Subject::far(subject.depth);
    let value = value(&far, parameters)?;
    let (from, _) = ends(link, subject, parameters)?;
    Ok(format!(
        "(SELECT {value} {from} ORDER BY {} LIMIT 1)",
        far.id
    ))
}

/// Joins the entities `links` lead to, one link after the other; to stand behind `FROM entity`.
pub(super) fn joins(links: &[Link], parameters: &mut Vec<Sql>) -> Result<String, StoreError> {
    let mut subject = Subject::entity();
    let mut joins = String::new();
    for link in links {
        let (tables, condition, end) = tables(link, &subject, parameters)?;
        joins.push_str(&format!(" CROSS JOIN {tables} ON {condition}"));
        subject = end;
    }
    Ok(joins)
}

/// `FROM … WHERE …` for the far ends of a link, and what they are called there.
fn ends(
    link: &Link,
    subject: &Subject,
    parameters: &mut Vec<Sql>,
) -> Result<(String, Subject), StoreError> {
    let (tables, condition, end) = tables(link, subject, parameters)?;
    Ok((format!("FROM {tables} WHERE {condition}"), end))
}

/// The tables of a link, how they hang together, and what its far ends are called.
fn tables(
    link: &Link,
    subject: &Subject,
    parameters: &mut Vec<Sql>,
) -> Result<(String, String, Subject), StoreError> {
    let (near_id, far_id) = match link.direction {
        Direction::Outbound => ("origin_id", "target_id"),
        Direction::Inbound | Direction::Any => ("target_id", "origin_id"),
    };
    let end = Subject::far(subject.depth);
    let (edge, far, near) = (format!("edge{}", subject.depth), &end.prefix, &subject.id);
    parameters.push(Sql::Text(link.role.to_string()));
    let types = select::types(&link.far, far, parameters);
    let condition = conditions::compile(&link.filter, &end, parameters)?;
    let alias = far.trim_end_matches('.');
    // CROSS keeps SQLite from starting at the far end, whose types may have very many entities.
    let tables = format!("association AS {edge} CROSS JOIN entity AS {alias}");
    let condition = format!(
        "{far}rt_id = {edge}.{far_id} AND {edge}.{near_id} = {near} AND {edge}.role = ? \
         AND {types} AND {far}state = 0 AND {condition}"
    );
    Ok((tables, condition, end))
}

impl Subject {
    /// The entities at the end of so many links.
    pub(super) fn behind(links: usize) -> Self {
        match links.checked_sub(1) {
            None => Self::entity(),
            Some(depth) => Self::far(depth),
        }
    }

    /// The far ends of a link that starts after `depth` others.
    fn far(depth: usize) -> Self {
        let prefix = format!("far{depth}.");
        Self {
            document: format!("{prefix}attributes"),
            id: format!("{prefix}rt_id"),
            prefix,
            depth: depth + 1,
        }
    }
}
