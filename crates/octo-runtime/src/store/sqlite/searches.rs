//! Searches as SQL expressions.

use octo_ck::model::ValueType;
use rusqlite::types::Value as Sql;

use super::conditions::Subject;
use super::functions::{DISTANCE, RELEVANCE, Relevance, Step, TextPart};
use super::path::{self, Place};
use crate::store::{Distance, Field, PathIndex, PathStep, StoreError, TextSearch};

/// How well the texts of an entity match a search; NULL when they do not.
pub(super) fn relevance(
    search: &TextSearch,
    subject: &Subject,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    let mut parts = Vec::with_capacity(search.fields.len());
    let mut arguments = String::new();
    for field in &search.fields {
        let (expression, rest) = match &field.field {
            Field::System(system) => (format!("{}{}", subject.prefix, path::column(*system)), None),
            Field::Attribute(attribute) => {
                match path::place(&subject.document, &attribute.steps, attribute.value_type)? {
                    Place::Value(expression) => (expression, None),
                    Place::Elements { list, rest } => {
                        let rest = rest.into_iter().map(step).collect();
                        (path::extract(&list.document, &list.path), Some(rest))
                    }
                }
            }
        };
        arguments.push_str(", ");
        arguments.push_str(&expression);
        parts.push(TextPart {
            weight: field.weight,
            rest,
        });
    }
    let relevance = Relevance {
        text: search.text.clone(),
        language: search.language.clone(),
        parts,
    };
    parameters.push(Sql::Text(relevance.to_json()?));
    Ok(format!("{RELEVANCE}(?{arguments})"))
}

fn step(step: PathStep) -> Step {
    Step {
        name: step.name,
        index: match step.index {
            PathIndex::Whole | PathIndex::Any => None,
            PathIndex::At(at) => i64::try_from(at).ok(),
            PathIndex::FromEnd(at) => i64::try_from(at).ok().map(|at| -at),
        },
    }
}

/// Metres to the nearest point of an entity; NULL when it has none within the distance.
pub(super) fn distance(
    distance: &Distance,
    subject: &Subject,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    let mut leaf = |point: &str| {
        let farthest = distance.max.map_or(Sql::Null, Sql::Real);
        parameters.extend([
            Sql::Real(distance.longitude),
            Sql::Real(distance.latitude),
            distance.min.map_or(Sql::Null, Sql::Real),
            farthest,
        ]);
        format!("{DISTANCE}({point}, ?, ?, ?, ?)")
    };
    let steps = &distance.path.steps;
    path::reduced(
        &subject.document,
        steps,
        ValueType::GeospatialPoint,
        "min",
        &mut leaf,
    )
}

/// Whether a point of an entity is within the distance.
pub(super) fn near(
    near: &Distance,
    subject: &Subject,
    parameters: &mut Vec<Sql>,
) -> Result<String, StoreError> {
    let metres = distance(near, subject, parameters)?;
    Ok(format!("{metres} IS NOT NULL"))
}
