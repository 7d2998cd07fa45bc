//! Conditions in the forms callers write them.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Conditions that must all hold.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(super) enum SimpleFilters {
    /// A list of conditions.
    List(Vec<SimpleFilter>),
    /// Values by path.
    ByPath(Map<String, Value>),
}

/// A condition: the attribute has exactly this value.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SimpleFilter {
    /// Attribute, or path into a record.
    attribute_path: String,
    /// Its value; null also finds entities without the attribute.
    #[serde(default)]
    value: Value,
}

impl SimpleFilters {
    /// Paths and values.
    pub(super) fn into_conditions(self) -> Vec<(String, Value)> {
        match self {
            Self::List(filters) => filters
                .into_iter()
                .map(|filter| (filter.attribute_path, filter.value))
                .collect(),
            Self::ByPath(values) => values.into_iter().collect(),
        }
    }
}
