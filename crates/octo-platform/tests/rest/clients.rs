//! OAuth clients, their roles and their overlays.

use octo_sdk::Secret;
use octo_sdk::identity::{ApplyOverlayUrisDto, ClientDto, IdentityClient};

use crate::platform::{SYSTEM, TestPlatform};

pub(crate) const SECRET: &str = "Rob0t's very own secret";
const DEVELOPMENT: &str = "660000000000000000000004";
const BOTS: &str = "660000000000000000000006";

/// A client that may act for itself.
pub(crate) fn machine(client_id: &str) -> ClientDto {
    ClientDto {
        is_enabled: Some(true),
        client_id: Some(client_id.to_owned()),
        client_name: Some(format!("The {client_id}")),
        client_secret: Some(Secret::new(SECRET)),
        require_client_secret: Some(true),
        allowed_grant_types: Some(vec!["client_credentials".to_owned()]),
        allowed_scopes: Some(vec!["octo_api".to_owned()]),
        ..ClientDto::default()
    }
}

/// What the token endpoint answers to a client that acts for itself.
pub(crate) async fn token(
    platform: &TestPlatform,
    tenant: &str,
    client_id: &str,
    secret: &str,
    further: &[(&str, &str)],
) -> serde_json::Value {
    let acr = format!("tenant:{tenant}");
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_secret", secret),
        ("acr_values", &acr),
    ];
    form.extend(further);
    let url = format!("{}/connect/token", platform.running.urls().identity);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.post(url).form(&form).send().await.unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

