//! Signing in, staying signed in, and changing who is signed in (spec, auth 2, 3 and 10).

use futures_util::future::join_all;
use octo_runtime::{EntityQuery, UpdateEntity};
use serde_json::{Value, json};

use crate::app::{App, PASSWORD, assert_failure, assert_success, new_tenant};
use crate::browser::Browser;
use crate::client::Client;

/// Starts a sign-in and returns the answer.
async fn start(client: &mut Client, tenant: &str) -> Value {
    let started = client
        .call("authenticate", json!({"tenantId": tenant, "force": true}))
        .await;
    assert_success(&started);
    started
}

fn page(started: &Value) -> &str {
    started["verificationUriComplete"].as_str().unwrap()
}

async fn status(client: &mut Client) -> Value {
    client.call("check_auth_status", json!({})).await
}

/// The three flags of an answer of check_auth_status.
fn flags(answer: &Value) -> [&Value; 3] {
    [
        &answer["isSuccess"],
        &answer["isAuthenticated"],
        &answer["isPending"],
    ]
}

/// Makes the platform issue access tokens that are renewed at every use: shorter than the margin
/// before their end, and long enough for what one call does with them.
async fn issue_short_tokens(app: &App) {
    let tenant = app.system_tenant();
    let device_client =
        EntityQuery::of("System.Identity/Client").eq("ClientId", "octo-mcpServices-device");
    let client = tenant.first(device_client).await.unwrap().unwrap();
    let change = UpdateEntity::from_entity(&client).set("AccessTokenLifetime", 20);
    tenant.update(change).await.unwrap();
}

#[tokio::test]
async fn a_tenant_is_needed_to_sign_in() {
    let app = App::start().await;
    let mut client = app.client().await;
    for tool in ["authenticate", "switch_tenant"] {
        if tool == "switch_tenant" {
            app.sign_in(&mut client, "octosystem", "admin", PASSWORD)
                .await;
        }
        for blank in [json!({}), json!({"tenantId": ""}), json!({"tenantId": " "})] {
            assert_failure(&client.call(tool, blank).await, "tenantId is required.");
        }
        for invalid in ["a b", "../octosystem", "tenant:acme", &"a".repeat(65)] {
            let answer = client.call(tool, json!({"tenantId": invalid})).await;
            assert_failure(&answer, "Invalid tenant id.");
        }
    }
    let unknown = client
        .call("authenticate", json!({"tenantId": "nowhere"}))
        .await;
    assert_eq!(unknown["isSuccess"], json!(false), "{unknown}");
    let text = unknown["errorMessage"].as_str().unwrap();
    assert!(!text.contains('{'), "the provider's raw answer: {text}");
}

#[tokio::test]
async fn a_started_sign_in_tells_where_and_what_to_confirm() {
    let app = App::start().await;
    let mut client = app.client().await;
    let started = client
        .call("authenticate", json!({"tenantId": "OctoSystem"}))
        .await;
    assert_success(&started);
    assert_eq!(started["isAlreadyAuthenticated"], json!(false));
    assert_eq!(started["expiresInSeconds"], json!(300));
    let code = started["userCode"].as_str().unwrap();
    assert!(
        code.len() == 9 && code.bytes().all(|b| b.is_ascii_digit()),
        "{code}"
    );
    let uri = started["verificationUri"].as_str().unwrap();
    assert_eq!(uri, format!("{}/octosystem/device", app.identity_url()));
    assert_eq!(page(&started), format!("{uri}?userCode={code}"));
    let message = started["message"].as_str().unwrap();
    for part in [uri, code, "check_auth_status"] {
        assert!(message.contains(part), "{message}");
    }
    // A session keeps the sign-in; there is nothing to hand out.
    assert!(started["authHandle"].is_null(), "{started}");
}

