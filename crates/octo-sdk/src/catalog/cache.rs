//! What is known of a catalog, in memory and in the file that the original's tools share (spec,
//! Construction Kit 8.2 and 8.3).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use octo_ck::CkVersion;
use octo_ck::catalog::{CatalogError, Index, Published};
use serde::{Deserialize, Serialize};

/// Age up to which nothing is fetched again.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// Size of a cache file in bytes.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// How often reading and writing the file are tried: another program may hold it.
const READ_ATTEMPTS: u32 = 3;
const WRITE_ATTEMPTS: u32 = 5;

/// The state of a catalog at one time.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) index: Arc<Index>,
    /// When the source was asked.
    pub(super) asked: Timestamp,
    /// Why it did not answer.
    pub(super) outage: Option<CatalogError>,
}

impl Known {
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.asked);
        // A time in the future comes from another clock and says nothing.
        (SignedDuration::ZERO..FRESH).contains(&age)
    }
}

/// The cache file of one catalog.
#[derive(Debug)]
pub(super) struct CacheFile {
    path: PathBuf,
    pause: Duration,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default)]
    version: String,
    updated_at: Timestamp,
    #[serde(default)]
    source_unreachable: bool,
    #[serde(default)]
    models: BTreeMap<String, Model>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Model {
    #[serde(default)]
    model_id: String,
    #[serde(default)]
    versions: BTreeMap<String, Version>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    #[serde(default)]
    version: String,
    #[serde(default)]
    description: Option<String>,
    file_path: String,
}

impl CacheFile {
    pub(super) fn new(path: PathBuf, pause: Duration) -> Self {
        Self { path, pause }
    }

    /// What the file holds; none when it is not there or of no use, which is as good: the source is
    /// asked then.
    pub(super) fn read(&self, catalog: &str) -> Option<Known> {
        let text = self.attempt(READ_ATTEMPTS, || self.text());
        let text = match text {
            Ok(text) => text,
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => return None,
            Err(problem) => {
                tracing::warn!(path = %self.path.display(), %problem, "cache file cannot be read");
                return None;
            }
        };
        match serde_json::from_str::<Document>(text.trim_start_matches('\u{feff}')) {
            Ok(document) => Some(known(document, catalog)),
            Err(problem) => {
                tracing::warn!(path = %self.path.display(), %problem, "cache file is of no use");
                None
            }
        }
    }

    fn text(&self) -> io::Result<String> {
        let mut text = String::new();
        let file = File::open(&self.path)?;
        file.take(MAX_FILE).read_to_string(&mut text)?;
        Ok(text)
    }

    /// Writes the file as a whole. A failure costs the next start a request and nothing else.
    pub(super) fn write(&self, known: &Known) {
        let written = serde_json::to_string_pretty(&document(known))
            .map_err(io::Error::from)
            .and_then(|text| self.attempt(WRITE_ATTEMPTS, || self.replace(&text)));
        if let Err(problem) = written {
            tracing::warn!(path = %self.path.display(), %problem, "cache file cannot be written");
        }
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        // Several processes may share the file.
        let partial = format!("{}.partial", std::process::id());
        let partial = self.path.with_extension(partial);
        let written = File::create(&partial)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&partial, &self.path));
        if written.is_err() {
            // Whatever is left over is not worth a second message.
            let _ = fs::remove_file(&partial);
        }
        written
    }

    fn attempt<T>(&self, attempts: u32, work: impl Fn() -> io::Result<T>) -> io::Result<T> {
        for _ in 1..attempts {
            match work() {
                Err(problem) if problem.kind() != io::ErrorKind::NotFound => {
                    thread::sleep(self.pause);
                }
                result => return result,
            }
        }
        work()
    }
}

fn known(document: Document, catalog: &str) -> Known {
    let mut index = Index::default();
    for (name, model) in &document.models {
        for (version, entry) in &model.versions {
            let Ok(version) = version.parse::<CkVersion>() else {
                continue;
            };
            let published = Published {
                path: entry.file_path.clone(),
                description: entry.description.clone(),
            };
            // What does not belong into a catalog is left out; the next refresh rewrites the file.
            let _ = index.add(name, version, published);
        }
    }
    let asked = document.updated_at;
    let outage = document
        .source_unreachable
        .then(|| CatalogError::Unreachable {
            catalog: catalog.to_owned(),
            reason: format!("its source did not answer at {asked}"),
        });
    Known {
        index: Arc::new(index),
        asked,
        outage,
    }
}

fn document(known: &Known) -> Document {
    let mut models: BTreeMap<String, Model> = BTreeMap::new();
    for (id, published) in known.index.models() {
        let model = models.entry(id.name().to_owned()).or_insert_with(|| Model {
            model_id: id.name().to_owned(),
            versions: BTreeMap::new(),
        });
        let version = id.version().to_string();
        let entry = Version {
            version: version.clone(),
            description: published.description.clone(),
            file_path: published.path.clone(),
        };
        model.versions.insert(version, entry);
    }
    Document {
        version: "1.0".to_owned(),
        updated_at: known.asked,
        source_unreachable: known.outage.is_some(),
        models,
    }
}
