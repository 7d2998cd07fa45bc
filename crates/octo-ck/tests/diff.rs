//! Differences between model versions and what they mean for the version number.

#![allow(clippy::unwrap_used)] // Helpers of tests: a panic is the report.

use octo_ck::compiler::{SourceFiles, compile_sources};
use octo_ck::diff::{self, ChangeLevel, ModelDiff};
use octo_ck::{CompiledModel, builtin};

const SOURCES: [(&str, &str); 6] = [
    (
        "ckModel.yaml",
        "modelId: Demo-1.2.0\ndescription: Demo\ndependencies: [ 'System-[2.0,3.0)' ]",
    ),
    (
        "attributes/a.yaml",
        "attributes:
- { id: Serial, valueType: String, description: Number }
- { id: Count, valueType: Int, defaultValues: [ 1 ] }
- { id: State, valueType: Enum, valueCkEnumId: '${this}/State' }
- { id: Place, valueType: Record, valueCkRecordId: '${this}/Place' }
",
    ),
    (
        "records/a.yaml",
        "records: [ { recordId: Place, attributes: [ { id: '${this}/Serial', name: Street } ] } ]",
    ),
    (
        "enums/a.yaml",
        "enums: [ { enumId: State, values: [ { key: 0, name: Off }, { key: 1, name: On } ] } ]",
    ),
    (
        "associations/a.yaml",
        "associationRoles:
- { id: Feeds, inboundName: FedBy, inboundMultiplicity: N, outboundName: Feeds, outboundMultiplicity: ZeroOrOne }
- { id: Needs, inboundName: NeededBy, inboundMultiplicity: N, outboundName: Needs, outboundMultiplicity: One }
",
    ),
    (
        "types/a.yaml",
        "types:
- typeId: Device
  derivedFromCkTypeId: ${System}/Entity
  description: A device
  attributes:
    - { id: '${this}/Serial', name: Serial }
    - { id: '${this}/State', name: State, isOptional: true }
  associations: [ { id: '${this}/Feeds', targetCkTypeId: '${this}/Device' } ]
",
    ),
];

fn compile(edits: &[(&str, &str)]) -> CompiledModel {
    let mut files: SourceFiles = SOURCES
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into();
    for (old, new) in edits {
        let text = files.values_mut().find(|text| text.contains(old));
        let text = text.unwrap_or_else(|| panic!("'{old}' is in no file"));
        *text = text.replacen(old, new, 1);
    }
    let result = compile_sources(files, &builtin::all());
    let findings = result.diagnostics;
    result.model.unwrap_or_else(|| panic!("{findings}"))
}

/// The differences when a part of the sources is replaced.
fn changed(edits: &[(&str, &str)]) -> ModelDiff {
    diff::compare(&compile(&[]), &compile(edits))
}

#[test]
fn a_model_does_not_differ_from_itself() {
    let diff = changed(&[]);
    assert_eq!((diff.level(), diff.changes.len()), (None, 0));
    assert_eq!(diff.findings(), []);
    let rebuilt = changed(&[("Demo-1.2.0", "Demo-1.3.0")]);
    assert_eq!(
        rebuilt.changes,
        [],
        "references to the model itself do not count"
    );
}

