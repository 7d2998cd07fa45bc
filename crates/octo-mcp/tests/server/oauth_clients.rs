//! The tools for OAuth clients and their overlays (spec, identity 8.4 and 8.5).

use serde_json::{Value, json};

use crate::app::{App, PASSWORD, assert_failure, assert_success};
use crate::client::Client;

pub const SECRET: &str = "Rob0t's very own secret";

/// Arguments for tenant `acme`.
pub fn acme(mut arguments: Value) -> Value {
    arguments["tenantId"] = json!("acme");
    arguments
}

/// A server with tenant `acme`, its administrator and a client `robot` that acts for itself.
pub async fn with_robot() -> (App, Client) {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let robot = acme(json!({
        "clientId": "robot", "clientName": "Robot", "clientSecret": SECRET,
    }));
    let created = admin.call("add_client_credentials_client", robot).await;
    assert_success(&created);
    assert_eq!(
        created["message"],
        json!("ClientCredentials client 'robot' created.")
    );
    (app, admin)
}

/// What the token endpoint answers to `robot`, its own service account.
pub async fn token(app: &App, tenant: &str, secret: &str, scope: &str) -> Value {
    let acr = format!("tenant:{tenant}");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "robot"),
        ("client_secret", secret),
        ("acr_values", &acr),
        ("scope", scope),
    ];
    let url = format!("{}/connect/token", app.identity_url());
    let answer = reqwest::Client::new().post(url).form(&form).send().await;
    answer.unwrap().json().await.unwrap()
}

async fn ask(admin: &mut Client, tool: &str, arguments: Value) -> Value {
    admin.call(tool, acme(arguments)).await
}

async fn succeed(admin: &mut Client, tool: &str, arguments: Value, message: &str) -> Value {
    let answer = ask(admin, tool, arguments).await;
    assert_success(&answer);
    assert_eq!(answer["message"], json!(message), "{tool}");
    answer
}

/// What a client may do at the MCP endpoint with its own token.
async fn roles_of(app: &App, token: &Value) -> Value {
    let mut client = Client::new(&app.mcp_url());
    client.bearer = Some(token["access_token"].as_str().unwrap().to_owned());
    client.initialize().await;
    client.call("whoami", json!({})).await["roles"].clone()
}

#[tokio::test]
async fn a_service_made_with_tools_works_until_it_is_deleted() {
    let (app, mut admin) = with_robot().await;
    let mine = token(&app, "acme", SECRET, "octo_api").await;
    assert_eq!(roles_of(&app, &mine).await, json!([]));
    let role = json!({"clientId": "robot", "roleName": "UserManagement"});
    let given = "Client 'robot' assigned to role 'UserManagement'.";
    for _ in 0..2 {
        succeed(&mut admin, "add_client_to_role", role.clone(), given).await;
    }
    let mine = token(&app, "acme", SECRET, "octo_api").await;
    assert_eq!(roles_of(&app, &mine).await, json!(["UserManagement"]));
    let mut robot = Client::new(&app.mcp_url());
    robot.bearer = Some(mine["access_token"].as_str().unwrap().to_owned());
    robot.initialize().await;
    let user = acme(json!({"userName": "bob", "email": "b@x.org", "password": PASSWORD}));
    assert_success(&robot.call("create_user", user).await);
    let other = json!({"clientId": "robot", "roleName": "TenantManagement"});
    assert_failure(&robot.call("add_client_to_role", acme(other)).await, "role");

    let delete = json!({"clientId": "robot"});
    let refused = ask(&mut admin, "delete_client", delete).await;
    assert_failure(
        &refused,
        "Refusing to delete client 'robot' without confirm=true.",
    );
    let confirmed = json!({"clientId": "robot", "confirm": true});
    succeed(
        &mut admin,
        "delete_client",
        confirmed.clone(),
        "Client 'robot' deleted.",
    )
    .await;
    let gone = token(&app, "acme", SECRET, "octo_api").await;
    assert_eq!(gone["error"], json!("invalid_client"));
    let again = ask(&mut admin, "delete_client", confirmed).await;
    assert_failure(&again, "Client with id 'robot' does not exist.");
}

