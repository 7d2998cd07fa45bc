//! References, inheritance, associations and display rules.

use super::{Case, check, compile};

#[test]
fn references_and_placeholders() {
    check(&[
        Case {
            files: &[(
                "types/a.yaml",
                "types:\n- typeId: A\n  derivedFromCkTypeId: ${Foo}/Bar\n- typeId: B\n  derivedFromCkTypeId: ${this}/A",
            )],
            expected: &["62 types/a.yaml:3"],
            text: "'${Foo}' has no value",
        },
        Case {
            files: &[(
                "types/a.yaml",
                "types:\n- typeId: A\n  derivedFromCkTypeId: System/Entity\n- typeId: B\n  derivedFromCkTypeId: Entity\n- typeId: C\n  derivedFromCkTypeId: ${System/Entity",
            )],
            expected: &[
                "105 types/a.yaml:5",
                "105 types/a.yaml:7",
                "3 types/a.yaml:3",
            ],
            text: "must contain a model id",
        },
        Case {
            files: &[(
                "types/a.yaml",
                "types:\n- typeId: A\n  derivedFromCkTypeId: ${ System }/Entity",
            )],
            expected: &["105 types/a.yaml:3"],
            text: "is not a placeholder",
        },
        Case {
            files: &[(
                "types/a.yaml",
                "types:\n- typeId: A\n  BASE\n  associations: [ { id: '${System}/ParentChild', targetCkTypeId: '${this}/A', targetAttributes: [ X ], more: 1 } ]",
            )],
            expected: &["107 types/a.yaml:4"],
            text: "write targetCkAttributeIds",
        },
        Case {
            files: &[(
                "types/a.yaml",
                "types:\n- typeId: A\n- typeId: B\n  derivedFromCkTypeId: ${System}/Tenant\n- typeId: C\n  derivedFromCkTypeId: ${System}/Tenants",
            )],
            expected: &["9 types/a.yaml:2", "21 types/a.yaml:4", "3 types/a.yaml:6"],
            text: "add derivedFromCkTypeId",
        },
        Case {
            files: &[(
                "types/a.yaml",
                "types:\n- typeId: A\n  BASE\n  attributes:\n  - { id: '${this}/X', name: X }\n  associations:\n  - { id: '${System}/Parent', targetCkTypeId: '${this}/A' }\n  - { id: '${System}/ParentChild', targetCkTypeId: '${this}/B' }\n  - { id: '${System}/ParentChild', targetCkTypeId: '${this}/A', targetCkAttributeIds: [ X ] }",
            )],
            expected: &[
                "2 types/a.yaml:5",
                "4 types/a.yaml:7",
                "5 types/a.yaml:8",
                "47 types/a.yaml:9",
            ],
            text: "'Demo-1.0.0/X-1' used by type",
        },
        Case {
            files: &[(
                "records/a.yaml",
                "records:\n- recordId: A\n  isFinal: true\n  attributes: [ { id: '${this}/X', name: X } ]\n- recordId: B\n  derivedFromCkRecordId: ${this}/A\n- recordId: C\n  derivedFromCkRecordId: ${this}/D",
            )],
            expected: &[
                "42 records/a.yaml:4",
                "36 records/a.yaml:6",
                "43 records/a.yaml:8",
            ],
            text: "used by record",
        },
    ]);
}

const ATTRIBUTES: (&str, &str) = (
    "attributes/a.yaml",
    "attributes: [ { id: X, valueType: Int }, { id: Y, valueType: Int }, { id: R, valueType: Record, valueCkRecordId: '${this}/Q' } ]",
);
const RECORD: (&str, &str) = (
    "records/q.yaml",
    "records: [ { recordId: Q, attributes: [ { id: '${this}/X', name: X } ] } ]",
);

