//! A tenant with areas, the nodes below them, and dogs that know each other.

use octo_runtime::{ChangeSet, Entity, NewEntity, RtId, Tenant};
use serde_json::{Value, json};

use crate::app::{App, assert_success};
use crate::client::Client;
use crate::models::{import_zip, packed};

const ROOT: &str = "$schema: https://schemas.meshmakers.cloud/construction-kit-meta.schema.json
modelId: Links-1.0.0
dependencies:
  - System-[2.0,3.0)
";
const ELEMENTS: &str = include_str!("links-model.yaml");

/// Role from a child to its parent.
pub const PARENT_CHILD: &str = "System/ParentChild";
/// Role between dogs, with attributes.
pub const KNOWS: &str = "Links/Knows";

/// The tenant `acme` with the model `Links`, and its administrator.
pub async fn acme() -> (App, Client, std::sync::Arc<Tenant>) {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    let archive = packed(&[
        ("links/ckModel.yaml", ROOT),
        ("links/attributes/all.yaml", ELEMENTS),
        ("links/associations/all.yaml", ELEMENTS),
        ("links/types/all.yaml", ELEMENTS),
    ]);
    assert_success(&import_zip(&app, &mut client, archive).await);
    let tenant = app.tenant("acme").await;
    (app, client, tenant)
}

/// An entity without a parent.
pub async fn add(tenant: &Tenant, ck_type: &str, name: &str) -> Entity {
    let entity = NewEntity::of(ck_type).set("Name", name);
    tenant.insert(entity).await.unwrap()
}

/// A node below a place.
pub async fn node(tenant: &Tenant, name: &str, parent: &Entity) -> Entity {
    let node = NewEntity::of("Links/Node").set("Name", name);
    let changes = ChangeSet::new()
        .associate(&node, PARENT_CHILD, parent)
        .insert(node);
    tenant.apply(changes).await.unwrap().inserted.remove(0)
}

/// Calls a tool in `acme`.
pub async fn call(client: &mut Client, tool: &str, mut arguments: Value) -> Value {
    arguments["tenantId"] = json!("acme");
    client.call(tool, arguments).await
}

/// Arguments that name an entity.
pub fn of(entity: &Entity, extra: Value) -> Value {
    let mut arguments = json!({
        "ckTypeId": entity.ck_type_id.to_string(), "rtId": entity.rt_id.to_string(),
    });
    for (name, value) in extra.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    arguments
}

/// Names of returned entities, in order.
pub fn names(answer: &Value) -> Vec<&str> {
    let entities = answer["entities"].as_array().unwrap().iter();
    entities
        .map(|entity| {
            let attributes = entity["attributes"].as_array().unwrap();
            let mut names = attributes
                .iter()
                .filter(|a| a["attributeName"] == json!("name"));
            names.next().unwrap()["value"].as_str().unwrap()
        })
        .collect()
}

/// Text of an id nothing has.
pub fn nobody() -> String {
    RtId::generate().to_string()
}
