//! `octo-mcp ck` as people and build scripts use it: the real binary, real files.

#![allow(clippy::unwrap_used)] // Helpers of tests: a panic is the report.

mod catalogs;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

const HEADER: &str = "modelId: Demo-1.2.0\ndependencies: [ 'System-[2.0,3.0)' ]\n";
const TYPES: &str = "types: [ { typeId: Device, derivedFromCkTypeId: '${System}/Entity' } ]\n";

struct Output {
    is_success: bool,
    stdout: String,
    stderr: String,
}

fn ck(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_octo-mcp"))
        .arg("ck")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    Output {
        is_success: output.status.success(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn demo() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[("demo/ckModel.yaml", HEADER), ("demo/types/a.yaml", TYPES)],
    );
    folder
}

#[test]
fn a_folder_is_compiled_to_json_and_yaml() {
    let folder = demo();
    let run = |arguments: &[&str]| ck(folder.path(), arguments);
    let json = run(&["compile", "demo", "--out", "ck-demo.json"]);
    assert!(json.is_success, "{}", json.stderr);
    assert_eq!(
        (json.stdout.as_str(), json.stderr.as_str()),
        ("ck-demo.json: Demo-1.2.0\n", "")
    );
    let text = fs::read_to_string(folder.path().join("ck-demo.json")).unwrap();
    let written: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        written["types"][0]["derivedFromCkTypeId"],
        "System-2.2.2/Entity-1"
    );
    assert_eq!(written["dependencies"], serde_json::json!(["System-2.2.2"]));

    // The YAML form, made from the compiled file, says the same.
    assert!(run(&["compile", "ck-demo.json", "--out", "ck-demo.yaml"]).is_success);
    assert!(run(&["compile", "ck-demo.yaml", "--out", "again.json"]).is_success);
    let again = fs::read_to_string(folder.path().join("again.json")).unwrap();
    assert_eq!(again, text);
}