#[test]
fn inheritance() {
    check(&[
        Case {
            files: &[
                ATTRIBUTES,
                RECORD,
                (
                    "types/a.yaml",
                    "types:\n- typeId: A\n  BASE\n  attributes:\n  - { id: '${this}/X', name: X }\n  - { id: '${this}/X', name: Z }\n  - { id: '${this}/Y', name: X }\n  - { id: '${this}/R', name: x y }",
                ),
            ],
            expected: &[
                "16 types/a.yaml:6",
                "15 types/a.yaml:7",
                "108 types/a.yaml:8",
            ],
            text: "as 'X' and as 'Z'",
        },
        Case {
            files: &[
                ATTRIBUTES,
                RECORD,
                (
                    "types/a.yaml",
                    "types:\n- typeId: A\n  BASE\n  attributes: [ { id: '${this}/X', name: X } ]\n- typeId: B\n  derivedFromCkTypeId: ${this}/A\n- typeId: C\n  derivedFromCkTypeId: ${this}/B\n  attributes:\n  - { id: '${this}/X', name: Z }\n  - { id: '${this}/Y', name: X }",
                ),
            ],
            expected: &["12 types/a.yaml:10", "13 types/a.yaml:11"],
            text: "inherits from 'Demo-1.0.0/A-1'",
        },
        Case {
            files: &[
                ATTRIBUTES,
                RECORD,
                (
                    "records/a.yaml",
                    "records:\n- recordId: A\n  attributes:\n  - { id: '${this}/X', name: X }\n  - { id: '${this}/X', name: Z }\n  - { id: '${this}/Y', name: X }\n- recordId: C\n  derivedFromCkRecordId: ${this}/Q\n  attributes:\n  - { id: '${this}/X', name: Z }\n  - { id: '${this}/Y', name: X }",
                ),
            ],
            expected: &[
                "39 records/a.yaml:5",
                "37 records/a.yaml:6",
                "38 records/a.yaml:10",
                "40 records/a.yaml:11",
            ],
            text: "record",
        },
        Case {
            files: &[
                ATTRIBUTES,
                RECORD,
                (
                    "associations/a.yaml",
                    "associationRoles:\n- id: A\n  inboundName: I\n  outboundName: O\n  inboundMultiplicity: N\n  outboundMultiplicity: N\n  attributes:\n  - { id: '${this}/X', name: X }\n  - { id: '${this}/X', name: Z }\n  - { id: '${this}/Y', name: X }",
                ),
            ],
            expected: &["50 associations/a.yaml:9", "49 associations/a.yaml:10"],
            text: "association role",
        },
        Case {
            files: &[
                (
                    "types/a.yaml",
                    "types:\n- typeId: A\n  derivedFromCkTypeId: ${this}/B\n- typeId: B\n  derivedFromCkTypeId: ${this}/A\n- typeId: C\n  derivedFromCkTypeId: ${this}/C\n- typeId: D\n  derivedFromCkTypeId: ${this}/A",
                ),
                (
                    "records/a.yaml",
                    "records:\n- recordId: A\n  derivedFromCkRecordId: ${this}/A",
                ),
            ],
            expected: &[
                "101 records/a.yaml:3",
                "101 types/a.yaml:3",
                "101 types/a.yaml:5",
                "101 types/a.yaml:7",
            ],
            text: "derives from itself",
        },
    ]);
}

#[test]
fn associations_and_display_rules() {
    check(&[
        Case {
            files: &[(
                "types/a.yaml",
                "types:\n- typeId: A\n  BASE\n  associations:\n  - { id: '${System}/ParentChild', targetCkTypeId: '${this}/A' }\n  - { id: '${System}/ParentChild', targetCkTypeId: '${this}/A' }\n- typeId: B\n  derivedFromCkTypeId: ${this}/A\n  associations:\n  - { id: '${System}/ParentChild', targetCkTypeId: '${this}/A' }\n  - { id: '${System}/ParentChild', targetCkTypeId: '${this}/B' }",
            )],
            expected: &[
                "14 types/a.yaml:6",
                "17 types/a.yaml:10",
                "20 types/a.yaml:11",
            ],
            text: "twice: keep one",
        },
        Case {
            files: &[
                ATTRIBUTES,
                RECORD,
                (
                    "types/a.yaml",
                    "types:\n- typeId: A\n  BASE\n  displayNameRule: Room\n  displayDescriptionRule: ${Mane ?? RtBlueprintSource} ${R.X} ${R.Y} ${R.X.Z}\n  attributes: [ { id: '${System}/Name', name: Name }, { id: '${this}/R', name: R } ]",
                ),
            ],
            expected: &[
                "67 types/a.yaml:4",
                "68 types/a.yaml:5",
                "68 types/a.yaml:5",
                "68 types/a.yaml:5",
            ],
            text: "has no placeholder",
        },
    ]);
}

#[test]
fn deep_inheritance_is_refused() {
    let mut text =
        String::from("types:\n- { typeId: T0, derivedFromCkTypeId: '${System}/Entity' }\n");
    for n in 1..80 {
        text += &format!(
            "- {{ typeId: T{n}, derivedFromCkTypeId: '${{this}}/T{}' }}\n",
            n - 1
        );
    }
    let result = compile(&[("types/a.yaml", text.as_str())]);
    let first = result.diagnostics.iter().next().unwrap();
    assert_eq!((first.code, first.line), (103, Some(66)), "{first}");
}
