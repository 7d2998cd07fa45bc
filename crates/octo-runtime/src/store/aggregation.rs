//! Aggregations as stores receive and answer them (spec 7).
//!
//! A store answers from one pass over the matches, however many there are, and keeps nothing but
//! one accumulator per group and measure. Numbers are exact:
//!
//! - integers are summed as integers, wider than any stored one;
//! - doubles are taken at 15 significant digits, so that 0.1 is a tenth, and summed as decimals;
//! - averages are divided as decimals with up to 28 digits.
//!
//! Missing values are skipped; a path through all elements of a list contributes each element, a
//! path over associations each entity it leads to.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::filter::StoreQuery;
use crate::value::Value;

pub(crate) mod accumulator;
pub(crate) mod decimals;
pub(crate) mod grouping;
mod source;

pub use source::Source;

/// A resolved aggregation.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregation {
    /// Which entities; sort order and paging mean nothing here.
    pub query: StoreQuery,
    /// Sources with one value per entity whose values make the groups; none: one group of all.
    pub group_by: Vec<Source>,
    /// What to compute for each group.
    pub measures: Vec<Measure>,
    /// The groups kept at most: the first ones in ascending order of their keys.
    pub max_groups: usize,
}

/// One figure of a group.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// The number of entities.
    Rows,
    /// A function of the values of a source.
    Of(Function, Source),
}

/// A function of many values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// Values that are not null.
    Count,
    /// Sum of numbers; 0 when there are none.
    Sum,
    /// Mean of numbers.
    Average,
    /// Smallest number or earliest instant.
    Minimum,
    /// Greatest number or latest instant.
    Maximum,
}

/// The answer to an [`Aggregation`].
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    /// Groups in ascending order of their keys, null first. Without group-by sources: exactly one.
    pub groups: Vec<Group>,
    /// There are more groups than were asked for.
    pub is_truncated: bool,
}

/// One group of entities.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Values of the group-by sources; `None` stands for null and missing. Instants with offset are
    /// grouped by instant and shown in UTC.
    pub keys: Vec<Option<Value>>,
    /// One figure per measure.
    pub figures: Vec<Figure>,
}

/// A figure of a group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    /// There are no values.
    Null,
    /// A number of entities or values.
    Count(u64),
    /// A number, exact or with 28 significant digits.
    Decimal(Decimal),
    /// A stored double beyond the range of decimals.
    Double(f64),
    /// An instant.
    Instant(Timestamp),
    /// A sum or mean beyond ±7.9·10^28, the range of decimals.
    OutOfRange,
}

impl Function {
    /// Name of the function in tools.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Average => "avg",
            Self::Minimum => "min",
            Self::Maximum => "max",
        }
    }
}
