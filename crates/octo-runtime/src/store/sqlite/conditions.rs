//! Filters as SQL conditions.
//!
//! Missing values are SQL's NULL. Conditions are written so that they never *are* NULL where that
//! would matter: negated tests say explicitly what they mean for missing values.

use octo_ck::model::ValueType;
use rusqlite::types::Value as Sql;

use super::connection::MATCHES;
use super::path::{self, ListExpression, Place};
use super::select::places;
use crate::store::{Comparison, Field, FieldPath, Filter, PathStep, StoreError, SystemField, Test};
use crate::value::Value;
use crate::value::stored::{encode, ticks};

/// The condition of a filter whose attribute paths start in the JSON `document`.
pub(super) fn compile(
    filter: &Filter,
    document: &str,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    let mut join = |parts: &[Filter], word: &str, none: &str| {
        let parts = parts.iter().map(|part| compile(part, document, parameters));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        Ok(match parts.as_slice() {
            [] => none.to_owned(),
            [only] => only.clone(),
            several => format!("({})", several.join(word)),
        })
    };
    match filter {
        Filter::All(parts) => join(parts, " AND ", "1"),
        Filter::Any(parts) => join(parts, " OR ", "0"),
        Filter::Field(Field::System(field), test) => system(*field, test, parameters),
        Filter::Field(Field::Attribute(FieldPath { steps, value_type }), test) => {
            attribute(document, steps, *value_type, test, parameters)
        }
    }
}

fn system(
    field: SystemField,
    test: &Test,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    let column = path::column(field);
    match (field, test) {
        (SystemField::RtId, Test::Matches(_)) => value_test("lower(hex(rt_id))", test, parameters),
        (SystemField::RtId, _) => {
            let start = parameters.len();
            let condition = value_test(column, test, parameters)?;
            parameters[start..].iter_mut().for_each(as_id);
            Ok(condition)
        }
        _ => value_test(column, test, parameters),
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
    document: &str,
    steps: &[PathStep],
    value_type: ValueType,
    test: &Test,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    match path::place(document, steps, value_type)? {
        Place::Value(expression) => value_test(&expression, test, parameters),
        Place::Elements { list, rest } => list_test(&list, &rest, value_type, test, parameters),
    }
}

fn list_test(
    list: &ListExpression,
    rest: &[PathStep],
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
    let some = any_element(list, rest, value_type, &positive, parameters)?;
    // A missing list is a missing value.
    let some = match positive {
        Test::IsNull | Test::In { or_null: true, .. } => format!("({missing} OR {some})"),
        _ => some,
    };
    Ok(if negated { format!("NOT {some}") } else { some })
}

fn any_element(
    list: &ListExpression,
    rest: &[PathStep],
    value_type: ValueType,
    test: &Test,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    // Each level has a name of its own, so that inner levels can refer to outer ones.
    let name = format!("element{}", list.document.matches(".value").count());
    let record = format!("json_extract({name}.value, '$.\"attributes\"')");
    let inner = match (test, rest) {
        (Test::AnyElement(filter), []) => compile(filter, &record, parameters)?,
        (_, []) => value_test(&format!("{name}.value"), test, parameters)?,
        (_, rest) => attribute(&record, rest, value_type, test, parameters)?,
    };
    Ok(format!(
        "EXISTS (SELECT 1 FROM json_each({}, '{}') AS {name} WHERE {inner})",
        list.document, list.path
    ))
}

fn value_test(
    expression: &str,
    test: &Test,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    Ok(match test {
        Test::Equals(value) => format!("{expression} = {}", bind(value, parameters)),
        Test::NotEquals(value) => format!("{expression} IS NOT {}", bind(value, parameters)),
        Test::Compare(comparison, value) => {
            let sign = sign(*comparison);
            format!("{expression} {sign} {}", bind(value, parameters))
        }
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

fn is_in(expression: &str, values: &[Value], parameters: &mut Vec<Sql>) -> String {
    let has_doubles = values.iter().any(|value| matches!(value, Value::Double(_)));
    if has_doubles {
        let bound: Vec<_> = values.iter().map(|value| bind(value, parameters)).collect();
        return format!("{expression} IN ({})", bound.join(","));
    }
    for value in values {
        bind(value, parameters);
    }
    format!("{expression} IN ({})", places(values.len()))
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
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
