//! Where the models come from that others depend on.

use std::convert::Infallible;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;
use directories::BaseDirs;
use octo_ck::catalog::{Catalog, FolderCatalog, ModelSet};
use octo_ck::{Catalogs, CompiledModel, Diagnostics, builtin, compiler};
use octo_sdk::catalog::{HttpCatalog, HttpCatalogOptions};
use url::Url;

/// Folder of the indexes kept of catalogs behind an address, below the user's home. The tools of
/// the original keep theirs there too.
const CACHE: &str = ".octo/ck-catalog/cache";

/// Options that say where dependencies are found. The models of the platform are always known.
#[derive(Args)]
pub(super) struct Sources {
    /// A compiled model others may depend on; it replaces a built-in model of the same name.
    #[arg(long = "with", value_name = "COMPILED_FILE")]
    with: Vec<PathBuf>,
    /// A catalog of published models: a folder or an address that holds `ck-models/v2`, such as
    /// https://meshmakers.github.io/.
    #[arg(long = "catalog", value_name = "DIR|URL")]
    catalogs: Vec<Place>,
    /// Folder that keeps the indexes of catalogs behind an address
    /// [default: .octo/ck-catalog/cache in the home folder].
    #[arg(long, value_name = "DIR")]
    catalog_cache: Option<PathBuf>,
    /// Ask the catalogs anew, even if their indexes are younger than a minute.
    #[arg(long)]
    refresh: bool,
}

/// Where a catalog is.
#[derive(Clone)]
enum Place {
    Folder(PathBuf),
    Pages(Url),
}

impl FromStr for Place {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let is_address = |url: &Url| matches!(url.scheme(), "http" | "https");
        Ok(match Url::parse(text).ok().filter(is_address) {
            Some(url) => Self::Pages(url),
            None => Self::Folder(text.into()),
        })
    }
}

/// Models to choose from.
pub(super) struct Available {
    given: Vec<Arc<CompiledModel>>,
    published: Vec<Arc<dyn Catalog>>,
}

impl Sources {
    /// Opens the catalogs and reads the models given with `--with`.
    ///
    /// A catalog behind an address that does not answer is worth a message: what is known of it
    /// from before may be enough.
    ///
    /// # Errors
    /// What is wrong with one of the models, or with a catalog.
    pub(super) fn open(&self) -> Result<Available, Box<dyn Error>> {
        let mut available = Available {
            given: Vec::new(),
            published: Vec::new(),
        };
        for place in &self.catalogs {
            available.published.push(self.catalog(place)?);
        }
        for path in &self.with {
            let result = compiler::read_path(path, &available.catalogs());
            match result.model {
                Some(model) => available.add(model),
                None => return Err(Box::new(result.diagnostics)),
            }
        }
        Ok(available)
    }

    fn catalog(&self, place: &Place) -> Result<Arc<dyn Catalog>, Box<dyn Error>> {
        match place {
            Place::Folder(root) => {
                let catalog = FolderCatalog::new(root.display().to_string(), root);
                catalog.refresh(self.refresh)?;
                Ok(Arc::new(catalog))
            }
            Place::Pages(url) => {
                let mut options = HttpCatalogOptions::new(url.clone());
                if let Some(folder) = self.cache_folder() {
                    options = options.cached_in(&folder);
                }
                let catalog = HttpCatalog::new(url.as_str(), &options)?;
                if let Err(problem) = catalog.refresh(self.refresh) {
                    eprintln!("{problem}");
                }
                Ok(Arc::new(catalog))
            }
        }
    }

    fn cache_folder(&self) -> Option<PathBuf> {
        let home = || Some(BaseDirs::new()?.home_dir().join(CACHE));
        self.catalog_cache.clone().or_else(home)
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
        Catalogs::new(sets.into_iter().chain(self.published.iter().cloned()))
    }

    /// What is published: the catalogs alone.
    pub(super) fn published(&self) -> Catalogs {
        Catalogs::new(self.published.iter().cloned())
    }

    /// Adds a catalog.
    pub(super) fn add_catalog(&mut self, catalog: Arc<dyn Catalog>) {
        self.published.push(catalog);
    }

    /// The model at `path`, read but not checked when it is compiled already.
    pub(super) fn read(&self, path: &Path) -> Result<CompiledModel, Diagnostics> {
        let result = compiler::read_path(path, &self.catalogs());
        result.model.ok_or(result.diagnostics)
    }
}
