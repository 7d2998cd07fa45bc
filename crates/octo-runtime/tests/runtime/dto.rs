//! Entities as JSON.

use octo_runtime::store::{StoredBinary, transact};
use octo_runtime::{DeleteEntity, EntityDto, NewEntity, Projection, StoreError, Tenant};
use serde_json::{Value as Json, json};

use crate::fixture::Fixture;

/// A file that belongs to nobody yet.
async fn store_file(tenant: &Tenant) {
    let binary = StoredBinary {
        id: "665f1c2ab1e4d2a3c4b5d6e7".parse().unwrap(),
        owner: None,
        content_type: "text/plain".to_owned(),
        filename: "a.txt".to_owned(),
        size: 3,
    };
    let graph = tenant.graph();
    transact::<(), StoreError>(tenant.store().as_ref(), graph, move |transaction| {
        transaction.put_binary(&binary, &mut &b"abc"[..])
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn entities_are_shown_in_the_order_of_the_model() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    store_file(&tenant).await;
    let values = [
        ("name", json!("x")),
        ("size", json!(1)),
        ("big", json!(5_000_000_000_i64)),
        ("weight", json!(0.1)),
        ("isNew", json!(false)),
        ("bought", json!("2024-06-04T13:55:38.12Z")),
        ("seen", json!("2024-01-31T12:00:00+02:00")),
        ("warranty", json!("00:15:00")),
        ("paint", json!("blue")),
        ("rights", json!("Read, Write")),
        ("tags", json!(["a"])),
        ("numbers", json!([])),
        ("photo", json!("AQID")),
        (
            "manual",
            json!({"contentType": "text/plain", "binaryId": "665f1c2ab1e4d2a3c4b5d6e7", "filename": "a.txt", "size": 3}),
        ),
        ("position", json!({"longitude": 16.5, "latitude": 48.25})),
        ("home", json!({"city": "Wien"})),
        (
            "items",
            json!([{"label": "p"}, {"label": "q", "quantity": 2}]),
        ),
    ];
    let new = values
        .into_iter()
        .fold(NewEntity::of("Demo/Tool"), |new, (path, value)| {
            new.assign(path, value)
        });
    let tool = tenant.insert(new.well_known_name("w")).await.unwrap();
    let tool = tenant.get("Demo/Tool", tool.rt_id).await.unwrap().unwrap();
    let graph = tenant.graph();
    let dto = EntityDto::new(&tool, &graph, &Projection::all());
    let mut shown = serde_json::to_value(&dto).unwrap();
    for varying in ["rtId", "rtCreationDateTime", "rtChangedDateTime"] {
        shown.as_object_mut().unwrap().remove(varying);
    }
    insta::assert_json_snapshot!(shown);

    let projected = |paths: &[&str]| {
        let projection = Projection::of(paths).unwrap();
        let dto = EntityDto::new(&tool, &graph, &projection);
        Json::from_iter(
            dto.attributes
                .into_iter()
                .map(|a| (a.attribute_name, a.value)),
        )
    };
    assert_eq!(
        projected(&["NAME", "size", "nothing"]),
        json!({"name": "x", "size": 1})
    );
    assert_eq!(projected(&["nothing"]), json!({}));
    let home = json!({"home": {"ckRecordId": "Demo/Address", "attributes": [{"attributeName": "country", "value": "AT"}]}});
    assert_eq!(projected(&["home.country"]), home);
    assert_eq!(projected(&["home", "home.country"]), home);
    let label = |value: &str| json!({"ckRecordId": "Demo/Item", "attributes": [{"attributeName": "label", "value": value}]});
    assert_eq!(
        projected(&["items.label"]),
        json!({"items": [label("p"), label("q")]})
    );
    assert_eq!(
        projected(&["items[-1].label"]),
        json!({"items": [label("q")]})
    );
    assert!(Projection::of(["a..b"]).is_err());
}

#[tokio::test]
async fn archived_entities_say_so() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let tool = tenant
        .insert(NewEntity::of("Demo/Tool").set("Name", "x"))
        .await
        .unwrap();
    let deleted = tenant
        .delete(DeleteEntity::of("Demo/Tool", tool.rt_id))
        .await
        .unwrap();
    let dto = EntityDto::new(&deleted.entity, &tenant.graph(), &Projection::all());
    assert_eq!((dto.rt_state, dto.rt_version), (Some("Archived"), 1));
    assert!(dto.rt_archived_date_time.is_some());
    assert_eq!(dto.attribute("name"), Some(&json!("x")));
}
