//! Values an attribute already has, for completing what a user types (spec 6.11).
//!
//! Works for every text attribute, also inside records. The most frequent values come first; what
//! the model itself suggests for the attribute and nobody uses comes last. When an attribute has
//! more than [`MAX_GROUPS`] values that fit, only the first ones in ascending order are compared.

use serde_json::Value as Json;

use crate::aggregation::{AggregatedRow, AggregationQuery, MAX_GROUPS};
use crate::criteria::{Criteria, Operator};
use crate::error::RuntimeError;
use crate::query::EntityQuery;
use crate::resolve;
use crate::store::Figure;
use crate::tenant::Tenant;

/// Values returned at most.
pub const MAX_VALUES: usize = 100;

/// A question for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoCompleteQuery {
    /// Type whose entities are looked at, in any spelling of its id.
    pub ck_type: String,
    /// Path to a text attribute.
    pub path: String,
    /// Which values.
    pub pattern: Pattern,
    /// At most so many values; 1 to [`MAX_VALUES`].
    pub take: usize,
}

/// Which values are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// Those that start so, ignoring case; the empty text: all.
    Prefix(String),
    /// Those in which a regular expression finds a match.
    Regex(String),
}

/// Values found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoComplete {
    /// The most frequent first, those as frequent in ascending order.
    pub values: Vec<AutoCompleteValue>,
    /// There are more values than these.
    pub is_truncated: bool,
}

/// A value and how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoCompleteValue {
    /// The value.
    pub text: String,
    /// Entities that have it.
    pub occurrence_count: u64,
}

impl Tenant {
    /// Values of a text attribute that fit a pattern.
    ///
    /// # Errors
    /// [`RuntimeError::InvalidQuery`] with everything that is wrong with the question.
    pub async fn auto_complete(
        &self,
        query: &AutoCompleteQuery,
    ) -> Result<AutoComplete, RuntimeError> {
        let graph = self.graph();
        let suggestions = resolve::aggregation::suggestions(&graph, &query.ck_type, &query.path)?;
        let take = query.take;
        if !(1..=MAX_VALUES).contains(&take) {
            let problem = format!("The number of values must be between 1 and {MAX_VALUES}.");
            return Err(RuntimeError::InvalidQuery(vec![problem]));
        }
        let (operator, text) = match &query.pattern {
            Pattern::Prefix(text) => (Operator::StartsWith, text),
            Pattern::Regex(text) => (Operator::MatchRegEx, text),
        };
        let fits = Criteria::field(&query.path, operator, text.as_str());
        let entities = EntityQuery::of(&query.ck_type).filter(fits);
        let counted = AggregationQuery::over(entities)
            .count()
            .group_by(&query.path)
            .take(MAX_GROUPS);
        let found = self.aggregate(counted).await?;
        let mut values: Vec<_> = found.rows.into_iter().filter_map(value).collect();
        values.sort_by(|left, right| {
            let by_count = right.occurrence_count.cmp(&left.occurrence_count);
            by_count.then_with(|| left.text.cmp(&right.text))
        });
        for text in suggestions
            .into_iter()
            .filter(|text| query.pattern.fits(text))
        {
            if !values.iter().any(|known| known.text == text) {
                values.push(AutoCompleteValue {
                    text,
                    occurrence_count: 0,
                });
            }
        }
        let is_truncated = found.is_truncated || values.len() > take;
        values.truncate(take);
        Ok(AutoComplete {
            values,
            is_truncated,
        })
    }
}

impl Pattern {
    fn fits(&self, text: &str) -> bool {
        match self {
            Self::Prefix(prefix) => text.to_lowercase().starts_with(&prefix.to_lowercase()),
            Self::Regex(regex) => regex::Regex::new(regex).is_ok_and(|regex| regex.is_match(text)),
        }
    }
}

fn value(row: AggregatedRow) -> Option<AutoCompleteValue> {
    match (row.keys.into_iter().next()?, row.figures.first()?) {
        (Json::String(text), Figure::Count(count)) => Some(AutoCompleteValue {
            text,
            occurrence_count: *count,
        }),
        _ => None,
    }
}
