//! The type graph: inheritance, associations and look-ups; `columns` holds query columns.

#![allow(clippy::unwrap_used)] // Helpers of tests: a panic is the report.

mod columns;

use std::sync::Arc;

use octo_ck::compiler::{SourceFiles, compile_sources};
use octo_ck::graph::{TypeLookupError, TypeNode};
use octo_ck::model::{IndexType, Multiplicity};
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
    assert_eq!(
        unknown.in_tenant("CkTypeId", "acme"),
        "CkTypeId 'Demo/Laef' not found in CkCache for tenant 'acme'. Ensure that the corresponding construction kit library is imported and loaded. Did you mean 'Demo/Leaf'?"
    );
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
