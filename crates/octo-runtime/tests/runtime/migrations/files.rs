//! Files that values refer to while data follows its model.

use std::sync::Arc;

use octo_runtime::{BinaryContent, ChangeSet, Entity, NewBinary, NewEntity, RtId, Tenant, Value};
use serde_json::{Value as Json, json};

use super::shop::{all, only, steps, with_types};
use crate::fixture::Fixture;

const TYPES: &str = "
types:
- typeId: Paper
  derivedFromCkTypeId: ${System}/Entity
  attributes:
    - { id: '${this}/Name', name: Name, isOptional: true }
    - { id: '${this}/Scan', name: Scan, isOptional: true }
    - { id: '${this}/Copy', name: Copy, isOptional: true }
";

/// A tenant with a paper of each name that has a scan.
async fn papers(fixture: &Fixture, names: &[&str]) -> Arc<Tenant> {
    let tenant = fixture.runtime.system_tenant();
    let first = with_types("1.0.0", TYPES, &[]);
    tenant.import_models(vec![first]).await.unwrap();
    for name in names {
        let bytes = BinaryContent::Bytes(name.as_bytes().into());
        let file = NewBinary::new(*name, "scan.txt", "text/plain", name.len() as u64, bytes);
        let paper = NewEntity::of("Shop/Paper").set("Name", *name);
        let paper = paper.assign("scan", json!({"transferId": name}));
        let changes = ChangeSet::new().insert(paper).add_binary(file);
        tenant.apply(changes).await.unwrap();
    }
    tenant
}

fn scan(entity: &Entity, attribute: &str) -> RtId {
    match entity.attributes.get(attribute) {
        Some(Value::BinaryLinked(info)) => info.binary_id,
        other => panic!("{other:?}"),
    }
}

async fn exists(tenant: &Tenant, file: RtId) -> bool {
    tenant.store().binary(file).await.unwrap().is_some()
}

fn change(transform: Json) -> Json {
    json!({"action": "Transform", "target": {"ckTypeId": "Shop/Paper"}, "transform": transform})
}

/// Goes to version 2.0.0 with these steps.
async fn migrate(tenant: &Tenant, list: Json) -> bool {
    let second = with_types("2.0.0", TYPES, &[("1.0.0", "2.0.0", steps(list))]);
    tenant.import_models(vec![second]).await.is_ok()
}

#[tokio::test]
async fn files_stay_while_a_value_refers_to_them() {
    let fixture = Fixture::new().await;
    let tenant = papers(&fixture, &["a"]).await;
    let file = scan(&only(&tenant, "Shop/Paper").await, "Scan");
    let done = migrate(
        &tenant,
        json!([
            change(
                json!({"type": "CopyAttribute", "sourceAttribute": "Scan", "targetAttribute": "Copy"})
            ),
            change(json!({"type": "DeleteAttribute", "targetAttribute": "Scan"})),
        ]),
    );
    assert!(done.await);
    let paper = only(&tenant, "Shop/Paper").await;
    assert!(!paper.attributes.contains("Scan"));
    assert_eq!(scan(&paper, "Copy"), file);
    let bytes = tenant.binary_part(paper.rt_id, file, 0).await.unwrap();
    assert_eq!(bytes.as_deref(), Some("a".as_bytes()));
}

#[tokio::test]
async fn files_go_with_the_last_value_and_with_their_entity() {
    let fixture = Fixture::new().await;
    let tenant = papers(&fixture, &["emptied", "deleted", "kept"]).await;
    let before = all(&tenant, "Shop/Paper").await;
    let files: Vec<_> = before.iter().map(|paper| scan(paper, "Scan")).collect();
    let named = |name: &str| {
        let filter = json!({"attribute": "Name", "operator": "Eq", "value": name});
        json!({"ckTypeId": "Shop/Paper", "filter": filter})
    };
    let done = migrate(
        &tenant,
        json!([
            {"action": "Transform", "target": named("emptied"),
                "transform": {"type": "DeleteAttribute", "targetAttribute": "Scan"}},
            {"action": "Delete", "target": named("deleted")},
        ]),
    );
    assert!(done.await);
    assert_eq!(all(&tenant, "Shop/Paper").await.len(), 2);
    for (file, stays) in files.into_iter().zip([false, false, true]) {
        assert_eq!(exists(&tenant, file).await, stays);
    }
}

#[tokio::test]
async fn a_failed_migration_loses_no_file() {
    let fixture = Fixture::new().await;
    let tenant = papers(&fixture, &["a"]).await;
    let file = scan(&only(&tenant, "Shop/Paper").await, "Scan");
    let failed = migrate(
        &tenant,
        json!([
            change(json!({"type": "DeleteAttribute", "targetAttribute": "Scan"})),
            change(json!({"type": "SetValue", "targetAttribute": "Copy", "value": "no file"})),
        ]),
    );
    assert!(!failed.await);
    let paper = only(&tenant, "Shop/Paper").await;
    assert_eq!(scan(&paper, "Scan"), file);
    assert!(exists(&tenant, file).await);
}
