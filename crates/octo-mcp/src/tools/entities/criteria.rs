//! Conditions in the forms callers write them (spec, runtime 2.1).

use octo_runtime::{Criteria, FieldFilter, Operand, Operator};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::reply::Failure;

/// Deepest nesting of criteria; the engine refuses fewer levels, with the better text.
const MAX_DEPTH: usize = 64;

/// Conditions and how they are combined. All fields and nested filters of a level count.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct FieldFilterCriteria {
    /// Conditions of this level.
    #[serde(default)]
    fields: Option<Vec<FieldCondition>>,
    /// And: all must hold. Or: one is enough.
    #[serde(default)]
    operator: Combination,
    /// Groups of conditions, combined with those of this level.
    #[serde(default)]
    nested_filters: Option<Vec<FieldFilterCriteria>>,
}

/// A condition on one attribute.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FieldCondition {
    /// Attribute (name), path into a record (address.city), a list (items[0].name, items[*].name)
    /// or over an association (parent.Basic/City->name, children.Basic/City::totalCount), or a
    /// system field (rtId, rtWellKnownName, rtCreationDateTime, …). A blank path is skipped.
    #[serde(default)]
    attribute_path: String,
    /// How to compare. Like: * stands for any text. Match: value is a filter on the records of a
    /// list.
    #[serde(default)]
    operator: FieldOperator,
    /// What to compare with; a list for In and NotIn; dates as ISO 8601 or @now(minutes).
    #[serde(default)]
    value: Value,
    /// Upper bound of Between.
    #[serde(default)]
    second_value: Value,
}

#[derive(Clone, Copy, Default, JsonSchema)]
enum Combination {
    #[default]
    And,
    Or,
}

// In this order: the numbers of the original are positions.
#[derive(Clone, Copy, Default, JsonSchema)]
enum FieldOperator {
    #[default]
    Equals,
    NotEquals,
    Contains,
    StartsWith,
    EndsWith,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    Between,
    In,
    NotIn,
    IsNull,
    IsNotNull,
    Regex,
    Like,
    AnyEq,
    AnyLike,
    Match,
}

impl Combination {
    const ALL: [(&'static str, Self); 2] = [("And", Self::And), ("Or", Self::Or)];
}

impl FieldOperator {
    const ALL: [(&'static str, Self); 19] = [
        ("Equals", Self::Equals),
        ("NotEquals", Self::NotEquals),
        ("Contains", Self::Contains),
        ("StartsWith", Self::StartsWith),
        ("EndsWith", Self::EndsWith),
        ("GreaterThan", Self::GreaterThan),
        ("GreaterThanOrEqual", Self::GreaterThanOrEqual),
        ("LessThan", Self::LessThan),
        ("LessThanOrEqual", Self::LessThanOrEqual),
        ("Between", Self::Between),
        ("In", Self::In),
        ("NotIn", Self::NotIn),
        ("IsNull", Self::IsNull),
        ("IsNotNull", Self::IsNotNull),
        ("Regex", Self::Regex),
        ("Like", Self::Like),
        ("AnyEq", Self::AnyEq),
        ("AnyLike", Self::AnyLike),
        ("Match", Self::Match),
    ];

    fn of_engine(self) -> Operator {
        match self {
            Self::Equals => Operator::Equals,
            Self::NotEquals => Operator::NotEquals,
            Self::Contains => Operator::Contains,
            Self::StartsWith => Operator::StartsWith,
            Self::EndsWith => Operator::EndsWith,
            Self::GreaterThan => Operator::GreaterThan,
            Self::GreaterThanOrEqual => Operator::GreaterEqualThan,
            Self::LessThan => Operator::LessThan,
            Self::LessThanOrEqual => Operator::LessEqualThan,
            Self::Between => Operator::Between,
            Self::In => Operator::In,
            Self::NotIn => Operator::NotIn,
            Self::IsNull => Operator::IsNull,
            Self::IsNotNull => Operator::IsNotNull,
            Self::Regex => Operator::MatchRegEx,
            Self::Like => Operator::Like,
            Self::AnyEq => Operator::AnyEq,
            Self::AnyLike => Operator::AnyLike,
            Self::Match => Operator::Match,
        }
    }
}

impl<'de> Deserialize<'de> for Combination {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        member(deserializer, &Self::ALL)
    }
}

impl<'de> Deserialize<'de> for FieldOperator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        member(deserializer, &Self::ALL)
    }
}

