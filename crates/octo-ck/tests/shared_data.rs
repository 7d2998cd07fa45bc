//! Checks against the published OctoMesh libraries (`models/` and `catalog/` of the shared data).
//!
//! The folder is taken from `OCTO_SHARED`, else from `../shared` beside the workspace. Without it
//! the tests are skipped, except under `CI=true`, where they fail.

#![allow(clippy::unwrap_used)] // Helpers of tests: a panic is the report.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use octo_ck::catalog::FolderCatalog;
use octo_ck::dependencies::missing_dependencies;
use octo_ck::{
    Catalogs, CkModelId, CkModelRange, CompiledModel, TypeGraph, builtin, compiler, read_compiled,
    read_published,
};

fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("OCTO_SHARED").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "shared data not found at {}: set OCTO_SHARED",
        folder.display()
    );
    println!("skipped: no shared data at {}", folder.display());
    None
}

type Catalog = BTreeMap<String, Arc<CompiledModel>>;

fn catalog(shared: &Path) -> Catalog {
    let mut files = Vec::new();
    collect(&shared.join("catalog/ck-models/v2"), &mut files);
    assert!(!files.is_empty(), "the catalog is empty");
    files
        .iter()
        .map(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            let location = file.display().to_string();
            let model =
                read_published(&text, &location).unwrap_or_else(|problems| panic!("{problems}"));
            (model.model_id.to_string(), Arc::new(model))
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, files);
        } else if name.starts_with("ck-") && name.ends_with(".json") {
            files.push(path);
        }
    }
}

/// The model and its dependencies; `None` when they pin different versions of each other, as some
/// published sets do.
fn consistent_set(
    catalog: &Catalog,
    model: &Arc<CompiledModel>,
) -> Option<Vec<Arc<CompiledModel>>> {
    let dependencies = model
        .dependencies
        .iter()
        .map(|id| &catalog[&id.to_string()]);
    let set: Vec<_> = dependencies.chain([model]).cloned().collect();
    let ids: Vec<_> = set.iter().map(|m| &m.model_id).collect();
    let is_closed = set
        .iter()
        .all(|m| missing_dependencies(m, ids.iter().copied()).is_empty());
    is_closed.then_some(set)
}

#[test]
fn every_published_model_builds_a_graph_with_its_dependencies() {
    let Some(shared) = shared() else { return };
    let catalog = catalog(&shared);
    let mut built = 0;
    for model in catalog.values() {
        let Some(set) = consistent_set(&catalog, model) else {
            continue;
        };
        let graph = TypeGraph::build(set).unwrap_or_else(|d| panic!("{}:\n{d}", model.model_id));
        for element in &model.types {
            let text = format!("{}/{}", model.model_id, element.type_id);
            let node = graph.find_type(&text).unwrap();
            assert_eq!(
                node.is_collection_root, element.is_collection_root,
                "{text}"
            );
        }
        built += 1;
    }
    assert!(built >= 100, "only {built} published sets are consistent");
}

#[test]
fn the_latest_versions_resolve_in_the_catalog() {
    let Some(shared) = shared() else { return };
    let folder = FolderCatalog::new("published", shared.join("catalog"));
    let catalogs = Catalogs::new([Arc::new(folder) as Arc<dyn octo_ck::catalog::Catalog>]);
    let listing = catalogs.list(None, 0, usize::MAX);
    assert_eq!(listing.failures, []);
    let latest: BTreeMap<String, CkModelId> = listing
        .items
        .into_iter()
        .map(|item| (item.model_id.name().to_owned(), item.model_id))
        .collect();
    let mut contradictory = Vec::new();
    for id in latest.values() {
        match catalogs.closure(&[CkModelRange::exactly(id)]) {
            Ok(models) => {
                TypeGraph::build(models).unwrap_or_else(|problems| panic!("{id}:\n{problems}"));
            }
            Err(problems) => {
                assert!(problems.iter().all(|d| d.code == 66), "{id}:\n{problems}");
                contradictory.push(id.to_string());
            }
        }
    }
    // Pins Basic-2.0.2 beside a Basic.Accounting that was built against Basic-2.0.3.
    assert_eq!(contradictory, ["Meshmakers.Accounting-1.18.0"]);
    assert!(latest.len() >= 25, "only {} libraries", latest.len());
}

