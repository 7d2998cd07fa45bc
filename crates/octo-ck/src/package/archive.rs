//! Reading text files out of zip archives that come from outside.
//!
//! Nothing is written to disk, so a bad name cannot do harm here; it is refused all the same, as
//! are links, encrypted and overlapping entries, because an archive that has them is not a model.
//! What an archive says about itself is not believed: sizes are counted while reading.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use zip::ZipArchive;
use zip::result::ZipError;

/// What an archive may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Entries, folders included.
    pub entries: usize,
    /// Bytes of all files together, unpacked.
    pub total: u64,
    /// Bytes of one file, unpacked.
    pub file: u64,
    /// Bytes unpacked per byte of the archive, once [`Limits::ratio_from`] is reached.
    pub ratio: u64,
    /// Unpacked bytes up to which the ratio does not matter: small texts pack very well.
    pub ratio_from: u64,
    /// Bytes of the archive that may be read to find its table of contents.
    pub directory: u64,
}

impl Limits {
    /// Limits of a Construction Kit model: the largest public ones have some hundred small files.
    pub const MODEL: Self = Self {
        entries: 10_000,
        total: 64 * 1024 * 1024,
        file: 32 * 1024 * 1024,
        ratio: 100,
        ratio_from: 4 * 1024 * 1024,
        directory: 8 * 1024 * 1024,
    };
}

/// Why an archive is refused.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Not a zip archive, or a damaged one.
    #[error("The file is not a readable zip archive: {0}")]
    Unreadable(String),
    /// An entry would lie outside of the archive's folder.
    #[error(
        "The zip archive holds an entry with the name '{0}'. Names must be relative and without \
         '..', drive letters and control characters."
    )]
    Name(String),
    /// An entry is a link.
    #[error("The zip archive holds a link, '{0}'. Put the file itself into the archive.")]
    Link(String),
    /// An entry is encrypted.
    #[error("The zip archive is encrypted ('{0}'). Upload it without a password.")]
    Encrypted(String),
    /// Two entries have the same name, or share their bytes.
    #[error("The zip archive is inconsistent: {0}")]
    Inconsistent(String),
    /// The archive is larger than a model can be.
    #[error("The zip archive is refused: {0}")]
    TooMuch(String),
    /// A file is not text.
    #[error("'{0}' is not a text file in UTF-8.")]
    NotText(String),
}

