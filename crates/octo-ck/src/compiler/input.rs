//! What people hand to the compiler: a source folder, a compiled file, or a zip archive of either.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::{Compilation, SourceFiles, compile_folder_with, compile_sources_with, finish, folder};
use crate::catalog::{self, Catalogs};
use crate::diagnostics::{Code, Diagnostics, Position};
use crate::graph::build;
use crate::graph::position::Positions;
use crate::model::CompiledModel;
use crate::package::{self, ModelFileError, ModelSource};
use crate::range::CkModelRange;
use crate::read::read_compiled;

/// Compiles what is at `path`: a source folder, a compiled model (which is checked), or a zip
/// archive of either. Dependencies are chosen in `catalogs`.
pub fn compile_path(path: &Path, catalogs: &Catalogs) -> Compilation {
    from_path(path, catalogs, |model, location| {
        check_compiled(model, location, catalogs)
    })
}

/// As [`compile_path`], but a compiled model is only read: its dependencies need not be known.
pub fn read_path(path: &Path, catalogs: &Catalogs) -> Compilation {
    from_path(path, catalogs, |model, _| {
        finish(Some(model), Diagnostics::default())
    })
}

/// The source files at `path`, a model folder or a zip archive of one; none for anything else and
/// for what cannot be read, which compiling reports.
pub fn source_files(path: &Path) -> Option<SourceFiles> {
    if path.is_dir() {
        return folder::read(path, &mut Diagnostics::default());
    }
    let name = path.display().to_string();
    match package::read(File::open(path).ok()?, &name) {
        Ok(ModelSource::Folder(files)) => Some(files),
        _ => None,
    }
}

fn from_path(
    path: &Path,
    catalogs: &Catalogs,
    compiled: impl Fn(CompiledModel, &str) -> Compilation,
) -> Compilation {
    if path.is_dir() || !path.exists() {
        return compile_folder_with(path, catalogs);
    }
    let location = path.display().to_string();
    let source = File::open(path)
        .map_err(ModelFileError::Unreadable)
        .and_then(|file| package::read(file, &location));
    match source {
        Ok(ModelSource::Folder(files)) => compile_sources_with(files, &location, catalogs),
        Ok(ModelSource::Compiled { name, text }) => match read_compiled(&text, &name) {
            Ok(model) => compiled(model, &name),
            Err(diagnostics) => finish(None, diagnostics),
        },
        Err(problem) => {
            let code = match problem {
                ModelFileError::Unreadable(_) => Code::FileUnreadable,
                _ => Code::TextUnreadable,
            };
            let mut diagnostics = Diagnostics::default();
            diagnostics.report(code, &Position::whole(&location), problem.to_string());
            finish(None, diagnostics)
        }
    }
}

/// Checks a compiled model together with its dependencies, which are taken from `catalogs` in the
/// exact versions it pins. Findings are located in `location`.
pub fn check_compiled(model: CompiledModel, location: &str, catalogs: &Catalogs) -> Compilation {
    let mut diagnostics = Diagnostics::default();
    let at = Position::whole(location);
    let pinned = model.dependencies.iter();
    let ranges: Vec<CkModelRange> = pinned.map(CkModelRange::exactly).collect();
    let closure = catalog::close(catalogs, &ranges, Some(&model.model_id));
    for problem in closure.problems {
        diagnostics.report(problem.code, &at, problem.text);
    }
    if diagnostics.has_errors() {
        return finish(None, diagnostics);
    }
    let model = Arc::new(model);
    let mut models = closure.models;
    models.push(model.clone());
    let positions = Positions::of_compiled(model.model_id.clone(), at);
    let (graph, findings) = build::build(models, &positions);
    drop(graph);
    diagnostics.append(findings);
    finish(Some(Arc::unwrap_or_clone(model)), diagnostics)
}
