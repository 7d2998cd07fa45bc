//! Routes for OAuth clients, API resources, API scopes and secrets: each request as the real
//! service expects it.

use octo_sdk::Secret;
use octo_sdk::identity::{
    ApiResourceDto, ApiScopeDto, ApiSecretDto, ApplyOverlayUrisDto, ClientDto, IdentityClient,
    SecretOwner,
};

use crate::recorder::{Recorded, Recorder};
use crate::{http, token};

async fn identity(answers: &[(u16, &str)]) -> (Recorder, IdentityClient) {
    let server = Recorder::start(answers).await;
    let client = IdentityClient::new(&http(), &server.url, "acme", token()).unwrap();
    (server, client)
}

/// Lines and bodies of requests, for comparison with what was expected.
fn seen(requests: &[Recorded]) -> Vec<(&str, &str)> {
    let pairs = requests
        .iter()
        .map(|request| (request.line.as_str(), request.body.as_str()));
    pairs.collect()
}

fn texts(list: &[&str]) -> Option<Vec<String>> {
    Some(list.iter().map(|&text| text.to_owned()).collect())
}

#[tokio::test]
async fn clients_are_read() {
    let page = r#"{"totalCount":3,"skip":1,"take":2,"list":[{},{}]}"#;
    let one = r#"{"rtId":"660000000000000000000031","clientId":"a b/ä","isEnabled":true,
        "clientSecret":null,"redirectUris":null,"dynamicRegistrationExpiresAt":
        "2026-01-02T03:04:05","somethingNew":1}"#;
    let (server, client) = identity(&[(200, "[{}]"), (200, page), (200, one)]).await;
    assert_eq!(client.clients().await.unwrap(), [ClientDto::default()]);
    assert_eq!(client.clients_page(1, 2).await.unwrap().list.len(), 2);
    let read = client.client("a b/ä").await.unwrap();
    assert_eq!(read.client_id.as_deref(), Some("a b/ä"));
    assert_eq!(read.redirect_uris, None);
    let expires = read.dynamic_registration_expires_at.unwrap();
    assert_eq!(expires.to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(
        server.lines(),
        [
            "GET /acme/v1/clients",
            "GET /acme/v1/clients/GetPaged?skip=1&take=2",
            "GET /acme/v1/clients/a%20b%2F%C3%A4",
        ]
    );
}

#[tokio::test]
async fn clients_are_written_with_nulls_for_what_stays() {
    let (server, client) = identity(&[]).await;
    let new = ClientDto {
        is_enabled: Some(true),
        client_id: Some("robot".to_owned()),
        client_secret: Some(Secret::new("s3cret")),
        allowed_grant_types: texts(&["client_credentials"]),
        ..ClientDto::default()
    };
    client.create_client(&new).await.unwrap();
    let scopes = ClientDto {
        allowed_scopes: texts(&["octo_api"]),
        ..ClientDto::default()
    };
    client.update_client("robot", &scopes).await.unwrap();
    client.delete_client("robot").await.unwrap();
    let requests = server.requests();
    assert_eq!(
        seen(&requests),
        [
            (
                "POST /acme/v1/clients",
                concat!(
                    r#"{"rtId":null,"isEnabled":true,"clientId":"robot","clientSecret":"s3cret","#,
                    r#""requireClientSecret":null,"clientName":null,"clientUri":null,"#,
                    r#""allowedGrantTypes":["client_credentials"],"redirectUris":null,"#,
                    r#""postLogoutRedirectUris":null,"allowedCorsOrigins":null,"#,
                    r#""allowedScopes":null,"isOfflineAccessEnabled":null,"#,
                    r#""frontChannelLogoutUri":null,"frontChannelLogoutSessionRequired":null,"#,
                    r#""backChannelLogoutUri":null,"backChannelLogoutSessionRequired":null,"#,
                    r#""autoProvisionInChildTenants":null,"provisionedByParentTenantId":null,"#,
                    r#""dynamicRegistration":null,"dynamicRegistrationExpiresAt":null}"#,
                ),
            ),
            (
                "PUT /acme/v1/clients/robot",
                concat!(
                    r#"{"rtId":null,"isEnabled":null,"clientId":null,"clientSecret":null,"#,
                    r#""requireClientSecret":null,"clientName":null,"clientUri":null,"#,
                    r#""allowedGrantTypes":null,"redirectUris":null,"#,
                    r#""postLogoutRedirectUris":null,"allowedCorsOrigins":null,"#,
                    r#""allowedScopes":["octo_api"],"isOfflineAccessEnabled":null,"#,
                    r#""frontChannelLogoutUri":null,"frontChannelLogoutSessionRequired":null,"#,
                    r#""backChannelLogoutUri":null,"backChannelLogoutSessionRequired":null,"#,
                    r#""autoProvisionInChildTenants":null,"provisionedByParentTenantId":null,"#,
                    r#""dynamicRegistration":null,"dynamicRegistrationExpiresAt":null}"#,
                ),
            ),
            ("DELETE /acme/v1/clients/robot", ""),
        ]
    );
    assert_eq!(requests[0].header("content-type"), "application/json");
    assert!(!format!("{new:?}").contains("s3cret"));
}

