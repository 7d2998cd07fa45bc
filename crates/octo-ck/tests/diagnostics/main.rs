//! One case per message of the compiler: the number, the place, and a text that helps.
//!
//! Here: headers, files, elements and whole runs; `references` holds what elements say of each
//! other.

#![allow(clippy::unwrap_used)] // Helpers of tests: a panic is the report.

mod lints;
mod references;

use octo_ck::compiler::{Compilation, SourceFiles, compile_folder, compile_sources};
use octo_ck::{Diagnostics, TypeGraph, builtin, read_compiled};
use std::sync::Arc;

/// Compiles files against the built-in `System`; without a header one for `Demo-1.0.0` is added.
fn compile(files: &[(&str, &str)]) -> Compilation {
    let mut all: SourceFiles = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    all.entry("ckModel.yaml".to_owned())
        .or_insert_with(|| "modelId: Demo-1.0.0\ndependencies: [ 'System-[2.0,3.0)' ]".to_owned());
    compile_sources(all, &[builtin::system()])
}

/// A finding as `number place`.
fn places(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics
        .iter()
        .map(|d| match d.line {
            Some(line) => format!("{} {}:{line}", d.code, d.location),
            None => format!("{} {}", d.code, d.location),
        })
        .collect()
}

/// Files whose compilation reports exactly these findings, and a part of the first text.
struct Case {
    files: &'static [(&'static str, &'static str)],
    expected: &'static [&'static str],
    text: &'static str,
}

const BASE: &str = "derivedFromCkTypeId: '${System}/Entity'";

fn check(cases: &[Case]) {
    for case in cases {
        let files: Vec<(&str, String)> = case
            .files
            .iter()
            .map(|(path, text)| (*path, text.replace("BASE", BASE)))
            .collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
        let result = compile(&files);
        assert_eq!(
            places(&result.diagnostics),
            case.expected,
            "{}",
            result.diagnostics
        );
        assert!(result.model.is_none() || !result.diagnostics.has_errors());
        let first = result.diagnostics.iter().next().unwrap();
        assert!(first.text.contains(case.text), "{first}");
    }
}

#[test]
fn headers_and_dependencies() {
    check(&[
        Case {
            files: &[(
                "ckModel.yaml",
                "modelId: Demo-1.0.0\ndependencies:\n  - Basic-[2.0,3.0)\n  - System-[1.0,2.0)",
            )],
            expected: &["1 ckModel.yaml:3", "1 ckModel.yaml:4"],
            text: "no version of it is available",
        },
        Case {
            files: &[(
                "ckModel.yaml",
                "modelId: System-9.0.0\ndependencies: [ System-2.0 ]",
            )],
            expected: &["10 ckModel.yaml:2"],
            text: "depends on itself",
        },
        Case {
            files: &[("ckModel.yaml", "modelId: Demo-1.0\nversion: 3")],
            expected: &["27 ckModel.yaml:2"],
            text: "version is not known here: use one of",
        },
        Case {
            files: &[(
                "ckModel.yaml",
                "modelId: My_Model-1.0\ndependencies: [ 'System 2', 'System-[1]' ]",
            )],
            expected: &[
                "27 ckModel.yaml:1",
                "27 ckModel.yaml:2",
                "27 ckModel.yaml:2",
            ],
            text: "letters, digits",
        },
        Case {
            files: &[("ckModel.yaml", "description: x")],
            expected: &["27 ckModel.yaml:1"],
            text: "modelId is missing",
        },
        Case {
            files: &[("ckModel.yaml", "# nothing yet")],
            expected: &["53 ckModel.yaml", "27 ckModel.yaml"],
            text: "empty",
        },
    ]);
}

#[test]
fn forms_of_files() {
    check(&[
        Case {
            files: &[("types/a.yaml", "")],
            expected: &["53 types/a.yaml"],
            text: "empty",
        },
        Case {
            files: &[("types/a.yaml", "types:\n- typeId: A\n  typeId: B\n")],
            expected: &["102 types/a.yaml:3"],
            text: "twice, first in line 2",
        },
        Case {
            files: &[(
                "types/a.yaml",
                "types:\n- typeId: A\n  BASE\n  description: 2024\n  isFinal: 'yes'\n  isCollectionRoot: true\n",
            )],
            expected: &[
                "27 types/a.yaml:5",
                "27 types/a.yaml:4",
                "27 types/a.yaml:6",
            ],
            text: "'/types/0/isFinal'->'true or false is expected",
        },
        Case {
            files: &[(
                "attributes/a.yaml",
                "attributes:\n- id: A\n  valueType: Text\n- valueType: String\n",
            )],
            expected: &["27 attributes/a.yaml:3", "27 attributes/a.yaml:4"],
            text: "Text is none of Int,",
        },
        Case {
            files: &[(
                "enums/a.yaml",
                "types: []\nenums:\n- enumId: A\n  values: [ { key: one, name: One } ]",
            )],
            expected: &["107 enums/a.yaml:1", "27 enums/a.yaml:4"],
            text: "types is ignored in this folder: move it",
        },
        Case {
            files: &[("type/a.yaml", "types: []"), ("types/b.yml", "types: []")],
            expected: &["107 type/a.yaml", "107 types/b.yml"],
            text: "not read",
        },
        Case {
            files: &[("types/a.yaml", "types: [] \n---\ntypes: []\n")],
            expected: &["107 types/a.yaml:2"],
            text: "first document",
        },
    ]);
}

