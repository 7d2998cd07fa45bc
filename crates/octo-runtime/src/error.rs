//! What can go wrong with a call to a tenant or the runtime.
//!
//! Texts are meant for people and reach them unchanged; nothing in them is secret.

use std::fmt;

use octo_ck::RtCkId;

use crate::entity::Entity;
use crate::message::Messages;
use crate::rt_id::RtId;
use crate::store::StoreError;
use crate::tenant_id::{DatabaseName, NameError, TenantId};

/// Why a call failed; a failed call has changed nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// There is no such tenant, or it was deleted meanwhile.
    #[error("Tenant '{0}' does not exist.")]
    TenantUnknown(TenantId),
    /// Another tenant has this id.
    #[error("Tenant ID '{0}' is already in use.")]
    TenantIdTaken(TenantId),
    /// The database exists already, is reserved, or (attach) does not exist.
    #[error("Database name '{0}' is not available.")]
    DatabaseNameTaken(DatabaseName),
    /// A tenant or database name breaks the naming rules.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The tenant cannot go while it has children.
    #[error("Tenant '{tenant}' has child tenants ({children}). Delete or detach them first.")]
    TenantHasChildren {
        /// The tenant to delete.
        tenant: TenantId,
        /// Its children, comma separated.
        children: String,
    },
    /// No such type in the tenant; the text names the nearest known ids.
    #[error("{0}")]
    TypeUnknown(String),
    /// No entity of that id and type, or it is archived.
    #[error("Entity with ID '{rt_id}' not found in type '{ck_type}'")]
    EntityMissing {
        /// Type as asked for.
        ck_type: String,
        /// Id as asked for.
        rt_id: RtId,
    },
    /// The entity to change is archived.
    #[error(
        "Entity with ID '{rt_id}' not found in type '{ck_type}': it is archived. Restore it first."
    )]
    EntityArchived {
        /// Type as asked for.
        ck_type: String,
        /// Id as asked for.
        rt_id: RtId,
    },
    /// An expected version is not the stored one.
    #[error(transparent)]
    VersionConflict(#[from] Box<VersionConflict>),
    /// The change contradicts the model.
    #[error("{0}")]
    Invalid(Messages),
    /// Expected versions of several entities are not the stored ones.
    #[error("{}", lines(.0))]
    VersionConflicts(Vec<VersionConflict>),
    /// Values or paths that do not fit their attributes.
    #[error("{}", lines(.0))]
    InvalidValues(Vec<Problem>),
    /// Filters, sort keys or limits that make no sense, one line each.
    #[error("{}", .0.join("\n"))]
    InvalidQuery(Vec<String>),
    /// Unique indexes of the model forbid values.
    #[error("{}", lines(.0))]
    Duplicate(Vec<Duplicate>),
    /// An entity of that id exists already.
    #[error("Entity with ID '{0}' exists already.")]
    IdTaken(RtId),
    /// The model does not fit the tenant; one line per problem.
    #[error("Model '{model}' cannot be imported:\n{problems}")]
    ModelRejected {
        /// The model, or several separated by `', '`.
        model: String,
        /// What is wrong with it.
        problems: String,
    },
    /// The data could not follow a model; both are what they were.
    #[error(
        "Model '{}' cannot be imported: the migration of its data from version {} failed, so that everything stays as it was.\n{}",
        .0.to_model, .0.from_model.version(), .0.errors.join("\n")
    )]
    MigrationFailed(Box<crate::migration::MigrationResult>),
    /// An enum cannot be extended like this; one line per problem.
    #[error("Error during update of extensions for enum '{enum_id}'.\n{problems}")]
    EnumExtension {
        /// The enum.
        enum_id: String,
        /// What is wrong.
        problems: String,
    },
    /// A counter is exhausted or missing.
    #[error("{0}")]
    AutoIncrement(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An expected version is not the stored one.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("Stale expected_version: caller had {expected}, current is {current}.")]
pub struct VersionConflict {
    /// What the caller expected.
    pub expected: u64,
    /// What is stored.
    pub current: u64,
    /// The stored entity.
    pub entity: Entity,
}

/// Values that another entity has already, although an index of the model allows them only once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "An entity of type '{ck_type}' with {fields} exists already ('{existing}'). The index of the model allows it only once."
)]
pub struct Duplicate {
    /// The changed entity.
    pub entity: RtId,
    /// Type that declares the index.
    pub ck_type: RtCkId,
    /// The indexed paths and their values.
    pub fields: String,
    /// The entity that has the values.
    pub existing: RtId,
}

/// One thing that is wrong with a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The changed entity it is about, where that is known.
    pub entity: Option<RtId>,
    /// What is wrong.
    pub text: String,
    /// The stored version, when another one was expected.
    pub current_version: Option<u64>,
}

impl Problem {
    /// A problem of an entity.
    pub(crate) fn of(entity: Option<RtId>, text: impl ToString) -> Self {
        Self {
            entity,
            text: text.to_string(),
            current_version: None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn lines(items: &[impl fmt::Display]) -> String {
    let lines: Vec<_> = items.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

impl RuntimeError {
    /// Everything that is wrong, each with the changed entity it is about.
    pub fn problems(&self) -> Vec<Problem> {
        let conflict = |conflict: &VersionConflict| Problem {
            entity: Some(conflict.entity.rt_id),
            text: conflict.to_string(),
            current_version: Some(conflict.current),
        };
        match self {
            Self::VersionConflict(one) => vec![conflict(one)],
            Self::VersionConflicts(all) => all.iter().map(conflict).collect(),
            Self::InvalidValues(problems) => problems.clone(),
            Self::Invalid(messages) => {
                let messages = messages.0.iter();
                messages
                    .map(|message| Problem::of(message.entity, message))
                    .collect()
            }
            Self::Duplicate(all) => {
                let all = all.iter();
                all.map(|one| Problem::of(Some(one.entity), one)).collect()
            }
            Self::EntityMissing { rt_id, .. }
            | Self::EntityArchived { rt_id, .. }
            | Self::IdTaken(rt_id) => vec![Problem::of(Some(*rt_id), self)],
            other => vec![Problem::of(None, other)],
        }
    }

    /// The first conflict, when that is what went wrong.
    pub fn as_conflict(&self) -> Option<&VersionConflict> {
        match self {
            Self::VersionConflict(conflict) => Some(conflict),
            Self::VersionConflicts(all) => all.first(),
            _ => None,
        }
    }
}
