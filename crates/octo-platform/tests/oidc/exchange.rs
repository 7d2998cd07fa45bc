//! Token exchange: the table of auth.md 6.5.2 and who may go where (S4–S6).

use octo_platform::accounts::{names, users};
use octo_runtime::{EntityQuery, NewEntity, UpdateEntity};
use serde_json::json;

use crate::browser::{admin_login, device_login};
use crate::platform::{ADMIN_PASSWORD, ALL_SCOPES, DEVICE_CLIENT, TestPlatform, claims};

const EXCHANGE: (&str, &str) = (
    "grant_type",
    "urn:ietf:params:oauth:grant-type:token-exchange",
);
const CLIENT: (&str, &str) = ("client_id", DEVICE_CLIENT);
const DENIED: &str = "cross-tenant access to the target tenant is denied";
const USER_PASSWORD: &str = "Us3r-of-tests!";

async fn admin_token(platform: &TestPlatform) -> String {
    let tokens = admin_login(platform, ALL_SCOPES).await;
    tokens["access_token"].as_str().unwrap().to_owned()
}

fn access_token(answer: &crate::platform::Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn checks_one_to_six_fail_in_order() {
    let platform = TestPlatform::start().await;
    let token = admin_token(&platform).await;
    let error = async |form: &[(&str, &str)]| {
        let answer = platform.token(&[&[EXCHANGE, CLIENT], form].concat()).await;
        assert_eq!(answer.status, 400);
        (answer.error(), answer.description())
    };
    let expect = |code: &str, text: &str| (code.to_owned(), text.to_owned());
    assert_eq!(
        error(&[]).await,
        expect("invalid_request", "subject_token is required")
    );
    assert_eq!(
        error(&[("subject_token", "x"), ("subject_token_type", "urn:x")]).await,
        expect(
            "invalid_request",
            "subject_token_type must be urn:ietf:params:oauth:token-type:access_token"
        )
    );
    assert_eq!(
        error(&[("subject_token", "x.y.z")]).await,
        expect("invalid_grant", "subject_token is invalid or expired")
    );
    assert_eq!(
        error(&[("subject_token", &token)]).await,
        expect(
            "invalid_request",
            "acr_values=tenant:{targetTenantId} is required for token exchange"
        )
    );
    assert_eq!(
        error(&[("subject_token", &token), ("acr_values", "tenant:nowhere")]).await,
        expect(
            "invalid_target",
            "target tenant could not be resolved for this request"
        )
    );
    platform.advance(3600);
    assert_eq!(
        error(&[("subject_token", &token), ("acr_values", "tenant:nowhere")]).await,
        expect("invalid_grant", "subject_token is invalid or expired")
    );
}

#[tokio::test]
async fn client_and_scope_are_checked_first() {
    let platform = TestPlatform::start().await;
    let cli = platform.token(&[EXCHANGE, ("client_id", "octo-cli")]).await;
    assert_eq!(cli.error(), "unauthorized_client");
    let nobody = platform.token(&[EXCHANGE, ("client_id", "nobody")]).await;
    assert_eq!(nobody.error(), "invalid_client");
    let scope = platform
        .token(&[EXCHANGE, CLIENT, ("scope", "everything")])
        .await;
    assert_eq!(scope.error(), "invalid_scope");
}

#[tokio::test]
async fn an_administrator_enters_the_child_with_all_roles() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let acme = platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    let answer = platform
        .exchange(&admin_token(&platform).await, "Acme")
        .await;
    let claims = claims(&access_token(&answer));
    let shadow = users::by_name(&acme, "xt_octosystem_admin")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(claims["sub"], shadow.rt_id.to_string());
    assert_eq!(claims["tenant_id"], "acme");
    assert_eq!(claims["amr"], json!(["token_exchange"]));
    assert_eq!(claims["role"].as_array().unwrap().len(), 14);
    assert_eq!(claims["allowed_tenants"], json!(["acme", "octosystem"]));
    assert_eq!(claims["client_id"], DEVICE_CLIENT);
    let body = answer.json();
    assert_eq!(
        body["issued_token_type"],
        "urn:ietf:params:oauth:token-type:access_token"
    );
    assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none());
    let again = platform
        .exchange(&admin_token(&platform).await, "acme")
        .await;
    assert_eq!(
        self::claims(&access_token(&again))["sub"],
        shadow.rt_id.to_string()
    );
    assert_eq!(
        self::claims(&admin_token(&platform).await)["allowed_tenants"],
        json!(["octosystem", "acme"])
    );
}