/// The facts of a model in comparable form: element by element, and its migrations.
fn facts(model: &CompiledModel) -> BTreeMap<String, String> {
    let json: serde_json::Value = serde_json::from_str(&model.to_json()).unwrap();
    let mut facts = BTreeMap::new();
    for list in [
        "types",
        "attributes",
        "records",
        "enums",
        "associationRoles",
    ] {
        for element in json[list].as_array().unwrap() {
            let id = ["typeId", "recordId", "enumId", "id"]
                .iter()
                .find_map(|key| element[key].as_str());
            let key = format!("{list} {}", id.unwrap());
            let mut element = element.clone();
            drop_descriptions(&mut element);
            assert!(facts.insert(key, format!("{element:#}")).is_none());
        }
    }
    let mut migrations = json["migrations"].clone();
    drop_descriptions(&mut migrations);
    facts.insert("migrations".to_owned(), format!("{migrations:#}"));
    facts
}

/// Removes texts for people, and the names of migration steps that only reports show.
fn drop_descriptions(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            for key in ["description", "stepId", "validationId"] {
                members.remove(key);
            }
            members.values_mut().for_each(drop_descriptions);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(drop_descriptions),
        _ => {}
    }
}

#[test]
fn built_in_models_equal_the_published_ones() {
    let Some(shared) = shared() else { return };
    let catalog = catalog(&shared);
    for built_in in builtin::all() {
        let published = &catalog[&built_in.model_id.to_string()];
        assert_eq!(built_in.dependencies, published.dependencies);
        let (ours, theirs) = (facts(&built_in), facts(published));
        for (key, element) in &theirs {
            assert_eq!(ours.get(key), Some(element), "{} {key}", built_in.model_id);
        }
        assert_eq!(ours.len(), theirs.len(), "{}", built_in.model_id);
    }
}

#[test]
fn published_files_are_written_as_they_were_read() {
    let Some(shared) = shared() else { return };
    let mut files = Vec::new();
    collect(&shared.join("catalog/ck-models/v2"), &mut files);
    let mut same = 0;
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        // Files of older forms of the language are not expected to come out alike.
        let Ok(model) = read_compiled(&text, "published") else {
            continue;
        };
        if model.attributes.is_empty() || !text.contains("isRuntimeState") {
            continue;
        }
        let published = plain_escapes(text.trim_end());
        for (line, (ours, theirs)) in model.to_json().lines().zip(published.lines()).enumerate() {
            assert_eq!(ours, theirs, "{}:{}", file.display(), line + 1);
        }
        assert_eq!(model.to_json().len(), published.len(), "{}", file.display());
        same += 1;
    }
    assert!(same >= 20, "only {same} of {} files", files.len());
}

#[test]
fn published_models_survive_yaml() {
    let Some(shared) = shared() else { return };
    for (id, model) in catalog(&shared) {
        let read = read_compiled(&model.to_yaml(), &id).unwrap_or_else(|d| panic!("{d}"));
        assert_eq!(read.to_yaml(), model.to_yaml(), "{id}");
        assert_same(&as_texts(read), &as_texts(Arc::unwrap_or_clone(model)));
    }
}

/// The model with all untyped values as texts, which is how YAML has them.
fn as_texts(mut model: CompiledModel) -> CompiledModel {
    let text = |value: &mut serde_json::Value| {
        if !value.is_string() {
            *value = serde_json::Value::String(value.to_string());
        }
    };
    for attribute in &mut model.attributes {
        attribute.default_values.iter_mut().flatten().for_each(text);
    }
    model
}

