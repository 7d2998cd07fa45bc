//! Warnings about what cannot be meant, and codes of compiled models.

use std::sync::Arc;

use octo_ck::{TypeGraph, builtin, read_compiled};

use super::{Case, check};

#[test]
fn defaults_that_do_not_fit() {
    check(&[
        Case {
            files: &[(
                "attributes/a.yaml",
                "attributes:\n- { id: A, valueType: Int, defaultValues: [ 1.5 ] }\n- { id: B, valueType: Boolean, defaultValues: [ yes ] }\n- { id: C, valueType: Int64, defaultValues: [ 99999999999 ] }\n- { id: D, valueType: Double, defaultValues: [ 1e3 ] }\n- { id: E, valueType: IntArray, defaultValues: [ 1, x ] }",
            )],
            expected: &[
                "110 attributes/a.yaml:2",
                "110 attributes/a.yaml:3",
                "110 attributes/a.yaml:6",
            ],
            text: "'1.5' of attribute 'Demo-1.0.0/A-1' is not a 32-bit number",
        },
        Case {
            files: &[
                (
                    "attributes/a.yaml",
                    "attributes: [ { id: A, valueType: Enum, valueCkEnumId: '${this}/E', defaultValues: [ On, 1 ] }, { id: B, valueType: Enum, valueCkEnumId: '${this}/F', defaultValues: [ 3 ] } ]",
                ),
                (
                    "enums/a.yaml",
                    "enums: [ { enumId: E, values: [ { key: 1, name: On } ] }, { enumId: F, useFlags: true, values: [ { key: 1, name: On } ] } ]",
                ),
            ],
            expected: &["110 attributes/a.yaml:1"],
            text: "'On' has the key 1",
        },
    ]);
}

#[test]
fn indexes_over_nothing() {
    check(&[Case {
        files: &[
            (
                "types/a.yaml",
                "types:\n- typeId: A\n  BASE\n  attributes: [ { id: '${this}/R', name: Range } ]\n  indexes:\n  - { indexType: Ascending, fields: [ { attributePaths: [ Range.From, range.from, RtState, Range.Until, Rage, Range.From.X ] } ] }",
            ),
            (
                "attributes/a.yaml",
                "attributes: [ { id: R, valueType: Record, valueCkRecordId: '${System}/TimeRange' } ]",
            ),
        ],
        expected: &[
            "109 types/a.yaml:2",
            "109 types/a.yaml:2",
            "109 types/a.yaml:2",
        ],
        text: "names 'Range.Until'",
    }]);
}

#[test]
fn navigation_names_that_clash() {
    check(&[Case {
        files: &[
            (
                "types/a.yaml",
                "types:\n- typeId: A\n  BASE\n  attributes: [ { id: '${System}/Name', name: Feeds } ]\n  associations:\n  - { id: '${this}/R', targetCkTypeId: '${this}/B' }\n  - { id: '${this}/S', targetCkTypeId: '${this}/B' }\n- typeId: B\n  BASE",
            ),
            (
                "associations/a.yaml",
                "associationRoles:\n- { id: R, inboundName: FedBy, inboundMultiplicity: N, outboundName: Feeds, outboundMultiplicity: N }\n- { id: S, inboundName: FedBy, inboundMultiplicity: N, outboundName: Gives, outboundMultiplicity: N }",
            ),
        ],
        expected: &["111 types/a.yaml:2", "111 types/a.yaml:8"],
        text: "is also that of an attribute",
    }]);
}

#[test]
fn records_that_contain_themselves() {
    check(&[Case {
        files: &[
            (
                "attributes/a.yaml",
                "attributes:\n- { id: A, valueType: Record, valueCkRecordId: '${this}/A' }\n- { id: B, valueType: RecordArray, valueCkRecordId: '${this}/B' }\n- { id: C, valueType: Record, valueCkRecordId: '${this}/C' }",
            ),
            (
                "records/a.yaml",
                "records:\n- { recordId: A, attributes: [ { id: '${this}/B', name: B } ] }\n- { recordId: B, attributes: [ { id: '${this}/C', name: C } ] }\n- { recordId: C, attributes: [ { id: '${this}/B', name: B } ] }\n- { recordId: D, attributes: [ { id: '${this}/A', name: A }, { id: '${this}/C', name: C } ] }",
            ),
        ],
        expected: &["113 records/a.yaml:3"],
        text: "(Demo/B → Demo/C → Demo/B)",
    }]);
}

#[test]
fn chains_that_end_in_nothing() {
    check(&[
        Case {
            files: &[(
                "types/a.yaml",
                "types:\n- typeId: A\n  derivedFromCkTypeId: ${this}/X\n- typeId: B\n  derivedFromCkTypeId: ${this}/A\n- typeId: C\n  derivedFromCkTypeId: ${this}/B",
            )],
            expected: &["3 types/a.yaml:3", "11 types/a.yaml:5", "11 types/a.yaml:7"],
            text: "'Demo-1.0.0/X-1' of 'Demo-1.0.0/A-1' does not exist",
        },
        Case {
            files: &[(
                "records/a.yaml",
                "records:\n- recordId: A\n  derivedFromCkRecordId: ${this}/X\n- recordId: B\n  derivedFromCkRecordId: ${this}/A",
            )],
            expected: &["43 records/a.yaml:3", "35 records/a.yaml:5"],
            text: "base record",
        },
    ]);
}

#[test]
fn compiled_models_have_codes_of_their_own_for_missing_value_types() {
    let text = "modelId: Demo-1.0.0\nattributes: [ { id: A, valueType: Enum }, { id: B, valueType: RecordArray } ]";
    let model = Arc::new(read_compiled(text, "a.yaml").unwrap());
    let problems = TypeGraph::build([builtin::system(), model]).unwrap_err();
    let codes: Vec<u16> = problems.iter().map(|d| d.code).collect();
    assert_eq!(codes, [60, 61], "{problems}");
}
