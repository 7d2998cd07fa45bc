//! What is recorded, and what recorded versions mean for the next import.

use octo_runtime::{NewEntity, Tenant};
use serde_json::json;

use super::shop::{article, first, later, migrate, names, second, steps, tenant, transform};
use crate::fixture::Fixture;

fn update() -> serde_json::Value {
    json!({"action": "Update", "data": {"Title": "met"}, "target": {"ckTypeId": "Shop/Article"}})
}

async fn records(tenant: &Tenant) -> Vec<String> {
    let history = tenant.migration_history(Some("Shop"), 10).await.unwrap();
    let line = |record: &octo_runtime::MigrationRecord| {
        format!(
            "{} {} {} {}",
            record.from_version, record.to_version, record.success, record.entities_affected
        )
    };
    history.items.iter().map(line).collect()
}

async fn record(tenant: &Tenant, version: &str, success: bool) {
    let record = NewEntity::of("System/MigrationHistory")
        .set("CkModelName", "Shop")
        .set("FromVersion", "0.9.0")
        .set("ToVersion", version)
        .set("ExecutedAt", jiff::Timestamp::now())
        .set("Success", success);
    tenant.insert(record).await.unwrap();
}

#[tokio::test]
async fn installations_upgrades_and_failures_are_recorded() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("a")]).await;
    assert_eq!(records(&tenant).await, ["1.0.0 1.0.0 true 0"]);
    for _ in 0..2 {
        let bad = transform(json!({"type": "SetValue", "targetAttribute": "Number", "value": "x"}));
        migrate(&tenant, json!([bad])).await.unwrap_err();
        // Trying again replaces the record of the same failure.
        assert_eq!(
            records(&tenant).await,
            ["1.0.0 2.0.0 false 0", "1.0.0 1.0.0 true 0"]
        );
    }
    migrate(&tenant, json!([update()])).await.unwrap();
    assert_eq!(records(&tenant).await[0], "1.0.0 2.0.0 true 1");
    let again = tenant
        .import_models(vec![second(&steps(json!([update()])))])
        .await
        .unwrap();
    assert!(again.migrations.is_empty() && again.imported.is_empty());
    assert_eq!(records(&tenant).await.len(), 3);
    let all = tenant.migration_history(None, 1).await.unwrap();
    assert_eq!((all.items.len(), all.total), (1, 4), "System came first");
}

#[tokio::test]
async fn a_migration_left_open_is_made_up_for() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("a")]).await;
    // As a database the original left after a failed migration: the schema is new, the data is not.
    tenant
        .import_models(vec![later("2.0.0", &[])])
        .await
        .unwrap();
    record(&tenant, "[1.0.0]", true).await;
    record(&tenant, "2.0.0", false).await;
    let status = tenant.upgrade_status(&later("2.0.0", &[])).await.unwrap();
    assert_eq!(status.installed_version.as_deref(), Some("1.0.0"));
    assert_eq!(status.last_migration_success, Some(false));

    let import = tenant
        .import_models(vec![second(&steps(json!([update()])))])
        .await
        .unwrap();
    assert_eq!(import.unchanged.len(), 1, "the same version");
    assert_eq!(import.migrations[0].entities_updated, 1);
    assert_eq!(records(&tenant).await[0], "1.0.0 2.0.0 true 1");
}

#[tokio::test]
async fn a_schema_that_was_put_back_counts() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("a")]).await;
    record(&tenant, "2.0.0", true).await;
    let import = migrate(&tenant, json!([update()])).await.unwrap();
    assert_eq!(import.migrations[0].from_model.to_string(), "Shop-1.0.0");
    let met = names(&tenant, "Shop/Article", |e| e.attributes.contains("Title")).await;
    assert_eq!(met, ["a"]);
}

#[tokio::test]
async fn without_a_path_the_version_is_recorded() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("a")]).await;
    tenant
        .import_models(vec![later("2.0.0", &[])])
        .await
        .unwrap();
    let import = tenant.import_models(vec![first()]).await.unwrap();
    assert_eq!(
        import.migrations[0].warnings,
        [
            "No migration path available from 2.0.0 to 1.0.0. Version recorded without data migration."
        ]
    );
    assert_eq!(records(&tenant).await[0], "2.0.0 1.0.0 true 0");
}

#[tokio::test]
async fn chains_run_in_order_and_name_types_in_between() {
    let fixture = Fixture::new().await;
    let legacy = NewEntity::of("Shop/Legacy").set("Name", "l");
    let tenant = tenant(&fixture, vec![article("a"), legacy]).await;
    let change = |from: &str, to: &str| {
        json!({"action": "Transform", "target": {"ckTypeId": from},
               "transform": {"type": "ChangeCkType", "newCkTypeId": to}})
    };
    let rename = |from: &str, to: &str| {
        transform(
            json!({"type": "RenameAttribute", "sourceAttribute": from, "targetAttribute": to}),
        )
    };
    let chain = later(
        "2.0.0",
        &[
            (
                "1.5.0",
                "2.0.0",
                steps(json!([
                    change("Shop/Middle", "Shop/Modern"),
                    rename("Between", "Title")
                ])),
            ),
            (
                "1.0.0",
                "1.5.0",
                steps(json!([
                    change("Shop/Legacy", "Shop/Middle"),
                    rename("Name", "Between")
                ])),
            ),
        ],
    );
    let status = tenant.upgrade_status(&chain).await.unwrap();
    assert!(status.update_available && status.migration_path_available);
    assert!(!status.has_breaking_changes);
    let import = tenant.import_models(vec![chain]).await.unwrap();
    let result = &import.migrations[0];
    assert_eq!(result.entities_updated, 4, "{result:?}");
    let modern = super::shop::only(&tenant, "Shop/Modern").await;
    assert_eq!(modern.attributes.str("Name"), Some("l"));
    let article = super::shop::only(&tenant, "Shop/Article").await;
    assert_eq!(article.attributes.str("Title"), Some("a"));
    assert!(!article.attributes.contains("Between"));
}

#[tokio::test]
async fn entities_left_in_a_type_in_between_are_an_error() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![NewEntity::of("Shop/Legacy")]).await;
    let change = json!({"action": "Transform", "target": {"ckTypeId": "Shop/Legacy"},
                        "transform": {"type": "ChangeCkType", "newCkTypeId": "Shop/Middle"}});
    let chain = later(
        "2.0.0",
        &[
            ("1.0.0", "1.5.0", steps(json!([change]))),
            ("1.5.0", "2.0.0", steps(json!([]))),
        ],
    );
    let error = tenant
        .import_models(vec![chain])
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("there are entities of type 'Shop/Middle'"),
        "{error}"
    );
}
