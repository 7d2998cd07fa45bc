//! Filter criteria as callers write them: attribute paths, operators, operands (spec 6.2).
//!
//! Nothing here is checked against a type; that happens when a query runs, and every problem of a
//! filter is reported at once.

use crate::value::Value;

/// A tree of conditions.
#[derive(Debug, Clone, PartialEq)]
pub enum Criteria {
    /// Every part holds; holds when there are none.
    All(Vec<Criteria>),
    /// At least one part holds; **holds** when there are none (empty levels add nothing).
    Any(Vec<Criteria>),
    /// A condition on one path.
    Field(FieldFilter),
    /// A part with the name its author knows it by, such as `filters.fields[2]`: problems found
    /// inside are reported under that name.
    Named(String, Box<Criteria>),
}

/// A condition on one attribute path.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldFilter {
    /// Attribute path, e.g. `Name`, `Address.City`, `Items[*].Name`, or a system field such as
    /// `rtId`, `rtWellKnownName`, `rtCreationDateTime`.
    pub path: String,
    /// How to compare.
    pub operator: Operator,
    /// What to compare with.
    pub value: Operand,
    /// Upper bound of [`Operator::Between`].
    pub second: Option<Operand>,
}

/// Comparison operators; the discriminants are those of persisted queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Same value; null matches null and missing; on arrays: any element.
    Equals = 0,
    /// Not the same value; matches missing unless compared with null.
    NotEquals = 1,
    /// Smaller; missing never matches, as for the next three.
    LessThan = 2,
    /// Smaller or same.
    LessEqualThan = 3,
    /// Greater.
    GreaterThan = 4,
    /// Greater or same.
    GreaterEqualThan = 5,
    /// One of a list.
    In = 6,
    /// None of a list.
    NotIn = 7,
    /// Text with `*` for any characters, ignoring case, not anchored.
    Like = 8,
    /// Regular expression, case-sensitive, not anchored.
    MatchRegEx = 9,
    /// Any element of an array is the same.
    AnyEq = 10,
    /// Any element of an array is like.
    AnyLike = 11,
    /// Any element of a RecordArray meets nested criteria.
    Match = 12,
    /// Part of the text, ignoring case.
    Contains = 13,
    /// Start of the text, ignoring case.
    StartsWith = 14,
    /// End of the text, ignoring case.
    EndsWith = 15,
    /// Between two values, both included.
    Between = 16,
    /// Null or missing.
    IsNull = 17,
    /// Has a value.
    IsNotNull = 18,
}

/// What a path is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// Nothing.
    Null,
    /// A typed value.
    Value(Value),
    /// A JSON value, converted to the attribute's type when the query runs.
    Json(serde_json::Value),
    /// Several values, for `In` and `NotIn`.
    List(Vec<Operand>),
    /// Nested criteria, for `Match`.
    Criteria(Box<Criteria>),
}

impl Criteria {
    /// A condition on one path.
    pub fn field(path: &str, operator: Operator, value: impl Into<Operand>) -> Self {
        Self::Field(FieldFilter {
            path: path.to_owned(),
            operator,
            value: value.into(),
            second: None,
        })
    }

    /// This under the name its author knows it by.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self::Named(name.into(), Box::new(self))
    }

    /// `path` equals `value`.
    pub fn eq(path: &str, value: impl Into<Operand>) -> Self {
        Self::field(path, Operator::Equals, value)
    }

    /// `path` does not equal `value`, or is missing.
    pub fn ne(path: &str, value: impl Into<Operand>) -> Self {
        Self::field(path, Operator::NotEquals, value)
    }

    /// `path` is one of `values`.
    pub fn is_in<V: Into<Operand>>(path: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self::field(path, Operator::In, Operand::List(values))
    }

    /// `path` is null or missing.
    pub fn is_null(path: &str) -> Self {
        Self::field(path, Operator::IsNull, Operand::Null)
    }

    /// `path` has a value.
    pub fn is_not_null(path: &str) -> Self {
        Self::field(path, Operator::IsNotNull, Operand::Null)
    }

    /// `path` lies between two values, both included.
    pub fn between(path: &str, low: impl Into<Operand>, high: impl Into<Operand>) -> Self {
        Self::Field(FieldFilter {
            path: path.to_owned(),
            operator: Operator::Between,
            value: low.into(),
            second: Some(high.into()),
        })
    }

    /// Both this and `other`.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut parts) => {
                parts.push(other);
                Self::All(parts)
            }
            first => Self::All(vec![first, other]),
        }
    }

    /// This or `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut parts) => {
                parts.push(other);
                Self::Any(parts)
            }
            first => Self::Any(vec![first, other]),
        }
    }
}

impl Operator {
    /// The operator of that number in persisted queries.
    pub fn from_number(number: i32) -> Option<Self> {
        const ALL: [Operator; 19] = [
            Operator::Equals,
            Operator::NotEquals,
            Operator::LessThan,
            Operator::LessEqualThan,
            Operator::GreaterThan,
            Operator::GreaterEqualThan,
            Operator::In,
            Operator::NotIn,
            Operator::Like,
            Operator::MatchRegEx,
            Operator::AnyEq,
            Operator::AnyLike,
            Operator::Match,
            Operator::Contains,
            Operator::StartsWith,
            Operator::EndsWith,
            Operator::Between,
            Operator::IsNull,
            Operator::IsNotNull,
        ];
        ALL.into_iter().find(|operator| *operator as i32 == number)
    }

    /// The name of the operator.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equals => "Equals",
            Self::NotEquals => "NotEquals",
            Self::LessThan => "LessThan",
            Self::LessEqualThan => "LessEqualThan",
            Self::GreaterThan => "GreaterThan",
            Self::GreaterEqualThan => "GreaterEqualThan",
            Self::In => "In",
            Self::NotIn => "NotIn",
            Self::Like => "Like",
            Self::MatchRegEx => "MatchRegEx",
            Self::AnyEq => "AnyEq",
            Self::AnyLike => "AnyLike",
            Self::Match => "Match",
            Self::Contains => "Contains",
            Self::StartsWith => "StartsWith",
            Self::EndsWith => "EndsWith",
            Self::Between => "Between",
            Self::IsNull => "IsNull",
            Self::IsNotNull => "IsNotNull",
        }
    }
}

impl From<serde_json::Value> for Operand {
    fn from(value: serde_json::Value) -> Self {
        if value.is_null() {
            Self::Null
        } else {
            Self::Json(value)
        }
    }
}

impl From<Criteria> for Operand {
    fn from(criteria: Criteria) -> Self {
        Self::Criteria(Box::new(criteria))
    }
}

impl<V: Into<Value>> From<V> for Operand {
    fn from(value: V) -> Self {
        Self::Value(value.into())
    }
}
