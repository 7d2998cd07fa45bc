//! Finding a type or role by whatever spelling of its id people and programs use.

use std::sync::Arc;

use super::{RoleNode, TypeGraph, TypeNode};
use crate::id::{IdError, RtCkId};
use crate::suggest;

/// Why a type was not found; the text names the nearest known types.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypeLookupError {
    /// The text is no type id.
    #[error("{problem}.{}", suggest::question(suggestions))]
    Invalid {
        /// What is wrong with the text.
        problem: IdError,
        /// Ids of known types with a similar name.
        suggestions: Vec<String>,
    },
    /// No installed model has such a type.
    #[error(
        "CkTypeId '{id}' not found. Ensure that the corresponding construction kit library is imported and loaded.{}",
        suggest::question(suggestions)
    )]
    Unknown {
        /// The id that was looked for, as given.
        id: String,
        /// Ids of known types with a similar name.
        suggestions: Vec<String>,
    },
}

impl TypeLookupError {
    /// The text for a tenant, beginning like that of the original (spec, Construction Kit 9.3).
    /// `noun` is what the caller takes: `CkTypeId`, or `RtCkTypeId` for runtime ids.
    pub fn in_tenant(&self, noun: &str, tenant: &str) -> String {
        match self {
            Self::Invalid { .. } => self.to_string(),
            Self::Unknown { id, suggestions } => format!(
                "{noun} '{id}' not found in CkCache for tenant '{tenant}'. Ensure that the corresponding construction kit library is imported and loaded.{}",
                suggest::question(suggestions)
            ),
        }
    }
}

/// Why an association role was not found; the text names the nearest known roles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoleLookupError {
    /// The text is no role id.
    #[error(
        "'{text}' is not the id of an association role: {problem}.{}",
        suggest::question(suggestions)
    )]
    Invalid {
        /// The text, as given.
        text: String,
        /// What is wrong with it.
        problem: IdError,
        /// Ids of known roles with a similar name.
        suggestions: Vec<String>,
    },
    /// No installed model has such a role.
    #[error(
        "Association role '{id}' not found. Ensure that the corresponding construction kit library is imported and loaded.{}",
        suggest::question(suggestions)
    )]
    Unknown {
        /// The id that was looked for, as given.
        id: String,
        /// Ids of known roles with a similar name.
        suggestions: Vec<String>,
    },
}

impl TypeGraph {
    /// A type by any spelling of its id: `System/Entity`, `System-2/Entity`,
    /// `System-2.2.2/Entity-1`. The model version is ignored, because a tenant holds one version
    /// per model (spec, Construction Kit 12.4).
    ///
    /// # Errors
    /// The text is no id, or no such type is installed.
    pub fn find_type(&self, text: &str) -> Result<&Arc<TypeNode>, TypeLookupError> {
        let text = text.trim();
        match text.parse::<RtCkId>() {
            Ok(id) => self.type_node(&id).ok_or_else(|| TypeLookupError::Unknown {
                id: text.to_owned(),
                suggestions: self.similar_types(&id.to_string()),
            }),
            Err(problem) => Err(TypeLookupError::Invalid {
                problem,
                suggestions: self.similar_types(text),
            }),
        }
    }

    /// An association role by any spelling of its id; spellings as in
    /// [`find_type`](Self::find_type).
    ///
    /// # Errors
    /// The text is no id, or no such role is installed.
    pub fn find_role(&self, text: &str) -> Result<&Arc<RoleNode>, RoleLookupError> {
        let text = text.trim();
        match text.parse::<RtCkId>() {
            Ok(id) => self.role(&id).ok_or_else(|| RoleLookupError::Unknown {
                id: text.to_owned(),
                suggestions: similar(self.roles.keys(), &id.to_string()),
            }),
            Err(problem) => Err(RoleLookupError::Invalid {
                text: text.to_owned(),
                problem,
                suggestions: similar(self.roles.keys(), text),
            }),
        }
    }

    fn similar_types(&self, text: &str) -> Vec<String> {
        similar(self.types.keys(), text)
    }
}

fn similar<'a>(known: impl Iterator<Item = &'a RtCkId>, text: &str) -> Vec<String> {
    let names: Vec<String> = known.map(RtCkId::to_string).collect();
    suggest::nearest(text, names.iter().map(String::as_str), 3)
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_found_in_every_spelling_and_nearly() {
        let graph = TypeGraph::build([crate::builtin::system()]).unwrap();
        for spelling in [
            "System/ParentChild",
            " System-2.2.2/ParentChild-1 ",
            "System-2/ParentChild",
        ] {
            let role = graph.find_role(spelling).unwrap();
            assert_eq!(role.rt_id.to_string(), "System/ParentChild");
        }
        for wrong in ["System/ParentChilds", "ParentChild", "Other/ParentChild"] {
            let text = graph.find_role(wrong).unwrap_err().to_string();
            assert!(
                text.contains("Did you mean 'System/ParentChild'?"),
                "{text}"
            );
        }
    }
}