#[tokio::test]
async fn clients_are_listed_and_shown_without_secrets() {
    let (_app, mut admin) = with_robot().await;
    let list = ask(&mut admin, "get_clients", json!({})).await;
    assert_success(&list);
    assert_eq!(list["message"], json!("Found 7 client(s)."));
    assert_eq!(list["totalCount"], json!(7));
    let shown = ask(&mut admin, "get_client", json!({"clientId": "robot"})).await;
    assert_success(&shown);
    let client = &shown["client"];
    assert_eq!(client["allowedGrantTypes"], json!(["client_credentials"]));
    assert_eq!(client["requireClientSecret"], json!(true));
    assert_eq!(client["rtId"].as_str().unwrap().len(), 24);
    assert!(!shown.to_string().contains("ecret's") && client.get("clientSecret").is_none());
    let unknown = ask(&mut admin, "get_client", json!({"clientId": "Robot"})).await;
    assert_failure(&unknown, "Client 'Robot' not found. get_clients lists");
    let again = json!({"clientId": "robot", "clientName": "x", "clientSecret": "y"});
    let taken = ask(&mut admin, "add_client_credentials_client", again).await;
    assert_failure(&taken, "Client with id 'robot' already exists.");
}

#[tokio::test]
async fn clients_of_the_other_grants_get_what_they_need() {
    let (_app, mut admin) = with_robot().await;
    let device = json!({"clientId": "tv", "clientName": "TV", "clientSecret": "s3cret"});
    let made = "DeviceCode client 'tv' created.";
    let tv = succeed(&mut admin, "add_device_code_client", device, made).await;
    assert_eq!(tv["client"]["requireClientSecret"], json!(true));
    assert_eq!(
        tv["client"]["allowedGrantTypes"],
        json!(["urn:ietf:params:oauth:grant-type:device_code"])
    );
    let web = json!({
        "clientId": "web", "clientName": "Web", "clientUri": "https://web.example:8443/app",
        "frontChannelLogoutUri": "https://web.example:8443/out",
    });
    let made = "AuthorizationCode client 'web' (URI 'https://web.example:8443/app') created.";
    let web = succeed(&mut admin, "add_authorization_code_client", web, made).await;
    let client = &web["client"];
    assert_eq!(client["requireClientSecret"], json!(false));
    assert_eq!(
        client["allowedCorsOrigins"],
        json!(["https://web.example:8443"])
    );
    for list in ["redirectUris", "postLogoutRedirectUris"] {
        assert_eq!(
            client[list],
            json!(["https://web.example:8443/app/"]),
            "{list}"
        );
    }
    assert_eq!(client["frontChannelLogoutSessionRequired"], json!(true));
    let bad = json!({
        "clientId": "bad", "clientName": "Bad", "clientUri": "mailto:x@y.z",
        "redirectUri": "nowhere",
    });
    let refused = ask(&mut admin, "add_authorization_code_client", bad).await;
    for part in ["redirectUri must be", "clientUri must be"] {
        assert_failure(&refused, part);
    }
    let blank = json!({"clientId": " ", "clientName": "", "clientSecret": "x"});
    let refused = ask(&mut admin, "add_device_code_client", blank).await;
    for part in ["clientId is required", "clientName is required"] {
        assert_failure(&refused, part);
    }
}

#[tokio::test]
async fn roles_are_replaced_by_name_or_id_and_removed() {
    let (_app, mut admin) = with_robot().await;
    let update = json!({
        "clientId": "robot", "roleIds": ["development", "660000000000000000000006"],
    });
    let updated = "Client 'robot' roles updated (2 role(s)).";
    let answer = succeed(&mut admin, "update_client_roles", update, updated).await;
    assert_eq!(answer["added"], json!(["Development", "BotManagement"]));
    assert_eq!(answer["removed"], json!([]));
    let held = ask(&mut admin, "get_client_roles", json!({"clientId": "robot"})).await;
    assert_success(&held);
    assert_eq!(
        held["roleIds"],
        json!(["660000000000000000000004", "660000000000000000000006"])
    );
    let wrong = json!({"clientId": "robot", "roleIds": ["Development", "Nothing", "Nobody"]});
    let refused = ask(&mut admin, "update_client_roles", wrong).await;
    for part in ["'Nothing'", "'Nobody'"] {
        assert_failure(&refused, part);
    }
    let remove =
        |confirm: bool| json!({"clientId": "robot", "roleName": "Development", "confirm": confirm});
    let refused = ask(&mut admin, "remove_client_from_role", remove(false)).await;
    let refusal = "Refusing to remove role 'Development' from client 'robot' without confirm=true.";
    assert_failure(&refused, refusal);
    let removed = "Client 'robot' removed from role 'Development'.";
    succeed(&mut admin, "remove_client_from_role", remove(true), removed).await;
    let again = ask(&mut admin, "remove_client_from_role", remove(true)).await;
    assert_failure(
        &again,
        "Client 'robot' doesn't have role 'Development' directly.",
    );
    let by_id = json!({"clientId": "robot", "roleName": "660000000000000000000004"});
    let added = "Client 'robot' assigned to role '660000000000000000000004'.";
    succeed(&mut admin, "add_client_to_role", by_id, added).await;
    let none = json!({"clientId": "robot", "roleIds": []});
    let updated = "Client 'robot' roles updated (0 role(s)).";
    let answer = succeed(&mut admin, "update_client_roles", none, updated).await;
    assert_eq!(
        answer["removed"],
        json!(["660000000000000000000004", "660000000000000000000006"])
    );
}

