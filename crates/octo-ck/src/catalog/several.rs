//! Several catalogs asked in order (spec, Construction Kit 8.1 and 8.4).

use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Arc;

use super::{Catalog, CatalogError, CatalogItem, ModelSet};
use crate::compiler::check_compiled;
use crate::id::CkModelId;
use crate::model::CompiledModel;
use crate::range::CkModelRange;

/// Catalogs in the order in which they are asked.
#[derive(Debug, Clone, Default)]
pub struct Catalogs {
    members: Vec<Arc<dyn Catalog>>,
}

/// A page of models, and the catalogs that did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Number of all models that match.
    pub total: usize,
    /// Number of models before the page.
    pub skipped: usize,
    /// The models of the page, ordered by name and version.
    pub items: Vec<CatalogItem>,
    /// Catalogs whose models are missing here or may be out of date.
    pub failures: Vec<Failure>,
}

/// A catalog that did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its name.
    pub catalog_name: String,
    /// Why not.
    pub error: CatalogError,
}

impl From<&[Arc<CompiledModel>]> for Catalogs {
    fn from(models: &[Arc<CompiledModel>]) -> Self {
        Self::new([Arc::new(ModelSet::new("models", models.to_vec())) as Arc<dyn Catalog>])
    }
}

impl Catalogs {
    /// Catalogs in the order in which they are asked.
    pub fn new(members: impl IntoIterator<Item = Arc<dyn Catalog>>) -> Self {
        Self {
            members: members.into_iter().collect(),
        }
    }

    /// The catalogs, in that order.
    pub fn members(&self) -> &[Arc<dyn Catalog>] {
        &self.members
    }

    /// The catalog of that name, ignoring case.
    ///
    /// # Errors
    /// There is none.
    pub fn member(&self, name: &str) -> Result<&Arc<dyn Catalog>, CatalogError> {
        self.members
            .iter()
            .find(|catalog| catalog.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| CatalogError::UnknownCatalog(name.to_owned()))
    }

    /// Models of all catalogs, `take` of them after `skip`. Of a model that several have, the
    /// first counts. A `term` selects by name or description, ignoring case.
    pub fn list(&self, term: Option<&str>, skip: usize, take: usize) -> Listing {
        let mut found: BTreeMap<CkModelId, CatalogItem> = BTreeMap::new();
        let mut failures = Vec::new();
        let term = term.unwrap_or_default().trim().to_lowercase();
        for catalog in &self.members {
            match catalog.list() {
                Ok(items) => {
                    for item in items {
                        if let Entry::Vacant(free) = found.entry(item.model_id.clone()) {
                            free.insert(item);
                        }
                    }
                    failures.extend(outage(catalog));
                }
                Err(error) => failures.push(failure(catalog, error)),
            }
        }
        found.retain(|_, item| matches(item, &term));
        Listing {
            total: found.len(),
            skipped: skip.min(found.len()),
            items: found.into_values().skip(skip).take(take).collect(),
            failures,
        }
    }

    /// A model by its exact id, from the first catalog that has it.
    ///
    /// # Errors
    /// No catalog has it, or the one that does cannot be read. A catalog that does not answer is
    /// reported only when no other has the model.
    pub fn load(&self, id: &CkModelId) -> Result<Arc<CompiledModel>, CatalogError> {
        let mut failure = None;
        for catalog in &self.members {
            match catalog.load(id) {
                Ok(Some(model)) => return Ok(model),
                Ok(None) => failure = failure.or_else(|| catalog.outage()),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or_else(|| CatalogError::NotFound(id.clone())))
    }

    /// All versions of a model, ascending, and the catalogs that did not answer.
    pub fn versions(&self, name: &str) -> (Vec<CkModelId>, Vec<Failure>) {
        let mut found = Vec::new();
        let mut failures = Vec::new();
        for catalog in &self.members {
            match catalog.versions(name) {
                Ok(ids) => {
                    found.extend(ids);
                    failures.extend(outage(catalog));
                }
                Err(error) => failures.push(failure(catalog, error)),
            }
        }
        found.sort();
        found.dedup();
        (found, failures)
    }

    /// The highest version in a range over all catalogs that answer.
    pub fn best(&self, range: &CkModelRange) -> Option<CkModelId> {
        let (versions, _) = self.versions(range.name());
        versions.into_iter().rfind(|id| range.contains(id))
    }

    /// Publishes a model into the catalog of that name, after checking that it resolves with the
    /// dependencies these catalogs have. One that is there already is replaced only with `force`.
    ///
    /// # Errors
    /// There is no such catalog, it takes no models or has this one, or the model does not resolve.
    /// Nothing is published then.
    pub fn publish(
        &self,
        name: &str,
        model: &CompiledModel,
        force: bool,
    ) -> Result<(), CatalogError> {
        let catalog = self.member(name)?;
        let id = &model.model_id;
        let checked = check_compiled(model.clone(), &id.to_string(), self);
        if checked.diagnostics.has_errors() {
            return Err(CatalogError::Unresolved {
                id: id.clone(),
                problems: checked.diagnostics,
            });
        }
        catalog.publish(model, force)
    }

    /// Looks again what the catalogs have; see [`Catalog::refresh`].
    pub fn refresh(&self, force: bool) -> Vec<Failure> {
        let refresh = |catalog: &Arc<dyn Catalog>| {
            let error = catalog.refresh(force).err()?;
            Some(failure(catalog, error))
        };
        self.members.iter().filter_map(refresh).collect()
    }
}

fn outage(catalog: &Arc<dyn Catalog>) -> Option<Failure> {
    Some(failure(catalog, catalog.outage()?))
}

fn failure(catalog: &Arc<dyn Catalog>, error: CatalogError) -> Failure {
    Failure {
        catalog_name: catalog.name().to_owned(),
        error,
    }
}

fn matches(item: &CatalogItem, term: &str) -> bool {
    let contains = |text: &str| text.to_lowercase().contains(term);
    term.is_empty()
        || contains(item.model_id.name())
        || item.description.as_deref().is_some_and(contains)
}