#[test]
fn every_rule_has_its_level() {
    use ChangeLevel::{Major, Minor, Patch};
    let serial = "    - { id: '${this}/Serial', name: Serial }\n";
    let feeds = "{ id: '${this}/Feeds', targetCkTypeId: '${this}/Device' }";
    let needs = format!("{feeds}, {{ id: '${{this}}/Needs', targetCkTypeId: '${{this}}/Device' }}");
    let foreign =
        format!("{feeds}, {{ id: '${{System}}/ParentChild', targetCkTypeId: '${{this}}/Device' }}");
    let unique = "  indexes: [ { indexType: Unique, fields: [ { attributePaths: [ Serial ] } ] } ]\n  attributes:\n    - { id: '${this}/Serial'";
    let plain = unique.replace("Unique", "Ascending");
    let assigned = "  attributes:\n    - { id: '${this}/Serial'";
    let with_default = format!("{serial}    - {{ id: '${{this}}/Count', name: Count }}\n");
    let without = format!("{serial}    - {{ id: '${{this}}/Place', name: Place }}\n");
    let of_other = format!("{serial}    - {{ id: '${{System}}/Enabled', name: Enabled }}\n");
    let optional =
        format!("{serial}    - {{ id: '${{this}}/Place', name: Place, isOptional: true }}\n");
    let cases: &[(&str, &str, ChangeLevel, &str)] = &[
        (
            "A device",
            "A thing",
            Patch,
            "type Device: description changed",
        ),
        (
            "description: Demo",
            "description: Model",
            Patch,
            "model Demo: description",
        ),
        (
            "  description: A device",
            "  description: A device\n  displayNameRule: ${Serial}",
            Patch,
            "display rule",
        ),
        (serial, "", Major, "attribute Serial was removed"),
        (serial, &with_default, Minor, "with a default was added"),
        (serial, &without, Major, "without a default"),
        (serial, &of_other, Major, "required attribute Enabled"),
        (
            serial,
            &optional,
            Minor,
            "optional attribute Place was added",
        ),
        (
            "name: Serial }",
            "name: Serial, isOptional: true }",
            Minor,
            "became optional",
        ),
        (
            "name: State, isOptional: true",
            "name: State",
            Major,
            "became required",
        ),
        (
            "name: Serial }",
            "name: Serial, autoCompleteValues: [ a ] }",
            Minor,
            "suggestions",
        ),
        (
            "'${this}/Serial', name: Serial",
            "'${this}/Count', name: Serial",
            Major,
            "from Demo/Serial to Demo/Count",
        ),
        (
            "id: Count, valueType: Int",
            "id: Count, valueType: Int64",
            Major,
            "from Int to Int64",
        ),
        (
            "defaultValues: [ 1 ]",
            "defaultValues: [ 2 ]",
            Minor,
            "attribute Count: default",
        ),
        (
            "valueType: Int,",
            "valueType: Int, isRuntimeState: true,",
            Minor,
            "runtime-state",
        ),
        (
            "valueType: Int,",
            "valueType: Int, metaData: [ { key: Unit } ],",
            Minor,
            "meta data",
        ),
        (
            "{ key: 1, name: On }",
            "{ key: 1, name: On }, { key: 2, name: Idle }",
            Minor,
            "value Idle was added",
        ),
        (", { key: 1, name: On }", "", Major, "value On was removed"),
        ("key: 1", "key: 5", Major, "from 1 to 5"),
        (
            "enumId: State",
            "enumId: State, isExtensible: true",
            Minor,
            "became extensible",
        ),
        (
            "enumId: State",
            "enumId: State, useFlags: true",
            Major,
            "use of flags",
        ),
        (
            "typeId: Device",
            "typeId: Device\n  isFinal: true",
            Major,
            "became final",
        ),
        (
            "typeId: Device",
            "typeId: Device\n  isAbstract: true",
            Major,
            "became abstract",
        ),
        (
            "typeId: Device",
            "typeId: Device\n  enableChangeStreamPreAndPostImages: true",
            Minor,
            "change-stream",
        ),
        (
            "${System}/Entity",
            "${System}/Configuration",
            Major,
            "from System/Entity to System/Configuration",
        ),
        (assigned, unique, Major, "index Unique(Serial) was added"),
        (assigned, &plain, Minor, "index Ascending(Serial) was added"),
        (feeds, &needs, Major, "of which there must be one"),
        (feeds, &foreign, Major, "a role of another model"),
        (
            feeds,
            "",
            Major,
            "association Demo/Feeds to Demo/Device was removed",
        ),
        (
            "outboundMultiplicity: ZeroOrOne",
            "outboundMultiplicity: N",
            Minor,
            "from ZeroOrOne to N",
        ),
        (
            "outboundMultiplicity: ZeroOrOne",
            "outboundMultiplicity: One",
            Major,
            "from ZeroOrOne to One",
        ),
        (
            "inboundName: FedBy",
            "inboundName: IsFedBy",
            Major,
            "inbound name",
        ),
        (
            "'System-[2.0,3.0)'",
            "'System-[2.0,3.0)', 'System.Bot-[3.0,4.0)'",
            Minor,
            "now depends on System.Bot-3.1.1",
        ),
        (
            "name: Street",
            "name: Road",
            Major,
            "record Place: attribute Street was removed",
        ),
    ];
    for (old, new, level, text) in cases {
        let diff = changed(&[(old, new)]);
        let shown: Vec<String> = diff.changes.iter().map(ToString::to_string).collect();
        assert_eq!(diff.level(), Some(*level), "{new}: {shown:?}");
        assert!(
            shown.iter().any(|change| change.contains(text)),
            "{text}: {shown:?}"
        );
    }
}

#[test]
fn elements_come_and_go() {
    let added = "typeId: Device\n  derivedFromCkTypeId: ${System}/Entity\n- typeId: Other";
    let diff = changed(&[("typeId: Device", added)]);
    assert!(diff.changes.iter().any(|c| c.element == "type Other"));
    let back = diff::compare(&compile(&[("typeId: Device", added)]), &compile(&[]));
    let removed = back
        .changes
        .iter()
        .find(|c| c.element == "type Other")
        .unwrap();
    assert_eq!(
        (removed.level, removed.text.as_str()),
        (ChangeLevel::Major, "was removed")
    );
}

#[test]
fn a_dependency_breaks_when_its_major_version_changes() {
    let old = compile(&[]);
    for (id, level) in [
        ("System-2.9", ChangeLevel::Minor),
        ("System-3", ChangeLevel::Major),
    ] {
        let mut new = old.clone();
        new.dependencies = vec![id.parse().unwrap()];
        assert_eq!(diff::compare(&old, &new).level(), Some(level), "{id}");
    }
}

#[test]
fn version_numbers_are_judged() {
    let breaking = ("name: Serial }", "name: SerialNumber }");
    let codes = |version: &str, edits: &[(&str, &str)]| {
        let mut edits = edits.to_vec();
        let id = format!("Demo-{version}");
        edits.push(("Demo-1.2.0", &id));
        let findings = changed(&edits).findings();
        findings.iter().map(|f| f.code).collect::<Vec<_>>()
    };
    assert_eq!(codes("1.2.0", &[("A device", "B")]), ["OCTO-CK100"]);
    assert_eq!(codes("1.2.1", &[("A device", "B")]), [""; 0]);
    assert_eq!(codes("1.1.9", &[("A device", "B")]), ["OCTO-CK101"]);
    assert_eq!(codes("1.3.0", &[breaking]), ["OCTO-CK100", "OCTO-CK104"]);
    assert_eq!(codes("2.0.0", &[breaking]), ["OCTO-CK104"]);
    let diff = changed(&[breaking]);
    assert_eq!(diff.lowest_version().to_string(), "2.0.0");
    assert!(diff.is_breaking() && diff.changes[0].level == ChangeLevel::Major);
}
