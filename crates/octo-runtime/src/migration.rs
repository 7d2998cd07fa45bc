//! Entities follow their model from one version to the next (spec, Construction Kit 10).
//!
//! A model may bring scripts that say what becomes of the entities of an older version. When a tenant
//! gets the model, the scripts on the way from the version its data is at run in the transaction that
//! exchanges the model: afterwards types and data are the new ones, or, when anything failed, both are
//! what they were. (The original exchanges the model first and leaves it there when its migration
//! fails; it tries again at the next import of the same version.)
//!
//! | module | job |
//! |---|---|
//! | `upgrade` | which scripts run for an import, in which order; what is recorded |
//! | `script` | one script: pre-conditions, steps, validations |
//! | `select`, `filter`, `conditions` | which entities are meant |
//! | `transform`, `wrap`, `retype`, `add` | what a step does |
//! | `edit` | one change to one entity, with its values converted to the attribute's type |
//! | `finish` | display names, required attributes and unique indexes after all scripts |
//! | `history` | `System/MigrationHistory` entities |
//!
//! Entities are read in batches in the order of their ids, so that memory does not grow with the
//! tenant. Data is read with the types of both versions, and written for those of the new one.
//! Archived entities are changed like others, because they can still be read; conditions and
//! validations look at active ones.
//!
//! Where the specification leaves a choice:
//!
//! - A script whose pre-conditions do not hold is skipped with a warning: published models use them
//!   to say that there is something to do.
//! - `onConflict` is about values in the way. `RenameAttribute`, `CopyAttribute` and `MapValue` to
//!   another attribute find a different value there, or `Add` finds the entity there: `Fail` is an error,
//!   `Skip` leaves it, `Overwrite` replaces it. `SetValue` and `Update` are meant to replace; they leave
//!   values only under `Skip`. Values that do not fit their attribute are errors, but left out under
//!   `Skip`.
//! - `RenameAttribute` removes the old value when the entity's type no longer has the old attribute.
//! - A step that goes on after errors leaves out the entities that had them.

use octo_ck::CkModelId;
use serde::Serialize;

mod add;
mod conditions;
mod edit;
mod filter;
mod finish;
pub(crate) mod history;
mod retype;
mod script;
mod select;
mod transform;
pub(crate) mod upgrade;
mod wrap;

pub use history::MigrationRecord;

/// Messages of one kind a result keeps; how many more there were is told.
const MAX_MESSAGES: usize = 50;

/// How an upgrade is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpgradeOptions {
    /// Do everything, report it, and undo it.
    pub dry_run: bool,
    /// Errors of steps and validations become warnings.
    pub continue_on_error: bool,
    /// Entities that no blueprint made are changed, too.
    pub include_user_entities: bool,
}

impl Default for UpgradeOptions {
    fn default() -> Self {
        Self {
            dry_run: false,
            continue_on_error: false,
            include_user_entities: true,
        }
    }
}

/// What the migration of one model did (spec 10.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MigrationResult {
    /// Whether it came to its end.
    pub success: bool,
    /// Model and version the data was at.
    pub from_model: CkModelId,
    /// Model and version it is at now, if it succeeded.
    pub to_model: CkModelId,
    /// Entities added.
    pub entities_added: u64,
    /// Changes to entities; one that two steps change counts twice.
    pub entities_updated: u64,
    /// Entities deleted.
    pub entities_deleted: u64,
    /// All of these.
    pub total_entities_affected: u64,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Why it failed.
    pub errors: Vec<String>,
    /// What is worth knowing.
    pub warnings: Vec<String>,
}

/// Where a model of a tenant stands towards a version that could replace it (spec 10.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeStatus {
    /// Name of the model.
    pub ck_model_name: String,
    /// Version the data is at.
    pub installed_version: Option<String>,
    /// The version asked about.
    pub latest_available_version: String,
    /// It is newer than the installed one.
    pub update_available: bool,
    /// The data can follow.
    pub migration_path_available: bool,
    /// One of the scripts on the way says that programs must be adapted.
    pub has_breaking_changes: bool,
    /// When the data last followed, or failed to.
    pub last_migration_at: Option<jiff::Timestamp>,
    /// How that ended.
    pub last_migration_success: Option<bool>,
}

/// Entities changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    added: u64,
    updated: u64,
    deleted: u64,
}

/// Messages without repetitions, up to a limit.
#[derive(Debug, Default)]
struct Notes {
    texts: Vec<String>,
    more: usize,
}

impl Notes {
    fn add(&mut self, text: impl Into<String>) {
        let text = text.into();
        if self.texts.contains(&text) {
            return;
        }
        if self.texts.len() < MAX_MESSAGES {
            self.texts.push(text);
        } else {
            self.more += 1;
        }
    }

    fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    fn append(&mut self, other: Self, label: &str) {
        for text in other.texts {
            self.add(format!("{label}: {text}"));
        }
        self.more += other.more;
    }

    fn finish(mut self) -> Vec<String> {
        if self.more > 0 {
            self.texts.push(format!("… and {} more.", self.more));
        }
        self.texts
    }
}
