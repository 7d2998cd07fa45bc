//! Identifiers of models and their elements (spec, Construction Kit 1.3 to 1.5).
//!
//! A *schema id* ([`CkId`]) names an element of one exact model version; a *runtime id*
//! ([`RtCkId`]), stored on entities, names it without the model version. A tenant holds at most one
//! version per model name, so a runtime id is unambiguous there.

mod runtime;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::version::{CkVersion, VersionError};

pub use runtime::RtCkId;

/// Why an id could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The name part is blank.
    #[error("'{0}' is not an id: the name is missing")]
    NameMissing(String),
    /// The version after the dash is not a number.
    #[error("'{0}' must contain a valid version number after '-'")]
    ElementVersion(String),
    /// The model version is not a version.
    #[error(transparent)]
    ModelVersion(#[from] VersionError),
    /// There is no `/` between model and element.
    #[error("'{0}' must contain a model id: write Model/Element, for example System/Entity")]
    ModelMissing(String),
    /// Nothing follows the `/`.
    #[error("'{0}' must contain a key after '/', for example System/Entity")]
    ElementMissing(String),
}

/// Id of a model: its name and exact version, written `Name-x.y.z`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CkModelId {
    name: Arc<str>,
    version: CkVersion,
}

impl CkModelId {
    /// Builds an id from name and version.
    pub fn new(name: impl Into<Arc<str>>, version: CkVersion) -> Self {
        Self {
            name: name.into(),
            version,
        }
    }

    /// The model name, e.g. `System.Identity`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The exact version.
    pub fn version(&self) -> CkVersion {
        self.version
    }

    /// `Name` up to major version 1, else `Name-<major>`.
    pub fn semantic_name(&self) -> String {
        if self.version.major <= 1 {
            self.name.to_string()
        } else {
            format!("{}-{}", self.name, self.version.major)
        }
    }
}

impl fmt::Display for CkModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.starts_with('$') {
            f.write_str(&self.name)
        } else {
            write!(f, "{}-{}", self.name, self.version)
        }
    }
}

impl FromStr for CkModelId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (name, version) = split_version(text);
        if name.trim().is_empty() {
            return Err(IdError::NameMissing(text.to_owned()));
        }
        let version = version.map_or(Ok(CkVersion::new(1, 0, 0)), str::parse)?;
        Ok(Self::new(name, version))
    }
}

/// Id of an element inside its model: a name and a whole-number version, written `Name-N`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementId {
    name: Arc<str>,
    version: u32,
}

impl ElementId {
    /// Builds an id from name and version.
    pub fn new(name: impl Into<Arc<str>>, version: u32) -> Self {
        Self {
            name: name.into(),
            version,
        }
    }

    /// The element name, e.g. `Entity`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The element version; 1 when not written.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// `Name` up to version 1, else `Name-N`.
    pub fn semantic_name(&self) -> String {
        if self.version <= 1 {
            self.name.to_string()
        } else {
            self.to_string()
        }
    }
}

impl fmt::Display for ElementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.name, self.version)
    }
}

impl FromStr for ElementId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (name, version) = split_version(text);
        if name.trim().is_empty() {
            return Err(IdError::NameMissing(text.to_owned()));
        }
        let version = match version {
            None => 1,
            Some(digits) => digits
                .parse()
                .map_err(|_| IdError::ElementVersion(text.to_owned()))?,
        };
        Ok(Self::new(name, version))
    }
}

/// Schema id of an element: exact model version and element, written `Model-x.y.z/Element-N`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CkId {
    model: CkModelId,
    element: ElementId,
}

impl CkId {
    /// Builds an id from its two parts.
    pub fn new(model: CkModelId, element: ElementId) -> Self {
        Self { model, element }
    }

    /// The model part.
    pub fn model(&self) -> &CkModelId {
        &self.model
    }

    /// The element part.
    pub fn element(&self) -> &ElementId {
        &self.element
    }

