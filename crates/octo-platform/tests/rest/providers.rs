//! Identity providers.

use octo_platform::accounts::providers::client_secret;
use octo_runtime::Entity;
use octo_sdk::Secret;
use octo_sdk::identity::{
    DirectoryDto, EntraDto, IdentityClient, IdentityProviderDto, OAuthProviderDto, OpenLdapDto,
    ProviderKind,
};
use serde_json::{Value, json};

use crate::groups::create_group;
use crate::platform::{SYSTEM, TestPlatform};

const UNKNOWN: &str = "66ffffffffffffffffffffff";

fn oauth(secret: Option<&str>) -> OAuthProviderDto {
    OAuthProviderDto {
        client_id: Some("app".to_owned()),
        client_secret: secret.map(Secret::new),
    }
}

fn provider(name: &str, kind: ProviderKind) -> IdentityProviderDto {
    IdentityProviderDto {
        is_enabled: true,
        rt_id: None,
        name: name.to_owned(),
        description: Some("why".to_owned()),
        allow_self_registration: false,
        default_group_rt_id: None,
        kind,
    }
}

async fn create(identity: &IdentityClient, provider: &IdentityProviderDto) -> String {
    let created = identity.create_identity_provider(provider).await.unwrap();
    created.rt_id.unwrap()
}

async fn stored(platform: &TestPlatform, id: &str) -> Entity {
    let tenant = platform.tenant(SYSTEM).await;
    let found = tenant
        .get("System.Identity/IdentityProvider", id.parse().unwrap())
        .await;
    found.unwrap().unwrap()
}

async fn secret(platform: &TestPlatform, id: &str) -> Option<String> {
    let provider = stored(platform, id).await;
    let tenant = platform.tenant(SYSTEM).await;
    let vault = platform.running.state().vault();
    client_secret(vault, &tenant, &provider).map(|secret| secret.expose().to_owned())
}

/// A raw request; status and body.
async fn raw(platform: &TestPlatform, method: &str, route: &str, body: &Value) -> (u16, Value) {
    let base = &platform.running.urls().identity;
    let url = format!("{base}/{SYSTEM}/v1/identityProviders{route}");
    let token = platform.admin().await;
    let body = body.to_string();
    let (status, text) = platform.send(method, &url, Some(&token), Some(&body)).await;
    (status, serde_json::from_str(&text).unwrap_or_default())
}

#[tokio::test]
async fn a_fresh_tenant_has_none_in_a_wrapper() {
    let platform = TestPlatform::start().await;
    let (status, body) = raw(&platform, "GET", "", &json!({})).await;
    assert_eq!((status, body), (200, json!({"identityProviders": []})));
}

#[tokio::test]
async fn every_kind_is_stored_and_read_back_without_secret() {
    let platform = TestPlatform::start().await;
    let assets = platform.system_assets().await;
    assets.create_tenant("other", "other").await.unwrap();
    let identity = platform.system_identity().await;
    let group = create_group(&identity, "Guides").await;
    let entra = |secret: Option<&str>| EntraDto {
        tenant_id: "dir".to_owned(),
        authority: Some("https://login.example.org".to_owned()),
        client_id: Some("app".to_owned()),
        client_secret: secret.map(Secret::new),
    };
    let directory = DirectoryDto {
        host: "ad.example.org".to_owned(),
        port: 389,
        use_tls: true,
    };
    let ldap = OpenLdapDto {
        host: "ldap.example.org".to_owned(),
        user_base_dn: "dc=example".to_owned(),
        ..OpenLdapDto::default()
    };
    let parent = ProviderKind::OctoTenant {
        parent_tenant_id: "other".to_owned(),
    };
    let same = |kind: ProviderKind| (kind.clone(), kind);
    let kinds = [
        (
            ProviderKind::Google(oauth(Some("hush"))),
            ProviderKind::Google(oauth(None)),
        ),
        (
            ProviderKind::Microsoft(oauth(Some("hush"))),
            ProviderKind::Microsoft(oauth(None)),
        ),
        (
            ProviderKind::Entra(entra(Some("hush"))),
            ProviderKind::Entra(entra(None)),
        ),
        same(ProviderKind::ActiveDirectory(directory)),
        same(ProviderKind::OpenLdap(ldap)),
        (
            ProviderKind::Facebook(oauth(Some("hush"))),
            ProviderKind::Facebook(oauth(None)),
        ),
        same(parent),
    ];
    for (number, (sent, expected)) in kinds.into_iter().enumerate() {
        let with_secret = sent != expected;
        let sent = IdentityProviderDto {
            default_group_rt_id: Some(group.clone()),
            ..provider(&format!("p-{number}"), sent)
        };
        let id = create(&identity, &sent).await;
        let read = identity.identity_provider(&id).await.unwrap().unwrap();
        let expected = IdentityProviderDto {
            rt_id: Some(id.clone()),
            kind: expected,
            ..sent
        };
        assert_eq!(read, expected);
        let kept = secret(&platform, &id).await;
        assert_eq!(kept.as_deref(), with_secret.then_some("hush"));
        let stored = stored(&platform, &id).await;
        let at_rest = stored.attributes.str("ClientSecret").unwrap_or_default();
        assert!(!at_rest.contains("hush"), "encrypted: {at_rest}");
    }
    assert_eq!(identity.identity_providers().await.unwrap().len(), 7);
    let (_, listed) = raw(&platform, "GET", "", &json!({})).await;
    let listed = listed.to_string();
    assert!(!listed.contains("hush") && !listed.contains("sealed"));
}

