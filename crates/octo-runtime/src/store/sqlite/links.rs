//! Links to associated entities, as subqueries.
//!
//! Each starts at the associations of one entity, which an index finds, and looks the far ends up
//! by id.

use rusqlite::types::Value as Sql;

use super::conditions::{self, Subject};
use super::select;
use crate::entity::Direction;
use crate::store::{Filter, Link, StoreError};

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

/// `FROM … WHERE …` for the far ends of a link, and what they are called there.
fn ends(
    link: &Link,
    subject: &Subject,
    parameters: &mut Vec<Sql>,
) -> Result<(String, Subject), StoreError> {
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
    let from = format!(
        "FROM association AS {edge} CROSS JOIN entity AS {alias} ON {far}rt_id = {edge}.{far_id} \
         WHERE {edge}.{near_id} = {near} AND {edge}.role = ? AND {types} AND {far}state = 0 \
         AND {condition}"
    );
    Ok((from, end))
}

impl Subject {
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
