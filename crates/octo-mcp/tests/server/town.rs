//! A tenant with districts and their shops: types with associations and unique names.

use serde_json::{Value, json};

use crate::app::{App, assert_success};
use crate::client::Client;
use crate::models::{import, upload};

const MODEL: &str = include_str!("town-model.json");
/// The type of shops; each must have a district as its parent.
pub const SHOP: &str = "Town/Shop";
/// Tenant of the town.
pub const TENANT: &str = "acme";

/// A server, and an administrator of its tenant with the model `Town`.
pub async fn start() -> (App, Client) {
    let app = App::start().await;
    let mut client = app.admin_with_tenant(TENANT).await;
    let transfer = upload(&app, &mut client, "town.json", MODEL).await;
    assert_success(&import(&mut client, TENANT, &transfer).await);
    (app, client)
}

/// `name` as the values of an entity.
pub fn named(name: &str) -> Value {
    json!([{"attributePath": "name", "value": name}])
}

/// Creates a district and returns its id.
pub async fn district(client: &mut Client, name: &str) -> String {
    let arguments = json!({
        "tenantId": TENANT, "ckTypeId": "Town/District", "entityData": named(name),
    });
    id_of(&client.call("create_entity", arguments).await)
}

/// Creates a shop with associations.
pub async fn shop(client: &mut Client, name: &str, associations: Value) -> Value {
    let arguments = json!({
        "tenantId": TENANT, "ckTypeId": SHOP, "entityData": named(name),
        "associations": associations,
    });
    client.call("create_entity", arguments).await
}

/// The parent of a shop.
pub fn parent(district: &str) -> Value {
    json!({"ckRoleId": "System/ParentChild", "targetRtId": district})
}

/// Id of the entity in a successful answer.
pub fn id_of(answer: &Value) -> String {
    assert_success(answer);
    answer["rtId"].as_str().unwrap().to_owned()
}

/// Entities of a type.
pub async fn count(client: &mut Client, ck_type: &str) -> u64 {
    let query = json!({"tenantId": TENANT, "ckTypeId": ck_type});
    let found = client.call("query_entities_simple", query).await;
    assert_success(&found);
    found["totalCount"].as_u64().unwrap()
}
