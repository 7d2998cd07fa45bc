//! The type graph: inheritance, associations, look-ups and query columns.

#![allow(clippy::unwrap_used)] // Helpers of tests: a panic is the report.

use std::sync::Arc;

use octo_ck::compiler::{SourceFiles, compile_sources};
use octo_ck::graph::{ColumnError, NavigationOptions, TypeLookupError, TypeNode};
use octo_ck::model::{IndexType, Multiplicity, ValueType};
use octo_ck::{CompiledModel, TypeGraph, builtin};

const HEADER: &str = "modelId: Demo-1.2.0\ndependencies: [ 'System-[2.0,3.0)' ]";

fn model(files: &[(&str, &str)]) -> CompiledModel {
    let header = ("ckModel.yaml", HEADER);
    let files: SourceFiles = files
        .iter()
        .chain([&header])
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    let result = compile_sources(files, &[builtin::system()]);
    result
        .model
        .unwrap_or_else(|| panic!("{}", result.diagnostics))
}

fn graph(files: &[(&str, &str)]) -> TypeGraph {
    TypeGraph::build([builtin::system(), Arc::new(model(files))]).unwrap()
}

fn names(node: &TypeNode) -> Vec<&str> {
    node.attributes.iter().map(|a| a.name.as_str()).collect()
}

const ATTRIBUTES: (&str, &str) = (
    "attributes/a.yaml",
    "attributes: [ { id: A, valueType: Int }, { id: B, valueType: String }, { id: C, valueType: Enum, valueCkEnumId: '${this}/State', defaultValues: [ 0 ] } ]",
);
const ENUMS: (&str, &str) = (
    "enums/a.yaml",
    "enums: [ { enumId: State, values: [ { key: 0, name: Off }, { key: 1, name: On } ] } ]",
);
const TYPES: (&str, &str) = (
    "types/a.yaml",
    "types:
- typeId: Base
  derivedFromCkTypeId: ${System}/Entity
  isAbstract: true
  displayNameRule: ${First}
  displayDescriptionRule: ${First} described
  attributes: [ { id: '${this}/A', name: First } ]
  indexes: [ { indexType: Unique, fields: [ { attributePaths: [ First ] } ] } ]
  associations: [ { id: '${System}/ParentChild', targetCkTypeId: '${this}/Base' } ]
- typeId: Middle
  derivedFromCkTypeId: ${this}/Base
  displayNameRule: ${Second}
  attributes: [ { id: '${this}/B', name: Second } ]
- typeId: Leaf
  derivedFromCkTypeId: ${this}/Middle
  isFinal: true
  attributes: [ { id: '${this}/C', name: Third, isOptional: true } ]
  indexes: [ { indexType: Ascending, fields: [ { attributePaths: [ Third ] } ] } ]
",
);

#[test]
fn attributes_flatten_own_first_then_from_the_root_down() {
    let graph = graph(&[ATTRIBUTES, ENUMS, TYPES]);
    let leaf = graph.find_type("Demo/Leaf").unwrap();
    assert_eq!(
        names(leaf),
        [
            "Third",
            "RtBlueprintSource",
            "RtBlueprintLocked",
            "RtBlueprintAppliedAt",
            "First",
            "Second"
        ]
    );
    let third = leaf.attribute("third").unwrap();
    assert!(third.is_optional && !leaf.attribute("First").unwrap().is_optional);
    assert_eq!(third.enum_type.as_ref().unwrap().key_of("on"), Some(1));
    assert_eq!(third.default_values, ["0"]);
    assert!(leaf.attribute("Fourth").is_none());
}

#[test]
fn bases_inheritors_roots_rules_and_indexes_are_known() {
    let graph = graph(&[ATTRIBUTES, ENUMS, TYPES]);
    let [entity, base, middle, leaf] = ["System/Entity", "Demo/Base", "Demo/Middle", "Demo/Leaf"]
        .map(|id| graph.find_type(id).unwrap());
    let bases: Vec<String> = leaf.bases.iter().map(ToString::to_string).collect();
    assert_eq!(bases, ["Demo/Middle", "Demo/Base", "System/Entity"]);
    assert_eq!(base.derived.len(), 2);
    assert!(entity.derived.contains(&leaf.rt_id));
    assert!(leaf.is_a(&base.rt_id) && !base.is_a(&leaf.rt_id));
    assert_eq!(base.with_derived().count(), 3);
    assert!(base.is_collection_root && !middle.is_collection_root && !entity.is_collection_root);
    assert_eq!(leaf.collection_root.as_ref(), Some(&base.rt_id));
    assert_eq!(base.collection_root.as_ref(), Some(&base.rt_id));
    assert_eq!(entity.collection_root, None);
    assert_eq!(leaf.display_name_rule.as_deref(), Some("${Second}"));
    assert_eq!(
        leaf.display_description_rule.as_deref(),
        Some("${First} described")
    );
    let paths: Vec<&str> = leaf
        .indexes
        .iter()
        .map(|index| index.fields[0].attribute_paths[0].as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "Third",
            "First",
            "RtWellKnownName",
            "CkTypeId",
            "RtBlueprintSource"
        ]
    );
    assert!(model(&[ATTRIBUTES, ENUMS, TYPES]).types[0].is_collection_root);
}

