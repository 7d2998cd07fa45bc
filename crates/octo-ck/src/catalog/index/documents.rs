//! The three index documents as they are written (spec, Construction Kit 8.2).
//!
//! Readers need only names and paths; whatever else a document lacks is filled in, so that older
//! and leaner catalogs are read too. Writers write every key.

use serde::{Deserialize, Serialize};

use crate::id::CkModelId;

/// What every path in a catalog starts with.
pub(crate) const PREFIX: &str = "ck-models/v2/";

/// The root index.
pub(crate) const ROOT: &str = "ck-models/v2/catalog.json";

/// Version of the form of the documents.
const FORM: &str = "1.0";

fn form() -> String {
    FORM.to_owned()
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RootIndex {
    #[serde(default = "form")]
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) updated_at: String,
    pub(crate) models: Vec<LibraryEntry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LibraryEntry {
    #[serde(default)]
    pub(crate) model_name: String,
    pub(crate) catalog_path: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LibraryIndex {
    #[serde(default = "form")]
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) model_id: String,
    pub(crate) major_versions: Vec<MajorEntry>,
    #[serde(default)]
    pub(crate) updated_at: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MajorEntry {
    #[serde(default)]
    pub(crate) major_version: u32,
    pub(crate) catalog_path: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionIndex {
    #[serde(default = "form")]
    pub(crate) version: String,
    pub(crate) model_id: String,
    #[serde(default)]
    pub(crate) major_version: u32,
    #[serde(default)]
    pub(crate) latest_version: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    pub(crate) versions: Vec<VersionEntry>,
    #[serde(default)]
    pub(crate) updated_at: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionEntry {
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) file_name: String,
    pub(crate) file_path: String,
    #[serde(default)]
    pub(crate) published_at: String,
}

impl RootIndex {
    pub(crate) fn empty() -> Self {
        Self {
            version: form(),
            updated_at: String::new(),
            models: Vec::new(),
        }
    }
}

impl LibraryIndex {
    pub(crate) fn empty(id: &CkModelId) -> Self {
        Self {
            version: form(),
            model_id: id.name().to_owned(),
            major_versions: Vec::new(),
            updated_at: String::new(),
        }
    }
}

impl VersionIndex {
    pub(crate) fn empty(id: &CkModelId) -> Self {
        Self {
            version: form(),
            model_id: id.name().to_owned(),
            major_version: id.version().major,
            latest_version: None,
            description: None,
            versions: Vec::new(),
            updated_at: String::new(),
        }
    }
}

/// Where the documents and the file of a model are, relative to the root of its catalog.
///
/// ```
/// use octo_ck::catalog::ModelPaths;
///
/// let paths = ModelPaths::of(&"Basic.Energy-1.3.0".parse().unwrap());
/// assert_eq!(paths.model, "ck-models/v2/b/Basic.Energy/1/ck-basic.energy-1.3.0.json");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPaths {
    /// The library index.
    pub library: String,
    /// The version index.
    pub versions: String,
    /// Name of the file of the model.
    pub file_name: String,
    /// That file.
    pub model: String,
}

impl ModelPaths {
    /// The places of a model.
    pub fn of(id: &CkModelId) -> Self {
        let (name, version) = (id.name(), id.version());
        let lower = name.to_lowercase();
        let letter: String = lower.chars().take(1).collect();
        let library = format!("{PREFIX}{letter}/{name}");
        let folder = format!("{library}/{}", version.major);
        let file_name = format!("ck-{lower}-{version}.json");
        Self {
            library: format!("{library}/catalog.json"),
            versions: format!("{folder}/catalog.json"),
            model: format!("{folder}/{file_name}"),
            file_name,
        }
    }
}
