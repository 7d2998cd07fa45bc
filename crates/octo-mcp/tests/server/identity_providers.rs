//! The tools for identity providers (spec, identity 8.6).

use serde_json::{Value, json};

use crate::app::{App, assert_success, expect, new_tenant, refuse};
use crate::client::Client;

const UNKNOWN: &str = "66ffffffffffffffffffffff";
const OWNERS: &str = "660000000000000000000040";

async fn acme() -> (App, Client) {
    let app = App::start().await;
    let admin = app.admin_with_tenant("acme").await;
    (app, admin)
}

async fn add(admin: &mut Client, tool: &str, arguments: Value) -> Value {
    let name = arguments["name"].as_str().unwrap().to_owned();
    let text = format!("Identity provider '{name}' created.");
    let created = expect(admin, tool, arguments, &text).await;
    assert_eq!(created["providerId"], created["provider"]["rtId"]);
    assert!(!created.to_string().contains("hush"), "{created}");
    created["provider"].clone()
}

async fn listed(admin: &mut Client) -> Vec<Value> {
    let arguments = json!({"tenantId": "acme"});
    let answer = admin.call("get_identity_providers", arguments).await;
    assert_success(&answer);
    let providers = answer["providers"].as_array().unwrap().clone();
    assert_eq!(answer["totalCount"], json!(providers.len()));
    providers
}

fn google(name: &str) -> Value {
    json!({"name": name, "providerType": "Google", "clientId": "app", "clientSecret": "hush"})
}

#[tokio::test]
async fn a_tenant_trusts_its_parent_and_a_fresh_one_nobody() {
    let (_app, mut admin) = acme().await;
    let system = json!({"tenantId": "octosystem"});
    let none = admin.call("get_identity_providers", system).await;
    assert_success(&none);
    assert_eq!(none["message"], json!("No identity providers configured."));
    assert_eq!(
        (&none["providers"], &none["totalCount"]),
        (&json!([]), &json!(0))
    );
    let text = "Found 1 identity provider(s).";
    let one = expect(&mut admin, "get_identity_providers", json!({}), text).await;
    let trust = &one["providers"][0];
    assert_eq!(trust["$type"], json!(6));
    assert_eq!(trust["name"], json!("ParentTenant_octosystem"));
    assert_eq!(trust["parentTenantId"], json!("octosystem"));
}

