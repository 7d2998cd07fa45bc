//! Changes as callers write them, and what came of them.
//!
//! A [`ChangeSet`] is applied in one transaction: all of it or nothing. Ids of new entities are
//! known before they are stored, so that associations in the same set can refer to them:
//!
//! ```
//! use octo_runtime::{ChangeSet, NewEntity};
//!
//! let group = NewEntity::of("System.Identity/Group").set("GroupName", "staff");
//! let role = NewEntity::of("System.Identity/Role").set("Name", "reader");
//! let changes = ChangeSet::new()
//!     .associate(&group, "System.Identity/AssignedRole", &role)
//!     .insert(group)
//!     .insert(role);
//! # let _ = changes;
//! ```

mod link_end;

pub use link_end::LinkEnd;

use crate::attributes::Attributes;
use crate::entity::{Association, Entity, EntityRef};
use crate::rt_id::RtId;
use crate::value::Value;

/// Entity and association changes that belong together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangeSet {
    pub(crate) inserts: Vec<NewEntity>,
    pub(crate) updates: Vec<UpdateEntity>,
    pub(crate) deletes: Vec<DeleteEntity>,
    pub(crate) link: Vec<LinkChange>,
    pub(crate) unlink: Vec<LinkChange>,
}

/// An entity to create.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEntity {
    pub(crate) ck_type: String,
    pub(crate) rt_id: RtId,
    pub(crate) well_known_name: Option<String>,
    pub(crate) attributes: Attributes,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) optional_defaults: bool,
}

/// Changes to one entity.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateEntity {
    pub(crate) ck_type: String,
    pub(crate) rt_id: RtId,
    pub(crate) expected_version: Option<u64>,
    pub(crate) well_known_name: Option<Option<String>>,
    pub(crate) set: Vec<(String, Option<Value>)>,
    pub(crate) assignments: Vec<Assignment>,
}

/// An entity to delete.
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteEntity {
    pub(crate) ck_type: String,
    pub(crate) rt_id: RtId,
    pub(crate) expected_version: Option<u64>,
    pub(crate) mode: DeleteMode,
}

/// What deleting does; its edges go in both cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeleteMode {
    /// The entity is kept, but hidden from queries.
    #[default]
    Archive = 0,
    /// The entity is gone.
    Erase = 1,
}

/// A JSON value for an attribute path (spec 4.4).
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Attribute path, e.g. `name`, `address.city`, `items[0].name`, `rtWellKnownName`.
    pub path: String,
    /// New value; null clears.
    pub value: serde_json::Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LinkChange {
    pub(crate) origin: LinkEnd,
    pub(crate) role: String,
    pub(crate) target: LinkEnd,
}

/// What a change set did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Applied {
    /// Created entities as stored, in the order of the set.
    pub inserted: Vec<Entity>,
    /// Updated entities as stored now, in the order of the set.
    pub updated: Vec<Entity>,
    /// Deleted entities, in the order of the set.
    pub deleted: Vec<Deleted>,
    /// Created associations.
    pub associated: Vec<Association>,
    /// Explicitly deleted associations.
    pub dissociated: Vec<Association>,
}

/// A deleted entity and what went with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Deleted {
    /// The entity: as archived, or as it was before it was erased.
    pub entity: Entity,
    /// Edges that were removed with it.
    pub removed: Vec<Association>,
    /// Entities that lost a far end they must have (e.g. children of an archived parent).
    pub orphans: Vec<EntityRef>,
}

impl ChangeSet {
    /// No changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates an entity.
    #[must_use]
    pub fn insert(mut self, entity: NewEntity) -> Self {
        self.inserts.push(entity);
        self
    }

    /// Changes an entity.
    #[must_use]
    pub fn update(mut self, update: UpdateEntity) -> Self {
        self.updates.push(update);
        self
    }

    /// Deletes an entity.
    #[must_use]
    pub fn delete(mut self, delete: DeleteEntity) -> Self {
        self.deletes.push(delete);
        self
    }

    /// Creates an association.
    #[must_use]
    pub fn associate(
        mut self,
        origin: impl Into<LinkEnd>,
        role: impl Into<String>,
        target: impl Into<LinkEnd>,
    ) -> Self {
        self.link.push(LinkChange::new(origin, role, target));
        self
    }

    /// Deletes an association.
    #[must_use]
    pub fn dissociate(
        mut self,
        origin: impl Into<LinkEnd>,
        role: impl Into<String>,
        target: impl Into<LinkEnd>,
    ) -> Self {
        self.unlink.push(LinkChange::new(origin, role, target));
        self
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.inserts.is_empty()
            && self.updates.is_empty()
            && self.deletes.is_empty()
            && self.link.is_empty()
            && self.unlink.is_empty()
    }
}