#[tokio::test]
async fn a_replacement_clears_what_it_leaves_out_but_the_secret() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let id = create(
        &identity,
        &provider("google", ProviderKind::Google(oauth(Some("hush")))),
    )
    .await;
    let without = json!({"$type": 0, "name": "Google", "isEnabled": false, "clientId": "new"});
    for body in [
        &without,
        &json!({"clientSecret": "", "$type": 0, "name": "Google", "clientId": "new"}),
    ] {
        let (status, answer) = raw(&platform, "PUT", &format!("/{id}"), body).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["clientSecret"], Value::Null);
        assert_eq!(secret(&platform, &id).await.as_deref(), Some("hush"));
    }
    let read = identity.identity_provider(&id).await.unwrap().unwrap();
    assert_eq!((read.name.as_str(), read.is_enabled), ("Google", false));
    assert_eq!(read.description, None);
    assert!(read.allow_self_registration, "the default when absent");

    let other = provider("google", ProviderKind::Google(oauth(Some("other"))));
    identity
        .update_identity_provider(&id, &other)
        .await
        .unwrap();
    assert_eq!(secret(&platform, &id).await.as_deref(), Some("other"));

    let retyped = provider("google", ProviderKind::Microsoft(oauth(Some("x"))));
    let refused = identity.update_identity_provider(&id, &retyped).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("keeps its type"), "{refused}");
    assert_eq!(secret(&platform, &id).await.as_deref(), Some("other"));
}

#[tokio::test]
async fn a_secret_is_not_sent_to_an_address_it_was_not_given_for() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let entra = |authority: &str, secret: Option<&str>| {
        provider(
            "entra",
            ProviderKind::Entra(EntraDto {
                tenant_id: "dir".to_owned(),
                authority: Some(authority.to_owned()),
                client_id: Some("app".to_owned()),
                client_secret: secret.map(Secret::new),
            }),
        )
    };
    let id = create(&identity, &entra("https://one.example", Some("hush"))).await;
    let moved = entra("https://two.example", None);
    let refused = identity.update_identity_provider(&id, &moved).await;
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("needs its ClientSecret again"),
        "{refused}"
    );

    // Nor when the address is changed behind the back of this service.
    let tenant = platform.tenant(SYSTEM).await;
    let entity = stored(&platform, &id).await;
    let update =
        octo_runtime::UpdateEntity::from_entity(&entity).set("Authority", "https://two.example");
    tenant.update(update).await.unwrap();
    assert_eq!(secret(&platform, &id).await, None);
    let refused = identity.update_identity_provider(&id, &moved).await;
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("The ClientSecret field is required."),
        "{refused}"
    );
}

