//! The conformance vectors of the specification (Construction Kit 16), in its order.
//!
//! Two are held elsewhere: time spans by `octo-runtime`, which converts values, and
//! `RtCkId("System-2/Entity")`, which is deliberately equal to `System/Entity` here, because ids
//! are read in every spelling (section 15).

#![allow(clippy::unwrap_used)] // Helpers of tests: a panic is the report.

use octo_ck::catalog::ModelPaths;
use octo_ck::compiler::{Compilation, SourceFiles, compile_sources};
use octo_ck::display::DisplayRule;
use octo_ck::migration::find_path;
use octo_ck::model::{CkMigrationEntry, CkMigrationMeta, CkMigrations, CompiledModel, ValueType};
use octo_ck::{CkId, CkModelId, CkVersion, CkVersionRange, ElementId, RtCkId, TypeGraph, builtin};
use std::sync::Arc;

fn model_id(text: &str) -> CkModelId {
    text.parse().unwrap()
}

fn range(text: &str) -> CkVersionRange {
    text.parse().unwrap()
}

fn is_in(range_text: &str, version: &str) -> bool {
    range(range_text).contains(version.parse().unwrap())
}

#[test]
fn model_ids_and_versions() {
    let system = model_id("System");
    assert_eq!(
        (system.name(), system.version()),
        ("System", CkVersion::new(1, 0, 0))
    );
    assert_eq!(system.to_string(), "System-1.0.0");
    assert_eq!(system.semantic_name(), "System");
    assert_eq!(model_id("System-2.2.2").semantic_name(), "System-2");
    assert_eq!(model_id("System.Bot-3").version(), CkVersion::new(3, 0, 0));
    assert_eq!(model_id("${this}").to_string(), "${this}");
    assert!("1.2.3.4".parse::<CkVersion>().is_err());
    assert!("a".parse::<CkVersion>().is_err());
}

#[test]
fn ranges() {
    assert!(is_in("1.0.0", "2.5.0"));
    assert!(!is_in("[1.0.0]", "1.0.1"));
    assert!(!is_in("[1.0,2.0)", "2.0.0"));
    assert!(is_in("[1.0,2.0)", "1.9.9"));
    assert!(range("1.0.0").overlaps(&range("1.0.1")));
    assert!(!range("[1.0.0]").overlaps(&range("[1.0.1]")));
    assert!(!range("[1.0.0,2.0.0)").overlaps(&range("[2.0.0,3.0.0]")));
    assert!("(1.0)".parse::<CkVersionRange>().is_err());
    assert!("[1]".parse::<CkVersionRange>().is_err());
}

#[test]
fn element_ids() {
    let person: ElementId = "Person".parse().unwrap();
    assert_eq!(
        (person.version(), person.to_string()),
        (1, "Person-1".to_owned())
    );
    assert_eq!(person.semantic_name(), "Person");
    assert_eq!(
        "Person-2".parse::<ElementId>().unwrap().semantic_name(),
        "Person-2"
    );
    assert!("Person-x".parse::<ElementId>().is_err());
    assert!("".parse::<ElementId>().is_err());
    let entity: CkId = "System-2.2.2/Entity".parse().unwrap();
    assert_eq!(entity.to_string(), "System-2.2.2/Entity-1");
    assert_eq!(entity.semantic_name(), "System-2/Entity");
    assert_eq!(entity.to_runtime().to_string(), "System/Entity");
    let id = |text: &str| text.parse::<CkId>().unwrap();
    assert_eq!(id("System/Entity"), id("System-1.0.0/Entity-1"));
    let runtime = |text: &str| text.parse::<RtCkId>().unwrap();
    assert_eq!(runtime("System/Entity-1").to_string(), "System/Entity");
    assert_eq!(
        runtime("System.Communication/DataFlow").path_name(),
        "systemCommunicationDataFlow"
    );
    assert_eq!(
        runtime("Basic.Energy/Meter").storage_name(),
        "BasicEnergyMeter"
    );
}

fn compile(files: &[(&str, &str)]) -> Compilation {
    let header = (
        "ckModel.yaml",
        "modelId: Demo-1.0.0\ndependencies: [ 'System-[2.0,3.0)' ]",
    );
    let files: SourceFiles = [&header]
        .into_iter()
        .chain(files)
        .map(|(p, t)| ((*p).to_owned(), (*t).to_owned()))
        .collect();
    compile_sources(files, &builtin::all())
}

fn model(files: &[(&str, &str)]) -> CompiledModel {
    let result = compile(files);
    result
        .model
        .unwrap_or_else(|| panic!("{}", result.diagnostics))
}

fn error(path: &str, text: &str) -> u16 {
    let result = compile(&[(path, text)]);
    let mut errors = result.diagnostics.iter();
    errors.next().unwrap().code
}

#[test]
fn compiled_references_dependencies_and_defaults() {
    let compiled = model(&[
        (
            "types/a.yaml",
            "types:\n- typeId: A\n  derivedFromCkTypeId: ${System}/Entity\n",
        ),
        (
            "attributes/a.yaml",
            "attributes:\n- id: N\n  valueType: Int\n  defaultValues:\n  - 50\n",
        ),
    ]);
    let json: serde_json::Value = serde_json::from_str(&compiled.to_json()).unwrap();
    assert_eq!(
        json["types"][0]["derivedFromCkTypeId"],
        "System-2.2.2/Entity-1"
    );
    assert_eq!(json["dependencies"], serde_json::json!(["System-2.2.2"]));
    assert_eq!(
        json["attributes"][0]["defaultValues"],
        serde_json::json!(["50"])
    );
}