#[tokio::test]
async fn every_kind_is_added_with_its_defaults() {
    let (_app, mut admin) = acme().await;
    let made = add(&mut admin, "add_oauth_identity_provider", google("google")).await;
    assert_eq!(
        (&made["$type"], &made["clientId"], &made["isEnabled"]),
        (&json!(0), &json!("app"), &json!(true))
    );
    assert_eq!(made["allowSelfRegistration"], json!(true));
    let entra = json!({
        "name": "entra", "azureTenantId": "dir", "clientId": "app", "clientSecret": "hush",
        "allowSelfRegistration": false, "defaultGroupRtId": "tenantowners", "isEnabled": false,
    });
    let made = add(&mut admin, "add_azure_entra_id_identity_provider", entra).await;
    assert_eq!(
        (&made["$type"], &made["tenantId"]),
        (&json!(2), &json!("dir"))
    );
    assert_eq!(made["allowSelfRegistration"], json!(false));
    assert_eq!(made["defaultGroupRtId"], json!(OWNERS), "by name");
    assert_eq!(made["isEnabled"], json!(false));
    let ldap = json!({"name": "ldap", "host": "ldap.example.org", "userBaseDn": "dc=example"});
    let made = add(&mut admin, "add_open_ldap_identity_provider", ldap).await;
    let settings = [
        &made["$type"],
        &made["port"],
        &made["userNameAttribute"],
        &made["useTls"],
    ];
    assert_eq!(
        settings,
        [&json!(4), &json!(636), &json!("uid"), &json!(true)]
    );
    let ad = json!({"name": "directory", "host": "ad.example.org", "port": 389});
    let made = add(&mut admin, "add_active_directory_identity_provider", ad).await;
    let settings = [&made["$type"], &made["port"], &made["useTls"]];
    assert_eq!(settings, [&json!(3), &json!(389), &json!(false)]);
    assert_success(&admin.call("create_tenant", new_tenant("other")).await);
    let parent = json!({"name": "parent", "parentTenantId": "Other"});
    let made = add(&mut admin, "add_octo_tenant_identity_provider", parent).await;
    assert_eq!(
        (&made["$type"], &made["parentTenantId"]),
        (&json!(6), &json!("other"))
    );
    let all = listed(&mut admin).await;
    assert_eq!(all.len(), 6);
    assert!(
        all.iter()
            .all(|provider| provider["clientSecret"].is_null())
    );
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_name() {
    let (_app, mut admin) = acme().await;
    let mut new = google("google");
    new["allowSelfRegistration"] = json!(false);
    new["defaultGroupRtId"] = json!(OWNERS);
    let made = add(&mut admin, "add_oauth_identity_provider", new).await;
    let id = made["rtId"].as_str().unwrap().to_owned();
    let rename = json!({"providerId": id, "name": "google-2", "isEnabled": false});
    let text = format!("Identity provider '{id}' updated.");
    let answer = expect(&mut admin, "update_identity_provider", rename, &text).await;
    assert_eq!(answer["providerId"], json!(id));
    let present = listed(&mut admin).await;
    let present = present.iter().find(|one| one["rtId"] == json!(id)).unwrap();
    let mut expected = made.clone();
    expected["name"] = json!("google-2");
    expected["isEnabled"] = json!(false);
    assert_eq!(*present, expected);
    assert_eq!(answer["provider"], expected);

    let change = json!({
        "providerId": "Google-2", "name": "google-2", "isEnabled": true, "clientId": "other",
        "clientSecret": "hush 2", "allowSelfRegistration": true, "defaultGroupRtId": "",
    });
    let text = "Identity provider 'Google-2' updated.";
    let answer = expect(&mut admin, "update_identity_provider", change, text).await;
    assert!(!answer.to_string().contains("hush"), "{answer}");
    let present = listed(&mut admin).await;
    let present = present.iter().find(|one| one["rtId"] == json!(id)).unwrap();
    assert_eq!(present["clientId"], json!("other"));
    assert_eq!(present["allowSelfRegistration"], json!(true));
    assert!(
        present["defaultGroupRtId"].is_null(),
        "an empty text removes it"
    );
}

#[tokio::test]
async fn wrong_arguments_are_explained_and_store_nothing() {
    let (_app, mut admin) = acme().await;
    let oauth = "add_oauth_identity_provider";
    let mut other = google("google");
    other["providerType"] = json!("github");
    let text = "Unsupported providerType 'github'. Use 'google', 'microsoft' or 'facebook'.";
    refuse(&mut admin, oauth, other, text).await;
    for name in ["My IdP", "ab", &"x".repeat(101), "ümlaut"] {
        refuse(
            &mut admin,
            oauth,
            google(name),
            "name must have 3 to 100 characters",
        )
        .await;
        let change = json!({"providerId": UNKNOWN, "name": name, "isEnabled": true});
        let text = "name must have 3 to 100 characters";
        refuse(&mut admin, "update_identity_provider", change, text).await;
    }
    let mut blank = google("google");
    blank["clientSecret"] = json!(" ");
    refuse(&mut admin, oauth, blank, "clientSecret is required.").await;
    let mut group = google("google");
    group["defaultGroupRtId"] = json!("Nobody");
    refuse(&mut admin, oauth, group, "Group 'Nobody' not found.").await;
    let port = json!({"name": "ad1", "host": "h", "port": 0});
    let text = "port must be between 1 and 65535.";
    refuse(
        &mut admin,
        "add_active_directory_identity_provider",
        port,
        text,
    )
    .await;
    let own = json!({"name": "own", "parentTenantId": "acme"});
    let text = "A tenant cannot be its own parent.";
    refuse(&mut admin, "add_octo_tenant_identity_provider", own, text).await;
    let plain = json!({
        "name": "entra", "azureTenantId": "dir", "clientId": "app", "clientSecret": "hush",
        "authority": "http://login.example.org",
    });
    let text = "The Authority must be an absolute https address.";
    refuse(
        &mut admin,
        "add_azure_entra_id_identity_provider",
        plain,
        text,
    )
    .await;
    assert_eq!(listed(&mut admin).await.len(), 1);

    add(&mut admin, oauth, google("google")).await;
    refuse(&mut admin, oauth, google("GOOGLE"), "Name must be unique").await;
    let unfit = json!({
        "providerId": "ParentTenant_octosystem", "name": "parent", "isEnabled": true,
        "clientId": "app",
    });
    let text = "has neither clientId nor clientSecret";
    refuse(&mut admin, "update_identity_provider", unfit, text).await;
}

#[tokio::test]
async fn unknown_providers_and_deletion() {
    let (_app, mut admin) = acme().await;
    let made = add(&mut admin, "add_oauth_identity_provider", google("google")).await;
    let id = made["rtId"].as_str().unwrap();
    let change = json!({"providerId": UNKNOWN, "name": "any", "isEnabled": true});
    let text = format!("Identity provider '{UNKNOWN}' not found.");
    refuse(&mut admin, "update_identity_provider", change, &text).await;
    let short = json!({"providerId": "abc", "confirm": true});
    let text = "'abc' is not a valid 24 digit hex string (got 3 characters).";
    refuse(&mut admin, "delete_identity_provider", short, text).await;

    let delete = |confirm| json!({"providerId": id, "confirm": confirm});
    let text = format!("Refusing to delete identity provider '{id}' without confirm=true.");
    refuse(&mut admin, "delete_identity_provider", delete(false), &text).await;
    assert_eq!(listed(&mut admin).await.len(), 2);
    let text = format!("Identity provider '{id}' deleted.");
    expect(&mut admin, "delete_identity_provider", delete(true), &text).await;
    refuse(
        &mut admin,
        "delete_identity_provider",
        delete(true),
        "not found",
    )
    .await;
    assert_eq!(listed(&mut admin).await.len(), 1);
}

#[tokio::test]
async fn users_without_the_role_look_at_providers_and_change_none() {
    let (app, mut admin) = acme().await;
    let mut bob = app.user_of(&mut admin, "acme", "bob").await;
    assert_eq!(listed(&mut bob).await.len(), 1);
    let name = "ParentTenant_octosystem";
    for (tool, arguments) in [
        ("add_oauth_identity_provider", google("google")),
        (
            "update_identity_provider",
            json!({"providerId": name, "name": name, "isEnabled": false}),
        ),
        (
            "delete_identity_provider",
            json!({"providerId": name, "confirm": true}),
        ),
    ] {
        let text = "This needs the role 'TenantManagement'.";
        refuse(&mut bob, tool, arguments, text).await;
    }
    assert_eq!(listed(&mut admin).await[0]["isEnabled"], json!(true));
}
