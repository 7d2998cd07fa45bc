//! Sort keys as SQL expressions, and where a position is in their order.

use rusqlite::Row;
use rusqlite::types::{Value as Sql, ValueRef};

use super::conditions::Subject;
use super::{links, path, searches};
use crate::query::SortOrder;
use crate::store::{
    Field, FieldPath, KeyValue, Position, SortKey, StoreError, StoreQuery, SystemField,
};

/// The expressions a query sorts by; the id comes last and is not among them.
pub(super) fn expressions(
    query: &StoreQuery,
    parameters: &mut Vec<Sql>,
) -> Result<Vec<String>, StoreError> {
    let subject = Subject::entity();
    let sort = query.sort.iter();
    sort.map(|(key, order)| expression(key, *order, &subject, parameters))
        .collect()
}

fn expression(
    key: &SortKey,
    order: SortOrder,
    subject: &Subject,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    let aggregate = match order {
        SortOrder::Ascending => "min",
        SortOrder::Descending => "max",
    };
    match key {
        SortKey::Field(Field::System(field)) => {
            Ok(format!("{}{}", subject.prefix, path::column(*field)))
        }
        SortKey::Field(Field::Attribute(FieldPath { steps, value_type })) => {
            let mut leaf = |value: &str| value.to_owned();
            path::reduced(&subject.document, steps, *value_type, aggregate, &mut leaf)
        }
        SortKey::Linked(link, key) => links::reduced(
            link,
            subject,
            aggregate,
            |far, parameters| expression(key, order, far, parameters),
            parameters,
        ),
        SortKey::LinkCount(link) => links::count(link, subject, parameters),
        SortKey::Relevance(search) => searches::relevance(search, subject, parameters),
        SortKey::Distance(distance) => searches::distance(distance, subject, parameters),
    }
}

/// Whether the id alone orders the matches.
pub(super) fn is_by_id(query: &StoreQuery) -> bool {
    let is_id = |key: &SortKey| *key == SortKey::Field(Field::System(SystemField::RtId));
    query.sort.is_empty()
        || (query.sort.len() == 1
            && query.sort[0].1 == SortOrder::Ascending
            && is_id(&query.sort[0].0))
}

/// The condition that holds for everything behind `position`.
pub(super) fn behind(
    query: &StoreQuery,
    position: &Position,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    let mut condition = String::new();
    let mut open = 0;
    let subject = Subject::entity();
    for ((key, order), value) in query.sort.iter().zip(&position.keys) {
        let mut key = |parameters: &mut Vec<Sql>| expression(key, *order, &subject, parameters);
        let behind = key_behind(&mut key, *order, value, parameters)?;
        let same = key(parameters)?;
        parameters.push(sql(value));
        condition.push_str(&format!("({behind} OR ({same} IS ? AND "));
        open += 1;
    }
    parameters.push(Sql::Blob(position.rt_id.as_bytes().to_vec()));
    condition.push_str("rt_id > ?");
    condition.push_str(&"))".repeat(open));
    Ok(condition)
}

type Expression<'e> = &'e mut dyn FnMut(&mut Vec<Sql>) -> Result<String, StoreError>;

// Nothing comes before everything in ascending order, and after everything in descending order.
fn key_behind(
    key: Expression<'_>,
    order: SortOrder,
    value: &KeyValue,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    Ok(match (order, value) {
        (SortOrder::Ascending, KeyValue::Null) => format!("{} IS NOT NULL", key(parameters)?),
        (SortOrder::Descending, KeyValue::Null) => "0".to_owned(),
        (SortOrder::Ascending, value) => {
            let key = key(parameters)?;
            parameters.push(sql(value));
            format!("{key} > ?")
        }
        (SortOrder::Descending, value) => {
            let smaller = key(parameters)?;
            parameters.push(sql(value));
            let missing = key(parameters)?;
            format!("({smaller} < ? OR {missing} IS NULL)")
        }
    })
}

fn sql(value: &KeyValue) -> Sql {
    match value {
        KeyValue::Null => Sql::Null,
        KeyValue::Integer(number) => Sql::Integer(*number),
        KeyValue::Real(number) => Sql::Real(*number),
        KeyValue::Text(text) => Sql::Text(text.clone()),
        KeyValue::Bytes(bytes) => Sql::Blob(bytes.clone()),
    }
}

/// Reads the keys of a row, which stand from column `first` on.
pub(super) fn read(row: &Row<'_>, first: usize, count: usize) -> rusqlite::Result<Vec<KeyValue>> {
    let columns = first..first + count;
    columns
        .map(|column| {
            Ok(match row.get_ref(column)? {
                ValueRef::Null => KeyValue::Null,
                ValueRef::Integer(number) => KeyValue::Integer(number),
                ValueRef::Real(number) => KeyValue::Real(number),
                ValueRef::Text(text) => KeyValue::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(bytes) => KeyValue::Bytes(bytes.to_vec()),
            })
        })
        .collect()
}
