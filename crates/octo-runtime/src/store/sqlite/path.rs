//! SQL expressions for fields.

use octo_ck::model::ValueType;

use super::conditions::Subject;
use crate::store::{Field, FieldPath, PathIndex, PathStep, StoreError, SystemField};

/// What a path leads to.
pub(super) enum Place {
    /// One value: an SQL expression.
    Value(String),
    /// The elements of a list: a JSON expression with the list, and the steps that remain inside
    /// each element.
    Elements {
        list: ListExpression,
        rest: Vec<PathStep>,
    },
}

/// A list inside a JSON document.
pub(super) struct ListExpression {
    pub(super) document: String,
    pub(super) path: String,
}

/// The column of a system field.
pub(super) fn column(field: SystemField) -> &'static str {
    match field {
        SystemField::RtId => "rt_id",
        SystemField::CkTypeId => "ck_type_id",
        SystemField::Created => "created",
        SystemField::Changed => "changed",
        SystemField::Archived => "archived",
        SystemField::WellKnownName => "well_known_name",
        SystemField::DisplayName => "display_name",
        SystemField::DisplayDescription => "display_description",
        SystemField::Version => "version",
        SystemField::State => "state",
    }
}

/// Follows `steps` inside the attributes held by `document` up to the first "any element".
pub(super) fn place(
    document: &str,
    steps: &[PathStep],
    value_type: ValueType,
) -> Result<Place, StoreError> {
    let mut path = "$".to_owned();
    for (at, step) in steps.iter().enumerate() {
        if at > 0 {
            path.push_str(".\"attributes\"");
        }
        push_name(&mut path, &step.name)?;
        match step.index {
            PathIndex::Whole => {}
            PathIndex::At(index) => path.push_str(&format!("[{index}]")),
            PathIndex::FromEnd(index) => path.push_str(&format!("[#-{index}]")),
            PathIndex::Any => {
                return Ok(Place::Elements {
                    list: ListExpression {
                        document: document.to_owned(),
                        path,
                    },
                    rest: steps[at + 1..].to_vec(),
                });
            }
        }
    }
    if value_type == ValueType::DateTimeOffset {
        path.push_str(".\"ticks\"");
    }
    Ok(Place::Value(extract(document, &path)))
}

/// The expression of a field that has one value per entity.
pub(super) fn single(subject: &Subject, field: &Field) -> Result<String, StoreError> {
    match field {
        Field::System(system) => Ok(format!("{}{}", subject.prefix, column(*system))),
        Field::Attribute(FieldPath { steps, value_type }) => {
            match place(&subject.document, steps, *value_type)? {
                Place::Value(expression) => Ok(expression),
                Place::Elements { .. } => Err(StoreError::Failed {
                    operation: "sort",
                    message: "a path through all elements of a list has no single value".to_owned(),
                }),
            }
        }
    }
}

/// One value of a path that may lead to several: `aggregate` (`min` or `max`) of what `leaf` makes
/// of each.
pub(super) fn reduced(
    document: &str,
    steps: &[PathStep],
    value_type: ValueType,
    aggregate: &str,
    leaf: &mut dyn FnMut(&str) -> String,
) -> Result<String, StoreError> {
    match place(document, steps, value_type)? {
        Place::Value(expression) => Ok(leaf(&expression)),
        Place::Elements { list, rest } => {
            let name = list.element_name();
            let value = match rest.as_slice() {
                [] => leaf(&format!("{name}.value")),
                rest => reduced(&record(&name), rest, value_type, aggregate, leaf)?,
            };
            let ListExpression { document, path } = list;
            Ok(format!(
                "(SELECT {aggregate}({value}) FROM json_each({document}, '{path}') AS {name})"
            ))
        }
    }
}

/// The fields of the record an element is.
pub(super) fn record(element: &str) -> String {
    format!("json_extract({element}.value, '$.\"attributes\"')")
}

impl ListExpression {
    /// A name for elements. Each level has a name of its own, so that inner levels can refer to
    /// outer ones.
    pub(super) fn element_name(&self) -> String {
        format!("element{}", self.document.matches(".value").count())
    }
}

/// The value at a JSON path.
pub(super) fn extract(document: &str, path: &str) -> String {
    format!("json_extract({document}, '{path}')")
}

// Names come from the type graph, whose compiler allows letters, digits and underscores only;
// checked again because they become part of the SQL text.
fn push_name(path: &mut String, name: &str) -> Result<(), StoreError> {
    if name.is_empty() || name.contains(['"', '\'', '\\', '\0']) {
        return Err(StoreError::Failed {
            operation: "query",
            message: format!("'{name}' is not an attribute name"),
        });
    }
    path.push_str(".\"");
    path.push_str(name);
    path.push('"');
    Ok(())
}