#[test]
fn element_ids() {
    check(&[
        Case {
            files: &[(
                "types/a.yaml",
                "types:\n- { typeId: device, BASE }\n- { typeId: B-x, BASE }",
            )],
            expected: &["24 types/a.yaml:3", "24 types/a.yaml:2"],
            text: "valid version number",
        },
        Case {
            files: &[(
                "attributes/a.yaml",
                "attributes: [ { id: 'A B', valueType: Int } ]",
            )],
            expected: &["25 attributes/a.yaml:1"],
            text: "PascalCase",
        },
        Case {
            files: &[(
                "associations/a.yaml",
                "associationRoles: [ { id: r, inboundName: in, outboundName: Out, inboundMultiplicity: N, outboundMultiplicity: One } ]",
            )],
            expected: &["26 associations/a.yaml:1", "108 associations/a.yaml:1"],
            text: "association role id",
        },
        Case {
            files: &[
                ("records/a.yaml", "records: [ { recordId: r } ]"),
                ("enums/a.yaml", "enums: [ { enumId: e, values: [] } ]"),
            ],
            expected: &["32 records/a.yaml:1", "44 enums/a.yaml:1"],
            text: "record id",
        },
        Case {
            files: &[
                (
                    "types/a.yaml",
                    "types:\n- { typeId: A, BASE }\n- { typeId: A, BASE }",
                ),
                (
                    "attributes/a.yaml",
                    "attributes:\n- { id: A, valueType: Int }\n- { id: A, valueType: Int }",
                ),
                (
                    "records/a.yaml",
                    "records:\n- { recordId: A }\n- { recordId: A }",
                ),
                ("enums/a.yaml", "enums:\n- { enumId: A }\n- { enumId: A }"),
                (
                    "associations/a.yaml",
                    "associationRoles:\n- { id: A, inboundName: I, outboundName: O, inboundMultiplicity: N, outboundMultiplicity: N }\n- { id: A, inboundName: I, outboundName: O, inboundMultiplicity: N, outboundMultiplicity: N }",
                ),
            ],
            expected: &[
                "8 types/a.yaml:3",
                "6 attributes/a.yaml:3",
                "33 records/a.yaml:3",
                "45 enums/a.yaml:3",
                "7 associations/a.yaml:3",
            ],
            text: "first in types/a.yaml:2",
        },
        Case {
            files: &[(
                "types/a.yaml",
                "types:\n- { typeId: MyType, BASE }\n- { typeId: Mytype, BASE }",
            )],
            expected: &["104 types/a.yaml:3"],
            text: "'MyType-1' and 'Mytype-1' differ only",
        },
    ]);
}

#[test]
fn attributes_and_enums() {
    check(&[
        Case {
            files: &[(
                "attributes/a.yaml",
                "attributes:\n- { id: A, valueType: RecordArray }\n- { id: B, valueType: Enum }",
            )],
            expected: &["31 attributes/a.yaml:2", "46 attributes/a.yaml:3"],
            text: "add valueCkRecordId",
        },
        Case {
            files: &[(
                "attributes/a.yaml",
                "attributes:\n- { id: A, valueType: Record, valueCkRecordId: '${this}/R' }\n- { id: B, valueType: Enum, valueCkEnumId: '${System}/SortOrder' }",
            )],
            expected: &["41 attributes/a.yaml:2", "59 attributes/a.yaml:3"],
            text: "'Demo-1.0.0/R-1' of attribute 'Demo-1.0.0/A-1' does not exist",
        },
        Case {
            files: &[(
                "enums/a.yaml",
                "enums:\n- enumId: E\n  values:\n  - { key: 0, name: A }\n  - { key: 0, name: B C }\n  - { key: -1, name: '' }\n  - { key: 2, name: D, isExtension: true }\n  - { key: 3, name: d }",
            )],
            expected: &[
                "56 enums/a.yaml:5",
                "30 enums/a.yaml:5",
                "57 enums/a.yaml:6",
                "58 enums/a.yaml:6",
                "55 enums/a.yaml:7",
                "56 enums/a.yaml:8",
                "104 enums/a.yaml:8",
            ],
            text: "'B C'",
        },
    ]);
}

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
            "64 migrations/migration-meta.yaml"
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
            "64 migrations/migration-meta.yaml"
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
