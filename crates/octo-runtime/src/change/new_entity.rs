//! Entities to create.

use super::Assignment;
use crate::attributes::Attributes;
use crate::rt_id::RtId;
use crate::value::Value;

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

    /// Its type, as given.
    pub fn ck_type(&self) -> &str {
        &self.ck_type
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
