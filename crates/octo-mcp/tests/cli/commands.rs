//! `octo-mcp tools` and `octo-mcp ck check`.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{run, text};

const ELEMENTS: &str =
    "$schema: https://schemas.meshmakers.cloud/construction-kit-elements.schema.json\n";

/// Writes the sources of a model with one type.
fn write_model(folder: &Path, name: &str, dependencies: &str, base: &str) -> String {
    let folder = folder.join(name);
    std::fs::create_dir_all(folder.join("types")).unwrap();
    let root = format!(
        "$schema: https://schemas.meshmakers.cloud/construction-kit-meta.schema.json\nmodelId: {name}-1.0.0\ndependencies:\n  - System-[2.0,3.0)\n{dependencies}"
    );
    std::fs::write(folder.join("ckModel.yaml"), root).unwrap();
    let types = format!("{ELEMENTS}types:\n  - typeId: Thing\n    derivedFromCkTypeId: {base}\n");
    std::fs::write(folder.join("types/Thing.yaml"), types).unwrap();
    folder.to_str().unwrap().to_owned()
}

fn check(folders: &[&str]) -> (Option<i32>, String) {
    let output = run(&[&["ck", "check"], folders].concat());
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    (output.status.code(), text(&output.stdout))
}

#[test]
fn the_catalogue_is_printed_for_people_and_for_programs() {
    let json = run(&["tools", "--json"]);
    assert!(json.status.success());
    let tools: Vec<Value> = serde_json::from_slice(&json.stdout).unwrap();
    assert!(tools.len() >= 43, "{}", tools.len());
    let table = run(&["tools"]);
    assert!(table.status.success());
    let table = text(&table.stdout);
    assert!(table.ends_with(&format!("{} tools\n", tools.len())));
    for tool in &tools {
        let name = tool["name"].as_str().unwrap();
        assert!(table.contains(&format!("  {name} ")), "{name}");
        assert!(tool["inputSchema"]["type"] == "object", "{name}");
        assert!(!tool["description"].as_str().unwrap().is_empty(), "{name}");
    }
}

#[test]
fn good_models_compile_also_on_top_of_each_other() {
    let temp = TempDir::new().unwrap();
    let base = write_model(temp.path(), "Base", "", "${System}/Entity");
    let top = write_model(temp.path(), "Top", "  - Base-[1.0,2.0)\n", "${Base}/Thing");
    let (code, printed) = check(&[&base, &top]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("Base-1.0.0 compiles") && printed.contains("Top-1.0.0 compiles"));
    let (code, printed) = check(&[&top, &base]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("Base-1.0.0 compiles"), "{printed}");
    assert!(printed.contains("Top: does not compile"), "{printed}");
}

#[test]
fn bad_models_show_what_is_wrong_and_where() {
    let temp = TempDir::new().unwrap();
    let bad = write_model(temp.path(), "Bad", "", "${System}/Entty");
    let (code, printed) = check(&[&bad]);
    assert_eq!(code, Some(1), "{printed}");
    for part in ["Thing.yaml:4", "Entty", "Entity", "Bad: does not compile"] {
        assert!(printed.contains(part), "{printed}");
    }
    let missing = temp.path().join("nothing");
    let (code, printed) = check(&[missing.to_str().unwrap()]);
    assert_eq!(code, Some(1), "{printed}");
    let output = run(&["ck", "check"]);
    assert_eq!(output.status.code(), Some(2), "no folder named");
}

#[test]
fn wrong_command_lines_are_explained() {
    for arguments in [
        &["serv"][..],
        &["serve", "--ports", "some"],
        &["tools", "--yaml"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains("--help"), "{arguments:?}");
    }
    let version = run(&["--version"]);
    assert!(text(&version.stdout).starts_with("octo-mcp "));
}
