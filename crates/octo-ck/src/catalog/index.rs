//! The index documents of the published layout (spec, Construction Kit 8.2 and 8.3).
//!
//! A root index names libraries, a library index its major versions, a version index the files.
//! [`IndexReader`] says which document it wants next and takes the text, so that folders and
//! networks read the same way.

pub(super) mod documents;

use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;

use crate::id::CkModelId;
use crate::version::CkVersion;
use documents::{LibraryIndex, PREFIX, ROOT, RootIndex, VersionIndex};

/// Documents a catalog may have.
const MAX_DOCUMENTS: usize = 20_000;

/// Model versions a catalog may have.
const MAX_MODELS: usize = 200_000;

/// All models of a catalog and where they are.
#[derive(Debug, Clone, Default)]
pub struct Index {
    models: BTreeMap<String, BTreeMap<CkVersion, Published>>,
    count: usize,
}

/// Where a model version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// File of the compiled model, relative to the root of the catalog.
    pub path: String,
    /// What the model is for.
    pub description: Option<String>,
}

/// Why the index documents cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexProblem {
    /// A document cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The document.
        path: String,
        /// Why not.
        reason: String,
    },
    /// A document is not of the form.
    #[error("{path} is not an index document: {reason}")]
    Form {
        /// The document.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A document names a path outside of the catalog.
    #[error("{path} names '{named}', which is not a path inside the catalog")]
    Path {
        /// The document.
        path: String,
        /// What it names.
        named: String,
    },
    /// There are more documents or models than any real catalog has.
    #[error("the catalog is larger than {0}")]
    TooLarge(&'static str),
}

/// A document an [`IndexReader`] asked for.
#[derive(Debug)]
pub enum Document {
    /// Its text.
    Text(String),
    /// It does not exist.
    Missing,
    /// It cannot be read, for this reason.
    Failed(String),
}

/// Puts an [`Index`] together from documents that the caller reads.
#[derive(Debug)]
pub struct IndexReader {
    wanted: VecDeque<Wanted>,
    documents: usize,
    index: Index,
}

#[derive(Debug)]
struct Wanted {
    path: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Root,
    Library,
    Versions,
}

impl Default for IndexReader {
    fn default() -> Self {
        let root = Wanted {
            path: ROOT.to_owned(),
            kind: Kind::Root,
        };
        Self {
            wanted: VecDeque::from([root]),
            documents: 1,
            index: Index::default(),
        }
    }
}

impl IndexReader {
    /// Path of the document to read next, relative to the root of the catalog; none when the index
    /// is complete.
    pub fn wanted(&self) -> Option<&str> {
        self.wanted.front().map(|wanted| wanted.path.as_str())
    }

    /// Paths of all documents that are known to be wanted by now, the next one first. Whoever
    /// fetches several at once takes them in this order.
    pub fn all_wanted(&self) -> impl Iterator<Item = &str> {
        self.wanted.iter().map(|wanted| wanted.path.as_str())
    }

    /// Takes the document that was [`wanted`](Self::wanted).
    ///
    /// Without a root index the catalog is empty; a library whose index is missing or unusable is
    /// left out.
    ///
    /// # Errors
    /// The catalog cannot be used.
    pub fn take(&mut self, document: Document) -> Result<(), IndexProblem> {
        let Some(Wanted { path, kind }) = self.wanted.pop_front() else {
            return Ok(());
        };
        let text = match document {
            Document::Text(text) => text,
            Document::Missing => return Ok(()),
            Document::Failed(_) if matches!(kind, Kind::Library) => return Ok(()),
            Document::Failed(reason) => return Err(IndexProblem::Unreadable { path, reason }),
        };
        match kind {
            Kind::Root => {
                let root: RootIndex = parse(&path, &text)?;
                let paths = root.models.into_iter().map(|entry| entry.catalog_path);
                self.want(&path, paths, Kind::Library)
            }
            Kind::Library => match parse::<LibraryIndex>(&path, &text) {
                Ok(library) => {
                    let majors = library.major_versions.into_iter();
                    self.want(
                        &path,
                        majors.map(|entry| entry.catalog_path),
                        Kind::Versions,
                    )
                }
                Err(_) => Ok(()),
            },
            Kind::Versions => self.add(&path, parse(&path, &text)?),
        }
    }

    /// The index, from all documents taken.
    pub fn finish(self) -> Index {
        self.index
    }

    fn want(
        &mut self,
        named_by: &str,
        paths: impl ExactSizeIterator<Item = String>,
        kind: Kind,
    ) -> Result<(), IndexProblem> {
        self.documents += paths.len();
        if self.documents > MAX_DOCUMENTS {
            return Err(IndexProblem::TooLarge("20,000 index documents"));
        }
        for path in paths {
            let path = inside(named_by, path)?;
            self.wanted.push_back(Wanted { path, kind });
        }
        Ok(())
    }

    fn add(&mut self, path: &str, index: VersionIndex) -> Result<(), IndexProblem> {
        let name = index.model_id;
        for entry in index.versions {
            let version = entry
                .version
                .parse()
                .map_err(|problem| form(path, &problem))?;
            let published = Published {
                path: inside(path, entry.file_path)?,
                description: index.description.clone(),
            };
            self.index.add(&name, version, published)?;
        }
        Ok(())
    }
}

impl Index {
    /// Adds a model version; one that is there already stays.
    ///
    /// # Errors
    /// The path leads out of the catalog, or there are too many models.
    pub fn add(
        &mut self,
        name: &str,
        version: CkVersion,
        published: Published,
    ) -> Result<(), IndexProblem> {
        if !is_catalog_path(&published.path) {
            return Err(IndexProblem::Path {
                path: name.to_owned(),
                named: published.path,
            });
        }
        if self.count >= MAX_MODELS {
            return Err(IndexProblem::TooLarge("200,000 models"));
        }
        let versions = match self.models.get_mut(name) {
            Some(versions) => versions,
            None => self.models.entry(name.to_owned()).or_default(),
        };
        versions.entry(version).or_insert_with(|| {
            self.count += 1;
            published
        });
        Ok(())
    }

    /// How many model versions there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is no model.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All model versions, ordered by name and version.
    pub fn models(&self) -> impl Iterator<Item = (CkModelId, &Published)> {
        self.models.iter().flat_map(|(name, versions)| {
            let id = move |version: &CkVersion| CkModelId::new(name.as_str(), *version);
            versions
                .iter()
                .map(move |(version, file)| (id(version), file))
        })
    }

    /// The versions of a model, ascending.
    pub fn versions(&self, name: &str) -> impl Iterator<Item = CkVersion> {
        let versions = self.models.get(name).into_iter();
        versions.flat_map(|versions| versions.keys().copied())
    }

    /// Where a model version is.
    pub fn get(&self, id: &CkModelId) -> Option<&Published> {
        self.models.get(id.name())?.get(&id.version())
    }
}

pub(super) fn parse<T: for<'de> Deserialize<'de>>(
    path: &str,
    text: &str,
) -> Result<T, IndexProblem> {
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(text).map_err(|problem| form(path, &problem))
}

fn form(path: &str, problem: &dyn std::fmt::Display) -> IndexProblem {
    IndexProblem::Form {
        path: path.to_owned(),
        reason: problem.to_string(),
    }
}

fn inside(named_by: &str, named: String) -> Result<String, IndexProblem> {
    if is_catalog_path(&named) {
        return Ok(named);
    }
    Err(IndexProblem::Path {
        path: named_by.to_owned(),
        named,
    })
}

/// Whether a path that a document names stays inside the catalog: relative, below `ck-models/v2/`
/// and made of plain names.
pub fn is_catalog_path(path: &str) -> bool {
    let is_name = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    path.starts_with(PREFIX) && path.split('/').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(documents: &[(&str, Document)]) -> Result<Index, IndexProblem> {
        let mut reader = IndexReader::default();
        while let Some(path) = reader.wanted() {
            let found = documents.iter().find(|(name, _)| *name == path);
            let document = match found {
                Some((_, Document::Text(text))) => Document::Text(text.clone()),
                Some((_, Document::Failed(reason))) => Document::Failed(reason.clone()),
                _ => Document::Missing,
            };
            reader.take(document)?;
        }
        Ok(reader.finish())
    }

    fn text(json: &str) -> Document {
        Document::Text(json.to_owned())
    }

    const LIBRARIES: &str = r#"{"models":[{"modelName":"A","catalogPath":"ck-models/v2/a/A/catalog.json"},{"modelName":"B","catalogPath":"ck-models/v2/b/B/catalog.json"}]}"#;
    const MAJORS: &str =
        r#"{"majorVersions":[{"majorVersion":2,"catalogPath":"ck-models/v2/a/A/2/catalog.json"}]}"#;
    const VERSIONS: &str = r#"{"modelId":"A","majorVersion":2,"description":"d","versions":[{"version":"2.10.0","filePath":"ck-models/v2/a/A/2/x.json"},{"version":"2.9.0","filePath":"ck-models/v2/a/A/2/y.json"}]}"#;

    #[test]
    fn libraries_without_an_index_are_left_out() {
        let failed = Document::Failed("denied".to_owned());
        let index = read(&[
            (ROOT, text(LIBRARIES)),
            ("ck-models/v2/a/A/catalog.json", text(MAJORS)),
            ("ck-models/v2/b/B/catalog.json", failed),
            ("ck-models/v2/a/A/2/catalog.json", text(VERSIONS)),
        ])
        .unwrap();
        let ids: Vec<String> = index.models().map(|(id, _)| id.to_string()).collect();
        assert_eq!(ids, ["A-2.9.0", "A-2.10.0"]);
        let file = index.get(&"A-2.9.0".parse().unwrap()).unwrap();
        assert_eq!(file.path, "ck-models/v2/a/A/2/y.json");
        assert_eq!(file.description.as_deref(), Some("d"));
    }

    #[test]
    fn a_missing_root_is_an_empty_catalog_an_unreadable_one_is_not() {
        assert_eq!(read(&[]).unwrap().models().count(), 0);
        let failed = Document::Failed("denied".to_owned());
        let problem = read(&[(ROOT, failed)]).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "ck-models/v2/catalog.json cannot be read: denied"
        );
        assert!(matches!(
            read(&[(ROOT, text("[]"))]).unwrap_err(),
            IndexProblem::Form { .. }
        ));
    }

    #[test]
    fn paths_outside_of_the_catalog_are_refused() {
        for bad in [
            "/etc/passwd",
            "ck-models/v2/../../x",
            "ck-models/v2/a//b",
            "ck-models/v1/a",
            "ck-models/v2/a\\b",
            "https://x/ck-models/v2/a",
            "ck-models/v2/.git",
            "ck-models/v2/a?b",
        ] {
            assert!(!is_catalog_path(bad), "{bad}");
        }
        let json = r#"{"models":[{"modelName":"A","catalogPath":"../secret.json"}]}"#;
        let problem = read(&[(ROOT, text(json))]).unwrap_err();
        assert!(matches!(problem, IndexProblem::Path { .. }), "{problem}");
    }
}