#[test]
fn associations_are_seen_from_both_ends() {
    let graph = graph(&[ATTRIBUTES, ENUMS, TYPES]);
    let leaf = graph.find_type("Demo/Leaf").unwrap();
    let outbound: Vec<_> = leaf
        .outbound
        .iter()
        .map(|a| (a.navigation_name.as_str(), a.multiplicity, a.is_owned))
        .collect();
    assert_eq!(
        outbound,
        [
            ("Parent", Multiplicity::One, false),
            ("RelatesTo", Multiplicity::N, false)
        ]
    );
    let base = graph.find_type("Demo/Base").unwrap();
    assert!(base.outbound[0].is_owned && base.inbound[0].is_owned);
    assert_eq!(base.inbound[0].navigation_name, "Children");
    assert_eq!(base.inbound[0].origin.to_string(), "Demo-1.2.0/Base-1");
    assert_eq!(leaf.inbound.len(), 2);
}

#[test]
fn types_are_found_by_every_spelling() {
    let graph = graph(&[ATTRIBUTES, ENUMS, TYPES]);
    for text in [
        "System/Entity",
        "System-2/Entity",
        "System-2.2.2/Entity-1",
        "System/Entity-1",
        " System-9/Entity ",
    ] {
        assert_eq!(
            graph.find_type(text).unwrap().id.to_string(),
            "System-2.2.2/Entity-1"
        );
    }
    let unknown = graph.find_type("Demo/Laef").unwrap_err();
    assert!(matches!(unknown, TypeLookupError::Unknown { .. }));
    assert!(unknown.to_string().contains("'Demo/Leaf'"), "{unknown}");
    let invalid = graph.find_type("Leaf").unwrap_err();
    assert!(
        invalid.to_string().contains("must contain a model id"),
        "{invalid}"
    );
    assert!(
        invalid.to_string().contains("Did you mean 'Demo/Leaf'?"),
        "{invalid}"
    );
    assert!(graph.find_type("").is_err() && graph.find_type("/").is_err());
}

#[test]
fn lookups_by_kind_work() {
    let graph = graph(&[ATTRIBUTES, ENUMS, TYPES]);
    assert_eq!(graph.model("Demo").unwrap().to_string(), "Demo-1.2.0");
    assert_eq!(graph.models().len(), 2);
    assert!(graph.enum_node(&"Demo/State".parse().unwrap()).is_some());
    assert!(graph.role(&"System/Related".parse().unwrap()).is_some());
    assert!(graph.record(&"System/TimeRange".parse().unwrap()).is_some());
}

#[test]
fn a_graph_can_be_shared() {
    fn is_shared<T: Send + Sync + 'static>(_: &T) {}
    is_shared(&graph(&[]));
}

#[test]
fn incomplete_and_inconsistent_sets_are_refused() {
    let demo = Arc::new(model(&[]));
    let problems = TypeGraph::build([demo.clone()]).unwrap_err();
    assert!(
        problems.to_string().contains("import 'System-2.2.2' first"),
        "{problems}"
    );
    let mut other = (*builtin::system()).clone();
    other.model_id = "System-2.3.0".parse().unwrap();
    let problems = TypeGraph::build([demo, Arc::new(other)]).unwrap_err();
    assert!(problems.iter().any(|d| d.code == 1), "{problems}");
}