#[tokio::test]
async fn a_valid_sign_in_is_kept_unless_forced_or_for_another_tenant() {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    let again = client
        .call("authenticate", json!({"tenantId": " OctoSystem "}))
        .await;
    assert_success(&again);
    assert_eq!(again["isAlreadyAuthenticated"], json!(true), "{again}");
    assert!(again["userCode"].is_null(), "{again}");
    assert!(again["message"].as_str().unwrap().contains("whoami"));
    // Nothing was started, so there is nothing to wait for.
    assert_eq!(flags(&status(&mut client).await), [true, true, false]);

    let other = client
        .call("authenticate", json!({"tenantId": "acme"}))
        .await;
    assert_eq!(other["isAlreadyAuthenticated"], json!(false), "{other}");
    assert!(page(&other).contains("/acme/device"), "{other}");
    let forced = start(&mut client, "octosystem").await;
    assert_eq!(forced["isAlreadyAuthenticated"], json!(false), "{forced}");
    assert_ne!(forced["userCode"], other["userCode"]);
    // The former sign-in goes on until the new one is confirmed.
    assert_eq!(
        client.call("whoami", json!({})).await["userName"],
        json!("admin")
    );
}

#[tokio::test]
async fn an_unconfirmed_sign_in_is_pending_and_asking_too_often_is_answered_here() {
    let app = App::start().await;
    let mut client = app.client().await;
    let nothing = status(&mut client).await;
    assert_failure(
        &nothing,
        "No pending authentication. Call 'authenticate' first.",
    );
    assert_eq!(flags(&nothing), [false, false, false]);

    let started = start(&mut client, "octosystem").await;
    let pending = status(&mut client).await;
    assert_eq!(flags(&pending), [true, false, true]);
    assert_eq!(pending["retryAfterSeconds"], json!(5), "{pending}");
    let text = pending["message"].as_str().unwrap();
    assert!(
        text.contains(started["userCode"].as_str().unwrap()),
        "{text}"
    );
    // Three more at once: had they reached the provider, the interval would have grown.
    for _ in 0..3 {
        let early = status(&mut client).await;
        assert_eq!(flags(&early), [true, false, true]);
        let wait = early["retryAfterSeconds"].as_u64().unwrap();
        assert!((1..=5).contains(&wait), "{early}");
    }
    let me = client.call("auth_status", json!({})).await;
    assert_eq!(
        [&me["isSuccess"], &me["isAuthenticated"]],
        [true, false],
        "{me}"
    );
}

#[tokio::test]
async fn a_denied_sign_in_is_over() {
    let app = App::start().await;
    let mut client = app.client().await;
    let started = start(&mut client, "octosystem").await;
    let mut browser = Browser::new();
    browser
        .decide(page(&started), "admin", PASSWORD, "deny")
        .await;
    let denied = status(&mut client).await;
    assert_failure(&denied, "Authentication failed: access_denied");
    assert_eq!(flags(&denied), [false, false, false]);
    assert_failure(&status(&mut client).await, "No pending authentication.");
    assert_failure(&client.call("whoami", json!({})).await, "Not authenticated");
}

#[tokio::test]
async fn an_expired_sign_in_is_over() {
    let app = App::start().await;
    let mut client = app.client().await;
    start(&mut client, "octosystem").await;
    app.advance_platform_clock(301);
    let expired = status(&mut client).await;
    assert_failure(&expired, "Authentication failed: expired_token");
    assert_eq!(flags(&expired), [false, false, false]);
    assert_failure(&status(&mut client).await, "No pending authentication.");
}

#[tokio::test]
async fn only_the_latest_sign_in_counts() {
    let app = App::start().await;
    let mut client = app.client().await;
    let first = start(&mut client, "octosystem").await;
    let second = start(&mut client, "octosystem").await;
    Browser::new().allow(page(&first), "admin", PASSWORD).await;
    assert_eq!(flags(&status(&mut client).await), [true, false, true]);
    assert_ne!(first["userCode"], second["userCode"]);
    let me = client.call("auth_status", json!({})).await;
    assert_eq!(me["isAuthenticated"], json!(false));
}

#[tokio::test]
async fn a_sign_in_shows_who_it_is() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let success = status(&mut admin).await;
    assert_eq!(flags(&success), [true, true, false]);
    let mut bob = app.user_of(&mut admin, "acme", "bob").await;
    let me = bob.call("whoami", json!({})).await;
    assert_eq!(me["userName"], json!("bob"));
    assert_eq!(me["email"], json!("bob@example.org"));
    assert_eq!(me["tenantId"], json!("acme"));
    assert_eq!(me["roles"], json!([]));
    for scope in ["openid", "octo_api"] {
        assert!(
            me["scopes"].as_array().unwrap().contains(&json!(scope)),
            "{me}"
        );
    }
    assert!(me["message"].is_null(), "{me}");

    let authenticated = bob.call("auth_status", json!({})).await;
    assert_eq!(authenticated["subjectId"], me["userId"]);
    assert_eq!(authenticated["userName"], json!("bob"));
    assert_eq!(authenticated["tenantId"], json!("acme"));
    assert_eq!(authenticated["wasRefreshed"], json!(false));
    assert_eq!(authenticated["message"], json!("Authenticated."));
    assert_eq!(authenticated["expiresAtUtc"], me["tokenExpiresAtUtc"]);
    let text = authenticated.to_string() + &me.to_string();
    assert!(!text.contains("eyJ"), "no token is shown: {text}");
}