/// The claims of a token answer, unverified.
pub(crate) fn claims(answer: &serde_json::Value) -> serde_json::Value {
    use base64::Engine as _;
    let token = answer["access_token"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"));
    let payload = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn texts(list: &[&str]) -> Option<Vec<String>> {
    Some(list.iter().map(|&text| text.to_owned()).collect())
}

async fn uris(identity: &IdentityClient, client: &str) -> Vec<String> {
    identity
        .client(client)
        .await
        .unwrap()
        .redirect_uris
        .unwrap()
}

#[tokio::test]
async fn the_seeded_clients_are_there() {
    let platform = TestPlatform::start().await;
    let clients = platform.system_identity().await.clients().await.unwrap();
    assert_eq!(clients.len(), 6);
    let cli = clients
        .iter()
        .find(|client| client.client_id.as_deref() == Some("octo-cli"))
        .unwrap();
    assert_eq!(cli.rt_id.as_deref(), Some("660000000000000000000031"));
    assert_eq!(cli.auto_provision_in_child_tenants, Some(true));
    let page = platform.system_identity().await.clients_page(4, 10).await;
    let page = page.unwrap();
    assert_eq!((page.total_count, page.list.len()), (6, 2));
}

#[tokio::test]
async fn the_life_of_a_client() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    identity.create_client(&machine("robot")).await.unwrap();
    let robot = identity.client("robot").await.unwrap();
    assert_eq!(
        robot.allowed_scopes,
        texts(&["openid", "profile", "email", "role", "octo_api"])
    );
    assert_eq!(robot.client_secret, None);
    assert_eq!(robot.is_offline_access_enabled, Some(false));
    assert!(identity.client("ROBOT").await.unwrap_err().is_not_found());

    let taken = identity.create_client(&machine("robot")).await.unwrap_err();
    assert_eq!(
        taken.to_string(),
        "Conflict: Client with id 'robot' already exists."
    );
    let renaming = ClientDto {
        client_name: Some("x".to_owned()),
        client_id: Some("android".to_owned()),
        ..ClientDto::default()
    };
    identity.update_client("robot", &renaming).await.unwrap();
    let android = identity.client("android").await.unwrap();
    assert_eq!(android.rt_id, robot.rt_id);
    assert_eq!(android.client_name.as_deref(), Some("x"));
    assert_eq!(android.allowed_grant_types, robot.allowed_grant_types);
    assert_eq!(
        android.allowed_scopes,
        texts(&["openid", "profile", "email", "role"]),
        "an update without scopes leaves the default ones"
    );
    identity.create_client(&machine("robot")).await.unwrap();
    let clash = identity.update_client("robot", &renaming).await;
    assert!(clash.unwrap_err().to_string().starts_with("Conflict: "));

    identity.delete_client("android").await.unwrap();
    for gone in [
        identity.delete_client("android").await,
        identity.update_client("android", &renaming).await,
    ] {
        assert_eq!(
            gone.unwrap_err().to_string(),
            "NotFound: Client with id 'android' does not exist."
        );
    }
}

#[tokio::test]
async fn a_body_that_cannot_work_is_refused_with_every_reason() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let nameless = identity.create_client(&ClientDto::default()).await;
    assert!(nameless.unwrap_err().to_string().contains("clientId"));
    let bare = ClientDto {
        client_id: Some("bare".to_owned()),
        ..ClientDto::default()
    };
    let missing = identity.create_client(&bare).await.unwrap_err().to_string();
    for member in ["isEnabled", "allowedGrantTypes"] {
        assert!(missing.contains(member), "{missing}");
    }
    let crooked = ClientDto {
        client_uri: Some("nowhere".to_owned()),
        redirect_uris: texts(&["https://ok.example/cb", "https://x.example/#part", "  "]),
        client_name: Some("a\nb".to_owned()),
        ..machine("GetPaged")
    };
    let refused = identity.create_client(&crooked).await.unwrap_err();
    let codes: Vec<_> = refused
        .details()
        .iter()
        .map(|detail| detail.code.as_str())
        .collect();
    assert_eq!(
        codes,
        [
            "ClientId",
            "ClientName",
            "ClientUri",
            "RedirectUris",
            "RedirectUris"
        ]
    );
    assert_eq!(identity.clients().await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_new_client_can_get_a_token_at_once_and_a_deleted_one_cannot() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    identity.create_client(&machine("robot")).await.unwrap();
    identity
        .add_client_to_role("robot", "BotManagement")
        .await
        .unwrap();
    let mine = claims(&token(&platform, SYSTEM, "robot", SECRET, &[]).await);
    assert_eq!(mine["role"], "BotManagement");
    assert_eq!(mine["scope"], serde_json::json!(["octo_api"]));
    assert_eq!(mine["tenant_id"], SYSTEM);
    assert!(mine.get("sub").is_none());

    let off = |enabled| ClientDto {
        is_enabled: Some(enabled),
        allowed_scopes: texts(&["octo_api"]),
        ..ClientDto::default()
    };
    identity.update_client("robot", &off(false)).await.unwrap();
    let disabled = token(&platform, SYSTEM, "robot", SECRET, &[]).await;
    assert_eq!(disabled["error"], "invalid_client");
    identity.update_client("robot", &off(true)).await.unwrap();
    claims(&token(&platform, SYSTEM, "robot", SECRET, &[]).await);

    let renewed = ClientDto {
        client_secret: Some(Secret::new(" new secret ")),
        ..off(true)
    };
    identity.update_client("robot", &renewed).await.unwrap();
    let old = token(&platform, SYSTEM, "robot", SECRET, &[]).await;
    assert_eq!(old["error"], "invalid_client", "one secret replaces all");
    claims(&token(&platform, SYSTEM, "robot", " new secret ", &[]).await);
    identity.delete_client("robot").await.unwrap();
    let gone = token(&platform, SYSTEM, "robot", " new secret ", &[]).await;
    assert_eq!(gone["error"], "invalid_client");
}

#[tokio::test]
async fn roles_of_a_client() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    identity.create_client(&machine("robot")).await.unwrap();
    for _ in 0..2 {
        identity
            .add_client_to_role("robot", "development")
            .await
            .unwrap();
    }
    assert_eq!(identity.client_roles("robot").await.unwrap(), [DEVELOPMENT]);
    let wanted = [BOTS.to_owned()];
    identity.set_client_roles("robot", &wanted).await.unwrap();
    assert_eq!(identity.client_roles("robot").await.unwrap(), wanted);

    let unknown = [BOTS.to_owned(), "f".repeat(24), "e".repeat(24)];
    let refused = identity
        .set_client_roles("robot", &unknown)
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string().matches("not found").count(),
        2,
        "{refused}"
    );
    assert_eq!(identity.client_roles("robot").await.unwrap(), wanted);
    let none = identity.add_client_to_role("robot", "Nothing").await;
    assert_eq!(
        none.unwrap_err().to_string(),
        "NotFound: Role with name 'Nothing' not found."
    );
    let lacking = identity
        .remove_client_from_role("robot", "Development")
        .await;
    assert_eq!(
        lacking.unwrap_err().to_string(),
        "BadRequest: Client 'robot' doesn't have role 'Development'"
    );
    identity
        .remove_client_from_role("robot", "Nothing")
        .await
        .unwrap();
    identity
        .remove_client_from_role("robot", "BotManagement")
        .await
        .unwrap();
    assert!(identity.client_roles("robot").await.unwrap().is_empty());
    let missing = identity.client_roles("nobody").await.unwrap_err();
    assert_eq!(
        missing.to_string(),
        "NotFound: Client with id 'nobody' not found."
    );
}

