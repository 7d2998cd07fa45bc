//! Associations to create.

use crate::attributes::Attributes;
use crate::change::{Assignment, LinkEnd};
use crate::value::Value;

/// An association to create, with values for the attributes its role declares.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAssociation {
    pub(crate) origin: LinkEnd,
    pub(crate) role: String,
    pub(crate) target: LinkEnd,
    pub(crate) attributes: Attributes,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) target_attributes: Vec<String>,
}

impl NewAssociation {
    /// From `origin` to `target`; the role in any spelling of its id.
    pub fn of(
        origin: impl Into<LinkEnd>,
        role: impl Into<String>,
        target: impl Into<LinkEnd>,
    ) -> Self {
        Self {
            origin: origin.into(),
            role: role.into(),
            target: target.into(),
            attributes: Attributes::new(),
            assignments: Vec::new(),
            target_attributes: Vec::new(),
        }
    }

    /// Sets an attribute.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.attributes.insert(name, value);
        self
    }

    /// Sets an attribute from JSON; applied after `set`, in order.
    #[must_use]
    pub fn assign(mut self, name: impl Into<String>, value: serde_json::Value) -> Self {
        self.assignments.push(Assignment {
            path: name.into(),
            value,
        });
        self
    }

    /// Refers to an attribute of the target, by its id; the model says which ones may be chosen.
    #[must_use]
    pub fn target_attribute(mut self, id: impl Into<String>) -> Self {
        self.target_attributes.push(id.into());
        self
    }
}
