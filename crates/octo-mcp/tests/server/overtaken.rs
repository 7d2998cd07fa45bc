//! Administrators who change the same thing at the same time: every change is made, none undone.

use serde_json::{Value, json};

use crate::app::{App, assert_success};
use crate::client::Client;
use crate::oauth_clients::{SECRET, acme, with_robot};

/// Makes all calls at once, each as an assistant of its own.
async fn at_once(admin: &mut Client, tool: &'static str, calls: Vec<Value>) {
    let mut callers = tokio::task::JoinSet::new();
    for (number, arguments) in (1..).zip(calls) {
        let mut twin = admin.twin(100 * number);
        callers.spawn(async move { twin.call(tool, acme(arguments)).await });
    }
    for answer in callers.join_all().await {
        assert_success(&answer);
    }
}

async fn ask(admin: &mut Client, tool: &str, arguments: Value) -> Value {
    let answer = admin.call(tool, acme(arguments)).await;
    assert_success(&answer);
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_scopes_granted_at_once_are_there() {
    let (_app, mut admin) = with_robot().await;
    let names: Vec<String> = (0..8).map(|number| format!("part{number}")).collect();
    for name in &names {
        ask(&mut admin, "create_api_scope", json!({"name": name})).await;
    }
    let calls = names
        .iter()
        .map(|name| json!({"clientId": "robot", "scopeName": name}));
    at_once(&mut admin, "add_scope_to_client", calls.collect()).await;
    let shown = ask(&mut admin, "get_client", json!({"clientId": "robot"})).await;
    let scopes = shown["client"]["allowedScopes"].as_array().unwrap();
    for name in &names {
        assert!(scopes.contains(&json!(name)), "{name}: {scopes:?}");
    }
    assert_eq!(scopes.len(), 5 + names.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn updates_of_different_members_meet() {
    let (_app, mut admin) = with_robot().await;
    ask(&mut admin, "create_api_scope", json!({"name": "s"})).await;
    ask(&mut admin, "create_api_resource", json!({"name": "r"})).await;
    let group = ask(&mut admin, "create_group", json!({"groupName": "g"})).await["groupId"].clone();
    let user = json!({"userName": "ada", "email": "ada@x.org"});
    let user = ask(&mut admin, "create_user", user).await["userId"].clone();
    let secret = json!({"clientId": "robot", "valueClearText": SECRET});
    let secret = ask(&mut admin, "create_client_secret", secret).await["secretValue"].clone();
    let provider = json!({"name": "idp", "host": "h", "userBaseDn": "dc=x"});
    let provider =
        ask(&mut admin, "add_open_ldap_identity_provider", provider).await["providerId"].clone();

    let each = |one: Value, members: [Value; 2]| -> Vec<Value> {
        let with = |member: Value| {
            let mut call = one.clone();
            call.as_object_mut()
                .unwrap()
                .extend(member.as_object().unwrap().clone());
            call
        };
        members.into_iter().map(with).collect()
    };
    let texts = || [json!({"displayName": "D"}), json!({"description": "E"})];
    at_once(
        &mut admin,
        "update_api_scope",
        each(json!({"name": "s"}), texts()),
    )
    .await;
    at_once(
        &mut admin,
        "update_api_resource",
        each(json!({"name": "r"}), texts()),
    )
    .await;
    let user_changes = [
        json!({"newEmail": "new@x.org"}),
        json!({"newUserName": "eve"}),
    ];
    let one = json!({"userNameOrEmail": user});
    at_once(&mut admin, "update_user", each(one, user_changes)).await;
    let secret_changes = [
        json!({"expirationDate": "2100-01-01"}),
        json!({"description": "E"}),
    ];
    let one = json!({"clientId": "robot", "valueEncrypted": secret});
    at_once(
        &mut admin,
        "update_client_secret",
        each(one, secret_changes),
    )
    .await;
    let provider_changes = [
        json!({"allowSelfRegistration": false}),
        json!({"defaultGroupRtId": group}),
    ];
    let one = json!({"providerId": "idp", "name": "idp", "isEnabled": true});
    at_once(
        &mut admin,
        "update_identity_provider",
        each(one, provider_changes),
    )
    .await;

    for (tool, list, name) in [
        ("get_api_scopes", "apiScopes", "s"),
        ("get_api_resources", "apiResources", "r"),
    ] {
        let all = ask(&mut admin, tool, json!({})).await;
        let mut all = all[list].as_array().unwrap().iter();
        let one = all.find(|item| item["name"] == json!(name)).unwrap();
        assert_eq!(
            (&one["displayName"], &one["description"]),
            (&json!("D"), &json!("E")),
            "{tool}"
        );
    }
    let users = ask(&mut admin, "get_users", json!({"filter": "eve"})).await;
    assert_eq!(users["users"][0]["email"], json!("new@x.org"), "{users}");
    let secrets = ask(
        &mut admin,
        "get_client_secrets",
        json!({"clientId": "robot"}),
    )
    .await;
    let changed =
        |item: &&Value| item["valueEncrypted"] == secret && item["description"] == json!("E");
    let changed = secrets["apiSecrets"]
        .as_array()
        .unwrap()
        .iter()
        .find(changed)
        .unwrap();
    assert_eq!(changed["expirationDate"], json!("2100-01-01T00:00:00Z"));
    let providers = ask(&mut admin, "get_identity_providers", json!({})).await;
    let mut providers = providers["providers"].as_array().unwrap().iter();
    let one = providers.find(|item| item["rtId"] == provider).unwrap();
    assert_eq!(one["allowSelfRegistration"], json!(false), "{one}");
    assert_eq!(one["defaultGroupRtId"], group, "{one}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_and_roles_given_at_once_are_there() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let roles = [
        "BotManagement",
        "Development",
        "UserManagement",
        "DashboardViewer",
    ];
    ask(&mut admin, "create_group", json!({"groupName": "Crew"})).await;
    let names: Vec<String> = (0..4).map(|number| format!("u{number}")).collect();
    for name in &names {
        let user = json!({"userName": name, "email": format!("{name}@x.org")});
        ask(&mut admin, "create_user", user).await;
    }
    let members = names
        .iter()
        .map(|name| json!({"groupId": "Crew", "userId": name}));
    at_once(&mut admin, "add_user_to_group", members.collect()).await;
    let given = roles.map(|role| json!({"userNameOrEmail": "u0", "roleName": role}));
    at_once(&mut admin, "add_user_to_role", given.to_vec()).await;
    let overlays = names.iter().map(|name| {
        let uri = format!("https://{name}.dev/");
        json!({"clientId": "octo-cli", "overlayName": name, "redirectUris": [uri]})
    });
    at_once(&mut admin, "apply_client_overlay", overlays.collect()).await;

    let crew = ask(&mut admin, "get_group", json!({"groupId": "Crew"})).await;
    assert_eq!(
        crew["group"]["memberUserIds"].as_array().unwrap().len(),
        names.len()
    );
    let cli = ask(&mut admin, "get_client", json!({"clientId": "octo-cli"})).await;
    assert_eq!(
        cli["client"]["redirectUris"].as_array().unwrap().len(),
        names.len()
    );
    for role in roles {
        let taken = json!({"userNameOrEmail": "u0", "roleName": role, "confirm": true});
        ask(&mut admin, "remove_user_from_role", taken).await;
    }
}
