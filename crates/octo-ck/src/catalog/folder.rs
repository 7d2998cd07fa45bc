//! A catalog in a folder, in the published layout.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::index::{Document, Index, IndexReader};
use super::{Catalog, CatalogError, CatalogItem};
use crate::diagnostics::{Code, Diagnostics, Position};
use crate::id::CkModelId;
use crate::model::CompiledModel;
use crate::read::read_published;

/// Age up to which the index is kept (spec 8.3).
const FRESH: Duration = Duration::from_secs(60);

/// Size of an index document or a model in bytes.
const MAX_FILE: u64 = 32 * 1024 * 1024;

/// A folder that contains `ck-models/v2`.
#[derive(Debug)]
pub struct FolderCatalog {
    name: Arc<str>,
    root: PathBuf,
    index: Mutex<Option<(Instant, Arc<Index>)>>,
}

impl FolderCatalog {
    /// A catalog in `root`. Nothing is read before somebody asks.
    pub fn new(name: impl Into<Arc<str>>, root: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            root: root.into(),
            index: Mutex::new(None),
        }
    }

    /// The index, read when it was not read yet or when it is older than `age`.
    fn index(&self, age: Option<Duration>) -> Result<Arc<Index>, CatalogError> {
        let mut known = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |at: &Instant| age.is_none_or(|age| at.elapsed() < age);
        if let Some((_, index)) = known.as_ref().filter(|(at, _)| is_fresh(at)) {
            return Ok(index.clone());
        }
        let index = Arc::new(self.read_index()?);
        *known = Some((Instant::now(), index.clone()));
        Ok(index)
    }

    fn read_index(&self) -> Result<Index, CatalogError> {
        if !self.root.is_dir() {
            return Err(CatalogError::Unreachable {
                catalog: self.name.to_string(),
                reason: format!("the folder {} does not exist", self.root.display()),
            });
        }
        let mut reader = IndexReader::default();
        while let Some(path) = reader.wanted() {
            let document = match self.text(path) {
                Ok(text) => Document::Text(text),
                Err(problem) if problem.kind() == io::ErrorKind::NotFound => Document::Missing,
                Err(problem) => Document::Failed(problem.to_string()),
            };
            reader
                .take(document)
                .map_err(|problem| CatalogError::Index {
                    catalog: self.name.to_string(),
                    problem,
                })?;
        }
        Ok(reader.finish())
    }

    /// The name, for messages.
    pub(super) fn label(&self) -> &str {
        &self.name
    }

    /// Where a path of the catalog is on disk.
    pub(super) fn place(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// A file of the catalog; `path` was checked to lie inside it.
    pub(super) fn text(&self, path: &str) -> io::Result<String> {
        let mut text = String::new();
        let file = File::open(self.place(path))?;
        file.take(MAX_FILE + 1).read_to_string(&mut text)?;
        if text.len() as u64 > MAX_FILE {
            return Err(io::Error::other("the file is larger than 32 MiB"));
        }
        Ok(text)
    }

    fn broken(&self, id: &CkModelId, problems: Diagnostics) -> CatalogError {
        CatalogError::Load {
            id: id.clone(),
            catalog: self.name.to_string(),
            problems,
        }
    }
}

impl Catalog for FolderCatalog {
    fn name(&self) -> &str {
        &self.name
    }

    fn list(&self) -> Result<Vec<CatalogItem>, CatalogError> {
        let index = self.index(None)?;
        let items = index.models().map(|(model_id, file)| CatalogItem {
            model_id,
            description: file.description.clone(),
            catalog_name: self.name.clone(),
        });
        Ok(items.collect())
    }

    fn versions(&self, name: &str) -> Result<Vec<CkModelId>, CatalogError> {
        let index = self.index(None)?;
        let ids = index.versions(name);
        Ok(ids.map(|version| CkModelId::new(name, version)).collect())
    }

    fn load(&self, id: &CkModelId) -> Result<Option<Arc<CompiledModel>>, CatalogError> {
        let index = self.index(None)?;
        let Some(file) = index.get(id) else {
            return Ok(None);
        };
        let mut problems = Diagnostics::default();
        let location = self.place(&file.path).display().to_string();
        let text = self.text(&file.path).map_err(|problem| {
            let text = format!("This cannot be read ({problem}): publish the model again.");
            let at = Position::whole(&location);
            problems.report(Code::FileUnreadable, &at, text);
            self.broken(id, std::mem::take(&mut problems))
        })?;
        let model = read_published(&text, &location).map_err(|found| self.broken(id, found))?;
        if model.model_id == *id {
            return Ok(Some(Arc::new(model)));
        }
        let text = format!(
            "The file holds '{}' instead of '{id}': publish the model again.",
            model.model_id
        );
        problems.report(Code::SchemaViolation, &Position::whole(&location), text);
        Err(self.broken(id, problems))
    }

    fn refresh(&self, force: bool) -> Result<(), CatalogError> {
        let age = if force { Duration::ZERO } else { FRESH };
        self.index(Some(age)).map(drop)
    }

    fn publish(&self, model: &CompiledModel, force: bool) -> Result<(), CatalogError> {
        self.write_model(model, force)?;
        self.refresh(true)
    }
}
