//! The source compiler: from a model folder to a compiled model (spec, Construction Kit 2 and 7).
//!
//! A run reports everything it finds: the header, dependencies, the form of every file,
//! placeholders, and then names, references and inheritance together with the dependencies. A
//! model comes out only when there was no error.
//!
//! ```
//! use octo_ck::{builtin, compiler};
//!
//! let files = [
//!     ("ckModel.yaml", "modelId: Demo-1.0.0\ndependencies: [ 'System-[2.0,3.0)' ]"),
//!     ("types/device.yaml", "types: [ { typeId: Device, derivedFromCkTypeId: '${System}/Entity' } ]"),
//! ];
//! let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
//! let result = compiler::compile_sources(files.into(), &[builtin::system()]);
//! let model = result.model.expect("no errors");
//! assert_eq!(model.types[0].derived_from_ck_type_id.as_ref().unwrap().to_string(), "System-2.2.2/Entity-1");
//! ```

mod folder;
mod header;
mod input;
mod migrations;
mod placeholders;
mod resolve;
mod scaffold;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::catalog::Catalogs;
use crate::decode::Decoder;
use crate::decode::elements::Elements;
use crate::diagnostics::{Code, Diagnostics, Position};
use crate::document::{self, LIMITS, Node, Parsed};
use crate::graph::position::Positions;
use crate::graph::{TypeGraph, build};
use crate::id::{CkId, CkModelId, ElementId};
use crate::model::CompiledModel;
use crate::version::CkVersion;
use placeholders::Placeholders;

pub use input::{check_compiled, compile_path, read_path, source_files};
pub use scaffold::scaffold;

/// Outcome of a run.
#[derive(Debug)]
pub struct Compilation {
    /// The model; `None` when there was an error.
    pub model: Option<CompiledModel>,
    /// Everything found, warnings of a successful run included.
    pub diagnostics: Diagnostics,
}

/// Sources of a model: texts by path relative to the model folder, with `/` between folders.
pub type SourceFiles = BTreeMap<String, String>;

/// Folders of a model and the list read from their files.
const FOLDERS: [(&str, &str); 5] = [
    ("types", "types"),
    ("attributes", "attributes"),
    ("records", "records"),
    ("enums", "enums"),
    ("associations", "associationRoles"),
];

/// Compiles the model in `folder`, choosing dependencies among `available` models.
///
/// Findings are located by file path, beginning with `folder` as given.
pub fn compile_folder(folder: &Path, available: &[Arc<CompiledModel>]) -> Compilation {
    compile_folder_with(folder, &Catalogs::from(available))
}

/// Compiles the model in `folder`, choosing dependencies in `catalogs`.
pub fn compile_folder_with(folder: &Path, catalogs: &Catalogs) -> Compilation {
    let mut diagnostics = Diagnostics::default();
    let files = folder::read(folder, &mut diagnostics);
    let root = folder.display().to_string();
    let model = files.and_then(|files| {
        let mut run = Run {
            root: &root,
            files: &files,
            diagnostics: &mut diagnostics,
        };
        run.compile(catalogs)
    });
    finish(model, diagnostics)
}

/// Compiles a model from texts in memory, choosing dependencies among `available` models.
pub fn compile_sources(files: SourceFiles, available: &[Arc<CompiledModel>]) -> Compilation {
    compile_sources_with(files, "", &Catalogs::from(available))
}

/// Compiles a model from texts in memory, choosing dependencies in `catalogs`. Findings are located
/// by file path below `root`.
pub fn compile_sources_with(files: SourceFiles, root: &str, catalogs: &Catalogs) -> Compilation {
    let mut diagnostics = Diagnostics::default();
    let mut run = Run {
        root,
        files: &files,
        diagnostics: &mut diagnostics,
    };
    let model = run.compile(catalogs);
    finish(model, diagnostics)
}

fn finish(model: Option<CompiledModel>, diagnostics: Diagnostics) -> Compilation {
    Compilation {
        model: model.filter(|_| !diagnostics.has_errors()),
        diagnostics,
    }
}

/// One run over one model.
struct Run<'a> {
    root: &'a str,
    files: &'a SourceFiles,
    diagnostics: &'a mut Diagnostics,
}