#[tokio::test]
async fn a_user_without_mapping_enters_without_roles() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    platform
        .create_user(&platform.system(), "ada", USER_PASSWORD)
        .await;
    let tokens = device_login(&platform, "octosystem", ALL_SCOPES, "ada", USER_PASSWORD).await;
    let answer = platform
        .exchange(tokens["access_token"].as_str().unwrap(), "acme")
        .await;
    let claims = claims(&access_token(&answer));
    assert_eq!(claims["tenant_id"], "acme");
    assert!(claims.get("role").is_none(), "{claims}");
}

#[tokio::test]
async fn no_way_leads_up_sideways_or_back_to_oneself() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let acme = platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    platform
        .create_tenant_for("octosystem", "beta", &admin)
        .await;
    platform.create_tenant("octosystem", "closed").await;
    platform.create_user(&acme, "local", USER_PASSWORD).await;
    let tokens = device_login(&platform, "acme", ALL_SCOPES, "local", USER_PASSWORD).await;
    let local = tokens["access_token"].as_str().unwrap();
    let home = admin_token(&platform).await;
    for (token, target) in [
        (local, "octosystem"),
        (local, "acme"),
        (local, "beta"),
        (&home, "octosystem"),
        (&home, "closed"),
    ] {
        let answer = platform.exchange(token, target).await;
        assert_eq!(answer.error(), "unauthorized_client", "{target}");
        assert_eq!(answer.description(), DENIED);
    }
    let in_acme = access_token(&platform.exchange(&home, "acme").await);
    let in_beta = access_token(&platform.exchange(&in_acme, "beta").await);
    assert_eq!(claims(&in_beta)["tenant_id"], "beta");
    assert_eq!(claims(&in_beta)["role"].as_array().unwrap().len(), 14);
    assert_eq!(
        platform.exchange(&in_acme, "octosystem").await.error(),
        "unauthorized_client"
    );
}

#[tokio::test]
async fn whoever_creates_a_grandchild_from_the_child_owns_it() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let acme = platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    let home = admin_token(&platform).await;
    access_token(&platform.exchange(&home, "acme").await);
    let shadow = users::by_name(&acme, "xt_octosystem_admin")
        .await
        .unwrap()
        .unwrap();
    platform
        .create_tenant_for("acme", "acme-lab", &shadow)
        .await;
    let claims = claims(&access_token(&platform.exchange(&home, "acme-lab").await));
    assert_eq!(claims["tenant_id"], "acme-lab");
    assert_eq!(claims["role"].as_array().unwrap().len(), 14);
}

#[tokio::test]
async fn a_tenant_id_with_underscores_is_no_obstacle() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let parent = platform
        .create_tenant_for("octosystem", "a_b_c", &admin)
        .await;
    let ada = platform.create_user(&parent, "ada", USER_PASSWORD).await;
    platform.create_tenant_for("a_b_c", "child", &ada).await;
    platform.create_tenant_for("a_b_c", "other", &ada).await;
    let tokens = device_login(&platform, "a_b_c", ALL_SCOPES, "ada", USER_PASSWORD).await;
    let home = tokens["access_token"].as_str().unwrap();
    let in_child = access_token(&platform.exchange(home, "child").await);
    let in_other = access_token(&platform.exchange(&in_child, "other").await);
    assert_eq!(claims(&in_other)["role"].as_array().unwrap().len(), 14);
}

#[tokio::test]
async fn an_exchange_adds_no_api_scope() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    let tokens = admin_login(&platform, "openid profile").await;
    let answer = platform
        .exchange(tokens["access_token"].as_str().unwrap(), "acme")
        .await;
    assert_eq!(answer.error(), "invalid_scope");
    let id_token = tokens["id_token"].as_str().unwrap();
    assert_eq!(
        platform.exchange(id_token, "acme").await.error(),
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_provider_without_self_registration_admits_known_users_only() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let acme = platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    platform
        .create_user(&platform.system(), "ada", USER_PASSWORD)
        .await;
    let tokens = device_login(&platform, "octosystem", ALL_SCOPES, "ada", USER_PASSWORD).await;
    let home = tokens["access_token"].as_str().unwrap();
    let provider = acme
        .first(EntityQuery::of(names::OCTO_TENANT_PROVIDER))
        .await
        .unwrap()
        .unwrap();
    let set = async |name: &str, value: bool| {
        acme.update(UpdateEntity::from_entity(&provider).set(name, value))
            .await
            .unwrap();
    };
    set("AllowSelfRegistration", false).await;
    // Who is mapped has been let in by an administrator.
    let mapped = admin_token(&platform).await;
    access_token(&platform.exchange(&mapped, "acme").await);
    let answer = platform.exchange(home, "acme").await;
    assert_eq!(answer.error(), "invalid_grant");
    assert_eq!(
        answer.description(),
        "failed to provision the target-tenant user"
    );
    assert!(
        users::by_name(&acme, "xt_octosystem_ada")
            .await
            .unwrap()
            .is_none()
    );
    set("AllowSelfRegistration", true).await;
    access_token(&platform.exchange(home, "acme").await);
    set("AllowSelfRegistration", false).await;
    access_token(&platform.exchange(home, "acme").await);
    set("IsEnabled", false).await;
    assert_eq!(
        platform.exchange(home, "acme").await.error(),
        "unauthorized_client"
    );
}

