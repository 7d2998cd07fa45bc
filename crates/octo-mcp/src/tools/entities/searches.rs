//! Searches as callers write them (spec, runtime 6.9).

use octo_runtime::{AttributeSearch, Near, TextQuery};
use schemars::JsonSchema;
use serde::Deserialize;

/// A search for words.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TextSearch {
    /// Words, of which one must be found; "several words" in quotes must be found together, -word
    /// must not be found. Case and endings do not count, accents do.
    search_value: String,
    /// Language of the words, such as en or de. Default: that of the text index.
    language: Option<String>,
}

/// A search for a value.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttributeSearchInput {
    /// Where to look.
    attribute_paths: Vec<String>,
    /// What to look for: texts and enum names may contain it (* stands for any text), other values
    /// must be equal.
    search_value: String,
}

/// A point and distances from it.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NearPoint {
    /// Attribute that holds a geographic point.
    attribute_path: String,
    /// Degrees east.
    #[schemars(range(min = -180, max = 180))]
    longitude: f64,
    /// Degrees north.
    #[schemars(range(min = -90, max = 90))]
    latitude: f64,
    /// Nearest distance in metres.
    #[schemars(range(min = 0))]
    min_distance: Option<f64>,
    /// Farthest distance in metres.
    #[schemars(range(min = 0))]
    max_distance: Option<f64>,
}

impl AttributeSearchInput {
    /// Where it looks.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.attribute_paths.iter().map(String::as_str)
    }
}

impl NearPoint {
    /// Where it looks.
    pub(super) fn path(&self) -> &str {
        &self.attribute_path
    }
}

impl From<TextSearch> for TextQuery {
    fn from(search: TextSearch) -> Self {
        Self {
            text: search.search_value,
            language: search.language,
        }
    }
}

impl From<AttributeSearchInput> for AttributeSearch {
    fn from(search: AttributeSearchInput) -> Self {
        Self {
            paths: search.attribute_paths,
            value: search.search_value,
        }
    }
}

impl From<NearPoint> for Near {
    fn from(near: NearPoint) -> Self {
        Self {
            path: near.attribute_path,
            longitude: near.longitude,
            latitude: near.latitude,
            min_distance: near.min_distance,
            max_distance: near.max_distance,
        }
    }
}