#[test]
fn errors_go_to_stderr_and_nothing_is_written() {
    let folder = demo();
    let faulty = TYPES
        .replace("Device", "device")
        .replace("Entity", "Entitty");
    write(
        folder.path(),
        &[("demo/types/a.yaml", &faulty), ("out.yaml", "old")],
    );
    let output = ck(folder.path(), &["compile", "demo", "--out", "out.yaml"]);
    assert!(!output.is_success && output.stdout.is_empty());
    assert!(
        output.stderr.contains("Error 24 demo/types/a.yaml:1:"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("Error 3 demo/types/a.yaml:1:"),
        "{}",
        output.stderr
    );
    assert_eq!(
        fs::read_to_string(folder.path().join("out.yaml")).unwrap(),
        "old"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);

    let missing = ck(folder.path(), &["compile", "nowhere", "--out", "out.yaml"]);
    assert!(!missing.is_success);
    assert!(
        missing.stderr.contains("FatalError 28 nowhere:"),
        "{}",
        missing.stderr
    );
}

#[test]
fn dependencies_come_from_files_and_catalogs() {
    let folder = demo();
    let run = |arguments: &[&str]| ck(folder.path(), arguments);
    write(
        folder.path(),
        &[
            (
                "more/ckModel.yaml",
                "modelId: More-1.0.0\ndependencies: [ 'Demo-[1.0,2.0)' ]\n",
            ),
            (
                "more/types/a.yaml",
                &TYPES
                    .replace("Device", "Part")
                    .replace("${System}/Entity", "${Demo}/Device"),
            ),
            (
                "catalog/ck-models/v2/catalog.json",
                r#"{"models":[{"modelName":"Demo","catalogPath":"ck-models/v2/d/Demo/catalog.json"}]}"#,
            ),
            (
                "catalog/ck-models/v2/d/Demo/catalog.json",
                r#"{"majorVersions":[{"majorVersion":1,"catalogPath":"ck-models/v2/d/Demo/1/catalog.json"}]}"#,
            ),
            (
                "catalog/ck-models/v2/d/Demo/1/catalog.json",
                r#"{"modelId":"Demo","versions":[{"version":"1.2.0","filePath":"ck-models/v2/d/Demo/1/ck-demo-1.2.0.json"}]}"#,
            ),
        ],
    );
    let alone = run(&["compile", "more", "--out", "more.json"]);
    assert!(!alone.is_success && alone.stderr.contains("FatalError 1 more/ckModel.yaml:2:"));
    let published = "catalog/ck-models/v2/d/Demo/1/ck-demo-1.2.0.json";
    assert!(run(&["compile", "demo", "--out", published]).is_success);
    for source in [["--with", published], ["--catalog", "catalog"]] {
        let output = run(&[
            "compile",
            "more",
            source[0],
            source[1],
            "--out",
            "more.json",
        ]);
        assert!(output.is_success, "{}", output.stderr);
    }
    let checked = run(&["check", "demo", "more"]);
    assert!(checked.is_success);
    assert_eq!(
        checked.stdout,
        "demo: Demo-1.2.0 compiles\nmore: More-1.0.0 compiles\n"
    );
    let gone = run(&["check", "demo", "--catalog", "gone"]);
    assert!(!gone.is_success && gone.stderr.contains("the folder gone does not exist"));
}

#[test]
fn versions_are_compared() {
    let folder = demo();
    write(
        folder.path(),
        &[
            ("new/ckModel.yaml", &HEADER.replace("1.2.0", "1.3.0")),
            ("new/types/a.yaml", &TYPES.replace("Device", "Part")),
        ],
    );
    let output = ck(folder.path(), &["diff", "demo", "new"]);
    assert!(output.is_success, "{}", output.stderr);
    insta::assert_snapshot!(output.stdout, @"
    Demo-1.2.0 -> Demo-1.3.0: major changes (breaking)
      major type Device: was removed
      minor type Part: was added
    OCTO-CK100: The version 1.3.0 is too low for these changes: use 2.0.0 or above.
    OCTO-CK104: The changes are breaking, but no migration leads from 1.2.0 to 1.3.0: add one, or make sure that no data needs it.
    ");
    let same = ck(folder.path(), &["diff", "demo", "demo"]);
    assert_eq!(same.stdout, "Demo-1.2.0 -> Demo-1.2.0: no changes\n");
    assert!(!ck(folder.path(), &["diff", "demo", "gone"]).is_success);
}

#[test]
fn a_new_model_compiles_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| ck(folder.path(), arguments);
    assert!(run(&["new", "mine", "--id", "Mine-1.0.0"]).is_success);
    assert_eq!(
        run(&["check", "mine"]).stdout,
        "mine: Mine-1.0.0 compiles\n"
    );
    let again = run(&["new", "mine", "--id", "Mine-1.0.0"]);
    assert!(!again.is_success && again.stderr.starts_with("FatalError 22 mine:"));
}

#[test]
fn types_are_drawn() {
    let folder = demo();
    let mermaid = ck(folder.path(), &["graph", "demo"]);
    assert!(mermaid.is_success, "{}", mermaid.stderr);
    insta::assert_snapshot!(mermaid.stdout, @"
    classDiagram
      class `Demo/Device`
      class `System/Entity` {
        <<abstract>>
      }
      `System/Entity` <|-- `Demo/Device`
    ");
    let dot = ck(
        folder.path(),
        &["graph", "--model", "System.Bot", "--format", "dot"],
    );
    assert!(
        dot.stdout
            .contains("\"System.Bot/Fixup\" -> \"System/Entity\""),
        "{}",
        dot.stderr
    );
}

#[test]
fn a_zip_of_a_folder_is_a_model() {
    let folder = demo();
    let mut archive =
        zip::ZipWriter::new(fs::File::create(folder.path().join("demo.zip")).unwrap());
    for (path, text) in [("demo/ckModel.yaml", HEADER), ("demo/types/a.yaml", TYPES)] {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(path, options).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
    let output = ck(folder.path(), &["compile", "demo.zip", "--out", "a.yaml"]);
    assert!(output.is_success, "{}", output.stderr);
    let text = fs::read_to_string(folder.path().join("a.yaml")).unwrap();
    assert!(
        text.contains("- isCollectionRoot: true\n  typeId: Device\n"),
        "{text}"
    );
}
