//! Catalogs of Construction Kit models behind HTTP, such as the published pages (spec,
//! Construction Kit 8).
//!
//! [`HttpCatalog`] implements [`Catalog`]: it answers from an index that it fetches once, keeps in
//! memory and, if wanted, in a file that the original's tools share. Offline is an answer: every
//! request has a time limit, and a source that does not answer leaves what was known before, with
//! the reason in [`Catalog::outage`].
//!
//! Calls block their thread for as long as the network takes, at most [`HttpCatalogOptions::limit`];
//! asynchronous programs make them where blocking is allowed (`spawn_blocking`).

mod cache;
mod fetch;
mod options;
mod refresh;
mod worker;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use octo_ck::catalog::{Catalog, CatalogError, CatalogItem, Published};
use octo_ck::diagnostics::{Code, Position};
use octo_ck::{CkModelId, CompiledModel, Diagnostics, read_published};

use cache::{CacheFile, Known};
use fetch::{Fetch, Found};
use worker::Worker;

pub use options::{HttpCatalogError, HttpCatalogOptions, PRIVATE_PAGES, PUBLIC_PAGES};

/// Size of a compiled model in bytes.
const MAX_MODEL: usize = 32 * 1024 * 1024;

/// A catalog in the published layout behind an address.
#[derive(Debug)]
pub struct HttpCatalog {
    name: Arc<str>,
    fetch: Arc<Fetch>,
    limit: std::time::Duration,
    worker: Worker,
    file: Option<CacheFile>,
    known: RwLock<Option<Arc<Known>>>,
    /// Held while the index is fetched, so that it is fetched once for all who wait.
    refreshing: Mutex<()>,
}

impl HttpCatalog {
    /// A catalog at the address of the options. Nothing is fetched before somebody asks.
    ///
    /// # Errors
    /// The address is not HTTP(S), or HTTPS cannot be set up.
    pub fn new(
        name: impl Into<Arc<str>>,
        options: &HttpCatalogOptions,
    ) -> Result<Self, HttpCatalogError> {
        let name = name.into();
        Ok(Self {
            fetch: Arc::new(Fetch::new(&name, options)?),
            name,
            limit: options.limit,
            worker: Worker::start()?,
            file: options
                .cache_file
                .as_ref()
                .map(|path| CacheFile::new(path.clone(), options.file_pause)),
            known: RwLock::new(None),
            refreshing: Mutex::new(()),
        })
    }

    /// What is known: in memory, else in the file, else at the source. A source that did not answer
    /// is asked again after a while.
    fn known(&self) -> Arc<Known> {
        let is_good = |known: &Known| known.outage.is_none() || known.is_fresh(Timestamp::now());
        if let Some(known) = self.remembered().filter(|known| is_good(known)) {
            return known;
        }
        let _turn = self.turn();
        match self.remembered().filter(|known| is_good(known)) {
            Some(known) => known,
            None => self.fetch_index(),
        }
    }

    /// What is known without asking the source.
    fn remembered(&self) -> Option<Arc<Known>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref() {
            return Some(known.clone());
        }
        drop(known);
        let read = self.file.as_ref()?.read(&self.name)?;
        Some(self.remember(read))
    }

    fn remember(&self, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        let mut place = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *place = Some(known.clone());
        known
    }

    fn turn(&self) -> std::sync::MutexGuard<'_, ()> {
        self.refreshing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the source. When it does not answer, what was known stays, with the reason.
    fn fetch_index(&self) -> Arc<Known> {
        let fetch = self.fetch.clone();
        let fetched = self
            .worker
            .run(self.limit, async move { refresh::index(&fetch).await })
            .unwrap_or_else(|| Err(self.fetch.timeout("")));
        let (index, outage) = match fetched {
            Ok(index) => (Arc::new(index), None),
            Err(problem) => {
                tracing::warn!(catalog = %self.name, %problem, "catalog is not up to date");
                let before = self.remembered();
                let index = before.map(|known| known.index.clone()).unwrap_or_default();
                (index, Some(problem))
            }
        };
        let known = self.remember(Known {
            index,
            asked: Timestamp::now(),
            outage,
        });
        if let Some(file) = &self.file {
            file.write(&known);
        }
        known
    }

    fn fetch_model(
        &self,
        id: &CkModelId,
        published: &Published,
    ) -> Result<CompiledModel, CatalogError> {
        let (fetch, path) = (self.fetch.clone(), published.path.clone());
        let fetched = self
            .worker
            .run(self.limit, async move { fetch.get(&path, MAX_MODEL).await })
            .unwrap_or_else(|| Err(self.fetch.timeout(&published.path)))?;
        let location = self.fetch.address(&published.path);
        let text = match fetched {
            Found::Text(text) => text,
            Found::Missing => {
                let text = "The index names this file, but it is not there: publish it again.";
                return Err(self.broken(id, Code::FileUnreadable, &location, text));
            }
        };
        let model = read_published(&text, &location).map_err(|problems| CatalogError::Load {
            id: id.clone(),
            catalog: self.name.to_string(),
            problems,
        })?;
        if model.model_id == *id {
            return Ok(model);
        }
        let text = format!(
            "The file holds '{}' instead of '{id}': publish the model again.",
            model.model_id
        );
        Err(self.broken(id, Code::SchemaViolation, &location, &text))
    }

    fn broken(&self, id: &CkModelId, code: Code, location: &str, text: &str) -> CatalogError {
        let mut problems = Diagnostics::default();
        problems.report(code, &Position::whole(location), text);
        CatalogError::Load {
            id: id.clone(),
            catalog: self.name.to_string(),
            problems,
        }
    }
}

impl Catalog for HttpCatalog {
    fn name(&self) -> &str {
        &self.name
    }

    fn list(&self) -> Result<Vec<CatalogItem>, CatalogError> {
        let known = self.known();
        let items = known.index.models().map(|(model_id, file)| CatalogItem {
            model_id,
            description: file.description.clone(),
            catalog_name: self.name.clone(),
        });
        Ok(items.collect())
    }

    fn versions(&self, name: &str) -> Result<Vec<CkModelId>, CatalogError> {
        let known = self.known();
        let versions = known.index.versions(name);
        Ok(versions
            .map(|version| CkModelId::new(name, version))
            .collect())
    }

    fn load(&self, id: &CkModelId) -> Result<Option<Arc<CompiledModel>>, CatalogError> {
        let known = self.known();
        match known.index.get(id) {
            Some(published) => self.fetch_model(id, published).map(Arc::new).map(Some),
            None => Ok(None),
        }
    }

    fn refresh(&self, force: bool) -> Result<(), CatalogError> {
        let _turn = self.turn();
        let fresh = |known: &Arc<Known>| !force && known.is_fresh(Timestamp::now());
        let known = match self.remembered().filter(fresh) {
            Some(known) => known,
            None => self.fetch_index(),
        };
        known.outage.clone().map_or(Ok(()), Err)
    }

    fn outage(&self) -> Option<CatalogError> {
        self.remembered()?.outage.clone()
    }
}
