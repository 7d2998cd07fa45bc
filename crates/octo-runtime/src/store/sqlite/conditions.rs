//! Filters as SQL conditions.
//!
//! Missing values are SQL's NULL. Conditions are written so that they never *are* NULL where that
//! would matter: negated tests say explicitly what they mean for missing values.

use octo_ck::model::ValueType;
use rusqlite::types::Value as Sql;

use super::functions::MATCHES;
use super::path::{self, ListExpression, Place};
use super::{links, searches};
use crate::store::{Comparison, Field, FieldPath, Filter, PathStep, StoreError, SystemField, Test};
use crate::value::Value;
use crate::value::stored::{encode, ticks};

/// Longer lists are bound as one JSON text: SQLite limits the number of places.
pub(super) const MAX_PLACES: usize = 100;

/// Whose values a condition is about.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    /// JSON expression with the attributes.
    pub(super) document: String,
    /// What stands before the columns of the entity.
    pub(super) prefix: String,
    /// The column with the entity's id, unmistakable also inside subqueries.
    pub(super) id: String,
    /// Links followed to get here.
    pub(super) depth: usize,
}

impl Subject {
    /// The entities of a query.
    pub(super) fn entity() -> Self {
        Self {
            document: "attributes".to_owned(),
            prefix: String::new(),
            id: "entity.rt_id".to_owned(),
            depth: 0,
        }
    }

    /// The record that an element of a list is.
    fn element(&self, name: &str) -> Self {
        Self {
            document: path::record(name),
            ..self.clone()
        }
    }
}

/// The condition of a filter.
pub(super) fn compile(
    filter: &Filter,
    subject: &Subject,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    match filter {
        Filter::All(parts) => join(parts, subject, ("AND", "1"), parameters),
        Filter::Any(parts) => join(parts, subject, ("OR", "0"), parameters),
        Filter::Not(part) => {
            let part = compile(part, subject, parameters)?;
            Ok(format!("({part}) IS NOT TRUE"))
        }
        Filter::Field(Field::System(field), test) => system(*field, test, subject, parameters),
        Filter::Field(Field::Attribute(FieldPath { steps, value_type }), test) => {
            attribute(subject, steps, *value_type, test, parameters)
        }
        Filter::Linked(link, far) => links::exists(link, far, subject, parameters),
        Filter::LinkCount(link, test) => {
            // A test may name its value twice; the count and what is bound in it stand there once.
            let condition = value_test("counted.number", test, parameters)?;
            let count = links::count(link, subject, parameters)?;
            Ok(format!(
                "(SELECT {condition} FROM (SELECT {count} AS number) AS counted)"
            ))
        }
        Filter::Text(search) => {
            let relevance = searches::relevance(search, subject, parameters)?;
            Ok(format!("{relevance} > 0"))
        }
        Filter::Near(near) => searches::near(near, subject, parameters),
    }
}

// Halves are joined, not one part after the other: SQLite limits how deep expressions are nested.
fn join(
    parts: &[Filter],
    subject: &Subject,
    (word, none): (&str, &str),
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    match parts {
        [] => Ok(none.to_owned()),
        [only] => compile(only, subject, parameters),
        several => {
            let (left, right) = several.split_at(several.len() / 2);
            let left = join(left, subject, (word, none), parameters)?;
            let right = join(right, subject, (word, none), parameters)?;
            Ok(format!("({left} {word} {right})"))
        }
    }
}

fn system(
    field: SystemField,
    test: &Test,
    subject: &Subject,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    let column = format!("{}{}", subject.prefix, path::column(field));
    match (field, test) {
        (SystemField::RtId, Test::Matches(_)) => {
            value_test(&format!("lower(hex({column}))"), test, parameters)
        }
        (SystemField::RtId, Test::In { values, .. } | Test::NotIn { values, .. })
            if values.len() > MAX_PLACES =>
        {
            // The list is bound as one text; its entries become ids inside SQLite.
            value_test(&format!("lower(hex({column}))"), test, parameters)
        }
        (SystemField::RtId, _) => {
            let start = parameters.len();
            let condition = value_test(&column, test, parameters)?;
            parameters[start..].iter_mut().for_each(as_id);
            Ok(condition)
        }
        _ => value_test(&column, test, parameters),
    }
}

// Ids are bound as the bytes they stand for; other texts are no ids and equal none.
fn as_id(parameter: &mut Sql) {
    if let Sql::Text(text) = parameter
        && let Ok(id) = text.parse::<crate::rt_id::RtId>()
    {
        *parameter = Sql::Blob(id.as_bytes().to_vec());
    }
}

fn attribute(
    subject: &Subject,
    steps: &[PathStep],
    value_type: ValueType,
    test: &Test,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    match path::place(&subject.document, steps, value_type)? {
        Place::Value(expression) => value_test(&expression, test, parameters),
        Place::Elements { list, rest } => {
            let path = (list, rest.as_slice());
            list_test(subject, path, value_type, test, parameters)
        }
    }
}

