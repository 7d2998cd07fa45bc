//! Pages that continue where another one ended.

use crate::entity::Entity;
use crate::rt_id::RtId;

/// Where an entity stands in a sort order: the values it was sorted by, in the store's own form,
/// and its id. Good for the same query only.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// One per sort key.
    pub keys: Vec<KeyValue>,
    /// The last sort key.
    pub rt_id: RtId,
}

/// A value entities were sorted by.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyValue {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A page of entities and where it ends.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityPage {
    /// The entities, in order.
    pub items: Vec<Entity>,
    /// All matches; `None` when they were not to be counted.
    pub total: Option<u64>,
    /// Position of the last entity, when there may be more behind it.
    pub last: Option<Position>,
}
