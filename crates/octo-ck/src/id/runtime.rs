//! Runtime ids.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{CkModelId, ElementId, IdError, camel_case, split_model};

/// Characters that mark a cut storage name: an underscore and 16 digits.
const HASH_PART: usize = 17;

/// Runtime id of an element: model name and element, written `Model/Element[-N]`.
///
/// [`FromStr`] is tolerant: a model version (`System-2.2.2/Entity`, `System-2/Entity`) is accepted
/// and dropped, so that every spelling of an id finds the installed element (spec 12.4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RtCkId {
    model: Arc<str>,
    element: ElementId,
}

impl RtCkId {
    /// Builds an id from model name and element.
    pub fn new(model: impl Into<Arc<str>>, element: ElementId) -> Self {
        Self {
            model: model.into(),
            element,
        }
    }

    /// The model name.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The element part.
    pub fn element(&self) -> &ElementId {
        &self.element
    }

    /// Name of the element in GraphQL and navigation paths: dots and slashes removed, first
    /// character in lower case, e.g. `systemCommunicationAdapter` (spec 1.4).
    pub fn path_name(&self) -> String {
        let joined: String = self
            .to_string()
            .chars()
            .filter(|c| !matches!(c, '.' | '/'))
            .collect();
        camel_case(&joined)
    }

    /// Name of the element in storage: letters and digits only, e.g. `SystemCommunicationAdapter`
    /// (spec 1.4).
    pub fn storage_name(&self) -> String {
        self.to_string()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect()
    }

    /// The storage name in at most `cap` characters: a longer one is cut and ends in `_` and 16
    /// hexadecimal digits of its SHA-256, which keep it unique (spec 1.4). A cap of 17 or less
    /// leaves no room for that and is ignored.
    pub fn capped_storage_name(&self, cap: usize) -> String {
        let name = self.storage_name();
        let kept = match cap.checked_sub(HASH_PART) {
            Some(kept) if kept > 0 && name.len() > cap => kept,
            _ => return name,
        };
        let hash = Sha256::digest(name.as_bytes());
        let digits = hash.iter().take(8).map(|byte| format!("{byte:02x}"));
        format!("{}_{}", &name[..kept], digits.collect::<String>())
    }
}

impl fmt::Display for RtCkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.model, self.element.semantic_name())
    }
}

impl FromStr for RtCkId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (model, element) = split_model(text)?;
        let model: CkModelId = model.parse()?;
        Ok(Self {
            model: model.name,
            element: element.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtime_ids_accept_every_spelling() {
        let expected: RtCkId = "System/Entity".parse().unwrap();
        for text in [
            "System-2/Entity",
            "System-2.2.2/Entity-1",
            "System/Entity-1",
        ] {
            assert_eq!(text.parse::<RtCkId>().unwrap(), expected, "{text}");
        }
        assert!(matches!(
            "Entity".parse::<RtCkId>(),
            Err(IdError::ModelMissing(_))
        ));
        assert!(matches!(
            "System/".parse::<RtCkId>(),
            Err(IdError::ElementMissing(_))
        ));
    }

    #[test]
    fn derived_names_drop_separators() {
        let id: RtCkId = "System.Communication/DataFlow".parse().unwrap();
        assert_eq!(id.path_name(), "systemCommunicationDataFlow");
        assert_eq!(camel_case("URLPath"), "uRLPath");
        let id: RtCkId = "Basic.Energy/Meter".parse().unwrap();
        assert_eq!(id.storage_name(), "BasicEnergyMeter");
    }

    #[test]
    fn long_storage_names_are_cut_and_stay_unique() {
        let id: RtCkId = "System.Communication/DataFlow".parse().unwrap();
        let name = id.storage_name();
        assert_eq!(id.capped_storage_name(name.len()), name);
        let cut = id.capped_storage_name(24);
        assert_eq!(cut, "SystemC_cdb2bbe20d2198a8");
        assert_eq!(id.capped_storage_name(17), name);
    }
}
