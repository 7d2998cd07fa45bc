//! Creating and deleting associations.

use octo_runtime::{AssociationQuery, ChangeSet, Entity, EntityQuery, Tenant};
use serde_json::{Value, json};

use crate::app::{assert_failure, assert_success};
use crate::links::{KNOWS, PARENT_CHILD, acme, add, call, nobody, node};

const GUARDS: &str = "Links/Guards";

fn link(origin: &Entity, role: &str, target: &Entity, extra: Value) -> Value {
    let mut arguments = json!({
        "originCkTypeId": origin.ck_type_id.to_string(),
        "originRtId": origin.rt_id.to_string(),
        "ckRoleId": role,
        "targetCkTypeId": target.ck_type_id.to_string(),
        "targetRtId": target.rt_id.to_string(),
    });
    for (name, value) in extra.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    arguments
}

async fn edges_of(tenant: &Tenant, entity: &Entity) -> usize {
    let query = AssociationQuery::of(entity.rt_id);
    tenant.associations(query).await.unwrap().len()
}

#[tokio::test]
async fn an_association_is_created_with_its_values_and_deleted() {
    let (_app, mut client, tenant) = acme().await;
    let rex = add(&tenant, "Links/Dog", "rex").await;
    let ada = add(&tenant, "Links/Dog", "ada").await;
    let values = json!({
        "attributes": [
            {"attributePath": "since", "value": "2024-05-01T00:00:00Z"},
            {"attributePath": "Strength", "value": "7"},
        ],
        "targetCkAttributeIds": ["Links/Name"],
    });
    let create = link(&rex, "Links-1.0.0/Knows-1", &ada, values);
    let created = call(&mut client, "create_association", create.clone()).await;
    assert_success(&created);
    let association = &created["association"];
    assert_eq!(association["ckRoleId"], json!(KNOWS), "{created:#}");
    assert_eq!(association["originRtId"], json!(rex.rt_id.to_string()));
    assert_eq!(association["targetCkAttributeIds"], json!(["Links/Name"]));
    let expected = json!([
        {"attributeName": "since", "value": "2024-05-01T00:00:00Z"},
        {"attributeName": "strength", "value": 7},
    ]);
    assert_eq!(association["attributes"], expected);

    let look = json!({
        "ckTypeId": "Links/Dog", "rtId": ada.rt_id.to_string(),
        "ckRoleId": KNOWS, "direction": "Inbound",
    });
    let found = call(&mut client, "navigate_associations", look).await;
    assert_eq!(&found["associations"][0], association, "{found:#}");

    let again = call(&mut client, "create_association", create).await;
    assert_failure(&again, "does already exist.");
    let delete = link(&rex, KNOWS, &ada, json!({}));
    let refused = call(&mut client, "delete_association", delete).await;
    let text = format!(
        "Refusing to delete association 'Links/Knows' from '{}' to '{}' without confirm=true.",
        rex.entity_ref(),
        ada.entity_ref()
    );
    assert_failure(&refused, &text);
    assert_eq!(edges_of(&tenant, &rex).await, 1);

    let delete = link(&rex, KNOWS, &ada, json!({"confirm": true}));
    let deleted = call(&mut client, "delete_association", delete.clone()).await;
    assert_success(&deleted);
    assert_eq!(deleted["association"]["attributes"], expected);
    assert_eq!(edges_of(&tenant, &rex).await, 0);
    let gone = call(&mut client, "delete_association", delete).await;
    let text = format!(
        "FatalError 15 -: acme: Association 'Links/Knows' from entity '{}' to entity 'Links/Dog'->'{}' does not exist.",
        rex.entity_ref(),
        ada.rt_id
    );
    assert_failure(&gone, &text);
}

