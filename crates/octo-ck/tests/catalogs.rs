//! Catalogs on disk and in memory: listing, searching, choosing versions, dependency closure.

#![allow(clippy::unwrap_used)] // Helpers of tests: a panic is the report.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use octo_ck::catalog::{Catalog, CatalogError, FolderCatalog, ModelSet};
use octo_ck::compiler::compile_sources_with;
use octo_ck::{Catalogs, CkModelId, CkModelRange, CompiledModel};

fn model(id: &str, dependencies: &[&str]) -> Arc<CompiledModel> {
    Arc::new(CompiledModel {
        dependencies: dependencies.iter().map(|d| d.parse().unwrap()).collect(),
        description: Some(format!("All about {id}")),
        ..CompiledModel::empty(id.parse().unwrap())
    })
}

fn set(name: &str, models: &[Arc<CompiledModel>]) -> Arc<dyn Catalog> {
    Arc::new(ModelSet::new(name, models.to_vec()))
}

fn range(text: &str) -> CkModelRange {
    text.parse().unwrap()
}

fn id(text: &str) -> CkModelId {
    text.parse().unwrap()
}

/// Writes models of one name and major version as a catalog in the published layout.
fn publish(root: &Path, name: &str, major: u32, versions: &[&str]) {
    let library = format!("ck-models/v2/{}/{name}", name[..1].to_lowercase());
    let folder = format!("{library}/{major}");
    fs::create_dir_all(root.join(&folder)).unwrap();
    let mut entries = Vec::new();
    for version in versions {
        let file = format!("{folder}/ck-{}-{version}.json", name.to_lowercase());
        let text = model(&format!("{name}-{version}"), &[]).to_json();
        fs::write(root.join(&file), text).unwrap();
        entries.push(serde_json::json!({ "version": version, "filePath": file }));
    }
    let write = |path: String, json: serde_json::Value| {
        fs::write(root.join(path), json.to_string()).unwrap();
    };
    let versions =
        serde_json::json!({ "modelId": name, "description": "Published", "versions": entries });
    write(format!("{folder}/catalog.json"), versions);
    let majors = [serde_json::json!({ "catalogPath": format!("{folder}/catalog.json") })];
    let majors = serde_json::json!({ "majorVersions": majors });
    write(format!("{library}/catalog.json"), majors);
    let libraries = [serde_json::json!({ "catalogPath": format!("{library}/catalog.json") })];
    let libraries = serde_json::json!({ "models": libraries });
    write("ck-models/v2/catalog.json".to_owned(), libraries);
}

fn folder(root: &Path) -> Arc<FolderCatalog> {
    Arc::new(FolderCatalog::new("LocalFileSystemCatalog", root))
}

#[test]
fn a_page_is_cut_after_everything_is_collected_and_counted() {
    let catalogs = Catalogs::new([
        set(
            "first",
            &[model("B-1.10", &[]), model("B-1.9", &[]), model("C-1", &[])],
        ),
        set(
            "second",
            &[model("A-1", &[]), model("C-1", &[]), model("D-1", &[])],
        ),
    ]);
    let shown = |skip, take| {
        let page = catalogs.list(None, skip, take);
        let items = page.items.iter();
        let items: Vec<_> = items
            .map(|item| format!("{} {}", item.model_id, item.catalog_name))
            .collect();
        (page.total, page.skipped, items.join(", "))
    };
    assert_eq!(shown(0, 2), (5, 0, "A-1.0.0 second, B-1.9.0 first".into()));
    assert_eq!(
        shown(2, 10),
        (5, 2, "B-1.10.0 first, C-1.0.0 first, D-1.0.0 second".into())
    );
    assert_eq!(shown(9, 1), (5, 5, String::new()));
}

#[test]
fn a_search_covers_names_and_descriptions() {
    let models = [model("Energy-1", &[]), model("Basic-1", &[])];
    let catalogs = Catalogs::new([set("a", &models)]);
    assert_eq!(catalogs.list(Some("ENERGY"), 0, 9).total, 1);
    assert_eq!(catalogs.list(Some("about basic"), 0, 9).total, 1);
    assert_eq!(catalogs.list(Some(" "), 0, 9).total, 2);
    assert_eq!(catalogs.list(Some("water"), 0, 9).total, 0);
}

#[test]
fn a_folder_in_the_published_layout_is_a_catalog() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), "Basic.Energy", 1, &["1.2.0", "1.10.0"]);
    let catalog = folder(root.path());
    let catalogs = Catalogs::new([catalog.clone() as Arc<dyn Catalog>]);
    assert_eq!(
        catalogs.best(&range("Basic.Energy-[1.0,2.0)")),
        Some(id("Basic.Energy-1.10.0"))
    );
    let found = catalogs.load(&id("Basic.Energy-1.2.0")).unwrap();
    assert_eq!(
        found.description.as_deref(),
        Some("All about Basic.Energy-1.2.0")
    );
    let missing = catalogs.load(&id("Basic.Energy-9")).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "Model 'Basic.Energy-9.0.0' not found in one of the registered catalogs."
    );

    publish(root.path(), "Basic.Energy", 1, &["1.2.0", "1.11.0"]);
    assert!(catalogs.refresh(false).is_empty());
    assert_eq!(
        catalogs.list(None, 0, 9).items[1].model_id,
        id("Basic.Energy-1.10.0")
    );
    assert!(catalogs.refresh(true).is_empty());
    assert_eq!(
        catalogs.list(None, 0, 9).items[1].model_id,
        id("Basic.Energy-1.11.0")
    );
}