fn list_test(
    subject: &Subject,
    (list, rest): (ListExpression, &[PathStep]),
    value_type: ValueType,
    test: &Test,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    let missing = format!("{} IS NULL", path::extract(&list.document, &list.path));
    let (positive, negated) = match test {
        Test::NotEquals(value) => (Test::Equals(value.clone()), true),
        Test::NotIn { values, or_null } => {
            let (values, or_null) = (values.clone(), *or_null);
            (Test::In { values, or_null }, true)
        }
        Test::IsNotNull => (Test::IsNull, true),
        other => (other.clone(), false),
    };
    let name = list.element_name();
    let record = subject.element(&name);
    let inner = match (&positive, rest) {
        (Test::AnyElement(filter), []) => compile(filter, &record, parameters)?,
        (_, []) => value_test(&format!("{name}.value"), &positive, parameters)?,
        (_, rest) => attribute(&record, rest, value_type, &positive, parameters)?,
    };
    let some = format!(
        "EXISTS (SELECT 1 FROM json_each({}, '{}') AS {name} WHERE {inner})",
        list.document, list.path
    );
    // A missing list is a missing value.
    let some = match positive {
        Test::IsNull | Test::In { or_null: true, .. } => format!("({missing} OR {some})"),
        _ => some,
    };
    Ok(if negated { format!("NOT {some}") } else { some })
}

pub(super) fn value_test(
    expression: &str,
    test: &Test,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    Ok(match test {
        Test::Equals(value) => format!("{expression} = {}", bind(value, parameters)),
        Test::NotEquals(value) => format!("{expression} IS NOT {}", bind(value, parameters)),
        Test::Compare(comparison, value) => compare(expression, *comparison, value, parameters),
        Test::In { values, or_null } => {
            let is_in = is_in(expression, values, parameters);
            if *or_null {
                format!("({expression} IS NULL OR {is_in})")
            } else {
                is_in
            }
        }
        Test::NotIn { values, or_null } => {
            let is_in = is_in(expression, values, parameters);
            if *or_null {
                format!("({expression} IS NOT NULL AND NOT {is_in})")
            } else {
                format!("({expression} IS NULL OR NOT {is_in})")
            }
        }
        Test::Matches(pattern) => {
            parameters.push(Sql::Text(pattern.clone()));
            format!("{MATCHES}(?, {expression})")
        }
        Test::IsNull => format!("{expression} IS NULL"),
        Test::IsNotNull => format!("{expression} IS NOT NULL"),
        Test::AnyElement(_) => {
            return Err(StoreError::Failed {
                operation: "query",
                message: "element criteria need a list".to_owned(),
            });
        }
    })
}

/// Order towards a value of the same kind. To SQLite all numbers are smaller than all texts, so
/// the other end of the kind bounds the comparison: values from before the attribute had its type
/// may be of the other kind.
fn compare(
    expression: &str,
    comparison: Comparison,
    value: &Value,
    parameters: &mut Vec<Sql>,
) -> String {
    let bound = bind(value, parameters);
    let is_text = matches!(parameters.last(), Some(Sql::Text(_))) && bound == "?";
    match (comparison, is_text) {
        (Comparison::Less, false) => format!("{expression} < {bound}"),
        (Comparison::LessOrEqual, false) => format!("{expression} <= {bound}"),
        (Comparison::Greater, true) => format!("{expression} > {bound}"),
        (Comparison::GreaterOrEqual, true) => format!("{expression} >= {bound}"),
        (Comparison::Greater, false) => {
            format!("({expression} > {bound} AND {expression} <= {INFINITE})")
        }
        (Comparison::GreaterOrEqual, false) => {
            format!("{expression} BETWEEN {bound} AND {INFINITE}")
        }
        (Comparison::Less, true) => format!("({expression} < {bound} AND {expression} >= '')"),
        (Comparison::LessOrEqual, true) => format!("{expression} BETWEEN '' AND {bound}"),
    }
}

/// Greater than all numbers, smaller than all texts.
const INFINITE: &str = "9e999";

fn is_in(expression: &str, values: &[Value], parameters: &mut Vec<Sql>) -> String {
    if values.len() > MAX_PLACES {
        let list: Vec<_> = values.iter().map(comparable).collect();
        parameters.push(Sql::Text(serde_json::Value::Array(list).to_string()));
        return format!("{expression} IN (SELECT value FROM json_each(?))");
    }
    let bound: Vec<_> = values.iter().map(|value| bind(value, parameters)).collect();
    format!("{expression} IN ({})", bound.join(","))
}

/// The JSON form of a value as stored columns and attributes are compared with it.
fn comparable(value: &Value) -> serde_json::Value {
    match value {
        Value::DateTimeOffset(value) => ticks(value.instant).into(),
        Value::GeospatialPoint(_) | Value::BinaryLinked(_) => encode(value).to_string().into(),
        other => encode(other),
    }
}

/// Binds a value in the form it is stored in and returns its place in the SQL text.
fn bind(value: &Value, parameters: &mut Vec<Sql>) -> &'static str {
    let (sql, place) = match value {
        Value::Int(number) | Value::Enum(number) => (Sql::Integer(i64::from(*number)), "?"),
        Value::Int64(number) | Value::TimeSpan(number) => (Sql::Integer(*number), "?"),
        Value::Boolean(flag) => (Sql::Integer(i64::from(*flag)), "?"),
        Value::String(text) => (Sql::Text(text.clone()), "?"),
        Value::DateTime(instant) => (Sql::Integer(instant.as_millisecond()), "?"),
        Value::DateTimeOffset(value) => (Sql::Integer(ticks(value.instant)), "?"),
        // Converted from text by SQLite, as stored values are: both round the same way.
        Value::Double(_) => (Sql::Text(encode(value).to_string()), "CAST(? AS REAL)"),
        other => match encode(other) {
            serde_json::Value::String(text) => (Sql::Text(text), "?"),
            json => (Sql::Text(json.to_string()), "?"),
        },
    };
    parameters.push(sql);
    place
}
