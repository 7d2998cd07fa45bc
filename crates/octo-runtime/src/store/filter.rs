//! Queries as stores receive them: types, paths and operands are resolved, nothing is left to
//! interpret.

use octo_ck::RtCkId;
use octo_ck::model::ValueType;

use crate::entity::Direction;
use crate::query::SortOrder;
use crate::rt_id::RtId;
use crate::store::paging::Position;
use crate::store::search::{Distance, TextSearch};
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
    pub sort: Vec<(SortKey, SortOrder)>,
    /// Only matches behind this one in the sort order; the total counts all nevertheless.
    pub after: Option<Position>,
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
    /// The part does not hold.
    Not(Box<Filter>),
    /// A condition on a field.
    Field(Field, Test),
    /// An entity at the far end of a link meets the filter.
    Linked(Link, Box<Filter>),
    /// The number of entities at the far end of a link meets the test (`Int64` operands).
    LinkCount(Link, Test),
    /// A text is found.
    Text(TextSearch),
    /// A point lies within a distance.
    Near(Distance),
}

/// Active entities that are associated with an entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Role of the associations.
    pub role: RtCkId,
    /// Seen from the entity; never [`Direction::Any`].
    pub direction: Direction,
    /// Types of the far ends.
    pub far: TypeScope,
    /// What the far ends must meet.
    pub filter: Box<Filter>,
}

/// What entities are sorted by. Missing values come before all others; numbers before texts.
#[derive(Debug, Clone, PartialEq)]
pub enum SortKey {
    /// The value of a field. Where a path leads to several elements: the smallest in ascending
    /// order, the greatest in descending order.
    Field(Field),
    /// The key of an entity at the far end of a link; of several likewise.
    Linked(Link, Box<SortKey>),
    /// The number of entities at the far end of a link.
    LinkCount(Link),
    /// How well a text matches.
    Relevance(TextSearch),
    /// How far away a point is.
    Distance(Distance),
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
    /// The element at that position counted from the end; the last one is 1.
    FromEnd(usize),
    /// Any element.
    Any,
}

/// What must hold for the value of a field. On a list the test holds when it holds for any
/// element; negated tests hold when the positive one holds for none.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Same value. Of a list value: the whole list.
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

impl From<Field> for SortKey {
    fn from(field: Field) -> Self {
        Self::Field(field)
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
            after: None,
            skip: 0,
            take: None,
            include_archived: false,
        }
    }
}
