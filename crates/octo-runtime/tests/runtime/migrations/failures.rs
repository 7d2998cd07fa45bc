//! A migration that fails leaves models and data as they were.

use octo_runtime::{Entity, NewEntity, RuntimeError, Tenant, UpgradeOptions};
use serde_json::{Value as Json, json};

use super::shop::{all, article, later, migrate, only, second, steps, tenant, transform};
use crate::fixture::Fixture;

fn rename() -> Json {
    transform(
        json!({"type": "RenameAttribute", "sourceAttribute": "Name", "targetAttribute": "Title"}),
    )
}

fn impossible() -> Json {
    transform(json!({"type": "SetValue", "targetAttribute": "Number", "value": "many"}))
}

async fn everything(tenant: &Tenant) -> (Vec<Entity>, Vec<String>) {
    let entities = tenant
        .query(crate::fixture::data().include_archived())
        .await
        .unwrap();
    let models = tenant.models().await.unwrap();
    let models = models.iter().map(|m| format!("{} {:?}", m.id, m.state));
    (entities.items, models.collect())
}

#[tokio::test]
async fn a_failure_half_way_undoes_everything() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("a"), NewEntity::of("Shop/Legacy")]).await;
    let before = everything(&tenant).await;
    let graph = tenant.graph();
    let delete = json!({"action": "Delete", "target": {"ckTypeId": "Shop/Legacy"}});
    let add =
        json!({"action": "Add", "target": {"ckTypeId": "Shop/Modern"}, "data": {"Name": "new"}});
    let error = migrate(&tenant, json!([rename(), delete, add, impossible()]))
        .await
        .unwrap_err();
    let RuntimeError::MigrationFailed(result) = &error else {
        panic!("{error}");
    };
    assert!(!result.success);
    assert_eq!((result.entities_added, result.entities_deleted), (1, 1));
    assert!(
        result.errors[0].starts_with("Step 'step4': 'Shop/Article@"),
        "{error}"
    );
    assert!(error.to_string().starts_with(
        "Model 'Shop-2.0.0' cannot be imported: the migration of its data from version 1.0.0 failed, so that everything stays as it was.\nStep 'step4': "
    ));
    assert_eq!(everything(&tenant).await, before);
    assert!(std::sync::Arc::ptr_eq(&tenant.graph(), &graph));
    tenant.insert(article("still works")).await.unwrap();

    let corrected = migrate(&tenant, json!([rename()])).await.unwrap();
    assert!(corrected.migrations[0].success);
    assert_eq!(tenant.model("Shop").unwrap().to_string(), "Shop-2.0.0");
}

#[tokio::test]
async fn errors_one_can_live_with_become_warnings() {
    let fixture = Fixture::new().await;
    let entities = vec![article("7"), article("x"), article("8")];
    let tenant = tenant(&fixture, entities).await;
    let mut copy = transform(
        json!({"type": "CopyAttribute", "sourceAttribute": "Name", "targetAttribute": "Number"}),
    );
    let error = migrate(&tenant, json!([copy]))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("Value 'x' is not valid for attribute 'number'"),
        "{error}"
    );
    copy["continueOnError"] = json!(true);
    let import = migrate(&tenant, json!([copy, rename()])).await.unwrap();
    assert_eq!(import.migrations[0].warnings.len(), 1);
    let found = all(&tenant, "Shop/Article").await;
    let numbers: Vec<_> = found.iter().map(|e| e.attributes.i32("Number")).collect();
    assert_eq!(
        numbers,
        [Some(7), None, Some(8)],
        "all that could be done was done"
    );
    assert!(found.iter().all(|e| e.attributes.contains("Title")));
}

#[tokio::test]
async fn a_whole_upgrade_can_live_with_errors() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("a")]).await;
    let mut script = steps(json!([impossible(), rename()]));
    script["postValidations"] =
        json!([{"type": "NoEntitiesOfType", "target": {"ckTypeId": "Shop/Article"}}]);
    let options = UpgradeOptions {
        continue_on_error: true,
        ..UpgradeOptions::default()
    };
    let import = tenant
        .upgrade_models(vec![second(&script)], options)
        .await
        .unwrap();
    assert_eq!(import.migrations[0].warnings.len(), 2);
    assert_eq!(
        only(&tenant, "Shop/Article").await.attributes.str("Title"),
        Some("a")
    );
}

#[tokio::test]
async fn a_dry_run_reports_and_changes_nothing() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("a")]).await;
    let before = everything(&tenant).await;
    let options = UpgradeOptions {
        dry_run: true,
        ..UpgradeOptions::default()
    };
    let good = second(&steps(json!([rename()])));
    let import = tenant.upgrade_models(vec![good], options).await.unwrap();
    assert_eq!(import.migrations[0].entities_updated, 1);
    assert_eq!(import.imported[0].to_string(), "Shop-2.0.0");
    let bad = second(&steps(json!([impossible()])));
    assert!(tenant.upgrade_models(vec![bad], options).await.is_err());
    assert_eq!(everything(&tenant).await, before);
    assert_eq!(tenant.model("Shop").unwrap().to_string(), "Shop-1.0.0");
    let history = tenant.migration_history(Some("Shop"), 10).await.unwrap();
    assert_eq!(history.total, 1, "the first installation only");
}

#[tokio::test]
async fn mandatory_attributes_that_a_script_cleared_are_missed() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![NewEntity::of("Shop/Owner").set("Name", "o")]).await;
    let owners = json!({"ckTypeId": "Shop/Owner"});
    let clear = json!({"action": "Transform", "target": owners,
                       "transform": {"type": "DeleteAttribute", "targetAttribute": "Name"}});
    let error = migrate(&tenant, json!([clear]))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("has no value for the mandatory attribute 'Name'"),
        "{error}"
    );
    let set = json!({"action": "Update", "target": owners, "data": {"Name": "again"}});
    migrate(&tenant, json!([clear, set])).await.unwrap();
    assert_eq!(
        only(&tenant, "Shop/Owner").await.attributes.str("Name"),
        Some("again")
    );
}

#[tokio::test]
async fn scripts_may_not_make_duplicates() {
    let fixture = Fixture::new().await;
    let legacy = || NewEntity::of("Shop/Legacy").set("Name", "same");
    let tenant = tenant(&fixture, vec![legacy(), legacy()]).await;
    let change = json!({"action": "Transform", "target": {"ckTypeId": "Shop/Legacy"},
                        "transform": {"type": "ChangeCkType", "newCkTypeId": "Shop/Modern"}});
    let error = migrate(&tenant, json!([change]))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("with Name 'same' exists already"), "{error}");
    assert_eq!(all(&tenant, "Shop/Legacy").await.len(), 2);
}

#[tokio::test]
async fn scripts_that_are_missing_or_end_early_are_told() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![]).await;
    let mut broken = std::sync::Arc::unwrap_or_clone(second(&steps(json!([]))));
    broken.migrations.as_mut().unwrap().scripts.clear();
    let error = tenant.import_model(broken).await.unwrap_err().to_string();
    assert!(
        error.contains("The script from 1.0.0 to 2.0.0 is missing"),
        "{error}"
    );
    let partial = later("2.0.0", &[("1.0.0", "1.5.0", steps(json!([])))]);
    let import = tenant.import_models(vec![partial]).await.unwrap();
    assert_eq!(
        import.migrations[0].warnings,
        ["The scripts of 'Shop' end at version 1.5.0."]
    );
}