#[tokio::test]
async fn callers_see_their_tenants() {
    let app = App::start().await;
    let mut nobody = app.client().await;
    let none = nobody.call("list_tenants", json!({})).await;
    assert_failure(&none, "Not authenticated");
    assert_eq!(
        (&none["allowedTenants"], &none["totalCount"]),
        (&json!([]), &json!(0))
    );
    let mut admin = app.admin_with_tenant("acme").await;
    app.sign_in(&mut admin, "octosystem", "admin", PASSWORD)
        .await;
    let list = admin.call("list_tenants", json!({})).await;
    assert_success(&list);
    assert_eq!(list["currentTenantId"], json!("octosystem"));
    let tenants = list["allowedTenants"].as_array().unwrap();
    assert!(
        tenants.contains(&json!("octosystem")) && tenants.contains(&json!("acme")),
        "{list}"
    );
    assert_eq!(list["totalCount"], json!(tenants.len()));
    assert_eq!(
        admin.call("whoami", json!({})).await["allowedTenants"],
        list["allowedTenants"]
    );
}

#[tokio::test]
async fn switching_checks_the_way_into_a_tenant() {
    let app = App::start().await;
    let mut nobody = app.client().await;
    let none = nobody
        .call("switch_tenant", json!({"tenantId": "acme"}))
        .await;
    assert_failure(&none, "Not authenticated");

    let mut admin = app.admin_with_tenant("acme").await;
    let home = admin
        .call("switch_tenant", json!({"tenantId": "OCTOSYSTEM"}))
        .await;
    assert_success(&home);
    assert_eq!(home["message"], json!("Already on tenant 'octosystem'."));
    assert_eq!(home["tenantId"], json!("OCTOSYSTEM"));
    assert!(!home["roles"].as_array().unwrap().is_empty(), "{home}");

    let child = admin
        .call("switch_tenant", json!({"tenantId": "acme"}))
        .await;
    assert_success(&child);
    assert_eq!(child["tenantId"], json!("acme"));
    assert!(
        child["roles"]
            .as_array()
            .unwrap()
            .contains(&json!("TenantManagement")),
        "{child}"
    );
    // There is no current tenant.
    let echo = admin.call("Echo", json!({"message": "x"})).await;
    assert_failure(&echo, "No tenant ID specified.");

    let mut bob = app.user_of(&mut admin, "acme", "bob").await;
    for tenant in ["octosystem", "nowhere"] {
        let refused = bob.call("switch_tenant", json!({"tenantId": tenant})).await;
        assert_failure(&refused, &format!("Access to tenant '{tenant}' denied"));
        assert_failure(&refused, "Use the 'authenticate' tool");
        assert_eq!(refused["tenantId"], json!(tenant));
    }
}

#[tokio::test]
async fn another_user_of_the_same_session_gets_nothing_of_the_first() {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    let user = json!({
        "tenantId": "octosystem", "userName": "eve", "email": "eve@example.org",
        "password": PASSWORD,
    });
    assert_success(&client.call("create_user", user).await);
    let acme = json!({"tenantId": "acme"});
    let roles = |answer: &Value| answer["roles"].as_array().map(Vec::len);
    let first = client.call("switch_tenant", acme.clone()).await;
    assert!(roles(&first) > Some(0), "{first}");
    app.sign_in(&mut client, "octosystem", "eve", PASSWORD)
        .await;
    let me = client.call("whoami", json!({})).await;
    assert_eq!(me["userName"], json!("eve"), "{me}");
    // Whoever lives in a parent tenant may enter its children, but with the rights of its own.
    let second = client.call("switch_tenant", acme).await;
    assert_eq!(roles(&second), Some(0), "{second}");
    let role = json!({"tenantId": "acme", "roleName": "Intruders"});
    assert_failure(&client.call("create_role", role).await, "Management");
}

