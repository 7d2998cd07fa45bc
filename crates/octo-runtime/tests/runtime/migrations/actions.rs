//! Steps that update, delete and add, and which entities they meet.

use octo_runtime::{AssociationQuery, DeleteEntity, NewEntity, RtId, UpgradeOptions};
use serde_json::{Value as Json, json};

use super::shop::{all, article, later, migrate, names, only, second, steps, tenant};
use crate::fixture::Fixture;

#[tokio::test]
async fn updates_write_all_their_data() {
    let fixture = Fixture::new().await;
    let archived = article("gone");
    let id = archived.rt_id();
    let tenant = tenant(&fixture, vec![article("a").set("Number", 1), archived]).await;
    let archive = DeleteEntity::of("Shop/Article", id);
    tenant.delete(archive).await.unwrap();
    migrate(
        &tenant,
        json!([
            {"action": "Update", "target": {"ckTypeId": "Shop/Article"},
             "data": {"Title": "t", "Amount": 1, "Number": null, "rtWellKnownName": "Known"}},
            {"action": "Update", "target": {"ckTypeId": "Shop/Article"}, "onConflict": "Skip",
             "data": {"Title": "other", "State": "Done"}},
        ]),
    )
    .await
    .unwrap();
    for entity in all(&tenant, "Shop/Article").await {
        assert_eq!(entity.attributes.str("Title"), Some("t"));
        assert_eq!(entity.attributes.f64("Amount"), Some(1.0));
        assert!(!entity.attributes.contains("Number"));
        assert_eq!(entity.attributes.i32("State"), Some(1));
        assert_eq!(entity.well_known_name.as_deref(), Some("Known"));
        assert_eq!(entity.is_archived(), entity.rt_id == id);
    }
}

#[tokio::test]
async fn deleted_entities_are_gone_with_their_edges() {
    let fixture = Fixture::new().await;
    let (owner, legacy) = (
        NewEntity::of("Shop/Owner").set("Name", "o"),
        NewEntity::of("Shop/Legacy"),
    );
    let (owner_id, legacy_id) = (owner.rt_id(), legacy.rt_id());
    let tenant = tenant(&fixture, vec![]).await;
    let changes = octo_runtime::ChangeSet::new()
        .associate(&owner, "Shop/Has", &legacy)
        .insert(owner)
        .insert(legacy);
    tenant.apply(changes).await.unwrap();
    let import = migrate(
        &tenant,
        json!([{"action": "Delete", "target": {"ckTypeId": "Shop/Legacy"}}]),
    )
    .await
    .unwrap();
    assert_eq!(import.migrations[0].entities_deleted, 1);
    assert!(
        tenant
            .get_with_archived("System/Entity", legacy_id)
            .await
            .unwrap()
            .is_none()
    );
    let edges = tenant
        .associations(AssociationQuery::of(owner_id))
        .await
        .unwrap();
    assert_eq!(edges, []);
}

#[tokio::test]
async fn added_entities_are_complete_and_added_once() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![]).await;
    let id = RtId::generate();
    let add = |on_conflict: &str, name: &str| {
        json!({"action": "Add", "onConflict": on_conflict, "data": {"Name": name, "Amount": "3"},
               "target": {"ckTypeId": "Shop/Modern", "rtId": id.to_string(), "rtWellKnownName": "One"}})
    };
    let error = migrate(&tenant, json!([add("Skip", "a"), add("Fail", "b")]))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("exists already; choose Skip or Overwrite"),
        "{error}"
    );

    let import = migrate(&tenant, json!([add("Skip", "a"), add("Skip", "b")]))
        .await
        .unwrap();
    assert_eq!(import.migrations[0].entities_added, 1);
    let found = only(&tenant, "Shop/Modern").await;
    assert_eq!((found.rt_id, found.attributes.str("Name")), (id, Some("a")));
    assert_eq!(found.attributes.str("Code"), Some("none"), "the default");
    assert_eq!(found.attributes.f64("Amount"), Some(3.0));
    assert_eq!(found.well_known_name.as_deref(), Some("One"));

    let by_name = json!({"action": "Add", "onConflict": "Overwrite", "data": {"Name": "c"},
                         "target": {"ckTypeId": "Shop/Modern", "rtWellKnownName": "One"}});
    let next = later("2.1.0", &[("2.0.0", "2.1.0", steps(json!([by_name])))]);
    let import = tenant.import_models(vec![next]).await.unwrap();
    let result = &import.migrations[0];
    assert_eq!((result.entities_added, result.entities_updated), (0, 1));
    assert_eq!(
        only(&tenant, "Shop/Modern").await.attributes.str("Name"),
        Some("c")
    );
}

#[tokio::test]
async fn what_cannot_be_added_leaves_nothing_behind() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![]).await;
    let add = |ck_type: &str, data: Json| json!({"action": "Add", "target": {"ckTypeId": ck_type}, "data": data, "continueOnError": true});
    let import = migrate(
        &tenant,
        json!([
            add("Shop/Modern", json!({"Name": "same"})),
            add("Shop/Modern", json!({"Name": "same"})),
            add("Shop/Owner", json!({})),
            add("Shop/Nothing", json!({})),
        ]),
    )
    .await
    .unwrap();
    let warnings = import.migrations[0].warnings.join("\n");
    assert!(
        warnings.contains("with Name 'same' exists already"),
        "{warnings}"
    );
    assert!(
        warnings.contains("Mandatory attribute 'Name'"),
        "{warnings}"
    );
    assert!(
        warnings.contains("CkTypeId 'Shop/Nothing' not found"),
        "{warnings}"
    );
    assert_eq!(all(&tenant, "Shop/Modern").await.len(), 1);
    assert_eq!(all(&tenant, "Shop/Owner").await.len(), 0);
}