#[tokio::test]
async fn what_the_model_forbids_is_refused_with_its_code() {
    let (_app, mut client, tenant) = acme().await;
    let root = add(&tenant, "Links/Area", "root").await;
    let other = add(&tenant, "Links/Area", "other").await;
    let a = node(&tenant, "a", &root).await;
    let rex = add(&tenant, "Links/Dog", "rex").await;
    let ada = add(&tenant, "Links/Dog", "ada").await;
    let guards = ChangeSet::new().associate(&rex, GUARDS, &root);
    tenant.apply(guards).await.unwrap();
    let missing = nobody();
    for (tool, arguments, part) in [
        (
            "create_association",
            link(&ada, GUARDS, &root, json!({})),
            &*format!(
                "FatalError 14 -: acme: Entity '{}': Inbound association 'Links/Guards' has maximum multiplicity of 'ZeroOrOne'. Adding another association violates the model.",
                root.entity_ref()
            ),
        ),
        (
            "create_association",
            link(&a, PARENT_CHILD, &other, json!({})),
            "has maximum multiplicity of 'One'. Adding another association violates the model.",
        ),
        (
            "delete_association",
            link(&a, PARENT_CHILD, &root, json!({"confirm": true})),
            &*format!(
                "FatalError 13 -: acme: Entity '{}': Inbound association 'System/ParentChild' has maximum multiplicity of 'One'. Association deletion violates the model.",
                a.entity_ref()
            ),
        ),
        (
            "create_association",
            link(&root, GUARDS, &rex, json!({})),
            &*format!(
                "FatalError 11 -: acme: Entity '{}': Inbound association 'Links/Guards' to CkTypeId 'Links/Dog' is not allowed.",
                root.entity_ref()
            ),
        ),
        (
            "create_association",
            link(&rex, GUARDS, &ada, json!({})),
            &*format!(
                "FatalError 12 -: acme: Entity '{}': Outbound association 'Links/Guards' to CkTypeId 'Links/Dog' is not allowed.",
                rex.entity_ref()
            ),
        ),
        (
            "create_association",
            link(&rex, KNOWS, &ada, json!({"targetRtId": missing})),
            &*format!("FatalError 9 -: acme: Entity 'Links/Dog@{missing}' does not exist."),
        ),
        (
            "create_association",
            link(&rex, KNOWS, &ada, json!({"originCkTypeId": "Links/Area"})),
            "does not exist.",
        ),
    ] {
        assert_failure(&call(&mut client, tool, arguments).await, part);
    }
    assert_eq!(edges_of(&tenant, &root).await, 2);
    assert_eq!(edges_of(&tenant, &ada).await, 0);
}

#[tokio::test]
async fn wrong_arguments_are_explained() {
    let (_app, mut client, tenant) = acme().await;
    let rex = add(&tenant, "Links/Dog", "rex").await;
    let ada = add(&tenant, "Links/Dog", "ada").await;
    let value =
        |path: &str, value: Value| json!({"attributes": [{"attributePath": path, "value": value}]});
    for (extra, part) in [
        (
            json!({"ckRoleId": "Links/Know"}),
            "Did you mean 'Links/Knows'?",
        ),
        (
            json!({"originRtId": "x"}),
            "is not a valid 24 digit hex string",
        ),
        (
            json!({"originCkTypeId": "Links/Dok"}),
            "Did you mean 'Links/Dog'?",
        ),
        (value("strength", json!("much")), "strength"),
        (
            value("colour", json!(1)),
            "Attribute 'colour' is not defined on the Construction Kit association role of 'Links/Knows'",
        ),
        (
            json!({"targetCkAttributeIds": ["Links/Rank"]}),
            "cannot refer to attribute 'Links/Rank'; the model offers 'Links/Name'.",
        ),
    ] {
        let arguments = link(&rex, KNOWS, &ada, extra);
        let answer = call(&mut client, "create_association", arguments).await;
        assert_failure(&answer, part);
    }
    let cleared = link(&rex, KNOWS, &ada, value("strength", Value::Null));
    let answer = call(&mut client, "create_association", cleared).await;
    assert_success(&answer);
    let default = json!([{"attributeName": "strength", "value": 1}]);
    assert_eq!(answer["association"]["attributes"], default);
}

#[tokio::test]
async fn rights_are_not_granted_with_the_association_tools() {
    let (app, mut client, _) = acme().await;
    let system = app.system_tenant();
    let first = async |ck_type: &str| {
        let found = system.first(EntityQuery::of(ck_type)).await.unwrap();
        found.unwrap()
    };
    let user = first("System.Identity/User").await;
    let role = first("System.Identity/Role").await;
    for (tool, edge_role) in [
        ("create_association", "System.Identity/AssignedRole"),
        ("delete_association", "System.Identity/AssignedRole"),
        ("create_association", "System/Related"),
    ] {
        let disguised = json!({
            "tenantId": "octosystem", "confirm": true, "originCkTypeId": "System/Entity",
            "targetCkTypeId": "System/Entity",
        });
        let arguments = link(&user, edge_role, &role, disguised);
        let answer = client.call(tool, arguments).await;
        assert_failure(&answer, "cannot be written with the entity tools");
    }
}