#[tokio::test]
async fn an_expired_token_is_renewed_without_asking_the_user() {
    let app = App::start().await;
    issue_short_tokens(&app).await;
    let mut client = app.admin().await;
    for _ in 0..2 {
        let answer = client.call("auth_status", json!({})).await;
        assert_success(&answer);
        assert_eq!(answer["wasRefreshed"], json!(true), "{answer}");
        assert_eq!(answer["message"], json!("Access token was refreshed."));
        assert_eq!(answer["userName"], json!("admin"));
    }
    let created = client.call("create_tenant", new_tenant("acme")).await;
    assert_success(&created);
    let echo = json!({"message": "x", "tenantId": "acme"});
    assert_eq!(
        client.call("Echo", echo).await,
        json!("hello x, from tenant acme")
    );
}

#[tokio::test]
async fn calls_at_the_same_time_renew_a_token_one_after_the_other() {
    let app = App::start().await;
    issue_short_tokens(&app).await;
    let client = app.admin().await;
    // A refresh token is good once: two calls that used the same one would end the sign-in.
    let calls = (1..=10).map(|number| {
        let mut twin = client.twin(number);
        async move { twin.call("auth_status", json!({})).await }
    });
    for answer in join_all(calls).await {
        assert_eq!(answer["isAuthenticated"], json!(true), "{answer}");
    }
    let mut again = client.twin(11);
    assert_success(&again.call("whoami", json!({})).await);
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_renewed_ends() {
    let app = App::start().await;
    issue_short_tokens(&app).await;
    let mut admin = app.admin().await;
    let user = json!({
        "tenantId": "octosystem", "userName": "bob", "email": "bob@example.org",
        "password": PASSWORD,
    });
    assert_success(&admin.call("create_user", user).await);
    let mut bob = app.client().await;
    app.sign_in(&mut bob, "octosystem", "bob", PASSWORD).await;
    assert_success(&bob.call("whoami", json!({})).await);
    let delete = json!({"tenantId": "octosystem", "userNameOrEmail": "bob", "confirm": true});
    assert_success(&admin.call("delete_user", delete).await);
    assert_failure(&bob.call("whoami", json!({})).await, "Not authenticated");
    let me = bob.call("auth_status", json!({})).await;
    assert_eq!(me["isAuthenticated"], json!(false), "{me}");
    let echo = json!({"message": "x", "tenantId": "octosystem"});
    assert_failure(&bob.call("Echo", echo).await, "Not authenticated");
}

#[tokio::test]
async fn nothing_of_a_sign_in_survives_a_restart() {
    let mut app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    let mut modern = Client::modern(&app.mcp_url());
    app.sign_in(&mut modern, "octosystem", "admin", PASSWORD)
        .await;
    let mut waiting = app.client().await;
    start(&mut waiting, "octosystem").await;
    app.restart().await;

    for old in [&mut client, &mut waiting] {
        old.url = app.mcp_url();
        let answer = old.request("tools/list", json!({})).await;
        assert_eq!(answer["error"]["code"], json!(-32001), "{answer}");
    }
    modern.url = app.mcp_url();
    assert_failure(
        &modern.call("whoami", json!({})).await,
        "Unknown or expired authHandle",
    );
    // The data is still there.
    let mut again = app.admin().await;
    let tenants = again
        .call("get_tenants", json!({"tenantId": "octosystem"}))
        .await;
    assert_eq!(
        tenants["tenants"][0]["tenantId"],
        json!("acme"),
        "{tenants}"
    );
}

#[tokio::test]
async fn one_browser_login_is_good_for_one_sign_in_only() {
    let app = App::start().await;
    let mut client = app.client().await;
    let started = start(&mut client, "octosystem").await;
    Browser::new()
        .allow(page(&started), "admin", PASSWORD)
        .await;
    assert_eq!(flags(&status(&mut client).await), [true, true, false]);
    // The code is used up: opening the page again offers nothing to allow.
    let mut browser = Browser::new();
    let login = browser.open(page(&started)).await;
    let fields = [("username", "admin"), ("password", PASSWORD)];
    let after = browser.submit(&login, &fields, None).await;
    assert!(!after.html.contains("value=\"allow\""), "{}", after.html);
}
