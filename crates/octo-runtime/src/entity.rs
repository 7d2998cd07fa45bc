//! Entities and associations as stored (spec 5.1, 8.2).

use std::fmt;

use jiff::Timestamp;
use octo_ck::RtCkId;

use crate::attributes::Attributes;
use crate::rt_id::RtId;

/// An entity of a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// Identity.
    pub rt_id: RtId,
    /// Concrete type.
    pub ck_type_id: RtCkId,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last written.
    pub changed: Timestamp,
    /// When it was archived.
    pub archived: Option<Timestamp>,
    /// Optional name set by clients; not unique by itself.
    pub well_known_name: Option<String>,
    /// Computed from the type's display-name rule.
    pub display_name: Option<String>,
    /// Computed from the type's display-description rule.
    pub display_description: Option<String>,
    /// 0 after insert, one more after every write.
    pub version: u64,
    /// Active or archived.
    pub state: RtState,
    /// Attribute values by PascalCase name.
    pub attributes: Attributes,
}

/// Whether an entity takes part in queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum RtState {
    /// Normal.
    #[default]
    Active = 0,
    /// Deleted, but kept.
    Archived = 1,
}

/// Identity and type of an entity; written `Model/Type@rtId`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityRef {
    /// Identity.
    pub rt_id: RtId,
    /// Type.
    pub ck_type_id: RtCkId,
}

/// An edge between two entities.
#[derive(Debug, Clone, PartialEq)]
pub struct Association {
    /// Identity of the edge.
    pub id: RtId,
    /// Its role.
    pub role: RtCkId,
    /// Where it starts.
    pub origin: EntityRef,
    /// Where it ends.
    pub target: EntityRef,
    /// Values of the attributes its role declares.
    pub attributes: Attributes,
    /// Attributes of the target it refers to, where the model offers a choice.
    pub target_attributes: Vec<String>,
}

/// Which edges of an entity are meant, seen from that entity.
///
/// The child holds the edge of `System/ParentChild`: seen from a child, its parent is *outbound*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Edges in which it is the target; the far end is the origin.
    Inbound = 1,
    /// Edges in which it is the origin; the far end is the target.
    Outbound = 2,
    /// Both.
    Any = 3,
}

impl Association {
    /// An edge with a fresh id and without attributes.
    pub fn new(origin: EntityRef, role: RtCkId, target: EntityRef) -> Self {
        Self {
            id: RtId::generate(),
            role,
            origin,
            target,
            attributes: Attributes::new(),
            target_attributes: Vec::new(),
        }
    }
}

impl Entity {
    /// Identity and type.
    pub fn entity_ref(&self) -> EntityRef {
        EntityRef::new(self.ck_type_id.clone(), self.rt_id)
    }

    /// Whether it is hidden from queries.
    pub fn is_archived(&self) -> bool {
        self.state == RtState::Archived
    }
}

impl EntityRef {
    /// A reference to the entity of that type and id.
    pub fn new(ck_type_id: RtCkId, rt_id: RtId) -> Self {
        Self { rt_id, ck_type_id }
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.ck_type_id, self.rt_id)
    }
}
