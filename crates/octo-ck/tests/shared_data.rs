//! Checks against the published OctoMesh libraries (`models/` and `catalog/` of the shared data).
//!
//! The folder is taken from `OCTO_SHARED`, else from `../shared` beside the workspace. Without it
//! the tests are skipped, except under `CI=true`, where they fail.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use octo_ck::dependencies::missing_dependencies;
use octo_ck::{CompiledModel, TypeGraph, read_published};

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
