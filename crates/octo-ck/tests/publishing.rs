//! Publishing into a folder catalog, and what is checked before.

#![allow(clippy::unwrap_used)] // Helpers of tests: a panic is the report.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use octo_ck::catalog::{Catalog, CatalogError, FolderCatalog, ModelPaths, ModelSet};
use octo_ck::{Catalogs, CompiledModel, builtin, lint, read_compiled, release};
use serde_json::Value;

fn model(text: &str) -> CompiledModel {
    let text = match text.contains('\n') {
        true => text.to_owned(),
        false => format!("modelId: {text}\n"),
    };
    read_compiled(&text, "model").unwrap()
}

fn read(root: &Path, path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(root.join(path)).unwrap()).unwrap()
}

/// A target folder beside the built-in models.
fn catalogs(root: &Path) -> Catalogs {
    let folder = Arc::new(FolderCatalog::new("Target", root));
    Catalogs::new([folder as Arc<dyn Catalog>, Arc::new(ModelSet::built_in())])
}

#[test]
fn a_new_folder_becomes_a_catalog() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("new");
    let catalogs = catalogs(&root);
    for text in [
        "modelId: Basic.Energy-1.10.0\ndescription: First\n",
        "modelId: Basic.Energy-1.9.0\ndescription: Older\n",
        "modelId: Basic.Energy-2.0.0\n",
        "modelId: Basic-1.0.0\n",
    ] {
        catalogs.publish("target", &model(text), false).unwrap();
    }
    let index = read(&root, "ck-models/v2/catalog.json");
    assert_eq!(index["version"], "1.0");
    assert!(index["updatedAt"].as_str().unwrap().ends_with('Z'));
    assert_eq!(
        index["models"],
        serde_json::json!([
            { "modelName": "Basic", "catalogPath": "ck-models/v2/b/Basic/catalog.json" },
            { "modelName": "Basic.Energy", "catalogPath": "ck-models/v2/b/Basic.Energy/catalog.json" },
        ])
    );
    let library = read(&root, "ck-models/v2/b/Basic.Energy/catalog.json");
    assert_eq!(library["modelId"], "Basic.Energy");
    assert_eq!(
        library["majorVersions"],
        serde_json::json!([
            { "majorVersion": 1, "catalogPath": "ck-models/v2/b/Basic.Energy/1/catalog.json" },
            { "majorVersion": 2, "catalogPath": "ck-models/v2/b/Basic.Energy/2/catalog.json" },
        ])
    );
    let versions = read(&root, "ck-models/v2/b/Basic.Energy/1/catalog.json");
    assert_eq!(versions["latestVersion"], "1.10.0");
    assert_eq!(versions["description"], "Older", "the one published last");
    assert_eq!(versions["versions"][0]["version"], "1.9.0");
    let second = &versions["versions"][1];
    assert_eq!(second["fileName"], "ck-basic.energy-1.10.0.json");
    assert_eq!(
        second["filePath"],
        "ck-models/v2/b/Basic.Energy/1/ck-basic.energy-1.10.0.json"
    );
    let nothing = read(&root, "ck-models/v2/b/Basic.Energy/2/catalog.json");
    assert_eq!(nothing["description"], Value::Null);
    assert_eq!(catalogs.list(Some("basic"), 0, 9).total, 4);
    assert!(
        catalogs
            .load(&"Basic.Energy-1.9.0".parse().unwrap())
            .is_ok()
    );
}

#[test]
fn what_is_there_is_replaced_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let catalogs = catalogs(folder.path());
    let publish = |text: &str, force| catalogs.publish("Target", &model(text), force);
    publish("A-1.0.0", false).unwrap();
    let changed = "modelId: A-1.0.0\ndescription: New\n";
    assert_eq!(
        publish(changed, false).unwrap_err().to_string(),
        "Model 'A-1.0.0' already exists in catalog 'Target'."
    );
    let load = || catalogs.load(&"A-1.0.0".parse().unwrap()).unwrap();
    assert_eq!(load().description, None);
    publish(changed, true).unwrap();
    assert_eq!(load().description.as_deref(), Some("New"));
    let versions = read(folder.path(), "ck-models/v2/a/A/1/catalog.json");
    assert_eq!(versions["versions"].as_array().unwrap().len(), 1);
}

