//! Finding the Construction Kit model in a file that somebody hands over (spec, Assets 10.1).
//!
//! Three forms are accepted: a compiled model (JSON or YAML), a zip archive that holds one, and a
//! zip archive of a source folder. What a file is shows in its first bytes; names and content types
//! are often wrong.

pub mod archive;

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use archive::{ArchiveError, Limits};

/// The file that marks the root of a source folder.
const ROOT_FILE: &str = "ckModel.yaml";

/// Schema of that file; a compiled model has another one.
const SOURCE_SCHEMA: &str = "construction-kit-meta.schema.json";

/// Name endings of files that can be part of a model.
const TEXT_ENDINGS: [&str; 3] = [".yaml", ".yml", ".json"];

/// Folders that packing tools add.
const JUNK_FOLDERS: [&str; 2] = ["__MACOSX/", ".git/"];

/// The first bytes of zip archives: with entries, and empty.
const ZIP_MARKS: [&[u8; 4]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// A model as handed over.
#[derive(Debug, PartialEq, Eq)]
pub enum ModelSource {
    /// A compiled model.
    Compiled {
        /// Name of the file it was in.
        name: String,
        /// The document.
        text: String,
    },
    /// A source folder, by path relative to its root.
    Folder(BTreeMap<String, String>),
}

/// Why no model was found.
#[derive(Debug, thiserror::Error)]
pub enum ModelFileError {
    /// The zip archive is refused.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The zip archive holds nothing that could be a model.
    #[error("No file to extract was found in zip archive.")]
    NothingInArchive,
    /// The zip archive holds several source folders.
    #[error("The zip archive holds several models ({0}). Upload one model at a time.")]
    SeveralModels(String),
    /// One file of a source folder was uploaded.
    #[error(
        "'{0}' is the root file of a source folder, not a compiled model. Upload the whole folder \
         as a zip archive; it is compiled here."
    )]
    LoneRootFile(String),
    /// A document is larger than a model can be.
    #[error("The model is larger than the accepted {0} MiB.")]
    TooLarge(u64),
    /// The file is neither text nor a zip archive.
    #[error("'{0}' is neither a zip archive nor a text file in UTF-8.")]
    NotText(String),
    /// The file could not be read.
    #[error("The file could not be read: {0}")]
    Unreadable(#[from] std::io::Error),
}

/// Finds the model in a file called `name`.
///
/// # Errors
/// [`ModelFileError`].
pub fn read(mut file: impl Read + Seek, name: &str) -> Result<ModelSource, ModelFileError> {
    let mut mark = Vec::new();
    file.rewind()?;
    file.by_ref().take(4).read_to_end(&mut mark)?;
    file.rewind()?;
    if ZIP_MARKS.iter().any(|known| known.as_slice() == mark) {
        return in_archive(archive::read_texts(file, Limits::MODEL, can_be_model)?);
    }
    let mut content = Vec::new();
    file.take(Limits::MODEL.file + 1)
        .read_to_end(&mut content)?;
    if content.len() as u64 > Limits::MODEL.file {
        return Err(ModelFileError::TooLarge(Limits::MODEL.file / (1024 * 1024)));
    }
    let text = String::from_utf8(content).map_err(|_| ModelFileError::NotText(name.to_owned()))?;
    compiled(name.to_owned(), text)
}

fn can_be_model(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_junk = JUNK_FOLDERS
        .iter()
        .any(|folder| name.starts_with(folder) || name.contains(&format!("/{folder}")));
    !is_junk && TEXT_ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

fn in_archive(texts: BTreeMap<String, String>) -> Result<ModelSource, ModelFileError> {
    if let Some(root) = source_root(texts.keys())? {
        let files = texts.into_iter().filter_map(|(name, text)| {
            let inner = name.strip_prefix(&root)?;
            Some((inner.to_owned(), text))
        });
        return Ok(ModelSource::Folder(files.collect()));
    }
    let (name, text) = texts
        .into_iter()
        .next()
        .ok_or(ModelFileError::NothingInArchive)?;
    compiled(name, text)
}

/// The folder of the root file nearest to the top, with a slash at its end (empty for the top).
fn source_root<'a>(
    names: impl Iterator<Item = &'a String>,
) -> Result<Option<String>, ModelFileError> {
    let mut roots: Vec<&str> = names.filter_map(|name| root_of(name)).collect();
    let depth = |root: &str| root.matches('/').count();
    let Some(top) = roots.iter().map(|root| depth(root)).min() else {
        return Ok(None);
    };
    roots.retain(|root| depth(root) == top);
    match roots.as_slice() {
        [root] => Ok(Some((*root).to_owned())),
        several => {
            let shown: Vec<&str> = several.iter().take(5).copied().collect();
            Err(ModelFileError::SeveralModels(shown.join(", ")))
        }
    }
}

