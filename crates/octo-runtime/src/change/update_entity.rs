//! Changes to stored entities.

use super::Assignment;
use crate::entity::Entity;
use crate::rt_id::RtId;
use crate::value::Value;

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