#[test]
fn errors() {
    assert_eq!(
        error(
            "enums/a.yaml",
            "enums: [ { enumId: E, values: [ { key: 0, name: A }, { key: 0, name: B } ] } ]"
        ),
        30
    );
    assert_eq!(
        error(
            "attributes/a.yaml",
            "attributes: [ { id: A, valueType: Enum } ]"
        ),
        46
    );
    assert_eq!(
        error(
            "types/a.yaml",
            "types: [ { typeId: A, derivedFromCkTypeId: '${Foo}/Bar' } ]"
        ),
        62
    );
    assert_eq!(error("types/a.yaml", "types: [ { typeId: A } ]"), 9);
    // `Name` is assigned by the base and by the type itself.
    let same = "types:\n- { typeId: A, derivedFromCkTypeId: '${System}/Entity', attributes: [ { id: '${System}/Name', name: Name } ] }\n- { typeId: B, derivedFromCkTypeId: '${this}/A', attributes: [ { id: '${System}/Description', name: Name } ] }\n";
    assert_eq!(error("types/a.yaml", same), 13);
    let rule =
        "types: [ { typeId: A, derivedFromCkTypeId: '${System}/Entity', displayNameRule: Room } ]";
    assert_eq!(error("types/a.yaml", rule), 67);
}

#[test]
fn display_rules() {
    let rule = DisplayRule::parse("${A ?? B} x").unwrap();
    let shown = rule.render(|path| Some(if path == "B" { "5" } else { "" }.to_owned()));
    assert_eq!(shown.as_deref(), Some("5 x"));
    assert_eq!(rule.render(|_| None), None);
}

#[test]
fn columns_of_records() {
    let columns = |value_type: &str, fields: &str| {
        let compiled = model(&[
            (
                "enums/a.yaml",
                "enums: [ { enumId: E, values: [ { key: 0, name: A } ] } ]",
            ),
            (
                "attributes/a.yaml",
                &format!(
                    "attributes:\n- {{ id: Value, valueType: Double }}\n- {{ id: Unit, valueType: Enum, valueCkEnumId: '${{this}}/E' }}\n- {{ id: A, valueType: String }}\n- {{ id: R, valueType: {value_type}, valueCkRecordId: '${{this}}/R' }}\n"
                ),
            ),
            (
                "records/a.yaml",
                &format!("records: [ {{ recordId: R, attributes: [ {fields} ] }} ]"),
            ),
            (
                "types/a.yaml",
                "types: [ { typeId: T, derivedFromCkTypeId: '${System}/Entity', attributes: [ { id: '${this}/R', name: Amount } ] } ]",
            ),
        ]);
        let graph = TypeGraph::build([builtin::system(), Arc::new(compiled)]).unwrap();
        let found = graph.columns(graph.find_type("Demo/T").unwrap()).unwrap();
        let own = found.into_iter().take(2);
        own.map(|c| (c.path, c.value_type)).collect::<Vec<_>>()
    };
    let fields = "{ id: '${this}/Value', name: Value }, { id: '${this}/Unit', name: Unit }";
    assert_eq!(
        columns("Record", fields),
        [
            ("amount.value".to_owned(), ValueType::Double),
            ("amount.unit".to_owned(), ValueType::Enum)
        ]
    );
    let rows = columns("RecordArray", "{ id: '${this}/A', name: A }");
    assert_eq!(
        rows,
        [
            ("amount[0].a".to_owned(), ValueType::RecordArray),
            ("amount[*].a".to_owned(), ValueType::RecordArray)
        ]
    );
}

#[test]
fn catalog_paths() {
    assert_eq!(
        ModelPaths::of(&model_id("Basic.Energy-1.3.0")).model,
        "ck-models/v2/b/Basic.Energy/1/ck-basic.energy-1.3.0.json"
    );
}

#[test]
fn migration_paths() {
    let entry = |from: &str, to: &str| CkMigrationEntry {
        from_version: from.to_owned(),
        to_version: to.to_owned(),
        script_path: String::new(),
        description: None,
        breaking: false,
    };
    let migrations = CkMigrations {
        meta: CkMigrationMeta {
            schema: None,
            ck_model_id: "A".to_owned(),
            migrations: vec![entry("3.0.1", "3.1.0"), entry("3.1.0", "3.1.1")],
        },
        scripts: Vec::new(),
    };
    let path = |migrations, from: &str, to: &str| {
        let path = find_path(migrations, from.parse().unwrap(), to.parse().unwrap()).unwrap();
        let steps = path.steps.iter();
        let steps = steps.map(|s| (format!("{}→{}", s.from, s.to), s.migration));
        (steps.collect::<Vec<_>>(), path.is_partial)
    };
    let step = |text: &str, migration| (text.to_owned(), migration);
    assert_eq!(
        path(Some(&migrations), "2.2.0", "3.1.2"),
        (
            vec![
                step("2.2.0→3.0.1", None),
                step("3.0.1→3.1.0", Some(0)),
                step("3.1.0→3.1.1", Some(1))
            ],
            true
        )
    );
    assert_eq!(
        path(None, "1.0.0", "1.1.0"),
        (vec![step("1.0.0→1.1.0", None)], false)
    );
}
