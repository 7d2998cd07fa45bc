//! Queries as stores receive them: types, paths and operands are resolved, nothing is left to
//! interpret.

use octo_ck::RtCkId;
use octo_ck::model::ValueType;

use crate::query::SortOrder;
use crate::rt_id::RtId;
use crate::value::Value;

/// A resolved query for entities.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreQuery {
    /// Which types.
    pub scope: TypeScope,
    /// Only these ids.
    pub ids: Option<Vec<RtId>>,
    /// Which conditions.
    pub filter: Filter,
    /// Sort keys; ascending id is always the last.
    pub sort: Vec<(Field, SortOrder)>,
    /// Matches to leave out.
    pub skip: u64,
    /// Matches to return at most.
    pub take: Option<u64>,
    /// Archived entities too.
    pub include_archived: bool,
}

/// The types a query covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeScope {
    /// Collection root of all of them, when there is one.
    pub root: Option<RtCkId>,
    /// The types.
    pub types: Vec<RtCkId>,
}

/// A tree of resolved conditions.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Every part holds.
    All(Vec<Filter>),
    /// At least one part holds; false when there are none.
    Any(Vec<Filter>),
    /// A condition on a field.
    Field(Field, Test),
}

/// What a condition or sort key looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// A field every entity has.
    System(SystemField),
    /// An attribute, or a field of a record inside.
    Attribute(FieldPath),
}

/// Fields every entity has. Operands: text for ids, types and names; `DateTime` for instants;
/// `Int64` for version and state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SystemField {
    /// Id; operands are its hexadecimal text.
    RtId,
    /// Concrete type.
    CkTypeId,
    /// Creation.
    Created,
    /// Last change.
    Changed,
    /// Archiving.
    Archived,
    /// Well-known name.
    WellKnownName,
    /// Display name.
    DisplayName,
    /// Display description.
    DisplayDescription,
    /// Version.
    Version,
    /// State as number.
    State,
}

/// A path to a value inside the attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPath {
    /// From the outermost attribute inwards; at least one.
    pub steps: Vec<PathStep>,
    /// Type of the last attribute.
    pub value_type: ValueType,
}

/// One attribute on a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathStep {
    /// camelCase name.
    pub name: String,
    /// Which element, when the attribute is a list.
    pub index: PathIndex,
}

/// Element of a list attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathIndex {
    /// The value itself; on a list in front of another step: any element.
    Whole,
    /// The element at that position.
    At(usize),
    /// Any element.
    Any,
}

/// What must hold for the value of a field. On a list the test holds when it holds for any
/// element; negated tests hold when the positive one holds for none.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Same value.
    Equals(Value),
    /// Missing, or not the same value.
    NotEquals(Value),
    /// Ordered like this towards a value of the same kind; missing values never are.
    Compare(Comparison, Value),
    /// One of the values, or missing when `or_null`.
    In {
        /// The values.
        values: Vec<Value>,
        /// Missing matches too.
        or_null: bool,
    },
    /// The opposite of [`Test::In`].
    NotIn {
        /// The values.
        values: Vec<Value>,
        /// Missing does not match.
        or_null: bool,
    },
    /// A text in which the regular expression finds a match.
    Matches(String),
    /// Null or missing.
    IsNull,
    /// Has a value.
    IsNotNull,
    /// An element of a record list meets the filter, whose paths start at the record.
    AnyElement(Box<Filter>),
}

/// Order towards an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Filter {
    /// The filter every entity meets.
    pub fn everything() -> Self {
        Self::All(Vec::new())
    }
}

impl StoreQuery {
    /// All active entities of the given types.
    pub fn of(scope: TypeScope) -> Self {
        Self {
            scope,
            ids: None,
            filter: Filter::everything(),
            sort: Vec::new(),
            skip: 0,
            take: None,
            include_archived: false,
        }
    }
}
