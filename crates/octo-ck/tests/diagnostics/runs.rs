//! Whole runs: migrations, folders, dependencies, many problems, many types.

use std::sync::Arc;

use octo_ck::compiler::{SourceFiles, compile_folder, compile_sources};
use octo_ck::{TypeGraph, builtin, read_compiled};

use super::{compile, places};

#[test]
fn migrations() {
    let list = "ckModelId: Demo-1.0.0\nmigrations:\n- { fromVersion: 1.0.0, toVersion: 1.1.0, scriptPath: a.yaml }\n- { fromVersion: '1.1', toVersion: '1.2', scriptPath: ../b.yaml }";
    let result = compile(&[
        ("migrations/migration-meta.yaml", list),
        (
            "migrations/a.yaml",
            "steps: [ { stepId: s, action: Explode } ]\nwhat: 1",
        ),
    ]);
    assert_eq!(
        places(&result.diagnostics),
        [
            "27 migrations/a.yaml:1",
            "27 migrations/a.yaml:2",
            "64 migrations/migration-meta.yaml:4"
        ],
        "{}",
        result.diagnostics
    );
    let result = compile(&[
        ("migrations/migration-meta.yaml", list),
        ("migrations/a.yaml", "sourceVersion: 1.0"),
    ]);
    assert_eq!(
        places(&result.diagnostics),
        [
            "27 migrations/a.yaml:1",
            "27 migrations/a.yaml:1",
            "65 migrations/a.yaml",
            "64 migrations/migration-meta.yaml:4"
        ]
    );
    let result = compile(&[("migrations/migration-meta.yaml", "migrations: []")]);
    assert_eq!(
        places(&result.diagnostics),
        [
            "27 migrations/migration-meta.yaml:1",
            "63 migrations/migration-meta.yaml"
        ]
    );
}

#[test]
fn folders() {
    let folder = tempfile::tempdir().unwrap();
    let missing = compile_folder(&folder.path().join("nowhere"), &[]);
    assert_eq!(missing.diagnostics.iter().next().unwrap().code, 28);
    let empty = compile_folder(folder.path(), &[]);
    let first = empty.diagnostics.iter().next().unwrap();
    assert_eq!(
        (first.code, first.location.as_str()),
        (29, folder.path().to_str().unwrap())
    );

    std::fs::write(folder.path().join("ckModel.yaml"), "modelId: Demo-1.0.0").unwrap();
    std::fs::create_dir_all(folder.path().join("types/nested")).unwrap();
    std::fs::write(
        folder.path().join("types/a.yaml"),
        b"types:\n- typeId: \xff",
    )
    .unwrap();
    let result = compile_folder(folder.path(), &[]);
    let shown: Vec<_> = result
        .diagnostics
        .iter()
        .map(|d| (d.code, d.line))
        .collect();
    assert!(
        shown.contains(&(102, Some(2))) && shown.contains(&(107, None)),
        "{shown:?}"
    );
    assert!(result.model.is_none());

    std::fs::remove_dir_all(folder.path().join("types")).unwrap();
    let result = compile_folder(folder.path(), &[]);
    assert_eq!(result.model.unwrap().model_id.to_string(), "Demo-1.0.0");
}

#[test]
fn dependencies_that_disagree() {
    let model = |id: &str, dependency: &str| {
        let text = format!("modelId: {id}\ndependencies: [ {dependency} ]");
        Arc::new(read_compiled(&text, id).unwrap())
    };
    let available = [
        builtin::system(),
        model("A-1.0.0", "System-2.2.2"),
        model("B-1.0.0", "System-2.1.0"),
        model("System-2.1.0", ""),
        model("Demo-3.0.0", ""),
        model("C-1.0.0", "Demo-3.0.0"),
    ];
    let compile = |dependencies: &str| {
        let header = format!("modelId: Demo-1.0.0\ndependencies: [ {dependencies} ]");
        let files = SourceFiles::from([("ckModel.yaml".to_owned(), header)]);
        places(&compile_sources(files, &available).diagnostics)
    };
    assert_eq!(compile("A, B"), ["66 ckModel.yaml:2"]);
    assert_eq!(compile("C"), ["10 ckModel.yaml:2"]);
    assert!(compile("A").is_empty());
}

#[test]
fn all_problems_of_all_files_are_reported_in_one_run() {
    let result = compile(&[
        ("types/a.yaml", "types: [ { typeId: A } ]"),
        ("types/b.yaml", "types: ["),
        ("enums/a.yaml", "enums: [ { enumId: E, unknown: 1 } ]"),
        (
            "attributes/a.yaml",
            "attributes: [ { id: B, valueType: Enum } ]",
        ),
    ]);
    let codes: Vec<u16> = result.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, [27, 102, 46, 9], "{}", result.diagnostics);
    assert!(result.model.is_none());
}

#[test]
fn ten_thousand_types_compile() {
    let mut text = String::from("types:\n");
    for n in 0..10_000 {
        text += &format!("- typeId: T{n}\n  derivedFromCkTypeId: ${{System}}/Entity\n");
    }
    let model = compile(&[("types/a.yaml", text.as_str())]).model.unwrap();
    let graph = TypeGraph::build([builtin::system(), Arc::new(model)]).unwrap();
    let entity = graph.find_type("System/Entity").unwrap();
    assert!(entity.derived.len() > 10_000);
}