#[tokio::test]
async fn all_that_is_wrong_is_named_at_once_and_nothing_stored() {
    let platform = TestPlatform::start().await;
    let cases = [
        (json!({"name": "abc"}), vec!["$type"]),
        (json!({"$type": 7, "name": "abc"}), vec!["$type"]),
        (
            json!({"$type": 0, "name": "My IdP"}),
            vec!["ClientId", "ClientSecret", "Name"],
        ),
        (json!({"$type": 6}), vec!["Name", "ParentTenantId"]),
        (
            json!({"$type": 6, "name": "ab", "parentTenantId": SYSTEM}),
            vec!["Name", "ParentTenantId"],
        ),
        (
            json!({"$type": 4, "name": "x".repeat(101), "port": 0, "host": " ", "userNameAttribute": ""}),
            vec!["Host", "Name", "Port", "UserBaseDn", "UserNameAttribute"],
        ),
        (
            json!({"$type": 4, "name": "abc", "host": "ldaps://ldap.example.org", "userBaseDn": "dc=x",
                "userNameAttribute": "uid=ada,cn"}),
            vec!["Host", "UserNameAttribute"],
        ),
        (
            json!({"$type": 3, "name": "abc", "host": "h:636"}),
            vec!["Host"],
        ),
        (
            json!({"$type": 3, "name": "abc", "host": "h", "port": 65536, "defaultGroupRtId": UNKNOWN}),
            vec!["DefaultGroupRtId", "Port"],
        ),
        (
            json!({"$type": 2, "name": "abc", "authority": "http://login.example.org", "clientId": "a",
                "clientSecret": "s", "description": "x".repeat(5001)}),
            vec!["Authority", "Description", "TenantId"],
        ),
    ];
    for (body, fields) in cases {
        let (status, answer) = raw(&platform, "POST", "", &body).await;
        assert_eq!(status, 400, "{body}");
        let errors = answer["errors"].as_object().unwrap();
        let mut named: Vec<&String> = errors.keys().collect();
        named.sort();
        assert_eq!(named, fields, "{answer}");
    }
    let (_, listed) = raw(&platform, "GET", "", &json!({})).await;
    assert_eq!(listed, json!({"identityProviders": []}));
}

#[tokio::test]
async fn names_are_unique_in_any_case() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let directory = |name: &str| {
        let directory = DirectoryDto {
            host: "ad".to_owned(),
            ..DirectoryDto::default()
        };
        provider(name, ProviderKind::ActiveDirectory(directory))
    };
    let one = create(&identity, &directory("one")).await;
    create(&identity, &directory("two")).await;
    let taken = identity.create_identity_provider(&directory("ONE")).await;
    let taken = taken.unwrap_err().to_string();
    assert!(taken.contains("Name must be unique"), "{taken}");
    let taken = identity
        .update_identity_provider(&one, &directory("Two"))
        .await;
    assert!(
        taken
            .unwrap_err()
            .to_string()
            .contains("Name must be unique")
    );
    let own = identity
        .update_identity_provider(&one, &directory("One"))
        .await;
    own.unwrap();
}

#[tokio::test]
async fn unknown_and_malformed_ids() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    assert_eq!(identity.identity_provider(UNKNOWN).await.unwrap(), None);
    let google = provider("google", ProviderKind::Google(oauth(Some("hush"))));
    let unknown = identity.update_identity_provider(UNKNOWN, &google).await;
    assert!(unknown.unwrap_err().is_not_found(), "none is created");
    let id = create(&identity, &google).await;
    for _ in 0..2 {
        identity.delete_identity_provider(&id).await.unwrap();
    }
    assert!(identity.identity_providers().await.unwrap().is_empty());
    for method in ["GET", "PUT", "DELETE"] {
        let body = json!({"$type": 0});
        let (status, answer) = raw(&platform, method, "/abc", &body).await;
        assert_eq!(status, 400);
        let text = "The value 'abc' is not valid.";
        assert_eq!(answer["errors"]["rtId"][0], text);
    }
}

#[tokio::test]
async fn what_would_let_in_nobody_or_everybody_is_refused() {
    let platform = TestPlatform::start().await;
    let entra = |directory: &str| json!({"$type": 2, "name": "entra", "clientId": "c", "clientSecret": "s", "tenantId": directory});
    for directory in ["common", "Organizations", "consumers"] {
        let (status, body) = raw(&platform, "POST", "", &entra(directory)).await;
        assert_eq!(status, 400, "{body}");
        assert!(body.to_string().contains("many directories"), "{body}");
    }
    let trust = json!({"$type": 6, "name": "above", "parentTenantId": "nowhere"});
    let (status, body) = raw(&platform, "POST", "", &trust).await;
    assert_eq!(status, 400);
    assert!(
        body.to_string().contains("Tenant 'nowhere' not found."),
        "{body}"
    );
    // A parent that is gone does not keep the provider from being disabled.
    let assets = platform.system_assets().await;
    assets.create_tenant("other", "other").await.unwrap();
    let trust = json!({"$type": 6, "name": "above", "parentTenantId": "other"});
    let (status, made) = raw(&platform, "POST", "", &trust).await;
    assert_eq!(status, 200, "{made}");
    assets.delete_tenant("other").await.unwrap();
    let route = format!("/{}", made["rtId"].as_str().unwrap());
    let (status, body) = raw(&platform, "PUT", &route, &trust).await;
    assert_eq!(status, 200, "{body}");
}
