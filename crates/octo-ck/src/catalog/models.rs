//! Models in memory as a catalog, such as those a program carries or a tenant has.

use std::sync::Arc;

use super::{Catalog, CatalogError, CatalogItem};
use crate::builtin;
use crate::id::CkModelId;
use crate::model::CompiledModel;

/// Compiled models under a catalog name.
#[derive(Debug, Clone)]
pub struct ModelSet {
    name: Arc<str>,
    models: Vec<Arc<CompiledModel>>,
}

impl ModelSet {
    /// A catalog of the given models.
    pub fn new(name: impl Into<Arc<str>>, models: Vec<Arc<CompiledModel>>) -> Self {
        Self {
            name: name.into(),
            models,
        }
    }

    /// The built-in models, under the name the original gives to models shipped inside a service.
    pub fn built_in() -> Self {
        Self::new("EmbeddedResourceCatalog", builtin::all())
    }
}

impl Catalog for ModelSet {
    fn name(&self) -> &str {
        &self.name
    }

    fn list(&self) -> Result<Vec<CatalogItem>, CatalogError> {
        let item = |model: &Arc<CompiledModel>| CatalogItem {
            model_id: model.model_id.clone(),
            description: model.description.clone(),
            catalog_name: self.name.clone(),
        };
        Ok(self.models.iter().map(item).collect())
    }

    fn versions(&self, name: &str) -> Result<Vec<CkModelId>, CatalogError> {
        let ids = self.models.iter().map(|model| &model.model_id);
        Ok(ids.filter(|id| id.name() == name).cloned().collect())
    }

    fn load(&self, id: &CkModelId) -> Result<Option<Arc<CompiledModel>>, CatalogError> {
        Ok(self.models.iter().find(|m| m.model_id == *id).cloned())
    }

    fn refresh(&self, _force: bool) -> Result<(), CatalogError> {
        Ok(())
    }
}