#[test]
fn what_does_not_resolve_is_not_published() {
    let folder = tempfile::tempdir().unwrap();
    let catalogs = catalogs(folder.path());
    let missing = model("modelId: A-1.0.0\ndependencies: [ Basic-2.0.0 ]\n");
    let problem = catalogs.publish("Target", &missing, true).unwrap_err();
    assert!(
        matches!(problem, CatalogError::Unresolved { .. }),
        "{problem}"
    );
    assert!(problem.to_string().contains("Basic-[2.0.0]"), "{problem}");
    let broken = "modelId: A-1.0.0\ndependencies: [ System-2.2.2 ]\ntypes: [ { typeId: A, derivedFromCkTypeId: System-2.2.2/Entitty } ]\n";
    let problem = catalogs
        .publish("Target", &model(broken), true)
        .unwrap_err();
    assert!(
        problem.to_string().contains("FatalError 19 A-1.0.0:"),
        "{problem}"
    );
    let strange = model("..-1.0.0");
    assert!(catalogs.publish("Target", &strange, true).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    for (name, text) in [
        (
            "EmbeddedResourceCatalog",
            "Catalog 'EmbeddedResourceCatalog' is not writable.",
        ),
        ("Other", "Model catalog 'Other' not found."),
    ] {
        let problem = catalogs
            .publish(name, &model("A-1.0.0"), false)
            .unwrap_err();
        assert_eq!(problem.to_string(), text);
    }
}

#[test]
fn damaged_indexes_are_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let catalogs = catalogs(folder.path());
    catalogs
        .publish("Target", &model("A-1.0.0"), false)
        .unwrap();
    let root = folder.path().join("ck-models/v2/catalog.json");
    fs::write(&root, "{").unwrap();
    let target = catalogs.member("Target").unwrap();
    let problem = target.publish(&model("B-1.0.0"), false).unwrap_err();
    assert!(
        matches!(problem, CatalogError::Unwritable { .. }),
        "{problem}"
    );
    assert_eq!(fs::read_to_string(&root).unwrap(), "{");
    assert!(
        !folder
            .path()
            .join(ModelPaths::of(&"B-1.0.0".parse().unwrap()).model)
            .exists()
    );
}

#[test]
fn publishers_wait_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for n in 0..6 {
            let root = folder.path();
            scope.spawn(move || {
                let catalog = FolderCatalog::new("Target", root);
                catalog
                    .publish(&model(&format!("M{n}-1.0.0")), false)
                    .unwrap();
            });
        }
    });
    let index = read(folder.path(), "ck-models/v2/catalog.json");
    assert_eq!(index["models"].as_array().unwrap().len(), 6);
}

#[test]
fn releases_are_compared_with_what_is_published() {
    let folder = tempfile::tempdir().unwrap();
    let catalogs = catalogs(folder.path());
    let published = Catalogs::new([catalogs.member("Target").unwrap().clone()]);
    let check = |text: &str| {
        let found = release::check(&model(text), &published, &catalogs);
        let codes: Vec<_> = found.findings.iter().map(|f| f.code).collect();
        (codes, found.is_refused())
    };
    catalogs
        .publish("Target", &model("A-1.5.0"), false)
        .unwrap();
    catalogs
        .publish("Target", &model("A-2.0.0"), false)
        .unwrap();
    assert_eq!(check("B-1.0.0"), (vec![], false));
    assert_eq!(check("A-2.0.1"), (vec![], false));
    assert_eq!(check("A-1.9.0"), (vec!["OCTO-CK101"], true));
    let described = "modelId: A-2.0.0\ndescription: x\n";
    assert_eq!(check(described), (vec!["OCTO-CK100"], true));
    let dependent = "modelId: A-2.1.0\ndependencies: [ System-2.2.2, Basic-9.0.0 ]\n";
    assert_eq!(check(dependent), (vec!["OCTO-CK103"], true));
    assert_eq!(
        check("modelId: A-3.0.0\ndependencies: [ System-2.2.2 ]\n")
            .0
            .len(),
        0
    );

    let gone = FolderCatalog::new("Gone", "/does/not/exist");
    let gone = Catalogs::new([Arc::new(gone) as Arc<dyn Catalog>]);
    let found = release::check(&model("A-1.0.0"), &gone, &catalogs);
    assert_eq!(found.findings[0].code, "OCTO-CK102");
    assert!(found.findings[0].text.contains("/does/not/exist"));

    let files = [(
        "ckModel.yaml".to_owned(),
        "modelId: A-1.0.0\ndependencies: [ 'System-[9.0,)' ]".to_owned(),
    )];
    let result = octo_ck::compiler::compile_sources(files.into(), &builtin::all());
    let found = release::unsatisfiable(&result.diagnostics);
    assert_eq!((found.len(), found[0].code), (1, "OCTO-CK103"));
}

#[test]
fn attributes_say_whether_they_are_runtime_state() {
    let files = [
        (
            "attributes/a.yaml",
            "attributes:\n- { id: A, valueType: Int }\n- id: B\n  valueType: Int\n  isRuntimeState: false\n",
        ),
        ("attributes/b.yaml", "attributes: ["),
        ("attributes/c.yaml", "attribute: []"),
        ("attributes/d.yaml", ""),
        ("attributes/more/e.yaml", "["),
        ("types/f.yaml", "["),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let found: Vec<String> = lint::attributes(&files.into())
        .iter()
        .map(|remark| remark.to_string().chars().take(30).collect())
        .collect();
    assert_eq!(
        found,
        [
            "OCTO-CK001 attributes/a.yaml:2",
            "OCTO-CK002 attributes/b.yaml:1",
            "OCTO-CK002 attributes/c.yaml: ",
        ]
    );
}