#[tokio::test]
async fn a_group_gives_its_roles_to_a_client() {
    let (app, mut admin) = with_robot().await;
    let group = json!({"groupName": "Bots", "roleIds": ["BotManagement"]});
    assert_success(&ask(&mut admin, "create_group", group).await);
    let member =
        |confirm: bool| json!({"groupId": "Bots", "clientId": "robot", "confirm": confirm});
    let added = "Client 'robot' added to group 'Bots'.";
    succeed(&mut admin, "add_client_to_group", member(false), added).await;
    let mine = token(&app, "acme", SECRET, "octo_api").await;
    assert_eq!(roles_of(&app, &mine).await, json!(["BotManagement"]));
    let refused = ask(&mut admin, "remove_client_from_group", member(false)).await;
    let refusal = "Refusing to remove client 'robot' from group 'Bots' without confirm=true.";
    assert_failure(&refused, refusal);
    let removed = "Client 'robot' removed from group 'Bots'.";
    succeed(
        &mut admin,
        "remove_client_from_group",
        member(true),
        removed,
    )
    .await;
    let again = ask(&mut admin, "remove_client_from_group", member(true)).await;
    assert_failure(&again, "Client 'robot' is not in group 'Bots'.");
    let unknown = json!({"groupId": "Bots", "clientId": "nobody"});
    let unknown = ask(&mut admin, "add_client_to_group", unknown).await;
    assert_failure(&unknown, "Client 'nobody' not found.");
}

#[tokio::test]
async fn scopes_are_added_and_mistyped_ones_refused() {
    let (app, mut admin) = with_robot().await;
    let scope = |name: &str| json!({"clientId": "robot", "scopeName": name});
    let mistyped = ask(
        &mut admin,
        "add_scope_to_client",
        scope("octo_api.readonly"),
    )
    .await;
    assert_failure(&mistyped, "Scope 'octo_api.readonly' does not exist.");
    let granted = "Scope 'octo_api.read_only' granted to client 'robot'.";
    let wanted = scope("octo_api.read_only");
    let answer = succeed(&mut admin, "add_scope_to_client", wanted.clone(), granted).await;
    let scopes = answer["client"]["allowedScopes"].as_array().unwrap();
    assert!(scopes.contains(&json!("octo_api.read_only")), "{answer}");
    let held = "Client 'robot' has scope 'octo_api.read_only' already.";
    succeed(&mut admin, "add_scope_to_client", wanted, held).await;
    for scope in ["octo_api", "octo_api.read_only"] {
        let answer = token(&app, "acme", SECRET, scope).await;
        assert_eq!(answer["scope"], json!(scope), "{answer}");
    }
}

