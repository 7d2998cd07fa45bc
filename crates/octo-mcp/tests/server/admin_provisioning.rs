//! The tools for administrators of tenants below (spec, identity 8.12).

use serde_json::{Value, json};

use crate::app::{App, PASSWORD, assert_failure, assert_success, new_tenant};
use crate::client::Client;

async fn call(client: &mut Client, tool: &str, mut arguments: Value) -> Value {
    arguments["tenantId"] = json!("octosystem");
    arguments["targetTenantId"] = json!("Acme");
    client.call(tool, arguments).await
}

async fn done(client: &mut Client, tool: &str, arguments: Value, text: &str) -> Value {
    let answer = call(client, tool, arguments).await;
    assert_success(&answer);
    assert_eq!(answer["message"], json!(text));
    assert_eq!(answer["targetTenantId"], json!("acme"));
    answer
}

#[tokio::test]
async fn a_user_gets_rights_in_a_tenant_below_and_loses_them() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let mut ada = app.user_of(&mut admin, "octosystem", "ada").await;
    let me = ada.call("whoami", json!({})).await;
    let mapping = json!({
        "sourceTenantId": "octosystem", "sourceUserId": me["userId"], "sourceUserName": "ada",
        "roleIds": ["development", "660000000000000000000002"],
    });
    let text = "Admin provisioning mapping created in 'acme' for 'ada' from 'octosystem'.";
    let tool = "create_admin_provisioning_mapping";
    let created = done(&mut admin, tool, mapping.clone(), text).await;
    let id = created["mapping"]["id"].clone();
    let again = call(&mut admin, tool, mapping).await;
    assert_failure(&again, "has a mapping in tenant 'acme' already");

    let switched = ada.call("switch_tenant", json!({"tenantId": "acme"})).await;
    assert_success(&switched);
    assert_eq!(switched["roles"], json!(["Development", "UserManagement"]));
    let listed = call(&mut admin, "get_admin_provisioning_mappings", json!({})).await;
    assert_success(&listed);
    assert_eq!(listed["totalCount"], json!(2));
    assert!(listed["message"].is_null());

    let tool = "delete_admin_provisioning_mapping";
    let refused = call(&mut admin, tool, json!({"mappingRtId": id})).await;
    let text = format!("Refusing to delete admin provisioning mapping {id} without confirm=true.");
    assert_failure(&refused, &text.replace('"', "'"));
    let delete = json!({"mappingRtId": id, "confirm": true});
    let text = format!("Admin provisioning mapping {id} deleted from tenant 'acme'.");
    done(&mut admin, tool, delete.clone(), &text.replace('"', "'")).await;
    let again = call(&mut admin, tool, delete).await;
    assert_failure(&again, "not found in tenant 'acme'");
    let mut ada = app.client().await;
    app.sign_in(&mut ada, "octosystem", "ada", PASSWORD).await;
    let switched = ada.call("switch_tenant", json!({"tenantId": "acme"})).await;
    assert_eq!(
        switched["roles"],
        json!([]),
        "the shadow user keeps nothing"
    );
}

#[tokio::test]
async fn the_caller_becomes_an_administrator_below() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let mut ada = app.user_of(&mut admin, "octosystem", "ada").await;
    let tool = "provision_current_user_as_admin";
    let refused = call(&mut ada, tool, json!({})).await;
    assert_failure(&refused, "This needs the role 'TenantManagement'.");
    let role = json!({
        "tenantId": "octosystem", "userNameOrEmail": "ada", "roleName": "TenantManagement",
    });
    assert_success(&admin.call("add_user_to_role", role).await);
    app.sign_in(&mut ada, "octosystem", "ada", PASSWORD).await;
    let text = "Current user provisioned as admin in tenant 'acme'.";
    let first = done(&mut ada, tool, json!({}), text).await;
    let second = done(&mut ada, tool, json!({}), text).await;
    assert_eq!(first["mapping"], second["mapping"]);
    assert_eq!(first["mapping"]["groupNames"], json!(["TenantOwners"]));
    let switched = ada.call("switch_tenant", json!({"tenantId": "acme"})).await;
    assert_eq!(switched["roles"].as_array().unwrap().len(), 14);
}

#[tokio::test]
async fn nobody_reaches_sideways_or_up() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    assert_success(&admin.call("create_tenant", new_tenant("rival")).await);
    for (tool, extra) in [
        ("get_admin_provisioning_mappings", json!({})),
        ("provision_current_user_as_admin", json!({})),
        (
            "delete_admin_provisioning_mapping",
            json!({"mappingRtId": "660000000000000000000001", "confirm": true}),
        ),
        (
            "create_admin_provisioning_mapping",
            json!({
                "sourceTenantId": "octosystem", "sourceUserName": "admin",
                "sourceUserId": "660000000000000000000001",
            }),
        ),
    ] {
        for target in ["rival", "octosystem", "acme"] {
            let mut arguments = extra.clone();
            arguments["tenantId"] = json!("acme");
            arguments["targetTenantId"] = json!(target);
            let refused = admin.call(tool, arguments).await;
            let text = format!("Forbidden: Tenant '{target}' is not below tenant 'acme'.");
            assert_failure(&refused, &text);
        }
    }
    let unknown = json!({"tenantId": "octosystem", "targetTenantId": "nowhere"});
    let refused = admin.call("get_admin_provisioning_mappings", unknown).await;
    assert_failure(&refused, "NotFound: Tenant 'nowhere' not found.");
}