    /// `Model[-major]/Element[-N]`, versions written only above 1.
    pub fn semantic_name(&self) -> String {
        format!(
            "{}/{}",
            self.model.semantic_name(),
            self.element.semantic_name()
        )
    }

    /// The runtime id: the model version is dropped.
    pub fn to_runtime(&self) -> RtCkId {
        RtCkId::new(self.model.name.clone(), self.element.clone())
    }
}

impl fmt::Display for CkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.model, self.element)
    }
}

impl FromStr for CkId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (model, element) = split_model(text)?;
        Ok(Self {
            model: model.parse()?,
            element: element.parse()?,
        })
    }
}

/// Lower-cases the first character only, as attribute names are written in APIs (spec 1.4).
pub fn camel_case(name: &str) -> String {
    map_first(name, |c| c.to_lowercase().collect())
}

/// Upper-cases the first character only: the inverse of [`camel_case`] for model names.
pub fn pascal_case(name: &str) -> String {
    map_first(name, |c| c.to_uppercase().collect())
}

fn map_first(name: &str, map: impl Fn(char) -> String) -> String {
    let mut chars = name.chars();
    match chars.next() {
        None => String::new(),
        Some(first) => map(first) + chars.as_str(),
    }
}

/// Splits at the first dash that follows something, so that an id reads back as it is written even
/// when its name, which is refused later, begins with a dash.
pub(crate) fn split_version(text: &str) -> (&str, Option<&str>) {
    let mut dashes = text.match_indices('-').filter(|(at, _)| *at > 0);
    match dashes.next() {
        Some((at, _)) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

fn split_model(text: &str) -> Result<(&str, &str), IdError> {
    let (model, element) = text
        .split_once('/')
        .ok_or_else(|| IdError::ModelMissing(text.to_owned()))?;
    if model.trim().is_empty() {
        return Err(IdError::ModelMissing(text.to_owned()));
    }
    if element.trim().is_empty() {
        return Err(IdError::ElementMissing(text.to_owned()));
    }
    Ok((model, element))
}

macro_rules! serde_as_text {
    ($($id:ty),+) => {$(
        impl Serialize for $id {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
serde_as_text!(CkModelId, ElementId, CkId, RtCkId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_ids_follow_the_conformance_vectors() {
        let id: CkModelId = "System".parse().unwrap();
        assert_eq!(
            (id.to_string(), id.semantic_name()),
            ("System-1.0.0".into(), "System".into())
        );
        assert_eq!(
            "System-2.2.2".parse::<CkModelId>().unwrap().semantic_name(),
            "System-2"
        );
        assert_eq!(
            "System.Bot-3".parse::<CkModelId>().unwrap().version(),
            CkVersion::new(3, 0, 0)
        );
        assert_eq!(
            "${this}".parse::<CkModelId>().unwrap().to_string(),
            "${this}"
        );
        for text in ["-A", "--1", "-A-2", "A"] {
            let id: CkModelId = text.parse().unwrap();
            assert_eq!(id.to_string().parse(), Ok(id), "{text}");
        }
    }

    #[test]
    fn element_ids_default_to_version_one() {
        let id: ElementId = "Person".parse().unwrap();
        assert_eq!(
            (id.to_string(), id.semantic_name()),
            ("Person-1".into(), "Person".into())
        );
        assert_eq!(
            "Person-2".parse::<ElementId>().unwrap().semantic_name(),
            "Person-2"
        );
        assert!("Person-x".parse::<ElementId>().is_err());
        assert!("".parse::<ElementId>().is_err());
    }

    #[test]
    fn schema_and_runtime_ids_convert() {
        let id: CkId = "System-2.2.2/Entity".parse().unwrap();
        assert_eq!(id.to_string(), "System-2.2.2/Entity-1");
        assert_eq!(id.semantic_name(), "System-2/Entity");
        assert_eq!(id.to_runtime().to_string(), "System/Entity");
        assert_eq!(
            "System/Entity".parse::<CkId>(),
            "System-1.0.0/Entity-1".parse::<CkId>()
        );
    }
}