#[tokio::test]
async fn a_flagged_client_is_copied_into_tenants_below() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let system = |mut arguments: Value| {
        arguments["tenantId"] = json!("octosystem");
        arguments["clientId"] = json!("robot");
        arguments
    };
    let robot = json!({
        "clientName": "Robot", "clientSecret": SECRET, "autoProvisionInChildTenants": true,
    });
    let created = admin
        .call("add_client_credentials_client", system(robot))
        .await;
    assert_success(&created);
    assert_eq!(
        created["message"],
        json!("ClientCredentials client 'robot' created (AutoProvisionInChildTenants enabled).")
    );
    let none = admin.call("get_client_mirrors", system(json!({}))).await;
    assert_eq!(none["message"], json!("Client 'robot' has no mirrors."));
    let nowhere = system(json!({"childTenantId": "nowhere"}));
    let nowhere = admin.call("provision_client_in_tenant", nowhere).await;
    assert_success(&nowhere);
    let text = nowhere["message"].as_str().unwrap();
    assert!(text.contains("'nowhere' is no tenant below"), "{text}");

    let into = system(json!({"childTenantId": "acme"}));
    let copied = admin.call("provision_client_in_tenant", into.clone()).await;
    assert_success(&copied);
    assert_eq!(
        copied["provision"]["newlyProvisioned"],
        json!(1),
        "{copied}"
    );
    let text = copied["message"].as_str().unwrap();
    assert!(
        text.starts_with("Client 'robot' provisioned into sub-tenant 'acme'."),
        "{text}"
    );
    let there = token(&app, "acme", SECRET, "octo_api").await;
    assert!(there["access_token"].is_string(), "{there}");
    let mirrors = admin.call("get_client_mirrors", system(json!({}))).await;
    assert_eq!(mirrors["totalCount"], json!(1));
    assert_eq!(mirrors["mirrors"][0]["childTenantId"], json!("acme"));
    let again = admin
        .call("provision_client_in_existing_tenants", system(json!({})))
        .await;
    assert_success(&again);
    assert_eq!(again["backfill"]["childTenantsConsidered"], json!(1));
    assert_eq!(again["backfill"]["alreadyPresent"], json!(7));

    let refused = admin
        .call("unprovision_client_from_tenant", into.clone())
        .await;
    let refusal =
        "Refusing to unprovision client 'robot' from sub-tenant 'acme' without confirm=true.";
    assert_failure(&refused, refusal);
    let mut confirmed = into;
    confirmed["confirm"] = json!(true);
    let removed = admin
        .call("unprovision_client_from_tenant", confirmed)
        .await;
    assert_success(&removed);
    let gone = token(&app, "acme", SECRET, "octo_api").await;
    assert_eq!(gone["error"], json!("invalid_client"));
    let off = system(json!({"enabled": false}));
    let off = admin.call("set_client_auto_provision", off).await;
    assert_eq!(
        off["message"],
        json!("AutoProvisionInChildTenants disabled on 'robot'.")
    );
    let unflagged = admin
        .call("provision_client_in_existing_tenants", system(json!({})))
        .await;
    assert_failure(&unflagged, "is not flagged AutoProvisionInChildTenants");
}

#[tokio::test]
async fn an_overlay_comes_and_goes() {
    let (_app, mut admin) = with_robot().await;
    let studio = "octo-data-refinery-studio";
    let overlay = json!({
        "clientId": studio, "overlayName": "anna.dev",
        "redirectUris": [" https://anna.dev/ ", " "], "postLogoutRedirectUris": [],
        "allowedCorsOrigins": ["https://anna.dev/"],
    });
    let applied = format!(
        "Overlay 'anna.dev' on '{studio}': RedirectUris +1/~0, PostLogoutRedirectUris +0/~0, \
         AllowedCorsOrigins +1/~0."
    );
    let answer = succeed(&mut admin, "apply_client_overlay", overlay, &applied).await;
    assert_eq!(answer["result"]["redirectUris"]["added"], json!(1));
    let shown = ask(&mut admin, "get_client", json!({"clientId": studio})).await;
    let origins = shown["client"]["allowedCorsOrigins"].to_string();
    assert!(origins.contains("\"https://anna.dev\""), "{origins}");

    let nothing = json!({"clientId": studio, "overlayName": "a b", "redirectUris": [" "]});
    let refused = ask(&mut admin, "apply_client_overlay", nothing).await;
    for part in ["At least one", "overlayName may hold"] {
        assert_failure(&refused, part);
    }
    let refused = ask(&mut admin, "clean_client_overlays", json!({})).await;
    let refusal =
        "Refusing to strip ALL overlay:* URI entries on every client without confirm=true.";
    assert_failure(&refused, refusal);
    let one = json!({"overlayName": "anna.dev"});
    let refused = ask(&mut admin, "clean_client_overlays", one).await;
    assert_failure(
        &refused,
        "Refusing to strip every overlay:anna.dev URI entry",
    );
    let other = json!({"overlayName": "other", "confirm": true});
    let nothing = "Clean complete: 0 entries removed across 0 client(s).";
    succeed(&mut admin, "clean_client_overlays", other, nothing).await;
    let all = json!({"confirm": true});
    let cleaned = "Clean complete: 2 entries removed across 1 client(s).";
    let answer = succeed(&mut admin, "clean_client_overlays", all, cleaned).await;
    assert_eq!(
        answer["result"]["clientResults"][0]["clientId"],
        json!(studio)
    );
}
