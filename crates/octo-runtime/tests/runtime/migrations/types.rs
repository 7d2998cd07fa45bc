//! Entities that get another type, and what follows from other types.

use octo_runtime::{AssociationQuery, ChangeSet, EntityQuery, NewEntity, UpdateEntity};
use serde_json::json;

use super::shop::{all, article, later, migrate, only, tenant, with_types};
use crate::fixture::Fixture;

fn change(from: &str, to: &str) -> serde_json::Value {
    json!({"action": "Transform", "target": {"ckTypeId": from},
           "transform": {"type": "ChangeCkType", "newCkTypeId": to}})
}

#[tokio::test]
async fn entities_move_with_edges_values_and_defaults() {
    let fixture = Fixture::new().await;
    let since: jiff::Timestamp = "2024-01-31T12:00:00.125Z".parse().unwrap();
    let owner = NewEntity::of("Shop/Owner").set("Name", "o");
    let legacy = NewEntity::of("Shop/Legacy")
        .set("Name", "l")
        .set("Since", since)
        .set("Amount", 3);
    let (owner_id, legacy_id) = (owner.rt_id(), legacy.rt_id());
    let tenant = tenant(
        &fixture,
        vec![NewEntity::of("Shop/Older").set("Name", "kept")],
    )
    .await;
    let changes = ChangeSet::new()
        .associate(&owner, "Shop/Has", &legacy)
        .insert(owner)
        .insert(legacy);
    tenant.apply(changes).await.unwrap();
    let rename = json!({"action": "Transform", "target": {"ckTypeId": "Shop/Modern"},
        "transform": {"type": "RenameAttribute", "sourceAttribute": "Since", "targetAttribute": "Started"}});
    let import = migrate(
        &tenant,
        json!([change("Shop/Legacy", "Shop/Modern"), rename]),
    )
    .await
    .unwrap();

    let moved = only(&tenant, "Shop/Modern").await;
    assert_eq!((moved.rt_id, moved.version), (legacy_id, 2));
    assert_eq!(
        moved.attributes.timestamp("Started"),
        Some(since),
        "read as the old type had it"
    );
    assert_eq!(moved.attributes.f64("Amount"), Some(3.0), "converted");
    assert_eq!(moved.attributes.str("Code"), Some("none"), "the default");
    let edges = tenant
        .associations(AssociationQuery::of(owner_id))
        .await
        .unwrap();
    assert_eq!(edges[0].target, moved.entity_ref());
    let by_value = EntityQuery::of("Shop/Modern").eq("Name", "l");
    assert_eq!(
        tenant.query(by_value).await.unwrap().total,
        1,
        "found below its new root"
    );
    // Derived types keep theirs, and that they are gone is told.
    assert_eq!(
        import.warnings,
        [
            "There are entities of type 'Shop/Older', which the new version does not have: they are kept, but cannot be seen."
        ]
    );
}

#[tokio::test]
async fn the_filter_of_a_change_of_type_counts() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("a"), article("b")]).await;
    let mut step = change("Shop/Article", "Shop/Special");
    step["target"]["filter"] = json!({"attribute": "Name", "operator": "Eq", "value": "b"});
    migrate(&tenant, json!([step])).await.unwrap();
    let special = only(&tenant, "Shop/Special").await;
    assert_eq!(special.attributes.str("Name"), Some("b"));
    assert_eq!(all(&tenant, "Shop/Article").await.len(), 2);
}

#[tokio::test]
async fn values_that_do_not_fit_the_new_type_are_a_conflict() {
    for (on_conflict, expected) in [
        ("Fail", None),
        ("Skip", Some(true)),
        ("Overwrite", Some(false)),
    ] {
        let fixture = Fixture::new().await;
        let tenant = tenant(&fixture, vec![article("a").set("Links", ["x"])]).await;
        let types = "
types:
- typeId: Other
  derivedFromCkTypeId: ${System}/Entity
  attributes:
    - { id: '${this}/Number', name: Name, isOptional: true }
";
        let mut step = change("Shop/Article", "Shop/Other");
        step["onConflict"] = json!(on_conflict);
        let next = with_types(
            "2.0.0",
            types,
            &[("1.0.0", "2.0.0", super::shop::steps(json!([step])))],
        );
        let import = tenant.import_models(vec![next]).await;
        match expected {
            None => assert!(
                import
                    .unwrap_err()
                    .to_string()
                    .contains("Value 'a' is not valid")
            ),
            Some(is_kept) => {
                let found = only(&tenant, "Shop/Other").await;
                assert_eq!(found.attributes.contains("Name"), is_kept);
            }
        }
    }
}

#[tokio::test]
async fn display_names_follow_changed_rules() {
    let fixture = Fixture::new().await;
    let tenant = tenant(
        &fixture,
        vec![
            article("a").set("State", "Done"),
            NewEntity::of("Shop/Article"),
        ],
    )
    .await;
    let before = all(&tenant, "Shop/Article").await;
    assert_eq!(before[0].display_name.as_deref(), Some("Article a"));
    tenant
        .import_models(vec![later("2.0.0", &[])])
        .await
        .unwrap();
    let after = all(&tenant, "Shop/Article").await;
    assert_eq!(after[0].display_name.as_deref(), Some("a (Done)"));
    assert_eq!(after[1].display_name, None);
    assert_eq!(
        (after[0].version, after[0].changed),
        (before[0].version, before[0].changed)
    );
}

#[tokio::test]
async fn types_that_move_below_another_root_take_their_entities_along() {
    let fixture = Fixture::new().await;
    let tenant = tenant(
        &fixture,
        vec![NewEntity::of("Shop/Special").set("Name", "s")],
    )
    .await;
    let types = "
types:
- typeId: Special
  derivedFromCkTypeId: ${System}/Entity
  attributes:
    - { id: '${this}/Name', name: Name, isOptional: true }
";
    tenant
        .import_models(vec![with_types("2.0.0", types, &[])])
        .await
        .unwrap();
    let found = only(&tenant, "Shop/Special").await;
    let update = UpdateEntity::from_entity(&found).set("Name", "t");
    assert_eq!(tenant.update(update).await.unwrap().version, 1);
}

#[tokio::test]
async fn duplicates_under_a_new_unique_index_are_told() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![article("same"), article("same")]).await;
    let types = "
types:
- typeId: Article
  derivedFromCkTypeId: ${System}/Entity
  attributes:
    - { id: '${this}/Name', name: Name, isOptional: true }
  indexes:
    - { indexType: Unique, fields: [ { attributePaths: [ Name ] } ] }
";
    let import = tenant
        .import_models(vec![with_types("2.0.0", types, &[])])
        .await
        .unwrap();
    let warnings = import.migrations[0].warnings.join("\n");
    assert!(
        warnings.contains("with Name 'same' exists already"),
        "{warnings}"
    );
}