#[test]
fn compiled_folders_survive_writing() {
    let Some(shared) = shared() else { return };
    for model in compiled_libraries(&shared) {
        let id = model.model_id.to_string();
        for text in [model.to_yaml(), model.to_json()] {
            assert_same(&read_compiled(&text, &id).unwrap(), &model);
        }
    }
}

/// Writes characters as they are that the publisher escaped as `\uXXXX`, quotes as `\"`.
fn plain_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut units = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\u") {
        plain.push_str(&rest[..at]);
        units.push(u16::from_str_radix(&rest[at + 2..at + 6], 16).unwrap());
        rest = &rest[at + 6..];
        if rest.starts_with("\\u") && (0xd800..0xdc00).contains(units.last().unwrap()) {
            continue;
        }
        for decoded in char::decode_utf16(units.drain(..)) {
            match decoded.unwrap() {
                '"' => plain.push_str("\\\""),
                other => plain.push(other),
            }
        }
    }
    plain + rest
}

fn model_folders(shared: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(shared.join("models"))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("ConstructionKit"))
        .filter(|folder| folder.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "no model folders");
    folders
}

/// Id of the model in a folder.
fn declared_id(folder: &Path) -> String {
    let header = std::fs::read_to_string(folder.join("ckModel.yaml")).unwrap();
    let line = header
        .lines()
        .find_map(|line| line.strip_prefix("modelId:"));
    line.unwrap().trim().to_owned()
}

#[test]
fn compiled_folders_equal_the_published_models() {
    let Some(shared) = shared() else { return };
    let catalog = catalog(&shared);
    let mut compared = 0;
    for folder in model_folders(&shared) {
        let id = declared_id(&folder);
        let Some(published) = catalog.get(&id) else {
            continue;
        };
        let available: Vec<_> = published
            .dependencies
            .iter()
            .map(|id| catalog[&id.to_string()].clone())
            .collect();
        let result = compiler::compile_folder(&folder, &available);
        let model = result
            .model
            .unwrap_or_else(|| panic!("{id}:\n{}", result.diagnostics));
        assert_same(&model, published);
        compared += 1;
    }
    assert!(
        compared >= 5,
        "only {compared} folders have a published version"
    );
}

/// Element by element, so that a failure names the first difference.
fn assert_same(ours: &CompiledModel, published: &CompiledModel) {
    let id = &published.model_id;
    for (a, b) in ours.types.iter().zip(&published.types) {
        assert_eq!(a, b, "{id}/{}", b.type_id);
    }
    for (a, b) in ours.attributes.iter().zip(&published.attributes) {
        assert_eq!(a, b, "{id}/{}", b.id);
    }
    for (a, b) in ours.records.iter().zip(&published.records) {
        assert_eq!(a, b, "{id}/{}", b.record_id);
    }
    for (a, b) in ours.enums.iter().zip(&published.enums) {
        assert_eq!(a, b, "{id}/{}", b.enum_id);
    }
    assert_eq!(ours.migrations, published.migrations, "{id}");
    assert_eq!(ours, published, "{id}");
}

/// The built-in models and all libraries of the shared data, compiled against each other.
fn compiled_libraries(shared: &Path) -> Vec<Arc<CompiledModel>> {
    let mut available = builtin::all();
    let mut waiting = model_folders(shared);
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut reasons = String::new();
        waiting.retain(|folder| {
            let result = compiler::compile_folder(folder, &available);
            let is_done = result.model.is_some();
            if !is_done {
                reasons += &format!("{}\n", result.diagnostics);
            }
            available.extend(result.model.map(Arc::new));
            !is_done
        });
        assert!(
            waiting.len() < before,
            "{waiting:?} do not compile:\n{reasons}"
        );
    }
    available
}

#[test]
fn all_folders_compile_into_one_graph() {
    let Some(shared) = shared() else { return };
    let models = compiled_libraries(&shared);
    let graph = TypeGraph::build(models).unwrap_or_else(|problems| panic!("{problems}"));
    for node in graph.types() {
        let columns = graph.columns(node).unwrap();
        assert!(columns.len() >= 8 + 3, "{}", node.id);
    }
}
