//! What people hand to the compiler: a source folder, a compiled file, or a zip archive of either.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::{Compilation, compile_folder_with, compile_sources_with, finish};
use crate::catalog::{self, Catalogs};
use crate::diagnostics::{Code, Diagnostics, Position};
use crate::graph::build;
use crate::graph::position::Positions;
use crate::model::CompiledModel;
use crate::package::{self, ModelSource};
use crate::range::CkModelRange;
use crate::read::read_compiled;

/// Compiles what is at `path`: a source folder, a compiled model (which is checked), or a zip
/// archive of either. Dependencies are chosen in `catalogs`.
pub fn compile_path(path: &Path, catalogs: &Catalogs) -> Compilation {
    if path.is_dir() || !path.exists() {
        return compile_folder_with(path, catalogs);
    }
    let location = path.display().to_string();
    let refuse = |code, text: String| {
        let mut diagnostics = Diagnostics::default();
        diagnostics.report(code, &Position::whole(&location), text);
        finish(None, diagnostics)
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(problem) => {
            let text =
                format!("This cannot be read ({problem}): check that it exists and may be read.");
            return refuse(Code::FileUnreadable, text);
        }
    };
    match package::read(file, &location) {
        Ok(ModelSource::Folder(files)) => compile_sources_with(files, &location, catalogs),
        Ok(ModelSource::Compiled { name, text }) => match read_compiled(&text, &name) {
            Ok(model) => check_compiled(model, &name, catalogs),
            Err(diagnostics) => finish(None, diagnostics),
        },
        Err(problem) => refuse(Code::TextUnreadable, problem.to_string()),
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
    let positions = Positions::of_model(model.model_id.clone(), at);
    let (graph, findings) = build::build(models, &positions);
    drop(graph);
    diagnostics.append(findings);
    finish(Some(Arc::unwrap_or_clone(model)), diagnostics)
}