/// The text files of an archive that `wanted` asks for, by name with `/` between folders.
///
/// All entries are checked, also those that are not wanted.
///
/// # Errors
/// [`ArchiveError`].
pub fn read_texts<R: Read + Seek>(
    source: R,
    limits: Limits,
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, String>, ArchiveError> {
    let mut archive = Opened::new(source, limits)?;
    let names = archive.checked_names()?;
    let mut texts = BTreeMap::new();
    for (index, name) in names {
        if wanted(&name) {
            let text = archive.text(index, &name)?;
            texts.insert(name, text);
        }
    }
    Ok(texts)
}

/// An archive whose reading is accounted for.
struct Opened<R> {
    archive: ZipArchive<Metered<R>>,
    limits: Limits,
    packed: u64,
    unpacked: u64,
}

impl<R: Read + Seek> Opened<R> {
    fn new(mut source: R, limits: Limits) -> Result<Self, ArchiveError> {
        let packed = source.seek(SeekFrom::End(0)).map_err(unreadable)?;
        source.rewind().map_err(unreadable)?;
        // The table of contents is kept in memory, so its size must be bounded before it is read.
        let budget = Rc::new(Cell::new(limits.directory));
        let metered = Metered {
            source,
            budget: Rc::clone(&budget),
        };
        let archive = ZipArchive::new(metered).map_err(damaged)?;
        budget.set(u64::MAX);
        Ok(Self {
            archive,
            limits,
            packed,
            unpacked: 0,
        })
    }

    /// Names of all files, with their positions, after every entry has been checked.
    fn checked_names(&mut self) -> Result<Vec<(usize, String)>, ArchiveError> {
        if self.archive.len() > self.limits.entries {
            return Err(ArchiveError::TooMuch(format!(
                "it holds {} entries, {} are accepted.",
                self.archive.len(),
                self.limits.entries
            )));
        }
        if self.archive.has_duplicate_names() {
            return Err(ArchiveError::Inconsistent(
                "two entries have the same name.".to_owned(),
            ));
        }
        if self.archive.has_overlapping_files().map_err(damaged)? {
            return Err(ArchiveError::Inconsistent(
                "entries share their content.".to_owned(),
            ));
        }
        let mut seen = BTreeSet::new();
        let mut files = Vec::new();
        let mut declared = 0_u64;
        for index in 0..self.archive.len() {
            let entry = self.archive.by_index_data(index).map_err(damaged)?;
            let raw = entry.name().map_err(damaged)?;
            let name = safe_name(&raw).ok_or_else(|| ArchiveError::Name(shown(&raw)))?;
            if entry.is_symlink() {
                return Err(ArchiveError::Link(shown(&raw)));
            }
            if entry.encrypted() {
                return Err(ArchiveError::Encrypted(shown(&raw)));
            }
            declared = declared.saturating_add(entry.size());
            if entry.is_dir() || name.is_empty() {
                continue;
            }
            if !seen.insert(name.clone()) {
                return Err(ArchiveError::Inconsistent(format!(
                    "'{name}' is in it twice."
                )));
            }
            files.push((index, name));
        }
        self.require_total(declared)?;
        Ok(files)
    }

    fn text(&mut self, index: usize, name: &str) -> Result<String, ArchiveError> {
        let limit = self.limits.file;
        let mut content = Vec::new();
        let entry = self.archive.by_index(index).map_err(damaged)?;
        entry
            .take(limit + 1)
            .read_to_end(&mut content)
            .map_err(unreadable)?;
        let size = content.len() as u64;
        if size > limit {
            return Err(ArchiveError::TooMuch(format!(
                "'{name}' unpacks to more than {}.",
                megabytes(limit)
            )));
        }
        self.unpacked += size;
        self.require_total(self.unpacked)?;
        self.require_ratio()?;
        String::from_utf8(content).map_err(|_| ArchiveError::NotText(name.to_owned()))
    }

    fn require_total(&self, unpacked: u64) -> Result<(), ArchiveError> {
        if unpacked <= self.limits.total {
            return Ok(());
        }
        Err(ArchiveError::TooMuch(format!(
            "it unpacks to more than {}.",
            megabytes(self.limits.total)
        )))
    }

    fn require_ratio(&self) -> Result<(), ArchiveError> {
        let suspicious = self.unpacked > self.limits.ratio_from
            && self.unpacked > self.packed.saturating_mul(self.limits.ratio);
        if !suspicious {
            return Ok(());
        }
        Err(ArchiveError::TooMuch(format!(
            "it unpacks to more than {} times its size.",
            self.limits.ratio
        )))
    }
}

/// A source that may be read up to a budget.
struct Metered<R> {
    source: R,
    budget: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        match self.budget.get().checked_sub(read as u64) {
            Some(left) => {
                self.budget.set(left);
                Ok(read)
            }
            None => Err(io::Error::other("its table of contents is too large")),
        }
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}

/// A name with `/` between folders, `None` when it does not stay inside the archive. Archives made
/// on Windows may have `\\` between folders.
fn safe_name(raw: &str) -> Option<String> {
    let name = raw.replace('\\', "/");
    let has_drive = name.as_bytes().get(1) == Some(&b':');
    if name.starts_with('/') || has_drive || name.chars().any(char::is_control) {
        return None;
    }
    let parts: Vec<&str> = name
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    if parts.contains(&"..") {
        None
    } else {
        Some(parts.join("/"))
    }
}

fn shown(name: &str) -> String {
    name.escape_debug().take(200).collect()
}

fn megabytes(bytes: u64) -> String {
    format!("{} MiB", bytes / (1024 * 1024))
}

fn unreadable(error: io::Error) -> ArchiveError {
    ArchiveError::Unreadable(error.to_string())
}

fn damaged(error: ZipError) -> ArchiveError {
    ArchiveError::Unreadable(error.to_string())
}

#[cfg(test)]
mod tests;
