//! SQL functions for what SQL cannot express.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::store::StoreError;
use crate::store::search;
use crate::text::Words;

/// Compiled sizes of regular expressions, and the longest texts such an expression is tried on, both
/// in bytes. Matching takes at most as long as their product, and nothing can end it early.
const REGEX_SIZES: [(usize, usize); 3] =
    [(1 << 12, 1 << 24), (1 << 16, 1 << 20), (1 << 20, 1 << 16)];

/// `octo_matches(pattern, value)`: whether a text matches a regular expression; false for
/// everything that is not text.
pub(super) const MATCHES: &str = "octo_matches";
/// `octo_relevance(search, value, …)`: how well texts match a search, NULL when they do not.
pub(super) const RELEVANCE: &str = "octo_relevance";
/// `octo_distance(point, longitude, latitude, min, max)`: metres between two points, NULL when they
/// are not within the bounds.
pub(super) const DISTANCE: &str = "octo_distance";

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Adds the functions to a connection.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function(MATCHES, 2, flags, matches)?;
    connection.create_scalar_function(RELEVANCE, -1, flags, relevance)?;
    connection.create_scalar_function(DISTANCE, 5, flags, distance)
}

struct Pattern {
    regex: regex::Regex,
    longest: usize,
}

impl Pattern {
    fn new(text: &str) -> Result<Self, Failure> {
        let mut failure = None;
        for (size, longest) in REGEX_SIZES {
            match regex::RegexBuilder::new(text).size_limit(size).build() {
                Ok(regex) => return Ok(Self { regex, longest }),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.map_or_else(|| "no size is allowed".into(), Failure::from))
    }

    fn is_match(&self, text: &str) -> Result<bool, Failure> {
        if text.len() > self.longest {
            return Err(format!(
                "the pattern is too complex for texts of more than {} bytes; shorten it, or have fewer repetitions in it",
                self.longest
            )
            .into());
        }
        Ok(self.regex.is_match(text))
    }
}

fn matches(context: &Context<'_>) -> rusqlite::Result<bool> {
    let pattern = context.get_or_create_aux(0, |value| Pattern::new(value.as_str()?))?;
    let value = context.get_raw(1);
    let matched = value
        .as_str()
        .map_or(Ok(false), |text| pattern.is_match(text));
    matched.map_err(rusqlite::Error::UserFunctionError)
}

/// The first argument of [`RELEVANCE`].
#[derive(Serialize, Deserialize)]
pub(super) struct Relevance {
    pub(super) text: String,
    pub(super) language: String,
    pub(super) parts: Vec<TextPart>,
}

/// What one of the other arguments is.
#[derive(Serialize, Deserialize)]
pub(super) struct TextPart {
    pub(super) weight: f64,
    /// Steps inside the elements when the argument is a list.
    pub(super) rest: Option<Vec<Step>>,
}

/// One attribute inside an element.
#[derive(Serialize, Deserialize)]
pub(super) struct Step {
    pub(super) name: String,
    /// Position, negative ones from the end; none for all elements.
    pub(super) index: Option<i64>,
}

impl Relevance {
    pub(super) fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|error| StoreError::Failed {
            operation: "query",
            message: error.to_string(),
        })
    }
}

struct Search {
    words: Words,
    parts: Vec<TextPart>,
}

fn relevance(context: &Context<'_>) -> rusqlite::Result<Option<f64>> {
    let search = context.get_or_create_aux(0, |value| {
        let read: Relevance = serde_json::from_str(value.as_str()?)?;
        Ok::<_, Failure>(Search {
            words: Words::of(&read.text, &read.language),
            parts: read.parts,
        })
    })?;
    let mut texts = Vec::new();
    for (at, part) in search.parts.iter().enumerate() {
        let Ok(text) = context.get_raw(at + 1).as_str() else {
            continue;
        };
        match &part.rest {
            None => texts.push((part.weight, text.to_owned())),
            Some(rest) => {
                if let Ok(list) = serde_json::from_str(text) {
                    collect(&list, rest, &mut |text| texts.push((part.weight, text)));
                }
            }
        }
    }
    let texts = texts.iter().map(|(weight, text)| (*weight, text.as_str()));
    Ok(search.words.score(texts))
}

fn collect(value: &Json, rest: &[Step], found: &mut impl FnMut(String)) {
    match (value, rest.split_first()) {
        (Json::Array(items), _) => {
            for item in items {
                collect(item, rest, found);
            }
        }
        (Json::String(text), None) => found(text.clone()),
        (record, Some((step, rest))) => {
            let value = record
                .get("attributes")
                .and_then(|fields| fields.get(&step.name));
            let value = match (value, step.index) {
                (Some(Json::Array(items)), Some(index)) => element(items, index),
                (value, _) => value,
            };
            if let Some(value) = value {
                collect(value, rest, found);
            }
        }
        _ => {}
    }
}

fn element(items: &[Json], index: i64) -> Option<&Json> {
    let length = i64::try_from(items.len()).ok()?;
    let at = if index < 0 { length + index } else { index };
    items.get(usize::try_from(at).ok()?)
}

fn distance(context: &Context<'_>) -> rusqlite::Result<Option<f64>> {
    let ValueRef::Text(point) = context.get_raw(0) else {
        return Ok(None);
    };
    #[derive(Deserialize)]
    struct Point {
        coordinates: Vec<f64>,
    }
    let Ok(Point { coordinates }) = serde_json::from_slice(point) else {
        return Ok(None);
    };
    let &[longitude, latitude, ..] = coordinates.as_slice() else {
        return Ok(None);
    };
    let from = (context.get(1)?, context.get(2)?);
    let (min, max): (Option<f64>, Option<f64>) = (context.get(3)?, context.get(4)?);
    let metres = search::distance(from, (longitude, latitude));
    let is_within = min.is_none_or(|min| metres >= min) && max.is_none_or(|max| metres <= max);
    Ok(is_within.then_some(metres))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complex_patterns_are_not_tried_on_long_texts() {
        let long = "x".repeat(1 << 17);
        let simple = Pattern::new("xy").unwrap();
        assert!(!simple.is_match(&long).unwrap());
        let complex = Pattern::new("(x{1,50}){1,40}y").unwrap();
        assert!(complex.is_match("xxy").unwrap());
        let refused = complex.is_match(&long).unwrap_err().to_string();
        assert!(refused.contains("too complex"), "{refused}");
        assert!(Pattern::new("((x{1,1000}){1,1000}){1,1000}").is_err());
    }
}