#[tokio::test]
async fn roles_of_clients() {
    let (server, client) = identity(&[(200, r#"["1","2"]"#)]).await;
    assert_eq!(client.client_roles("robot").await.unwrap(), ["1", "2"]);
    let roles = ["1".to_owned()];
    client.set_client_roles("robot", &roles).await.unwrap();
    client.set_client_roles("robot", &[]).await.unwrap();
    client.add_client_to_role("robot", "A b").await.unwrap();
    client
        .remove_client_from_role("robot", "A/b")
        .await
        .unwrap();
    assert_eq!(
        seen(&server.requests()),
        [
            ("GET /acme/v1/clients/robot/roles", ""),
            ("PUT /acme/v1/clients/robot/roles", r#"["1"]"#),
            ("PUT /acme/v1/clients/robot/roles", "[]"),
            ("PUT /acme/v1/clients/robot/roles/A%20b", ""),
            ("DELETE /acme/v1/clients/robot/roles/A%2Fb", ""),
        ]
    );
}

#[tokio::test]
async fn overlays() {
    let applied = r#"{"overlayName":"dev","clientId":"web","redirectUris":
        {"added":1,"skippedDuplicate":2},"allowedCorsOrigins":null}"#;
    let cleaned = r#"{"overlayName":null,"clientsAffected":1,"totalEntriesRemoved":3,
        "clientResults":[{"clientId":"web","redirectUrisRemoved":3}]}"#;
    let (server, client) = identity(&[
        (200, applied),
        (200, cleaned),
        (200, r#"{"clientResults":null}"#),
    ])
    .await;
    let overlay = ApplyOverlayUrisDto {
        overlay_name: "dev".to_owned(),
        redirect_uris: texts(&["https://a.example/"]),
        ..ApplyOverlayUrisDto::default()
    };
    let result = client.apply_client_overlay("web", &overlay).await.unwrap();
    assert_eq!(result.redirect_uris.skipped_duplicate, 2);
    assert_eq!(result.allowed_cors_origins.added, 0);
    let result = client.clean_client_overlays(None).await.unwrap();
    assert_eq!(result.client_results[0].redirect_uris_removed, 3);
    let result = client.clean_client_overlays(Some("a.b")).await.unwrap();
    assert!(result.client_results.is_empty());
    assert_eq!(
        seen(&server.requests()),
        [
            (
                "POST /acme/v1/clients/web/overlayUris",
                concat!(
                    r#"{"overlayName":"dev","redirectUris":["https://a.example/"],"#,
                    r#""postLogoutRedirectUris":null,"allowedCorsOrigins":null}"#,
                ),
            ),
            ("DELETE /acme/v1/clients/cleanOverlayEntries", ""),
            (
                "DELETE /acme/v1/clients/cleanOverlayEntries?overlayName=a.b",
                ""
            ),
        ]
    );
}

#[tokio::test]
async fn mirrors() {
    let rows = r#"[{"parentClientId":"robot","parentTenantId":"acme","childTenantId":"sub",
        "provisionedAt":"2026-01-02T03:04:05Z","secretHashVersion":2}]"#;
    let everywhere = r#"{"childTenantsConsidered":2,"newlyProvisioned":1,"alreadyPresent":1}"#;
    let one = r#"{"flaggedClientsConsidered":3,"newlyProvisioned":null,"alreadyPresent":3}"#;
    let (server, client) = identity(&[
        (200, rows),
        (200, everywhere),
        (200, one),
        (204, ""),
        (204, ""),
    ])
    .await;
    let mirrors = client.client_mirrors("robot").await.unwrap();
    assert_eq!((mirrors.len(), mirrors[0].secret_hash_version), (1, 2));
    let done = client.provision_client_in_existing_tenants("robot").await;
    assert_eq!(done.unwrap().child_tenants_considered, 2);
    let done = client.provision_client_in_tenant("robot", "sub a").await;
    assert_eq!(done.unwrap().flagged_clients_considered, 3);
    client.delete_client_mirror("robot", "sub").await.unwrap();
    client
        .set_client_auto_provision("robot", true)
        .await
        .unwrap();
    assert_eq!(
        seen(&server.requests()),
        [
            ("GET /acme/v1/clients/robot/mirrors", ""),
            (
                "POST /acme/v1/clients/robot/mirrors/provisionInExistingTenants",
                ""
            ),
            (
                "POST /acme/v1/clients/robot/mirrors/provisionInTenant?childTenantId=sub+a",
                "",
            ),
            ("DELETE /acme/v1/clients/robot/mirrors/sub", ""),
            (
                "PATCH /acme/v1/clients/robot/autoProvisionInChildTenants",
                r#"{"enabled":true}"#,
            ),
        ]
    );
}

#[tokio::test]
async fn api_resources() {
    let one = r#"{"isEnabled":true,"name":"octoAPI","scopes":["octo_api"],"userClaims":null}"#;
    let list = format!("[{one}]");
    let page = format!(r#"{{"totalCount":1,"skip":0,"take":5,"list":[{one}]}}"#);
    let (server, client) = identity(&[(200, &list), (200, &page), (200, one)]).await;
    assert_eq!(client.api_resources().await.unwrap().len(), 1);
    assert_eq!(
        client.api_resources_page(0, 5).await.unwrap().total_count,
        1
    );
    let read = client.api_resource("https://x/").await.unwrap();
    assert_eq!(read.scopes, texts(&["octo_api"]));
    assert!(!read.show_in_discovery_document);
    client.create_api_resource(&read).await.unwrap();
    client.update_api_resource(&read).await.unwrap();
    client.delete_api_resource("octoAPI").await.unwrap();
    let body = concat!(
        r#"{"isEnabled":true,"name":"octoAPI","displayName":null,"description":null,"#,
        r#""showInDiscoveryDocument":false,"userClaims":null,"requireResourceIndicator":false,"#,
        r#""scopes":["octo_api"],"allowedAccessTokenSigningAlgorithms":null}"#,
    );
    assert_eq!(
        seen(&server.requests()),
        [
            ("GET /acme/v1/apiResources", ""),
            ("GET /acme/v1/apiResources/GetPaged?skip=0&take=5", ""),
            ("GET /acme/v1/apiResources/https:%2F%2Fx%2F", ""),
            ("POST /acme/v1/apiResources", body),
            ("PUT /acme/v1/apiResources/octoAPI", body),
            ("DELETE /acme/v1/apiResources/octoAPI", ""),
        ]
    );
    let nameless = client.update_api_resource(&ApiResourceDto::default()).await;
    assert!(nameless.is_err(), "nothing is sent without a name");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn api_scopes() {
    let one = r#"{"isEnabled":true,"name":"a","isEmphasize":true}"#;
    let list = format!("[{one}]");
    let page = format!(r#"{{"totalCount":1,"list":[{one}]}}"#);
    let (server, client) = identity(&[(200, &list), (200, &page), (200, one)]).await;
    assert_eq!(client.api_scopes().await.unwrap().len(), 1);
    assert_eq!(client.api_scopes_page(0, 5).await.unwrap().list.len(), 1);
    assert!(client.api_scope("a.b").await.unwrap().is_emphasize);
    let scope = ApiScopeDto {
        name: Some("c".to_owned()),
        ..ApiScopeDto::default()
    };
    client.create_api_scope(&scope).await.unwrap();
    client.update_api_scope("a.b", &scope).await.unwrap();
    client.delete_api_scope("c").await.unwrap();
    let body = concat!(
        r#"{"isEnabled":false,"name":"c","displayName":null,"description":null,"#,
        r#""showInDiscoveryDocument":false,"userClaims":null,"isRequired":false,"#,
        r#""isEmphasize":false,"requireResourceIndicator":false,"apiSecrets":false}"#,
    );
    assert_eq!(
        seen(&server.requests()),
        [
            ("GET /acme/v1/apiScopes", ""),
            ("GET /acme/v1/apiScopes/GetPaged?skip=0&take=5", ""),
            ("GET /acme/v1/apiScopes/a.b", ""),
            ("POST /acme/v1/apiScopes", body),
            ("PUT /acme/v1/apiScopes/a.b", body),
            ("DELETE /acme/v1/apiScopes/c", ""),
        ]
    );
}

#[tokio::test]
async fn secrets_are_addressed_by_base64_of_their_hash() {
    // The Base64 of this hash holds all characters that need care in a path.
    let hash = "Ã¿Ã¾>?";
    let encoded = "w4PCv8ODwr4+Pw==";
    let secret = r#"{"valueEncrypted":"h","valueClearText":"made up","expirationDate":null}"#;
    for (owner, path) in [
        (SecretOwner::Client("a b"), "client/a%20b"),
        (
            SecretOwner::ApiResource("https://x"),
            "apiResource/https:%2F%2Fx",
        ),
    ] {
        let (server, client) = identity(&[(200, "[{}]"), (200, secret), (200, secret)]).await;
        let list = client.api_secrets(owner).await.unwrap();
        assert_eq!(list, [ApiSecretDto::default()]);
        client.api_secret(owner, hash).await.unwrap();
        let wanted = ApiSecretDto {
            value_clear_text: Some(Secret::new("mine")),
            expiration_date: Some("2100-01-02T03:04:05Z".parse().unwrap()),
            ..ApiSecretDto::default()
        };
        let created = client.create_api_secret(owner, &wanted).await.unwrap();
        assert_eq!(created.value_clear_text, Some(Secret::new("made up")));
        assert!(!format!("{wanted:?} {created:?}").contains("mine"));
        let change = ApiSecretDto {
            value_encrypted: hash.to_owned(),
            ..ApiSecretDto::default()
        };
        client.update_api_secret(owner, &change).await.unwrap();
        client.delete_api_secret(owner, hash).await.unwrap();
        let requests = server.requests();
        let base = format!("/acme/v1/apiSecrets/{path}");
        let lines: Vec<_> = requests
            .iter()
            .map(|request| request.line.clone())
            .collect();
        assert_eq!(
            lines,
            [
                format!("GET {base}"),
                format!("GET {base}/{encoded}"),
                format!("POST {base}"),
                format!("PUT {base}"),
                format!("DELETE {base}/{encoded}"),
            ]
        );
        assert_eq!(
            requests[2].body,
            concat!(
                r#"{"valueEncrypted":"","valueClearText":"mine","#,
                r#""expirationDate":"2100-01-02T03:04:05Z","description":null}"#,
            )
        );
        assert_eq!(
            requests[3].body,
            format!(
                r#"{{"valueEncrypted":"{hash}","valueClearText":null,"expirationDate":null,"description":null}}"#
            )
        );
    }
}

#[tokio::test]
async fn a_hash_with_a_slash_stays_one_segment() {
    let (server, client) = identity(&[]).await;
    let owner = SecretOwner::Client("c");
    client.delete_api_secret(owner, "???").await.unwrap();
    let line = "DELETE /acme/v1/apiSecrets/client/c/Pz8%2F";
    assert_eq!(server.lines(), [line]);
}
