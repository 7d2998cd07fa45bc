//! Elements by themselves: ids, attributes and enums.

use super::{Case, check};

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