impl LinkChange {
    fn new(
        origin: impl Into<LinkEnd>,
        role: impl Into<String>,
        target: impl Into<LinkEnd>,
    ) -> Self {
        Self {
            origin: origin.into(),
            role: role.into(),
            target: target.into(),
        }
    }
}

impl NewEntity {
    /// A new entity of a type, with a fresh id.
    pub fn of(ck_type: impl Into<String>) -> Self {
        Self {
            ck_type: ck_type.into(),
            rt_id: RtId::generate(),
            well_known_name: None,
            attributes: Attributes::new(),
            assignments: Vec::new(),
            optional_defaults: false,
        }
    }

    /// The id it will have.
    pub fn rt_id(&self) -> RtId {
        self.rt_id
    }

    /// Gives it a certain id.
    #[must_use]
    pub fn with_id(mut self, rt_id: RtId) -> Self {
        self.rt_id = rt_id;
        self
    }

    /// Gives it a well-known name.
    #[must_use]
    pub fn well_known_name(mut self, name: impl Into<String>) -> Self {
        self.well_known_name = Some(name.into());
        self
    }

    /// Sets an attribute.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.attributes.insert(name, value);
        self
    }

    /// Sets an attribute when there is a value.
    #[must_use]
    pub fn set_opt(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.attributes.insert(name, value);
        }
        self
    }

    /// Sets several attributes.
    #[must_use]
    pub fn attributes(mut self, attributes: Attributes) -> Self {
        self.attributes.extend(attributes);
        self
    }

    /// Assigns a JSON value to a path; applied after `set`, in order.
    #[must_use]
    pub fn assign(mut self, path: impl Into<String>, value: serde_json::Value) -> Self {
        self.assignments.push(Assignment {
            path: path.into(),
            value,
        });
        self
    }

    /// Fills optional attributes that have defaults as well, as interactive creation does;
    /// otherwise only mandatory ones are filled.
    #[must_use]
    pub fn with_optional_defaults(mut self) -> Self {
        self.optional_defaults = true;
        self
    }
}

impl UpdateEntity {
    /// Changes the entity of that type (or a type derived from it) and id.
    pub fn of(ck_type: impl Into<String>, rt_id: RtId) -> Self {
        Self {
            ck_type: ck_type.into(),
            rt_id,
            expected_version: None,
            well_known_name: None,
            set: Vec::new(),
            assignments: Vec::new(),
        }
    }

    /// Changes an entity that was read before, whatever its version is now.
    pub fn from_entity(entity: &Entity) -> Self {
        Self::of(entity.ck_type_id.to_string(), entity.rt_id)
    }

    /// Refuses the change unless the stored version is this one.
    #[must_use]
    pub fn expect_version(mut self, version: u64) -> Self {
        self.expected_version = Some(version);
        self
    }

    /// Sets an attribute.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set.push((name.to_owned(), Some(value.into())));
        self
    }

    /// Sets an attribute, or clears it when there is no value.
    #[must_use]
    pub fn set_opt(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        self.set.push((name.to_owned(), value.map(Into::into)));
        self
    }

    /// Clears an attribute.
    #[must_use]
    pub fn clear(mut self, name: &str) -> Self {
        self.set.push((name.to_owned(), None));
        self
    }

    /// Sets the well-known name.
    #[must_use]
    pub fn well_known_name(mut self, name: impl Into<String>) -> Self {
        self.well_known_name = Some(Some(name.into()));
        self
    }

    /// Assigns a JSON value to a path; applied after `set`, in order.
    #[must_use]
    pub fn assign(mut self, path: impl Into<String>, value: serde_json::Value) -> Self {
        self.assignments.push(Assignment {
            path: path.into(),
            value,
        });
        self
    }
}

impl DeleteEntity {
    /// Archives the entity of that type (or a type derived from it) and id.
    pub fn of(ck_type: impl Into<String>, rt_id: RtId) -> Self {
        Self {
            ck_type: ck_type.into(),
            rt_id,
            expected_version: None,
            mode: DeleteMode::Archive,
        }
    }

    /// Removes it for good instead of archiving it.
    #[must_use]
    pub fn erase(mut self) -> Self {
        self.mode = DeleteMode::Erase;
        self
    }

    /// Refuses the change unless the stored version is this one.
    #[must_use]
    pub fn expect_version(mut self, version: u64) -> Self {
        self.expected_version = Some(version);
        self
    }
}
