//! Publishing into a folder catalog (spec, Construction Kit 8.4).
//!
//! The file of the model is written first and the root index last, each as a whole or not at all,
//! so that readers never meet a name without a file. One publisher at a time: a lock file keeps
//! others waiting.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::index::documents::{
    LibraryEntry, LibraryIndex, MajorEntry, ModelPaths, PREFIX, ROOT, RootIndex, VersionEntry,
    VersionIndex,
};
use super::index::{is_catalog_path, parse};
use super::{CatalogError, FolderCatalog};
use crate::id::CkModelId;
use crate::model::CompiledModel;
use crate::version::CkVersion;

/// How often the lock is tried, and the time between.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// File that a publisher locks, beside the root index.
const LOCK: &str = ".lock";

impl FolderCatalog {
    /// Writes the model and the indexes that lead to it.
    pub(super) fn write_model(
        &self,
        model: &CompiledModel,
        force: bool,
    ) -> Result<(), CatalogError> {
        let id = &model.model_id;
        let paths = ModelPaths::of(id);
        if !is_catalog_path(&paths.model) {
            let reason = io::Error::other("the name of the model cannot be that of a folder");
            return Err(self.unwritable(&self.place(&paths.model), &reason));
        }
        let lock = self.lock()?;
        let mut versions: VersionIndex = self
            .index_document(&paths.versions)?
            .unwrap_or_else(|| VersionIndex::empty(id));
        let is_this = |entry: &VersionEntry| entry.version.parse() == Ok(id.version());
        if !force && versions.versions.iter().any(is_this) {
            return Err(CatalogError::Exists {
                id: id.clone(),
                catalog: self.label().to_owned(),
            });
        }
        let mut library: LibraryIndex = self
            .index_document(&paths.library)?
            .unwrap_or_else(|| LibraryIndex::empty(id));
        let mut root: RootIndex = self.index_document(ROOT)?.unwrap_or_else(RootIndex::empty);

        let now = Timestamp::now().to_string();
        enter_version(&mut versions, model, &paths, &now);
        enter_major(&mut library, id, &paths, &now);
        enter_library(&mut root, id, &paths, &now);
        self.write(&paths.model, &(model.to_json() + "\n"))?;
        self.write_document(&paths.versions, &versions)?;
        self.write_document(&paths.library, &library)?;
        self.write_document(ROOT, &root)?;
        drop(lock);
        Ok(())
    }

    fn lock(&self) -> Result<File, CatalogError> {
        let path = self.place(&format!("{PREFIX}{LOCK}"));
        let file = create_parent(&path)
            .and_then(|()| {
                let mut options = OpenOptions::new();
                options.create(true).write(true).truncate(false).open(&path)
            })
            .map_err(|problem| self.unwritable(&path, &problem))?;
        for attempt in 1.. {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if attempt < ATTEMPTS => thread::sleep(PAUSE),
                Err(problem) => {
                    return Err(self.unwritable(&path, &io::Error::from(problem)));
                }
            }
        }
        Ok(file)
    }

    /// An index document; none when there is none yet. One that cannot be read is not replaced.
    fn index_document<T: for<'de> Deserialize<'de>>(
        &self,
        path: &str,
    ) -> Result<Option<T>, CatalogError> {
        let place = self.place(path);
        match self.text(path) {
            Ok(text) => parse(path, &text).map(Some).map_err(|problem| {
                let reason = io::Error::other(format!("{problem}; correct or remove it"));
                self.unwritable(&place, &reason)
            }),
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(problem) => Err(self.unwritable(&place, &problem)),
        }
    }

    fn write_document(&self, path: &str, document: &impl Serialize) -> Result<(), CatalogError> {
        let text = serde_json::to_string_pretty(document)
            .map_err(|problem| self.unwritable(&self.place(path), &problem.into()))?;
        self.write(path, &text)
    }

    fn write(&self, path: &str, text: &str) -> Result<(), CatalogError> {
        let place = self.place(path);
        write_whole(&place, text).map_err(|problem| self.unwritable(&place, &problem))
    }

    fn unwritable(&self, path: &Path, problem: &io::Error) -> CatalogError {
        CatalogError::Unwritable {
            catalog: self.label().to_owned(),
            reason: format!("{} ({problem})", path.display()),
        }
    }
}

fn enter_version(index: &mut VersionIndex, model: &CompiledModel, paths: &ModelPaths, now: &str) {
    let version = model.model_id.version();
    let known = |entry: &VersionEntry| entry.version.parse::<CkVersion>().ok();
    index.versions.retain(|entry| known(entry) != Some(version));
    index.versions.push(VersionEntry {
        version: version.to_string(),
        file_name: paths.file_name.clone(),
        file_path: paths.model.clone(),
        published_at: now.to_owned(),
    });
    index.versions.sort_by_key(known);
    let highest = index.versions.iter().filter_map(known).max();
    index.latest_version = highest.map(|version| version.to_string());
    index.description.clone_from(&model.description);
    now.clone_into(&mut index.updated_at);
}

fn enter_major(index: &mut LibraryIndex, id: &CkModelId, paths: &ModelPaths, now: &str) {
    let is_known = |entry: &MajorEntry| entry.catalog_path == paths.versions;
    if !index.major_versions.iter().any(is_known) {
        index.major_versions.push(MajorEntry {
            major_version: id.version().major,
            catalog_path: paths.versions.clone(),
        });
        index
            .major_versions
            .sort_by_key(|entry| entry.major_version);
    }
    now.clone_into(&mut index.updated_at);
}

fn enter_library(index: &mut RootIndex, id: &CkModelId, paths: &ModelPaths, now: &str) {
    let is_known = |entry: &LibraryEntry| entry.catalog_path == paths.library;
    if !index.models.iter().any(is_known) {
        index.models.push(LibraryEntry {
            model_name: id.name().to_owned(),
            catalog_path: paths.library.clone(),
        });
        index.models.sort_by(|a, b| a.model_name.cmp(&b.model_name));
    }
    now.clone_into(&mut index.updated_at);
}

fn create_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// Writes a file as a whole or not at all.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    create_parent(path)?;
    let partial = path.with_extension("partial");
    let written = File::create(&partial)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // Whatever is left over is not worth a second message.
        let _ = fs::remove_file(&partial);
    }
    written
}
