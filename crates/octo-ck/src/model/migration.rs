//! Migrations shipped with a model: how entities follow from one version to the next (spec,
//! Construction Kit 10).

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// All migrations of a model: the list and its scripts, in the same order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkMigrations {
    /// Which script leads from which version to which.
    pub meta: CkMigrationMeta,
    /// The scripts.
    #[serde(default)]
    pub scripts: Vec<CkMigrationScript>,
}

/// The list of migrations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkMigrationMeta {
    /// Schema document of this form.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The model the migrations belong to, as written.
    pub ck_model_id: String,
    /// The migrations.
    pub migrations: Vec<CkMigrationEntry>,
}

/// One migration. Versions are compared as text when migrations are chained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkMigrationEntry {
    /// Version before.
    pub from_version: String,
    /// Version after.
    pub to_version: String,
    /// File of the script, relative to the list.
    pub script_path: String,
    /// What changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Programs must be adapted.
    #[serde(default)]
    pub breaking: bool,
}

/// A script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkMigrationScript {
    /// Schema document of this form.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Version before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_version: Option<String>,
    /// Version after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_version: Option<String>,
    /// What the script does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What must hold for the script to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre_conditions: Option<Vec<CkMigrationCondition>>,
    /// What it does, in order.
    pub steps: Vec<CkMigrationStep>,
    /// What must hold afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_validations: Option<Vec<CkMigrationValidation>>,
}

/// One step of a script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkMigrationStep {
    /// Name of the step.
    pub step_id: String,
    /// What the step does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Kind of change.
    pub action: StepAction,
    /// Entities concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<CkMigrationTarget>,
    /// The change of a `Transform` step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<CkMigrationTransform>,
    /// Attribute values of `Update` and `Add` steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<IndexMap<String, serde_json::Value>>,
    /// The step runs only when this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<CkMigrationCondition>,
    /// What to do with values that are there already.
    #[serde(default)]
    pub on_conflict: ConflictPolicy,
    /// A failure does not end the script.
    #[serde(default)]
    pub continue_on_error: bool,
}

/// Which entities a step, condition or validation concerns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkMigrationTarget {
    /// Runtime type id; without `/` a type of model `System`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ck_type_id: Option<String>,
    /// One entity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rt_id: Option<String>,
    /// One entity by its well-known name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rt_well_known_name: Option<String>,
    /// Condition on attributes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<CkMigrationFilter>,
    /// Only entities made by a blueprint.
    #[serde(default)]
    pub blueprint_source_only: bool,
}

/// A condition on the attributes of an entity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkMigrationFilter {
    /// Attribute name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// Comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<FilterOperator>,
    /// Compared value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
    /// All of these must hold too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub and: Option<Vec<CkMigrationFilter>>,
    /// One of these must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub or: Option<Vec<CkMigrationFilter>>,
}

/// The change of a `Transform` step; which members count depends on the type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkMigrationTransform {
    /// Kind of change.
    pub r#type: TransformType,
    /// Attribute written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_attribute: Option<String>,
    /// Attribute read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_attribute: Option<String>,
    /// Value of `SetValue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
    /// Old text to new value of `MapValue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_mapping: Option<IndexMap<String, serde_json::Value>>,
    /// New type of `ChangeCkType`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_ck_type_id: Option<String>,
    /// Record of `WrapScalarInRecord`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_record_ck_record_id: Option<String>,
    /// Field of that record that takes the scalar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_value_attribute: Option<String>,
    /// Its other fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_defaults: Option<IndexMap<String, serde_json::Value>>,
}

/// Something that must hold before a script or step runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkMigrationCondition {
    /// Kind of condition.
    pub r#type: ConditionType,
    /// Entities concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<CkMigrationTarget>,
    /// Model of `CkModelVersionInstalled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ck_model_id: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Attribute of `AttributeEquals`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
}

/// Something that must hold after a script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CkMigrationValidation {
    /// Name of the validation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_id: Option<String>,
    /// What it ensures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Kind of validation.
    pub r#type: ValidationType,
    /// Entities concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<CkMigrationTarget>,
    /// Number of entities of `EntityCount`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_count: Option<u32>,
    /// What a violation means.
    #[serde(default)]
    pub severity: ValidationSeverity,
}

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        $(#[$doc])*
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// All values under their written names.
            pub(crate) const CHOICES: &'static [(&'static str, Self)] =
                &[$((stringify!($variant), Self::$variant)),+];
        }
    };
}

choices! {
    /// What a step does.
    StepAction {
        /// Changes entities as `transform` says.
        Transform,
        /// Sets `data` on entities.
        Update,
        /// Deletes entities.
        Delete,
        /// Adds one entity.
        Add,
    }
}

choices! {
    /// What a `Transform` step changes.
    TransformType {
        /// Gives entities another type.
        ChangeCkType,
        /// Sets an attribute.
        SetValue,
        /// Copies a value and keeps the old attribute.
        RenameAttribute,
        /// Copies a value, also an absent one.
        CopyAttribute,
        /// Empties an attribute.
        DeleteAttribute,
        /// Replaces values by a table.
        MapValue,
        /// Turns each scalar of a list into a record.
        WrapScalarInRecord,
    }
}

choices! {
    /// Comparison of a filter.
    FilterOperator {
        /// Equal.
        Eq,
        /// Not equal.
        Ne,
        /// Has a value.
        Exists,
        /// Has no value.
        NotExists,
        /// Text contains.
        Contains,
        /// Text starts with.
        StartsWith,
    }
}

choices! {
    /// What to do with values that are there already.
    #[derive(Default)]
    ConflictPolicy {
        /// Fail.
        #[default]
        Fail,
        /// Keep them.
        Skip,
        /// Replace them.
        Overwrite,
    }
}

choices! {
    /// Kind of a condition.
    ConditionType {
        /// A model version is installed.
        CkModelVersionInstalled,
        /// There is such an entity.
        EntityExists,
        /// There is no such entity.
        EntityNotExists,
        /// An attribute has a value.
        AttributeEquals,
    }
}

choices! {
    /// Kind of a validation.
    ValidationType {
        /// There are exactly so many entities.
        EntityCount,
        /// There is such an entity.
        EntityExists,
        /// There are no entities of a type.
        NoEntitiesOfType,
    }
}

choices! {
    /// What a violated validation means.
    #[derive(Default)]
    ValidationSeverity {
        /// The migration failed.
        #[default]
        Error,
        /// Worth a note.
        Warning,
    }
}