fn columns(attributes: &str, records: &str) -> Result<Vec<(String, ValueType)>, ColumnError> {
    let types = "types: [ { typeId: T, derivedFromCkTypeId: '${System}/Entity', attributes: [ { id: '${this}/Top', name: Top } ] } ]";
    let enums = ENUMS.1;
    let graph = graph(&[
        ("attributes/a.yaml", attributes),
        ("records/a.yaml", records),
        ("types/a.yaml", types),
        ("enums/a.yaml", enums),
    ]);
    let node = graph.find_type("Demo/T").unwrap();
    let found = graph.columns(node)?;
    Ok(found.into_iter().map(|c| (c.path, c.value_type)).collect())
}

const PARTS: &str = "- { id: Value, valueType: Double }\n- { id: Unit, valueType: Enum, valueCkEnumId: '${this}/State' }\n- { id: Tags, valueType: StringArray }\n";
const PART: &str = "records: [ { recordId: Part, attributes: [ { id: '${this}/Value', name: Value }, { id: '${this}/Unit', name: Unit } ] } ]";

#[test]
fn columns_follow_the_conformance_vectors() {
    let record = format!(
        "attributes:\n{PARTS}- {{ id: Top, valueType: Record, valueCkRecordId: '${{this}}/Part' }}"
    );
    let found = columns(&record, PART).unwrap();
    let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "top.value",
            "top.unit",
            "rtBlueprintSource",
            "rtBlueprintLocked",
            "rtBlueprintAppliedAt",
            "rtId",
            "ckTypeId",
            "rtWellKnownName",
            "rtDisplayName",
            "rtDisplayDescription",
            "rtVersion",
            "rtCreationDateTime",
            "rtChangedDateTime"
        ]
    );
    assert_eq!(
        (found[0].1, found[1].1),
        (ValueType::Double, ValueType::Enum)
    );

    let list = record.replace("valueType: Record,", "valueType: RecordArray,");
    let found = columns(&list, PART).unwrap();
    let expected = ["top[0].value", "top[0].unit", "top[*].value", "top[*].unit"];
    for (found, path) in found.iter().zip(expected) {
        assert_eq!(*found, (path.to_owned(), ValueType::RecordArray));
    }

    let texts = format!("attributes:\n{PARTS}- {{ id: Top, valueType: StringArray }}");
    let found = columns(&texts, PART).unwrap();
    assert_eq!(found[0], ("top[0]".to_owned(), ValueType::StringArray));
    assert_eq!(found[1], ("top[*]".to_owned(), ValueType::StringArray));
}

#[test]
fn records_that_contain_themselves_are_refused() {
    let attributes =
        "attributes: [ { id: Top, valueType: RecordArray, valueCkRecordId: '${this}/Part' } ]";
    let records =
        "records: [ { recordId: Part, attributes: [ { id: '${this}/Top', name: Top } ] } ]";
    let problem = columns(attributes, records).unwrap_err();
    assert!(problem.to_string().starts_with(
        "Cyclic record reference detected while expanding record 'Demo-1.2.0/Part-1'. "
    ));
}

#[test]
fn exploding_columns_are_refused() {
    let mut attributes = String::from(
        "attributes:\n- { id: Leaf, valueType: Int }\n- { id: Top, valueType: RecordArray, valueCkRecordId: '${this}/R0' }\n",
    );
    let mut records = String::from("records:\n");
    for n in 0..30 {
        attributes += &format!(
            "- {{ id: A{n}, valueType: RecordArray, valueCkRecordId: '${{this}}/R{}' }}\n",
            n + 1
        );
        records += &format!(
            "- {{ recordId: R{n}, attributes: [ {{ id: '${{this}}/A{n}', name: A }} ] }}\n"
        );
    }
    for leaf in ["[]", "[ { id: '${this}/Leaf', name: Leaf } ]"] {
        let records = format!("{records}- {{ recordId: R30, attributes: {leaf} }}\n");
        let problem = columns(&attributes, &records).unwrap_err();
        assert!(problem.to_string().starts_with(
            "Query column expansion for type 'Demo-1.2.0/T-1' exceeded the limit of 50000 columns. "
        ));
    }
}

const LINKS: &str = "associationRoles:
- { id: Feeds, inboundName: FedBy, inboundMultiplicity: N, outboundName: Source, outboundMultiplicity: ZeroOrOne }
";
const LINKED: &str = "types:
- typeId: Plant
  derivedFromCkTypeId: ${System}/Entity
  isAbstract: true
  attributes: [ { id: '${this}/A', name: Power } ]
- typeId: WindPlant
  derivedFromCkTypeId: ${this}/Plant
