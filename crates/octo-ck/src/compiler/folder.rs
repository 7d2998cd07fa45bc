//! Reading the files of a model folder, within bounds.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use super::{FOLDERS, SourceFiles, header};
use crate::diagnostics::{Code, Diagnostics, Position};

/// Size of all files of a model in bytes.
const MAX_TOTAL: u64 = 64 * 1024 * 1024;

/// Number of files of a model.
const MAX_FILES: usize = 20_000;

/// The files the compiler may use; `None` (after reporting) when the folder cannot be read.
pub(super) fn read(folder: &Path, diagnostics: &mut Diagnostics) -> Option<SourceFiles> {
    let at = Position::whole(&folder.display().to_string());
    if !folder.is_dir() {
        let text = "The model folder does not exist: name a folder with a ckModel.yaml.";
        diagnostics.report(Code::FolderMissing, &at, text);
        return None;
    }
    let mut reader = Reader {
        diagnostics,
        files: SourceFiles::new(),
        left: MAX_TOTAL,
    };
    if folder.join(header::FILE).exists() {
        reader.file(&folder.join(header::FILE), header::FILE.to_owned());
    }
    let element_folders = FOLDERS.iter().map(|(name, _)| *name);
    for name in element_folders.chain(["migrations"]) {
        reader.folder(&folder.join(name), name);
    }
    Some(reader.files)
}

struct Reader<'a> {
    diagnostics: &'a mut Diagnostics,
    files: SourceFiles,
    left: u64,
}

impl Reader<'_> {
    fn folder(&mut self, folder: &Path, name: &str) {
        if !folder.is_dir() {
            return;
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(problem) => return self.unreadable(folder, &problem),
        };
        for entry in entries {
            match entry {
                Ok(entry) => self.entry(&entry.path(), name),
                Err(problem) => self.unreadable(folder, &problem),
            }
        }
    }

    fn entry(&mut self, path: &Path, folder: &str) {
        let name = path.file_name().and_then(|name| name.to_str());
        match name {
            Some(name) if path.is_file() && name.ends_with(".yaml") => {
                self.file(path, format!("{folder}/{name}"));
            }
            Some(name) if path.is_dir() || name.ends_with(".yml") => {
                let text = "This is not read: element files end in .yaml and lie directly in their folder.";
                self.report(Code::SuspiciousFile, path, text);
            }
            _ => {}
        }
    }

    fn file(&mut self, path: &Path, name: String) {
        if self.files.len() >= MAX_FILES {
            let text = format!(
                "The model has more than {MAX_FILES} files: put several elements into one file."
            );
            return self.report(Code::LimitExceeded, path, &text);
        }
        let mut bytes = Vec::new();
        let read =
            fs::File::open(path).and_then(|file| file.take(self.left + 1).read_to_end(&mut bytes));
        if let Err(problem) = read {
            return self.unreadable(path, &problem);
        }
        let size = bytes.len() as u64;
        if size > self.left {
            let text = format!(
                "The files of the model have more than {MAX_TOTAL} bytes: split the model."
            );
            return self.report(Code::LimitExceeded, path, &text);
        }
        self.left -= size;
        match String::from_utf8(bytes) {
            Ok(text) => {
                self.files.insert(name, text);
            }
            Err(problem) => {
                let valid = &problem.as_bytes()[..problem.utf8_error().valid_up_to()];
                let line = valid.iter().filter(|b| **b == b'\n').count() + 1;
                let location = path.display().to_string().into();
                let at = Position::line(&location, u32::try_from(line).unwrap_or(u32::MAX));
                let text = "The file is not valid UTF-8: save it as UTF-8.";
                self.diagnostics.report(Code::TextUnreadable, &at, text);
            }
        }
    }

    fn unreadable(&mut self, path: &Path, problem: &std::io::Error) {
        let text =
            format!("This cannot be read ({problem}): check that it exists and may be read.");
        self.report(Code::FileUnreadable, path, &text);
    }

    fn report(&mut self, code: Code, path: &Path, text: &str) {
        let at = Position::whole(&path.display().to_string());
        self.diagnostics.report(code, &at, text);
    }
}
