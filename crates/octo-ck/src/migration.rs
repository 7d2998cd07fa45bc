//! From one model version to the next: which migrations to run (spec, Construction Kit 10).
//!
//! Everything here is planning; running the steps is the business of whoever holds the entities.

mod path;

use crate::id::CkModelId;
use crate::model::CompiledModel;
use crate::version::CkVersion;

pub use path::{MigrationPath, PathStep, find_path};

/// Models of services that may be older than the tenant: an older version never replaces a newer one
/// (spec 9.2).
const NEVER_PUT_BACK: [&str; 2] = ["System.UI", "System.StreamData"];

/// What a tenant knows about the version of a model it has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Installed {
    /// Version the data was last migrated to: `ToVersion` of the newest successful
    /// `System/MigrationHistory` entity; see [`recorded_version`].
    pub history: Option<CkVersion>,
    /// Version of the schema before the import.
    pub schema: Option<CkVersion>,
}

impl Installed {
    /// The version the data is at. A schema that is newer than the history has a migration still
    /// open; one that is older was put back since.
    pub fn version(self) -> Option<CkVersion> {
        match (self.history, self.schema) {
            (Some(history), Some(schema)) => Some(history.min(schema)),
            (history, schema) => history.or(schema),
        }
    }
}

/// What is to be done about the data of a tenant when a model is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpgradePlan {
    /// The tenant did not have the model: record the version.
    FirstInstall,
    /// The data is at this version already.
    UpToDate {
        /// No history says so yet: record the version.
        is_unrecorded: bool,
    },
    /// The tenant has a newer version, which stays: import nothing.
    KeepInstalled,
    /// Run the scripts of the path, then record the version.
    Migrate(MigrationPath),
    /// No path leads here: record the version and pass the warning on.
    RecordOnly {
        /// The warning.
        warning: String,
    },
}

/// Plans the import of `model` into a tenant.
pub fn plan(model: &CompiledModel, installed: Installed) -> UpgradePlan {
    let to = model.model_id.version();
    let present = installed.schema;
    if present.is_some_and(|present| keeps_installed(&model.model_id, present)) {
        return UpgradePlan::KeepInstalled;
    }
    let Some(from) = installed.version() else {
        return UpgradePlan::FirstInstall;
    };
    if from == to {
        return UpgradePlan::UpToDate {
            is_unrecorded: installed.history.is_none(),
        };
    }
    match find_path(model.migrations.as_ref(), from, to) {
        Some(path) => UpgradePlan::Migrate(path),
        None => UpgradePlan::RecordOnly {
            warning: format!(
                "No migration path available from {from} to {to}. Version recorded without data migration."
            ),
        },
    }
}

/// Whether a service brings the model along and keeps it up to date, so that nobody else imports it
/// (spec, Assets 8.3): `System` and everything below that name.
pub fn is_service_managed(name: &str) -> bool {
    name == "System" || name.starts_with("System.")
}

/// Whether a tenant that has version `installed` keeps it when it is given `incoming`.
pub fn keeps_installed(incoming: &CkModelId, installed: CkVersion) -> bool {
    NEVER_PUT_BACK.contains(&incoming.name()) && installed > incoming.version()
}

/// A version as histories hold it; old ones have it in brackets, such as `[1.2.0]`.
pub fn recorded_version(text: &str) -> Option<CkVersion> {
    let text = text.trim();
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    inner.unwrap_or(text).trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Option<CkVersion> {
        Some(text.parse().unwrap())
    }

    fn planned(id: &str, history: Option<CkVersion>, schema: Option<CkVersion>) -> UpgradePlan {
        let model = CompiledModel::empty(id.parse().unwrap());
        plan(&model, Installed { history, schema })
    }

    #[test]
    fn the_older_of_history_and_schema_counts() {
        for (history, schema, expected) in [
            (version("1.0"), None, version("1.0")),
            (None, version("1.1"), version("1.1")),
            (version("1.0"), version("1.1"), version("1.0")),
            (version("1.1"), version("1.0"), version("1.0")),
            (None, None, None),
        ] {
            assert_eq!(Installed { history, schema }.version(), expected);
        }
        assert_eq!(recorded_version(" [1.2.0]"), version("1.2.0"));
        assert_eq!(recorded_version("1.2"), version("1.2.0"));
        assert_eq!(recorded_version("[1.2"), None);
    }

    #[test]
    fn every_situation_has_its_plan() {
        assert_eq!(planned("A-1.1", None, None), UpgradePlan::FirstInstall);
        assert_eq!(
            planned("A-1.1", None, version("1.1")),
            UpgradePlan::UpToDate {
                is_unrecorded: true
            }
        );
        assert_eq!(
            planned("A-1.1", version("1.1"), version("1.1")),
            UpgradePlan::UpToDate {
                is_unrecorded: false
            }
        );
        let UpgradePlan::Migrate(path) = planned("A-1.1", None, version("1.0")) else {
            panic!("no path");
        };
        assert!(!path.has_scripts() && !path.is_partial);
        assert_eq!(
            planned("A-1.1", None, version("1.2")),
            UpgradePlan::RecordOnly {
                warning: "No migration path available from 1.2.0 to 1.1.0. Version recorded without data migration.".to_owned()
            }
        );
    }

    #[test]
    fn models_of_services_are_never_put_back() {
        assert_eq!(
            planned("System.UI-2.4", None, version("2.5")),
            UpgradePlan::KeepInstalled
        );
        assert!(matches!(
            planned("System.UI-2.4", None, version("2.3")),
            UpgradePlan::Migrate(_)
        ));
    }
}