#[test]
fn damaged_models_are_reported_with_the_file() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), "A", 1, &["1.0.0", "1.1.0", "1.2.0"]);
    let file = |name: &str| root.path().join("ck-models/v2/a/A/1").join(name);
    fs::write(file("ck-a-1.0.0.json"), "{").unwrap();
    fs::remove_file(file("ck-a-1.1.0.json")).unwrap();
    fs::copy(file("ck-a-1.2.0.json"), file("copy")).unwrap();
    fs::write(file("ck-a-1.2.0.json"), model("A-1.3", &[]).to_json()).unwrap();
    let catalog = folder(root.path());
    for (version, part) in [
        ("1.0.0", "not valid YAML or JSON"),
        ("1.1.0", "cannot be read"),
        ("1.2.0", "holds 'A-1.3.0' instead of 'A-1.2.0'"),
    ] {
        let problem = catalog.load(&id(&format!("A-{version}"))).unwrap_err();
        let text = problem.to_string();
        assert!(
            text.starts_with(&format!(
                "Error loading model 'A-{version}' from catalog 'LocalFileSystemCatalog'."
            )),
            "{text}"
        );
        assert!(
            text.contains(part) && text.contains(&format!("ck-a-{version}.json")),
            "{text}"
        );
    }
}

#[test]
fn a_catalog_that_is_not_there_does_not_hide_the_others() {
    let gone = Arc::new(FolderCatalog::new("Gone", "/does/not/exist"));
    let catalogs = Catalogs::new([gone as Arc<dyn Catalog>, set("here", &[model("A-1", &[])])]);
    let page = catalogs.list(None, 0, 9);
    assert_eq!((page.total, page.failures.len()), (1, 1));
    assert_eq!(page.failures[0].catalog_name, "Gone");
    assert!(catalogs.load(&id("A-1")).is_ok());
    assert!(matches!(
        catalogs.load(&id("B-1")).unwrap_err(),
        CatalogError::Unreachable { .. }
    ));
    let missing = catalogs.closure(&[range("B-[1.0,2.0)")]).unwrap_err();
    assert!(missing.to_string().contains("/does/not/exist"), "{missing}");
    assert!(catalogs.member("HERE").is_ok());
    assert_eq!(
        catalogs.member("other").unwrap_err().to_string(),
        "Model catalog 'other' not found."
    );
}

#[test]
fn a_closure_follows_exact_dependencies_over_all_catalogs() {
    let catalogs = Catalogs::new([
        set("a", &[model("C-1.1", &["B-1", "A-1"]), model("A-2", &[])]),
        set(
            "b",
            &[
                model("C-1.2", &["B-1"]),
                model("B-1", &["A-1"]),
                model("A-1", &[]),
            ],
        ),
    ]);
    let models = catalogs.closure(&[range("C-[1.0,2.0)")]).unwrap();
    let ids: Vec<_> = models.iter().map(|m| m.model_id.to_string()).collect();
    assert_eq!(ids, ["C-1.2.0", "B-1.0.0", "A-1.0.0"]);
}

#[test]
fn the_version_others_were_compiled_against_is_preferred() {
    let models = ["A-1.0", "A-1.1", "A-1.2"].map(|id| model(id, &[]));
    let dependent = model("B-1", &["A-1.1"]);
    let catalogs = Catalogs::new([set("a", &models), set("b", &[dependent])]);
    let chosen = |ranges: &[&str]| {
        let ranges: Vec<_> = ranges.iter().map(|text| range(text)).collect();
        let models = catalogs.closure(&ranges).unwrap();
        let ids = models.iter().map(|m| m.model_id.to_string());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(chosen(&["A-[1.0,2.0)"]), ["A-1.2.0"]);
    assert_eq!(chosen(&["A-[1.0,2.0)", "B-[1.0]"]), ["A-1.1.0", "B-1.0.0"]);
    let apart = ["A-[1.2,2.0)", "B-[1.0]"].map(range);
    let problems = catalogs.closure(&apart).unwrap_err();
    assert_eq!(problems.iter().next().unwrap().code, 66, "{problems}");
}

#[test]
fn everything_a_closure_lacks_is_named() {
    let catalogs = Catalogs::new([set(
        "a",
        &[
            model("A-1", &[]),
            model("A-2", &[]),
            model("B-1", &["A-1"]),
            model("C-1", &["A-2", "X-1"]),
        ],
    )]);
    let ranges = ["B-[1.0]", "C-[1.0]", "Y-[1.0,2.0)", "A-[7.0,)"].map(range);
    let problems = catalogs.closure(&ranges).unwrap_err();
    let codes: Vec<_> = problems.iter().map(|d| d.code).collect();
    assert_eq!(codes, [1, 1, 66, 1], "{problems}");
    let text = problems.to_string();
    assert!(text.contains("available is 'A-1.0.0', 'A-2.0.0'"), "{text}");
    assert!(text.contains("(through 'C-1.0.0')"), "{text}");
}

#[test]
fn models_compile_against_catalogs() {
    let catalogs = Catalogs::new([Arc::new(ModelSet::built_in()) as Arc<dyn Catalog>]);
    let files = [
        (
            "ckModel.yaml",
            "modelId: Demo-1.0.0\ndependencies: [ 'System.Communication-[3.0,4.0)' ]",
        ),
        (
            "types/a.yaml",
            "types: [ { typeId: A, derivedFromCkTypeId: '${System.Communication}/Adapter' } ]",
        ),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let result = compile_sources_with(files.into(), "demo", &catalogs);
    let dependencies = result.model.unwrap().dependencies;
    let names: Vec<_> = dependencies.iter().map(CkModelId::name).collect();
    assert_eq!(names, ["System.Communication", "System", "System.Bot"]);
}
