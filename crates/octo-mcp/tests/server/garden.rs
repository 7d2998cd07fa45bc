//! A tenant with a garden: plants in beds, for queries of all kinds.

use octo_runtime::{ChangeSet, GeoPoint, NewEntity, Record, RtId, Tenant, Value as Stored};
use serde_json::{Value, json};

use crate::app::{App, assert_success};
use crate::client::Client;
use crate::models::{import_zip, packed};

const ROOT: &str = "$schema: https://schemas.meshmakers.cloud/construction-kit-meta.schema.json
modelId: Garden-1.0.0
dependencies:
  - System-[2.0,3.0)
";
const ELEMENTS: &str = include_str!("garden-model.yaml");

/// The type of plants.
pub const PLANT: &str = "Garden/Plant";

/// The tenant `acme` with roses and a fern in bed `North`, sage in bed `South`, and its
/// administrator.
pub async fn acme() -> (App, Client) {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    let folders = ["attributes", "records", "enums", "types"];
    let files: Vec<_> = folders
        .iter()
        .map(|folder| (format!("garden/{folder}/all.yaml"), ELEMENTS))
        .chain([("garden/ckModel.yaml".to_owned(), ROOT)])
        .collect();
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), *text))
        .collect();
    assert_success(&import_zip(&app, &mut client, packed(&files)).await);
    plant(&*app.tenant("acme").await).await;
    (app, client)
}

async fn plant(tenant: &Tenant) {
    let bed = |name: &str| NewEntity::of("Garden/Bed").set("Name", name);
    let new = |name: &str| NewEntity::of(PLANT).set("Name", name);
    let at = |longitude, latitude| GeoPoint {
        longitude,
        latitude,
        altitude: None,
    };
    let care = |what: &str, litres: f64| {
        Record::of("Garden", "Care")
            .set("What", what)
            .set("Litres", litres)
    };
    let date = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let (north, south) = (bed("North"), bed("South"));
    let rose = new("Red rose")
        .set("Tags", ["thorns", "scent"])
        .set("Height", 80)
        .set("State", Stored::Enum(1))
        .set("Planted", date("2024-03-01T00:00:00Z"))
        .set("Position", at(16.37, 48.20))
        .set("Cares", vec![care("water", 2.5), care("cut", 0.0)]);
    let white = new("White rose")
        .set("Height", 60)
        .set("Position", at(16.38, 48.21));
    let fern = new("Fern").set("Planted", date("2023-05-01T00:00:00Z"));
    let sage = new("Sage")
        .set("Tags", ["scent"])
        .set("Height", 40)
        .set("State", Stored::Enum(0))
        .set("Position", at(15.43, 47.07));
    let mut changes = ChangeSet::new();
    for (plant, bed) in [
        (&rose, &north),
        (&white, &north),
        (&fern, &north),
        (&sage, &south),
    ] {
        changes = changes.associate(plant, "System/ParentChild", bed);
    }
    let all = [north, south, rose, white, fern, sage];
    let changes = all.into_iter().fold(changes, ChangeSet::insert);
    tenant.apply(changes).await.unwrap();
}

/// Asks for plants with further arguments.
pub async fn plants(client: &mut Client, extra: Value) -> Value {
    let mut arguments = json!({"tenantId": "acme", "ckTypeId": PLANT});
    for (name, value) in extra.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    client.call("query_entities", arguments).await
}

/// Names of returned entities, in order, separated by commas.
pub fn names(answer: &Value) -> String {
    assert_success(answer);
    let entities = answer["entities"].as_array().unwrap().iter();
    let names: Vec<_> = entities
        .map(|entity| value(entity, "name").as_str().unwrap_or("?").to_owned())
        .collect();
    names.join(",")
}

/// Value of an attribute in an entity as returned.
pub fn value<'a>(entity: &'a Value, name: &str) -> &'a Value {
    let attributes = entity["attributes"].as_array().unwrap();
    let found = attributes
        .iter()
        .find(|a| a["attributeName"] == json!(name));
    found.map_or(&Value::Null, |attribute| &attribute["value"])
}

/// Text of an id nothing has.
pub fn nobody() -> String {
    RtId::generate().to_string()
}