#[tokio::test]
async fn an_overlay_goes_as_it_came() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let studio = "octo-data-refinery-studio";
    let before = identity.client(studio).await.unwrap();
    let overlay = ApplyOverlayUrisDto {
        overlay_name: "anna.dev".to_owned(),
        redirect_uris: texts(&["https://anna.dev/", "https://anna.dev/", " "]),
        post_logout_redirect_uris: texts(&["https://localhost:4200/"]),
        allowed_cors_origins: texts(&["https://anna.dev"]),
    };
    let result = identity
        .apply_client_overlay(studio, &overlay)
        .await
        .unwrap();
    let counts = [
        result.redirect_uris,
        result.post_logout_redirect_uris,
        result.allowed_cors_origins,
    ];
    assert_eq!(
        counts.map(|count| (count.added, count.skipped_duplicate)),
        [(1, 1), (0, 1), (1, 0)]
    );
    let again = identity
        .apply_client_overlay(studio, &overlay)
        .await
        .unwrap();
    assert_eq!(again.redirect_uris.added, 0);
    assert_eq!(again.redirect_uris.skipped_duplicate, 2);

    let other = identity.clean_client_overlays(Some("other")).await.unwrap();
    assert_eq!((other.clients_affected, other.client_results.len()), (0, 0));
    let cleaned = identity.clean_client_overlays(None).await.unwrap();
    assert_eq!(
        (cleaned.clients_affected, cleaned.total_entries_removed),
        (1, 2)
    );
    assert_eq!(cleaned.client_results[0].client_id, studio);
    assert_eq!(identity.client(studio).await.unwrap(), before);
}

#[tokio::test]
async fn an_update_of_uris_replaces_those_of_all_sources() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let studio = "octo-data-refinery-studio";
    let overlay = ApplyOverlayUrisDto {
        overlay_name: "x".to_owned(),
        redirect_uris: texts(&["https://anna.dev/"]),
        ..ApplyOverlayUrisDto::default()
    };
    identity
        .apply_client_overlay(studio, &overlay)
        .await
        .unwrap();
    assert_eq!(uris(&identity, studio).await.len(), 2);
    let update = ClientDto {
        redirect_uris: texts(&["https://anna.dev/", "https://new.example/"]),
        ..ClientDto::default()
    };
    identity.update_client(studio, &update).await.unwrap();
    let expected = ["https://anna.dev/", "https://new.example/"];
    assert_eq!(uris(&identity, studio).await, expected);
    let cleaned = identity.clean_client_overlays(None).await.unwrap();
    assert_eq!(cleaned.total_entries_removed, 0, "all entries became `api`");
}

#[tokio::test]
async fn overlays_without_name_or_uri_are_refused() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let overlay = |name: &str, uris: &[&str]| ApplyOverlayUrisDto {
        overlay_name: name.to_owned(),
        redirect_uris: texts(uris),
        ..ApplyOverlayUrisDto::default()
    };
    let good = &["https://a.example/"][..];
    for (name, uris, expected) in [
        ("", good, "OverlayName field is required"),
        ("a b", good, "OverlayName must match"),
        ("a", &[" "][..], "must contain a URI"),
        ("a", &["nowhere"][..], "'nowhere' is not an absolute URI"),
        ("a", &["javascript:alert(1)"][..], "must not have"),
        ("a", &["data:text/html,x"][..], "must not have"),
        ("a", &["https://a@b.example/"][..], "must not have"),
    ] {
        let refused = identity
            .apply_client_overlay("octo-cli", &overlay(name, uris))
            .await;
        let text = refused.unwrap_err().to_string();
        assert!(
            text.starts_with("BadRequest: ") && text.contains(expected),
            "{text}"
        );
    }
    let unknown = identity
        .apply_client_overlay("nobody", &overlay("a", good))
        .await;
    assert_eq!(
        unknown.unwrap_err().to_string(),
        "NotFound: Client with id 'nobody' does not exist."
    );
    let bad = identity
        .clean_client_overlays(Some("a b"))
        .await
        .unwrap_err();
    assert!(bad.to_string().contains("must match"), "{bad}");
}

#[tokio::test]
async fn addresses_that_run_scripts_are_refused_in_every_list() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let script = "JavaScript:alert(1)";
    let client = ClientDto {
        client_uri: Some(script.to_owned()),
        redirect_uris: texts(&[script, "my.app:/cb"]),
        post_logout_redirect_uris: texts(&[script]),
        ..machine("page")
    };
    let refused = identity.create_client(&client).await.unwrap_err();
    let codes: Vec<_> = refused.details().iter().map(|d| d.code.as_str()).collect();
    assert_eq!(
        codes,
        ["ClientUri", "RedirectUris", "PostLogoutRedirectUris"]
    );
}