#[tokio::test]
async fn filters_pick_entities() {
    let entities = || {
        vec![
            article("Alpha").set("Number", 1).set("State", "Open"),
            article("beta").set("Number", 2).set("State", "Done"),
            article("gamma")
                .set("Links", ["x", "Yes"])
                .well_known_name("Third"),
        ]
    };
    let one = |attribute: &str, operator: &str, value: Json| json!({"attribute": attribute, "operator": operator, "value": value});
    for (filter, expected) in [
        (one("Name", "Eq", json!("beta")), vec!["beta"]),
        (one("number", "Eq", json!("2")), vec!["beta"]),
        (one("Number", "Ne", json!(2)), vec!["Alpha", "gamma"]),
        (one("State", "Eq", json!("done")), vec!["beta"]),
        (one("State", "Eq", json!(0)), vec!["Alpha"]),
        (one("State", "Exists", json!(null)), vec!["Alpha", "beta"]),
        (one("Number", "NotExists", json!(null)), vec!["gamma"]),
        (
            one("Name", "Contains", json!("A")),
            vec!["Alpha", "beta", "gamma"],
        ),
        (one("Name", "StartsWith", json!("al")), vec!["Alpha"]),
        (one("Links", "Eq", json!("Yes")), vec!["gamma"]),
        (one("Links", "Contains", json!("ye")), vec!["gamma"]),
        (one("rtWellKnownName", "Eq", json!("Third")), vec!["gamma"]),
        (one("Number", "Contains", json!("1")), vec![]),
        (
            json!({"or": [one("Name", "Eq", json!("beta")), one("Number", "Eq", json!(1))]}),
            vec!["Alpha", "beta"],
        ),
        (
            json!({"and": [one("Number", "Exists", json!(null)), one("State", "Ne", json!("Open"))]}),
            vec!["beta"],
        ),
        (
            json!({"attribute": "Name", "operator": "Contains", "value": "a",
                   "and": [one("Number", "Exists", json!(null))],
                   "or": [one("Name", "Eq", json!("gamma")), one("Name", "Eq", json!("Alpha"))]}),
            vec!["Alpha"],
        ),
    ] {
        let fixture = Fixture::new().await;
        let tenant = tenant(&fixture, entities()).await;
        let update = json!({"action": "Update", "data": {"Title": "met"},
                            "target": {"ckTypeId": "Shop/Article", "filter": filter}});
        migrate(&tenant, json!([update])).await.unwrap();
        let met = names(&tenant, "Shop/Article", |e| e.attributes.contains("Title")).await;
        assert_eq!(met, expected, "{filter}");
    }
}

#[tokio::test]
async fn one_entity_can_be_meant() {
    let fixture = Fixture::new().await;
    let (a, b) = (article("a"), article("b").well_known_name("B"));
    let id = a.rt_id().to_string();
    let tenant = tenant(&fixture, vec![a, b, article("c")]).await;
    migrate(
        &tenant,
        json!([
            {"action": "Update", "data": {"Number": 1}, "target": {"ckTypeId": "Shop/Article", "rtId": id}},
            {"action": "Update", "data": {"Number": 2}, "target": {"rtWellKnownName": "B"}},
            {"action": "Update", "data": {"Number": 3}, "target": {"ckTypeId": "Shop/Owner", "rtId": id}},
        ]),
    )
    .await
    .unwrap();
    let found = all(&tenant, "Shop/Article").await;
    let numbers: Vec<_> = found.iter().map(|e| e.attributes.i32("Number")).collect();
    assert_eq!(numbers, [Some(1), Some(2), None]);
}

#[tokio::test]
async fn entities_no_blueprint_made_can_be_left_out() {
    let entities = || {
        vec![
            article("ours"),
            article("theirs").set("RtBlueprintSource", "B-1.0.0"),
        ]
    };
    let update = |only_blueprints: bool| {
        json!([{"action": "Update", "data": {"Title": "met"},
                "target": {"ckTypeId": "Shop/Article", "blueprintSourceOnly": only_blueprints}}])
    };
    for (in_script, include_user_entities, expected) in [
        (false, true, vec!["ours", "theirs"]),
        (true, true, vec!["theirs"]),
        (false, false, vec!["theirs"]),
    ] {
        let fixture = Fixture::new().await;
        let tenant = tenant(&fixture, entities()).await;
        let options = UpgradeOptions {
            include_user_entities,
            ..UpgradeOptions::default()
        };
        let model = second(&steps(update(in_script)));
        tenant.upgrade_models(vec![model], options).await.unwrap();
        let met = names(&tenant, "Shop/Article", |e| e.attributes.contains("Title")).await;
        assert_eq!(met, expected);
    }
}

#[tokio::test]
async fn more_entities_than_fit_a_batch_are_all_met() {
    let fixture = Fixture::new().await;
    let tenant = tenant(&fixture, vec![]).await;
    let mut changes = octo_runtime::ChangeSet::new();
    for number in 0..450 {
        changes = changes.insert(article("many").set("Number", number));
    }
    tenant.apply(changes).await.unwrap();
    let change = json!({"type": "ChangeCkType", "newCkTypeId": "Shop/Special"});
    let import = migrate(
        &tenant,
        json!([
            {"action": "Update", "data": {"Title": "met"}, "target": {"ckTypeId": "Shop/Article"}},
            {"action": "Transform", "target": {"ckTypeId": "Shop/Article"}, "transform": change},
        ]),
    )
    .await
    .unwrap();
    assert_eq!(import.migrations[0].entities_updated, 900);
    let met = all(&tenant, "Shop/Special").await;
    assert_eq!(met.len(), 450);
    assert!(
        met.iter()
            .all(|e| e.display_name.as_deref() == Some("met ()"))
    );
}