impl Run<'_> {
    fn compile(&mut self, catalogs: &Catalogs) -> Option<CompiledModel> {
        let header = header::read(self);
        let dependencies = header
            .as_ref()
            .and_then(|header| resolve::resolve(self, header, catalogs));
        let id = header.as_ref().map_or_else(unnamed, |h| h.id.clone());
        let known = header.as_ref().map(|header| &header.id);
        let placeholders = Placeholders::new(known, dependencies.as_deref());
        let at = Position {
            location: self.location(header::FILE),
            line: header.as_ref().map(|header| header.line),
        };
        let mut positions = Positions::of_model(id.clone(), at);
        let mut model = self.elements(id, &placeholders, &mut positions);
        model.migrations = migrations::read(self);
        let (header, mut models) = (header?, dependencies?);
        model.dependencies = models.iter().map(|m| m.model_id.clone()).collect();
        model.description = header.description;
        let model = Arc::new(model);
        models.push(model.clone());
        let (graph, findings) = build::build(models, &positions);
        self.diagnostics.append(findings);
        let roots = graph.map(|graph| collection_roots(&graph, &model))?;
        let mut model = Arc::unwrap_or_clone(model);
        for (element, is_root) in model.types.iter_mut().zip(roots) {
            element.is_collection_root = is_root;
        }
        Some(model)
    }

    /// Where findings in the file at `path` are located.
    fn location(&self, path: &str) -> Arc<str> {
        match self.root {
            "" => path.into(),
            root => format!("{}/{path}", root.trim_end_matches('/')).into(),
        }
    }

    /// The document in the file at `path`; an empty file is worth a warning.
    fn document(&mut self, path: &str, text: &str) -> Option<(Arc<str>, Node)> {
        let location = self.location(path);
        match document::parse(text, &location, LIMITS, self.diagnostics) {
            Parsed::Document(node) => Some((location, node)),
            Parsed::Broken => None,
            Parsed::Empty => {
                let at = Position::whole(&location);
                let text = "The file is empty: fill it in or remove it.";
                self.diagnostics.report(Code::EmptyFile, &at, text);
                None
            }
        }
    }

    fn elements(
        &mut self,
        id: CkModelId,
        placeholders: &Placeholders,
        positions: &mut Positions,
    ) -> CompiledModel {
        let mut model = CompiledModel::empty(id.clone());
        let mut elements = Elements {
            model: &id,
            references: placeholders,
            positions,
        };
        for (path, text) in self.files {
            match list_of(path) {
                Some(list) => {
                    if let Some((location, node)) = self.document(path, text) {
                        let mut decoder = Decoder::new(&location, self.diagnostics);
                        read_list(&mut decoder, &node, list, &mut elements, &mut model);
                    }
                }
                None if is_stray(path) => {
                    let at = Position::whole(&self.location(path));
                    let text = "The file is not read: element files end in .yaml and lie directly in types, attributes, records, enums or associations.";
                    self.diagnostics.report(Code::SuspiciousFile, &at, text);
                }
                None => {}
            }
        }
        sort(&mut model);
        model
    }
}

/// Stands in for the id of a model whose header cannot be read.
fn unnamed() -> CkModelId {
    CkModelId::new("Unnamed", CkVersion::new(1, 0, 0))
}

/// The list read from the file at `path`.
fn list_of(path: &str) -> Option<&'static str> {
    let (folder, file) = path.split_once('/')?;
    if file.contains('/') || !file.ends_with(".yaml") {
        return None;
    }
    let (_, list) = FOLDERS.iter().find(|(name, _)| *name == folder)?;
    Some(list)
}

fn is_stray(path: &str) -> bool {
    let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
    is_yaml && path != header::FILE && !path.starts_with(migrations::FOLDER)
}

fn read_list(
    d: &mut Decoder<'_>,
    node: &Node,
    list: &str,
    e: &mut Elements<'_>,
    model: &mut CompiledModel,
) {
    let Some(mut o) = d.object(node) else {
        return;
    };
    d.optional(&mut o, "$schema", Decoder::text);
    for (folder, key) in FOLDERS {
        if key != list {
            d.optional(&mut o, key, |d, n| {
                let at = d.at(n.line);
                let text =
                    format!("The list {key} is ignored in this folder: move it to {folder}.");
                d.diagnostics.report(Code::SuspiciousFile, &at, text);
                Some(())
            });
            continue;
        }
        d.optional(&mut o, key, |d, n| {
            match key {
                "types" => model.types.extend(d.list(n, |d, n| e.entity_type(d, n))?),
                "attributes" => model
                    .attributes
                    .extend(d.list(n, |d, n| e.attribute(d, n))?),
                "records" => model.records.extend(d.list(n, |d, n| e.record(d, n))?),
                "enums" => model.enums.extend(d.list(n, |d, n| e.enumeration(d, n))?),
                _ => model
                    .association_roles
                    .extend(d.list(n, |d, n| e.role(d, n))?),
            }
            Some(())
        });
    }
    d.finish(o);
}

fn sort(model: &mut CompiledModel) {
    let by = |a: &ElementId, b: &ElementId| a.cmp(b);
    model.types.sort_by(|a, b| by(&a.type_id, &b.type_id));
    model.attributes.sort_by(|a, b| by(&a.id, &b.id));
    model.records.sort_by(|a, b| by(&a.record_id, &b.record_id));
    model.enums.sort_by(|a, b| by(&a.enum_id, &b.enum_id));
    model.association_roles.sort_by(|a, b| by(&a.id, &b.id));
}

fn collection_roots(graph: &TypeGraph, model: &CompiledModel) -> Vec<bool> {
    let id = |element: &ElementId| CkId::new(model.model_id.clone(), element.clone());
    model
        .types
        .iter()
        .map(|element| {
            let node = graph.type_node(&id(&element.type_id).to_runtime());
            node.is_some_and(|node| node.is_collection_root)
        })
        .collect()
}