/// A member by name ignoring case, or by position; null is the first one. Nested criteria in
/// `value` come here as written; everything else was brought into form before.
fn member<'de, T: Copy, D: Deserializer<'de>>(
    deserializer: D,
    members: &[(&str, T)],
) -> Result<T, D::Error> {
    let given = Value::deserialize(deserializer)?;
    let at = match &given {
        Value::Null => Some(0),
        Value::Number(number) => number.as_u64().and_then(|n| usize::try_from(n).ok()),
        Value::String(text) => {
            let mut names = members.iter().map(|(name, _)| name);
            names.position(|name| name.eq_ignore_ascii_case(text.trim()))
        }
        _ => None,
    };
    at.and_then(|at| members.get(at))
        .map(|(_, member)| *member)
        .ok_or_else(|| {
            let names: Vec<_> = members.iter().map(|(name, _)| *name).collect();
            serde::de::Error::custom(format!("operator must be one of {}", names.join(", ")))
        })
}

impl FieldFilterCriteria {
    /// The criteria for the engine, each part named by its place in the argument `name`.
    ///
    /// # Errors
    /// All `Match` values that are no criteria, at once.
    pub(in crate::tools) fn into_criteria(self, name: &str) -> Result<Criteria, Failure> {
        let mut problems = Vec::new();
        let criteria = self.convert(name, 0, &mut problems);
        if problems.is_empty() {
            Ok(criteria)
        } else {
            Err(Failure::new(problems.join("\n")))
        }
    }

    fn convert(self, name: &str, depth: usize, problems: &mut Vec<String>) -> Criteria {
        if depth > MAX_DEPTH {
            problems.push(format!("{name} is nested deeper than {MAX_DEPTH} levels."));
            return Criteria::All(Vec::new());
        }
        let mut parts = Vec::new();
        for (at, field) in self.fields.unwrap_or_default().into_iter().enumerate() {
            if !field.attribute_path.trim().is_empty() {
                parts.push(field.convert(format!("{name}.fields[{at}]"), depth, problems));
            }
        }
        let nested = self.nested_filters.unwrap_or_default();
        for (at, nested) in nested.into_iter().enumerate() {
            let name = format!("{name}.nestedFilters[{at}]");
            match nested.convert(&name, depth + 1, problems) {
                Criteria::All(none) | Criteria::Any(none) if none.is_empty() => {}
                part => parts.push(part.named(name)),
            }
        }
        match self.operator {
            Combination::And => Criteria::All(parts),
            Combination::Or => Criteria::Any(parts),
        }
    }
}

impl FieldCondition {
    fn convert(self, name: String, depth: usize, problems: &mut Vec<String>) -> Criteria {
        let operator = self.operator.of_engine();
        let value = match (operator, self.value) {
            (Operator::Match, value @ Value::Object(_)) => {
                match serde_json::from_value::<FieldFilterCriteria>(value) {
                    Ok(criteria) => {
                        let inner = criteria.convert(&format!("{name}.value"), depth + 1, problems);
                        Operand::Criteria(Box::new(inner))
                    }
                    Err(error) => {
                        problems.push(format!("{name}.value: {error}."));
                        Operand::Null
                    }
                }
            }
            (_, value) => value.into(),
        };
        Criteria::Field(FieldFilter {
            path: self.attribute_path,
            operator,
            value,
            second: Some(self.second_value.into()).filter(|second| *second != Operand::Null),
        })
        .named(name)
    }
}

/// Conditions that must all hold, each an equality.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(in crate::tools) enum SimpleFilters {
    /// A list of conditions.
    List(Vec<SimpleFilter>),
    /// Values by path.
    ByPath(Map<String, Value>),
}

/// A condition: the attribute has exactly this value.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct SimpleFilter {
    /// Attribute, or path into a record.
    attribute_path: String,
    /// Its value; null also finds entities without the attribute.
    #[serde(default)]
    value: Value,
}

impl SimpleFilters {
    /// The criteria for the engine, each part named by its place in the argument `name`.
    pub(in crate::tools) fn into_criteria(self, name: &str) -> Criteria {
        let equal = |path: &str, value: Value, place: String| {
            (!path.trim().is_empty()).then(|| Criteria::eq(path, value).named(place))
        };
        Criteria::All(match self {
            Self::List(filters) => {
                let filters = filters.into_iter().enumerate();
                filters
                    .filter_map(|(at, filter)| {
                        equal(
                            &filter.attribute_path,
                            filter.value,
                            format!("{name}[{at}]"),
                        )
                    })
                    .collect()
            }
            Self::ByPath(values) => {
                let values = values.into_iter();
                values
                    .filter_map(|(path, value)| equal(&path, value, format!("{name}.{path}")))
                    .collect()
            }
        })
    }
}