fn root_of(name: &str) -> Option<&str> {
    let start = name.len().checked_sub(ROOT_FILE.len())?;
    let (folder, file) = name.split_at_checked(start)?;
    let is_root = file.eq_ignore_ascii_case(ROOT_FILE);
    (is_root && (folder.is_empty() || folder.ends_with('/'))).then_some(folder)
}

fn compiled(name: String, text: String) -> Result<ModelSource, ModelFileError> {
    // The schema stands in the first lines of a document.
    if text
        .lines()
        .take(50)
        .any(|line| line.contains(SOURCE_SCHEMA))
    {
        return Err(ModelFileError::LoneRootFile(name));
    }
    Ok(ModelSource::Compiled { name, text })
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;

    fn zip(files: &[(&str, &str)]) -> Cursor<Vec<u8>> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer
                .start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap()
    }

    fn folder(source: ModelSource) -> Vec<String> {
        match source {
            ModelSource::Folder(files) => files.into_keys().collect(),
            other => panic!("a folder was expected, not {other:?}"),
        }
    }

    fn refusal(file: Cursor<Vec<u8>>) -> String {
        read(file, "upload").unwrap_err().to_string()
    }

    #[test]
    fn source_folders_at_the_top_and_further_down() {
        for prefix in ["", "Basic/", "Basic/ConstructionKit/"] {
            let root = format!("{prefix}ckModel.yaml");
            let inner = format!("{prefix}types/a.yaml");
            let junk = format!("__MACOSX/{prefix}ckModel.yaml");
            let files = [
                (root.as_str(), "a"),
                (&inner, "b"),
                (&junk, "c"),
                ("README.md", "d"),
            ];
            let found = folder(read(zip(&files), "upload.zip").unwrap());
            assert_eq!(found, ["ckModel.yaml", "types/a.yaml"], "{prefix}");
        }
    }

    #[test]
    fn the_root_file_nearest_to_the_top_counts() {
        let archive = zip(&[
            ("m/ckModel.yaml", "a"),
            ("m/migrations/x/ckModel.yaml", "b"),
        ]);
        assert_eq!(folder(read(archive, "z").unwrap()).len(), 2);
        let text = refusal(zip(&[("a/ckModel.yaml", "a"), ("b/ckModel.yaml", "b")]));
        assert_eq!(
            text,
            "The zip archive holds several models (a/, b/). Upload one model at a time."
        );
    }

    #[test]
    fn compiled_models_alone_and_in_archives() {
        let plain = read(Cursor::new(b"modelId: A-1.0.0".to_vec()), "a.yaml").unwrap();
        let packed = read(zip(&[("a.yaml", "modelId: A-1.0.0")]), "a.zip").unwrap();
        assert_eq!(plain, packed);
        let json = read(zip(&[("x.txt", "no"), ("out/a.json", "{}")]), "a.zip").unwrap();
        assert_eq!(
            json,
            ModelSource::Compiled {
                name: "out/a.json".to_owned(),
                text: "{}".to_owned()
            }
        );
    }

    #[test]
    fn what_is_no_model() {
        assert_eq!(
            refusal(zip(&[])),
            "No file to extract was found in zip archive."
        );
        assert_eq!(
            refusal(zip(&[("a.txt", "")])),
            "No file to extract was found in zip archive."
        );
        assert!(refusal(Cursor::new(vec![0xff, 0xd8, 0xff])).contains("neither a zip archive"));
        let root = format!("$schema: https://x/{SOURCE_SCHEMA}\nmodelId: A-1.0.0\n");
        assert!(refusal(Cursor::new(root.into_bytes())).contains("Upload the whole folder"));
        assert!(refusal(zip(&[("../ckModel.yaml", "a")])).contains("Names must be relative"));
    }
}
