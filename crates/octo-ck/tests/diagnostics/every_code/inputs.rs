//! The inputs, one for each number.

use octo_ck::Diagnostics;
use octo_ck::compiler::{compile_folder, scaffold};
use octo_ck::read::read_imports;

use super::compile;

/// What is handed to the library.
pub(super) enum Input {
    /// A file of a source folder.
    File(&'static str, &'static str),
    /// A file beside the attributes `X` and `Y` and the records `Q` (with `X`) and `P` (final).
    More(&'static str, &'static str),
    /// Members of a compiled model.
    Compiled(&'static str),
    /// Something else.
    Action(fn() -> Diagnostics),
}
use Input::{Action, Compiled, File, More};

#[rustfmt::skip] // One line for each number.
pub(super) const INPUTS: [(u16, Input); 68] = [
    (1, File("ckModel.yaml", "modelId: Demo-1.0.0\ndependencies: [ Nothing-1.0 ]")),
    (2, File("types/a.yaml", "types: [ { typeId: A, BASE, attributes: [ { id: '${this}/U', name: U } ] } ]")),
    (3, File("types/a.yaml", "types: [ { typeId: A, derivedFromCkTypeId: '${this}/U' } ]")),
    (4, File("types/a.yaml", "types: [ { typeId: A, BASE, associations: [ { id: '${this}/U', targetCkTypeId: '${this}/A' } ] } ]")),
    (5, File("types/a.yaml", "types: [ { typeId: A, BASE, associations: [ { id: '${System}/ParentChild', targetCkTypeId: '${this}/U' } ] } ]")),
    (6, File("attributes/a.yaml", "attributes: [ { id: A, valueType: Int }, { id: A, valueType: Int } ]")),
    (7, File("associations/a.yaml", "associationRoles: [ ROLE }, ROLE } ]")),
    (8, File("types/a.yaml", "types: [ { typeId: A, BASE }, { typeId: A, BASE } ]")),
    (9, File("types/a.yaml", "types: [ { typeId: A } ]")),
    (10, File("ckModel.yaml", "modelId: Demo-1.0.0\ndependencies: [ NeedsDemo-1.0 ]")),
    (11, File("types/a.yaml", "types: [ { typeId: A, derivedFromCkTypeId: '${this}/U' }, { typeId: B, derivedFromCkTypeId: '${this}/A' } ]")),
    (12, More("types/a.yaml", "types: [ { typeId: A, BASE, attributes: [ { id: '${this}/X', name: X } ] }, { typeId: B, derivedFromCkTypeId: '${this}/A', attributes: [ { id: '${this}/X', name: Y } ] } ]")),
    (13, More("types/a.yaml", "types: [ { typeId: A, BASE, attributes: [ { id: '${this}/X', name: X } ] }, { typeId: B, derivedFromCkTypeId: '${this}/A', attributes: [ { id: '${this}/Y', name: X } ] } ]")),
    (14, File("types/a.yaml", "types: [ { typeId: A, BASE, associations: [ { id: '${System}/ParentChild', targetCkTypeId: '${this}/A' }, { id: '${System}/ParentChild', targetCkTypeId: '${this}/A' } ] } ]")),
    (15, More("types/a.yaml", "types: [ { typeId: A, BASE, attributes: [ { id: '${this}/X', name: X }, { id: '${this}/Y', name: X } ] } ]")),
    (16, More("types/a.yaml", "types: [ { typeId: A, BASE, attributes: [ { id: '${this}/X', name: X }, { id: '${this}/X', name: Y } ] } ]")),
    (17, File("types/a.yaml", "types: [ { typeId: T, BASE }, { typeId: A, BASE, associations: [ { id: '${System}/ParentChild', targetCkTypeId: '${this}/T' } ] }, { typeId: B, derivedFromCkTypeId: '${this}/A', associations: [ { id: '${System}/ParentChild', targetCkTypeId: '${this}/T' } ] } ]")),
    (18, Compiled("types: [ { typeId: A, derivedFromCkTypeId: System-2.2.2/Entity, associations: [ { id: System-2.2.2/ParentChild, targetCkTypeId: Demo-1.0.0/U } ] } ]")),
    (19, Compiled("types: [ { typeId: A, derivedFromCkTypeId: Demo-1.0.0/U } ]")),
    (20, File("types/a.yaml", "types: [ { typeId: A, BASE, associations: [ { id: '${System}/ParentChild', targetCkTypeId: '${this}/A' } ] }, { typeId: B, derivedFromCkTypeId: '${this}/A', associations: [ { id: '${System}/ParentChild', targetCkTypeId: '${this}/B' } ] } ]")),
    (21, File("types/a.yaml", "types: [ { typeId: A, BASE, isFinal: true }, { typeId: B, derivedFromCkTypeId: '${this}/A' } ]")),
    (
        22,
        Action(|| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("a"), "").unwrap();
            scaffold(folder.path(), &"Demo-1.0.0".parse().unwrap()).unwrap_err()
        }),
    ),
    (23, Compiled("NAME")),
    (24, File("types/a.yaml", "types: [ { typeId: a, BASE } ]")),
    (25, File("attributes/a.yaml", "attributes: [ { id: a, valueType: Int } ]")),
    (26, File("associations/a.yaml", "associationRoles: [ { id: a, inboundName: I, outboundName: O, inboundMultiplicity: N, outboundMultiplicity: N } ]")),
    (27, File("types/a.yaml", "types: [ { typeId: A, BASE, colour: red } ]")),
    (28, Action(|| compile_folder("does/not/exist".as_ref(), &[]).diagnostics)),
    (29, Action(|| compile_folder(tempfile::tempdir().unwrap().path(), &[]).diagnostics)),
    (30, File("enums/a.yaml", "enums: [ { enumId: A, values: [ { key: 0, name: X }, { key: 0, name: Y } ] } ]")),
    (31, File("attributes/a.yaml", "attributes: [ { id: A, valueType: Record } ]")),
    (32, File("records/a.yaml", "records: [ { recordId: a } ]")),
    (33, File("records/a.yaml", "records: [ { recordId: A }, { recordId: A } ]")),
    (34, Compiled("records: [ { recordId: A, derivedFromCkRecordId: Demo-1.0.0/U } ]")),
    (35, File("records/a.yaml", "records: [ { recordId: A, derivedFromCkRecordId: '${this}/U' }, { recordId: B, derivedFromCkRecordId: '${this}/A' } ]")),
    (36, More("records/a.yaml", "records: [ { recordId: A, derivedFromCkRecordId: '${this}/P' } ]")),
    (37, More("records/a.yaml", "records: [ { recordId: A, attributes: [ { id: '${this}/X', name: X }, { id: '${this}/Y', name: X } ] } ]")),
    (38, More("records/a.yaml", "records: [ { recordId: A, derivedFromCkRecordId: '${this}/Q', attributes: [ { id: '${this}/X', name: Z } ] } ]")),
    (39, More("records/a.yaml", "records: [ { recordId: A, attributes: [ { id: '${this}/X', name: X }, { id: '${this}/X', name: Y } ] } ]")),
    (40, More("records/a.yaml", "records: [ { recordId: A, derivedFromCkRecordId: '${this}/Q', attributes: [ { id: '${this}/Y', name: X } ] } ]")),
    (41, File("attributes/a.yaml", "attributes: [ { id: A, valueType: Record, valueCkRecordId: '${this}/U' } ]")),
    (42, File("records/a.yaml", "records: [ { recordId: A, attributes: [ { id: '${this}/U', name: U } ] } ]")),
    (43, File("records/a.yaml", "records: [ { recordId: A, derivedFromCkRecordId: '${this}/U' } ]")),
    (44, File("enums/a.yaml", "enums: [ { enumId: a } ]")),
    (45, File("enums/a.yaml", "enums: [ { enumId: A }, { enumId: A } ]")),
    (46, File("attributes/a.yaml", "attributes: [ { id: A, valueType: Enum } ]")),
    (47, File("types/a.yaml", "types: [ { typeId: A, BASE, associations: [ { id: '${System}/ParentChild', targetCkTypeId: '${this}/A', targetCkAttributeIds: [ Demo-1.0.0/U ] } ] } ]")),
    (48, Compiled("types: [ { typeId: A, derivedFromCkTypeId: System-2.2.2/Entity, associations: [ { id: Demo-1.0.0/U, targetCkTypeId: Demo-1.0.0/A } ] } ]")),
    (49, More("associations/a.yaml", "associationRoles: [ ROLE, attributes: [ { id: '${this}/X', name: X }, { id: '${this}/Y', name: X } ] } ]")),
    (50, More("associations/a.yaml", "associationRoles: [ ROLE, attributes: [ { id: '${this}/X', name: X }, { id: '${this}/X', name: Y } ] } ]")),
    (51, Compiled("types: [ { typeId: A, derivedFromCkTypeId: System-2.2.2/Entity, attributes: [ { id: Demo-1.0.0/U, name: U } ] } ]")),
    (52, Compiled("records: [ { recordId: A, attributes: [ { id: Demo-1.0.0/U, name: U } ] } ]")),
    (53, File("types/a.yaml", "")),
    (54, Action(|| read_imports("imports: []", "imports.yaml").unwrap().1)),
    (55, File("enums/a.yaml", "enums: [ { enumId: A, values: [ { key: 0, name: X, isExtension: true } ] } ]")),
    (56, File("enums/a.yaml", "enums: [ { enumId: A, values: [ { key: 0, name: X Y } ] } ]")),
    (57, File("enums/a.yaml", "enums: [ { enumId: A, values: [ { key: 0, name: ' ' } ] } ]")),
    (58, File("enums/a.yaml", "enums: [ { enumId: A, values: [ { key: -1, name: X } ] } ]")),
    (59, File("attributes/a.yaml", "attributes: [ { id: A, valueType: Enum, valueCkEnumId: '${this}/U' } ]")),
    (60, Compiled("attributes: [ { id: A, valueType: Enum } ]")),
    (61, Compiled("attributes: [ { id: A, valueType: RecordArray } ]")),
    (62, File("types/a.yaml", "types: [ { typeId: A, derivedFromCkTypeId: '${Foo}/Bar' } ]")),
    (63, File("migrations/migration-meta.yaml", "migrations: []")),
    (64, File("migrations/migration-meta.yaml", "ckModelId: Demo\nmigrations: [ { fromVersion: '1.0', toVersion: '2.0', scriptPath: a.yaml } ]")),
    (
        65,
        Action(|| {
            let list = "ckModelId: Demo\nmigrations: [ { fromVersion: '1.0', toVersion: '2.0', scriptPath: a.yaml } ]";
            compile(&[
                ("migrations/migration-meta.yaml", list),
                ("migrations/a.yaml", "what: 1"),
            ])
        }),
    ),
    (66, File("ckModel.yaml", "modelId: Demo-1.0.0\ndependencies: [ NeedsOld-1.0, NeedsNew-1.0 ]")),
    (67, File("types/a.yaml", "types: [ { typeId: A, BASE, displayNameRule: Room } ]")),
    (68, File("types/a.yaml", "types: [ { typeId: A, BASE, displayNameRule: '${U}' } ]")),
];
