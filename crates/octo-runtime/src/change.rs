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

mod delete_entity;
mod link_end;
mod new_association;
mod new_binary;
mod new_entity;
mod restore_entity;
mod update_entity;

pub use delete_entity::{DeleteEntity, DeleteMode};
pub use link_end::LinkEnd;
pub use new_association::NewAssociation;
pub use new_binary::{BinaryContent, MAX_BINARY_SIZE, NewBinary};
pub use new_entity::NewEntity;
pub use restore_entity::RestoreEntity;
pub use update_entity::UpdateEntity;

use octo_ck::RtCkId;

use crate::entity::{Association, Direction, Entity, EntityRef};

/// Entity and association changes that belong together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangeSet {
    pub(crate) inserts: Vec<NewEntity>,
    pub(crate) updates: Vec<UpdateEntity>,
    pub(crate) deletes: Vec<DeleteEntity>,
    pub(crate) restores: Vec<RestoreEntity>,
    pub(crate) link: Vec<NewAssociation>,
    pub(crate) unlink: Vec<Unlink>,
    pub(crate) binaries: Vec<NewBinary>,
}

/// A JSON value for an attribute path (spec 4.4).
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Attribute path, e.g. `name`, `address.city`, `items[0].name`, `rtWellKnownName`.
    pub path: String,
    /// New value; null clears.
    pub value: serde_json::Value,
}

/// An association to delete.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unlink {
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
    /// Restored entities, in the order of the set.
    pub restored: Vec<Restored>,
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
    /// Edges that were removed with it; of all deletions of a set the first 1000.
    pub removed: Vec<Association>,
    /// How many there were.
    pub removed_count: u64,
    /// Entities that lost a far end they must have (e.g. children of an archived parent); of all
    /// deletions of a set the first 1000.
    pub orphans: Vec<EntityRef>,
    /// How many there were.
    pub orphaned_count: u64,
}

/// A restored entity and what it lacks.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    /// The entity as stored now.
    pub entity: Entity,
    /// Associations it must have and did not get in the same set.
    pub missing: Vec<MissingAssociation>,
}

/// An association an entity must have and has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingAssociation {
    /// Its role.
    pub role: RtCkId,
    /// Seen from the entity.
    pub direction: Direction,
    /// Type the partner must have.
    pub partner: RtCkId,
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

    /// Brings an archived entity back.
    #[must_use]
    pub fn restore(mut self, restore: RestoreEntity) -> Self {
        self.restores.push(restore);
        self
    }

    /// Creates an association whose attributes have their default values.
    #[must_use]
    pub fn associate(
        self,
        origin: impl Into<LinkEnd>,
        role: impl Into<String>,
        target: impl Into<LinkEnd>,
    ) -> Self {
        self.add_association(NewAssociation::of(origin, role, target))
    }

    /// Creates an association.
    #[must_use]
    pub fn add_association(mut self, association: NewAssociation) -> Self {
        self.link.push(association);
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
        self.unlink.push(Unlink {
            origin: origin.into(),
            role: role.into(),
            target: target.into(),
        });
        self
    }

    /// Offers a file to the values of the set.
    #[must_use]
    pub fn add_binary(mut self, binary: NewBinary) -> Self {
        self.binaries.push(binary);
        self
    }

    /// Adds all changes of another set.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.inserts.extend(other.inserts);
        self.updates.extend(other.updates);
        self.deletes.extend(other.deletes);
        self.restores.extend(other.restores);
        self.link.extend(other.link);
        self.unlink.extend(other.unlink);
        self.binaries.extend(other.binaries);
        self
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.inserts.is_empty()
            && self.updates.is_empty()
            && self.deletes.is_empty()
            && self.restores.is_empty()
            && self.link.is_empty()
            && self.unlink.is_empty()
    }
}