/// The administrator of a tenant may edit every user of that tenant; none of it must open another.
#[tokio::test]
async fn nobody_can_pose_as_the_shadow_of_somebody_else() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let acme = platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    platform
        .create_tenant_for("octosystem", "beta", &admin)
        .await;
    access_token(
        &platform
            .exchange(&admin_token(&platform).await, "acme")
            .await,
    );
    let shadow = users::by_name(&acme, "xt_octosystem_admin")
        .await
        .unwrap()
        .unwrap();

    // A password on the shadow user does not let anybody in.
    let hash = platform
        .running
        .state()
        .passwords()
        .hash(USER_PASSWORD)
        .await
        .unwrap();
    acme.update(UpdateEntity::from_entity(&shadow).set("PasswordHash", hash))
        .await
        .unwrap();
    let mut browser = crate::browser::Browser::new(&platform);
    let page = browser
        .sign_in("/acme/login", "xt_octosystem_admin", USER_PASSWORD)
        .await;
    assert_eq!(page.alert(), "Invalid username or password");

    // The link copied to another user is worthless.
    let mallory = platform.create_user(&acme, "mallory", USER_PASSWORD).await;
    let logins = shadow.attributes.get("UserLogins").unwrap().clone();
    acme.update(UpdateEntity::from_entity(&mallory).set("UserLogins", logins))
        .await
        .unwrap();
    let tokens = device_login(&platform, "acme", ALL_SCOPES, "mallory", USER_PASSWORD).await;
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(
        platform.exchange(token, "beta").await.error(),
        "unauthorized_client"
    );

    // Neither is a token that was issued before an ordinary user became a shadow.
    let renamed = UpdateEntity::from_entity(&mallory).set("UserName", "xt_octosystem_admin");
    acme.update(renamed).await.unwrap();
    assert_eq!(
        platform.exchange(token, "beta").await.error(),
        "unauthorized_client"
    );
}

#[tokio::test]
async fn a_user_gone_at_home_is_gone_everywhere() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    platform
        .create_tenant_for("octosystem", "beta", &admin)
        .await;
    let ada = platform
        .create_user(&platform.system(), "ada", USER_PASSWORD)
        .await;
    let tokens = device_login(&platform, "octosystem", ALL_SCOPES, "ada", USER_PASSWORD).await;
    let home = tokens["access_token"].as_str().unwrap();
    let in_acme = access_token(&platform.exchange(home, "acme").await);
    let gone = octo_runtime::DeleteEntity::of(names::USER, ada.rt_id).erase();
    platform.system().delete(gone).await.unwrap();
    for token in [home, &in_acme] {
        assert_eq!(
            platform.exchange(token, "beta").await.error(),
            "unauthorized_client"
        );
    }
}

#[tokio::test]
async fn a_parents_credentials_open_the_childs_login_page() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let acme = platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    let tokens = device_login(&platform, "acme", ALL_SCOPES, "admin", ADMIN_PASSWORD).await;
    let claims = claims(tokens["access_token"].as_str().unwrap());
    let shadow = users::by_name(&acme, "xt_octosystem_admin")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(claims["sub"], shadow.rt_id.to_string());
    assert_eq!(claims["role"].as_array().unwrap().len(), 14);
    assert_eq!(claims["idp"], "ParentTenant_octosystem");
    let refreshed = platform
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
    let closed = platform.create_tenant("octosystem", "closed").await;
    let mut browser = crate::browser::Browser::new(&platform);
    let page = browser
        .sign_in("/closed/login", "admin", ADMIN_PASSWORD)
        .await;
    assert_eq!(page.alert(), "Invalid username or password");
    assert_eq!(
        closed
            .query(EntityQuery::of(names::USER))
            .await
            .unwrap()
            .total,
        0
    );
}

