//! Query columns: every path at which a value can be asked for.

use octo_ck::graph::{ColumnError, NavigationOptions};
use octo_ck::model::ValueType;
use octo_ck::{TypeGraph, builtin};

use super::{ATTRIBUTES, ENUMS, graph};

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