- typeId: Meter
  derivedFromCkTypeId: ${System}/Entity
  associations: [ { id: '${this}/Feeds', targetCkTypeId: '${this}/Plant' } ]
";

fn paths(id: &str, options: NavigationOptions) -> Vec<String> {
    let files = [
        ATTRIBUTES,
        ENUMS,
        ("associations/a.yaml", LINKS),
        ("types/a.yaml", LINKED),
    ];
    let graph = graph(&files);
    let node = graph.find_type(id).unwrap();
    let columns = graph.columns_with(node, options).unwrap();
    columns.into_iter().map(|column| column.path).collect()
}

#[test]
fn columns_reach_over_associations_to_one() {
    let found = paths("Demo/Meter", NavigationOptions::default());
    for path in ["source.demoPlant->power", "source.demoWindPlant->power"] {
        assert_eq!(found.iter().filter(|p| *p == path).count(), 1, "{found:?}");
    }
    let related = "relatesTo.systemEntity::totalCount";
    assert!(found.iter().any(|path| path == related), "{found:?}");
    let own_columns = found.iter().rposition(|path| path.contains("->")).unwrap();
    assert_eq!(found[found.len() - 8], "rtId");
    assert!(own_columns < found.len() - 8, "{found:?}");
}

#[test]
fn columns_behind_many_are_counted_or_listed() {
    let counted = paths("Demo/Plant", NavigationOptions::default());
    assert!(
        counted.contains(&"fedBy.demoMeter::exists".to_owned()),
        "{counted:?}"
    );
    assert!(
        !counted.iter().any(|path| path.contains("->")),
        "{counted:?}"
    );
    let many = NavigationOptions {
        depth: 2,
        include_many: true,
    };
    let listed = paths("Demo/Plant", many);
    assert!(
        listed.contains(&"fedBy.demoMeter->rtWellKnownName".to_owned()),
        "{listed:?}"
    );
    assert!(
        listed.contains(&"fedBy.demoMeter->source.demoWindPlant->power".to_owned()),
        "{listed:?}"
    );
    let none = NavigationOptions {
        depth: 0,
        include_many: true,
    };
    assert!(
        !paths("Demo/Plant", none)
            .iter()
            .any(|path| path.contains("::"))
    );
}

#[test]
fn navigation_to_everything_ends() {
    let graph = TypeGraph::build(builtin::all()).unwrap();
    let everything = NavigationOptions {
        depth: 9,
        include_many: true,
    };
    for node in graph.types() {
        match graph.columns_with(node, everything) {
            Ok(columns) => assert!(columns.len() >= 11),
            Err(problem) => assert!(matches!(problem, ColumnError::TooMany(_)), "{problem}"),
        }
        assert!(
            graph
                .columns_with(node, NavigationOptions::default())
                .is_ok()
        );
    }
}

#[test]
fn a_collection_has_one_text_index() {
    let text = |path: &str, language: &str| {
        format!(
            "indexes: [ {{ indexType: Text, language: {language}, fields: [ {{ attributePaths: [ {path} ] }} ] }} ]"
        )
    };
    let types = format!(
        "types:
- typeId: Base
  derivedFromCkTypeId: ${{System}}/Entity
  attributes: [ {{ id: '${{this}}/B', name: First }} ]
  {}
- typeId: Leaf
  derivedFromCkTypeId: ${{this}}/Base
  attributes: [ {{ id: '${{this}}/A', name: Second }} ]
  {}
",
        text("First", "en"),
        text("First, Second", "de")
    );
    let files = [ATTRIBUTES, ENUMS, ("types/a.yaml", types.as_str())];
    let header = ("ckModel.yaml", HEADER);
    let files = files.iter().chain([&header]);
    let files: SourceFiles = files
        .map(|(p, t)| ((*p).to_owned(), (*t).to_owned()))
        .collect();
    let result = compile_sources(files, &[builtin::system()]);
    let codes: Vec<u16> = result.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, [112], "{}", result.diagnostics);
    let model = Arc::new(result.model.unwrap());
    let graph = TypeGraph::build([builtin::system(), model]).unwrap();
    let root = graph.find_type("Demo/Base").unwrap();
    let merged = root
        .indexes
        .iter()
        .filter(|index| index.index_type == IndexType::Text);
    let paths: Vec<_> = merged
        .flat_map(|index| &index.fields)
        .map(|f| f.attribute_paths.join("+"))
        .collect();
    assert_eq!(paths, ["First", "Second"]);
}
