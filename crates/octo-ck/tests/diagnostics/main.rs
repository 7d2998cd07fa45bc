//! One case per message of the compiler: the number, the place, and a text that helps.
//!
//! Here: headers and files; `elements` holds what elements are by themselves, `references` what they
//! say of each other, `runs` whole runs, and `every_code` one input for each number.

#![allow(clippy::unwrap_used)] // Helpers of tests: a panic is the report.

mod elements;
mod every_code;
mod lints;
mod references;
mod runs;

use octo_ck::compiler::{Compilation, SourceFiles, compile_sources};
use octo_ck::{Diagnostics, builtin};

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