#[tokio::test]
async fn a_service_token_has_no_user_to_exchange() {
    let platform = TestPlatform::start().await;
    crate::services::create_service(&platform.system(), "robot", "R0bot-secret").await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "robot"),
        ("client_secret", "R0bot-secret"),
    ];
    let token = access_token(&platform.token(&form).await);
    let answer = platform.exchange(&token, "octosystem").await;
    assert_eq!(answer.error(), "invalid_grant");
    assert_eq!(
        answer.description(),
        "subject_token must carry a user subject and tenant_id"
    );
}

#[tokio::test]
async fn mapped_roles_follow_the_mapping_and_unknown_ones_are_skipped() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let acme = platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    let ada = platform
        .create_user(&platform.system(), "ada", USER_PASSWORD)
        .await;
    let roles = [
        "660000000000000000000002".to_owned(),
        "66ffffffffffffffffffffff".to_owned(),
    ];
    let mapping = NewEntity::of(names::EXTERNAL_MAPPING)
        .set("SourceTenantId", "OctoSystem")
        .set("SourceUserId", ada.rt_id.to_string())
        .set("SourceUserName", "ada")
        .set("MappedRoleIds", roles.as_slice());
    acme.insert(mapping).await.unwrap();
    let tokens = device_login(&platform, "octosystem", ALL_SCOPES, "ada", USER_PASSWORD).await;
    let answer = platform
        .exchange(tokens["access_token"].as_str().unwrap(), "acme")
        .await;
    assert_eq!(claims(&access_token(&answer))["role"], "UserManagement");
}

/// A token counts for the home identity only if the home tenant authenticated its owner: a link
/// that was taken off the user and put back does not turn an own password into somebody else's.
#[tokio::test]
async fn a_link_put_back_after_a_local_login_opens_nothing() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    let acme = platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    platform
        .create_tenant_for("octosystem", "beta", &admin)
        .await;
    let home = admin_token(&platform).await;
    let in_acme = access_token(&platform.exchange(&home, "acme").await);
    let shadow = users::by_name(&acme, "xt_octosystem_admin")
        .await
        .unwrap()
        .unwrap();
    let passwords = platform.running.state().passwords();
    let disguised = UpdateEntity::from_entity(&shadow)
        .clear("UserLogins")
        .set("UserName", "sneaky")
        .set("NormalizedUserName", "SNEAKY")
        .set("PasswordHash", passwords.hash(USER_PASSWORD).await.unwrap());
    acme.update(disguised).await.unwrap();
    let tokens = device_login(&platform, "acme", ALL_SCOPES, "sneaky", USER_PASSWORD).await;
    let local = tokens["access_token"].as_str().unwrap();
    let logins = shadow.attributes.get("UserLogins").unwrap().clone();
    let restored = UpdateEntity::from_entity(&shadow)
        .set("UserLogins", logins)
        .set("UserName", "xt_octosystem_admin")
        .set("NormalizedUserName", "XT_OCTOSYSTEM_ADMIN");
    acme.update(restored).await.unwrap();
    let answer = platform.exchange(local, "beta").await;
    assert_eq!(answer.error(), "unauthorized_client");
    access_token(&platform.exchange(&in_acme, "beta").await);
}

#[tokio::test]
async fn a_token_for_another_api_stays_one() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    platform
        .create_tenant_for("octosystem", "acme", &admin)
        .await;
    let tokens = platform.running.state().tokens();
    let mut third = tokens.verify(&admin_token(&platform).await).unwrap();
    third.aud = vec!["thirdparty".to_owned()];
    let token = tokens.sign_access(&third).unwrap();
    for (tenant, audience) in [("octosystem", "octoAPI"), ("acme", "")] {
        let acr = format!("tenant:{tenant}");
        let mut form = vec![
            EXCHANGE,
            CLIENT,
            ("subject_token", token.as_str()),
            ("acr_values", &acr),
            ("scope", "octo_api"),
        ];
        if !audience.is_empty() {
            form.push(("audience", audience));
        }
        let answer = platform.token(&form).await;
        assert_eq!(answer.error(), "invalid_grant", "{}", answer.text);
        assert!(
            answer.description().contains("meant for another API"),
            "{}",
            answer.text
        );
    }
}
