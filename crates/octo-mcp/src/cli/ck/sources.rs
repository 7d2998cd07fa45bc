//! Where the models come from that others depend on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use octo_ck::catalog::{Catalog, FolderCatalog, ModelSet};
use octo_ck::{Catalogs, CompiledModel, Diagnostics, builtin, compiler};

/// Options that say where dependencies are found. The models of the platform are always known.
#[derive(Args)]
pub(super) struct Sources {
    /// A compiled model others may depend on; it replaces a built-in model of the same name.
    #[arg(long = "with", value_name = "COMPILED_FILE")]
    with: Vec<PathBuf>,
    /// A folder that holds a catalog of published models (`ck-models/v2`).
    #[arg(long = "catalog", value_name = "DIR")]
    catalogs: Vec<PathBuf>,
}

/// Models to choose from.
pub(super) struct Available {
    given: Vec<Arc<CompiledModel>>,
    folders: Vec<Arc<dyn Catalog>>,
}

impl Sources {
    /// Reads the models given with `--with`.
    ///
    /// # Errors
    /// What is wrong with one of them, or with a catalog.
    pub(super) fn open(&self) -> Result<Available, Box<dyn std::error::Error>> {
        let folder = |root: &PathBuf| {
            let catalog = FolderCatalog::new(root.display().to_string(), root);
            catalog.refresh(false)?;
            Ok::<_, Box<dyn std::error::Error>>(Arc::new(catalog) as Arc<dyn Catalog>)
        };
        let mut available = Available {
            given: Vec::new(),
            folders: self.catalogs.iter().map(folder).collect::<Result<_, _>>()?,
        };
        for path in &self.with {
            let result = compiler::read_path(path, &available.catalogs());
            match result.model {
                Some(model) => available.add(model),
                None => return Err(Box::new(result.diagnostics)),
            }
        }
        Ok(available)
    }
}

impl Available {
    /// Adds a model that later ones may depend on.
    pub(super) fn add(&mut self, model: CompiledModel) {
        self.given.push(Arc::new(model));
    }

    /// All models to choose from: those given, the built-in ones, those of the catalogs.
    pub(super) fn catalogs(&self) -> Catalogs {
        let is_given = |name: &str| self.given.iter().any(|m| m.model_id.name() == name);
        let mut built_in = builtin::all();
        built_in.retain(|model| !is_given(model.model_id.name()));
        let sets = [("given", self.given.clone()), ("built-in", built_in)];
        let sets = sets.map(|(name, models)| Arc::new(ModelSet::new(name, models)) as _);
        Catalogs::new(sets.into_iter().chain(self.folders.iter().cloned()))
    }

    /// The model at `path`, read but not checked when it is compiled already.
    pub(super) fn read(&self, path: &Path) -> Result<CompiledModel, Diagnostics> {
        let result = compiler::read_path(path, &self.catalogs());
        result.model.ok_or(result.diagnostics)
    }
}
