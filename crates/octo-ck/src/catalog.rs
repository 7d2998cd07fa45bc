//! Catalogs: where published models are found (spec, Construction Kit 8).
//!
//! A [`Catalog`] offers compiled models by id. Two kinds are here: a [`FolderCatalog`] in the
//! published layout and a [`ModelSet`] in memory; catalogs behind a network implement the same
//! trait elsewhere, with [`IndexReader`] for the index documents. [`Catalogs`] asks several of them
//! in order: the first that has an id wins, the highest version in a range wins over all.
//!
//! A catalog that cannot be reached is an answer, not a failure of the whole: lists name it beside
//! what the others have.

mod closure;
mod folder;
mod index;
mod models;
mod publish;
mod several;

use std::fmt;
use std::sync::Arc;

use crate::diagnostics::Diagnostics;
use crate::id::CkModelId;
use crate::model::CompiledModel;

pub(crate) use closure::close;
pub use folder::FolderCatalog;
pub use index::documents::ModelPaths;
pub use index::{Document, Index, IndexProblem, IndexReader, Published, is_catalog_path};
pub use models::ModelSet;
pub use several::{Catalogs, Failure, Listing};

/// A place that offers compiled models.
///
/// Implementations answer from what they know and may block, on files or on a network with time
/// limits of its own; asynchronous programs call them where blocking is allowed.
pub trait Catalog: fmt::Debug + Send + Sync {
    /// Name of the catalog; compared ignoring case.
    fn name(&self) -> &str;

    /// All models of the catalog, in no particular order.
    ///
    /// # Errors
    /// The catalog cannot be read.
    fn list(&self) -> Result<Vec<CatalogItem>, CatalogError>;

    /// The versions it has of a model, in no particular order; none when it does not know it.
    ///
    /// # Errors
    /// The catalog cannot be read.
    fn versions(&self, name: &str) -> Result<Vec<CkModelId>, CatalogError>;

    /// A model, if the catalog has it.
    ///
    /// # Errors
    /// The catalog, or the model in it, cannot be read.
    fn load(&self, id: &CkModelId) -> Result<Option<Arc<CompiledModel>>, CatalogError>;

    /// Looks again what there is. Without `force` a view that is fresh enough is kept.
    ///
    /// # Errors
    /// The catalog cannot be read; what was known stays.
    fn refresh(&self, force: bool) -> Result<(), CatalogError>;

    /// Why models may be missing or out of date: the source did not answer when it was last asked,
    /// and what is known comes from before. None for a catalog that is up to date.
    fn outage(&self) -> Option<CatalogError> {
        None
    }

    /// Adds a model that was checked before. One that is there already is replaced only with
    /// `force`.
    ///
    /// # Errors
    /// The catalog takes no models, has this one already, or cannot be written.
    fn publish(&self, model: &CompiledModel, force: bool) -> Result<(), CatalogError> {
        let _ = (model, force);
        Err(CatalogError::ReadOnly(self.name().to_owned()))
    }
}

/// One model version of a catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogItem {
    /// Name and version.
    pub model_id: CkModelId,
    /// What the model is for.
    pub description: Option<String>,
    /// The catalog that has it.
    pub catalog_name: Arc<str>,
}

/// Why a catalog does not answer. Texts that the original has begin like its own (spec 8.4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// No catalog has that name.
    #[error("Model catalog '{0}' not found.")]
    UnknownCatalog(String),
    /// A catalog does not have the model.
    #[error("Model '{id}' not found in catalog '{catalog}'.")]
    NotInCatalog {
        /// The model.
        id: CkModelId,
        /// The catalog.
        catalog: String,
    },
    /// No catalog has the model.
    #[error("Model '{0}' not found in one of the registered catalogs.")]
    NotFound(CkModelId),
    /// The model is there but cannot be read.
    #[error("Error loading model '{id}' from catalog '{catalog}'. {problems}")]
    Load {
        /// The model.
        id: CkModelId,
        /// The catalog.
        catalog: String,
        /// What is wrong with it.
        problems: Diagnostics,
    },
    /// The index documents cannot be used.
    #[error("Catalog '{catalog}' is invalid: {problem}")]
    Index {
        /// The catalog.
        catalog: String,
        /// What is wrong with them.
        problem: IndexProblem,
    },
    /// An index document that must be there cannot be read.
    #[error("GitHub catalog '{catalog}' is invalid, because index files are missing. {reason}")]
    IndexIncomplete {
        /// The catalog.
        catalog: String,
        /// Which one, and why.
        reason: String,
    },
    /// The catalog takes no models.
    #[error("Catalog '{0}' is not writable.")]
    ReadOnly(String),
    /// The catalog has the model already.
    #[error("Model '{id}' already exists in catalog '{catalog}'.")]
    Exists {
        /// The model.
        id: CkModelId,
        /// The catalog.
        catalog: String,
    },
    /// The model is not fit to be published.
    #[error("Model '{id}' is not published, because it does not resolve. {problems}")]
    Unresolved {
        /// The model.
        id: CkModelId,
        /// What is wrong with it.
        problems: Diagnostics,
    },
    /// The catalog cannot be written.
    #[error("Catalog '{catalog}' cannot be written: {reason}")]
    Unwritable {
        /// The catalog.
        catalog: String,
        /// Which file, and why.
        reason: String,
    },
    /// The catalog did not answer in time.
    #[error("Request to GitHub repository '{catalog}' at '{address}' timed out.")]
    Timeout {
        /// The catalog.
        catalog: String,
        /// What was asked for.
        address: String,
    },
    /// The catalog cannot be reached.
    #[error("Catalog '{catalog}' cannot be reached: {reason}")]
    Unreachable {
        /// The catalog.
        catalog: String,
        /// Why not.
        reason: String,
    },
}
