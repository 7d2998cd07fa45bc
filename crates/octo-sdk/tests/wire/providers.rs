//! Routes of identity providers.

use octo_sdk::Secret;
use octo_sdk::identity::{
    DirectoryDto, EntraDto, IdentityProviderDto, OAuthProviderDto, OpenLdapDto, ProviderKind,
};

use crate::identity::identity;

const GOOGLE: &str = r#"{"clientId":"app","clientSecret":null,"isEnabled":true,"rtId":"p1",
    "name":"google","description":null,"$type":0}"#;

fn provider(kind: ProviderKind) -> IdentityProviderDto {
    IdentityProviderDto {
        is_enabled: true,
        rt_id: Some("p1".to_owned()),
        name: "name".to_owned(),
        description: None,
        allow_self_registration: false,
        default_group_rt_id: Some("g1".to_owned()),
        kind,
    }
}

fn oauth() -> OAuthProviderDto {
    OAuthProviderDto {
        client_id: Some("app".to_owned()),
        client_secret: Some(Secret::new("hush")),
    }
}

#[tokio::test]
async fn lists_are_read_wrapped_and_bare() {
    let wrapped = format!(r#"{{"identityProviders":[{GOOGLE}]}}"#);
    let bare = format!("[{GOOGLE}]");
    let empty = r#"{"identityProviders":[]}"#;
    let (server, client) = identity(&[(200, &wrapped), (200, &bare), (200, empty)]).await;
    for _ in 0..2 {
        let list = client.identity_providers().await.unwrap();
        assert_eq!(list[0].name, "google");
        assert!(list[0].allow_self_registration, "when absent");
        let expected = OAuthProviderDto {
            client_id: Some("app".to_owned()),
            client_secret: None,
        };
        assert_eq!(list[0].kind, ProviderKind::Google(expected));
    }
    assert!(client.identity_providers().await.unwrap().is_empty());
    assert_eq!(server.lines(), ["GET /acme/v1/identityProviders"; 3]);
}

#[tokio::test]
async fn one_is_read_wrapped_and_bare() {
    let wrapped = format!(r#"{{"identityProviders":[{GOOGLE}]}}"#);
    let (server, client) = identity(&[
        (200, &wrapped),
        (200, GOOGLE),
        (200, r#"{"identityProviders":[]}"#),
        (200, ""),
        (404, "{}"),
        (200, r#"{"name":[]}"#),
        (500, ""),
    ])
    .await;
    for _ in 0..2 {
        let found = client.identity_provider("p1").await.unwrap().unwrap();
        assert_eq!(found.rt_id.as_deref(), Some("p1"));
        assert_eq!(found.kind.number(), Some(0));
    }
    for _ in 0..3 {
        assert_eq!(client.identity_provider("p1").await.unwrap(), None);
    }
    let other = client.identity_provider("p1").await.unwrap_err();
    assert_eq!(other.to_string(), r#"OK: {"name":[]}"#);
    client.identity_provider("a/b").await.unwrap_err();
    let lines = server.lines();
    assert_eq!(lines[0], "GET /acme/v1/identityProviders/p1");
    assert_eq!(lines[6], "GET /acme/v1/identityProviders/a%2Fb");
}

#[tokio::test]
async fn every_kind_is_written_with_its_number_first_and_without_id() {
    let common = r#""isEnabled":true,"rtId":null,"name":"name","description":null,"allowSelfRegistration":false,"defaultGroupRtId":"g1","#;
    let oauth_own = r#""clientId":"app","clientSecret":"hush"}"#;
    let ldap = OpenLdapDto {
        host: "ldap".to_owned(),
        user_base_dn: "dc=x".to_owned(),
        ..OpenLdapDto::default()
    };
    let directory = DirectoryDto {
        host: "ad".to_owned(),
        ..DirectoryDto::default()
    };
    let entra = EntraDto {
        tenant_id: "dir".to_owned(),
        client_id: Some("app".to_owned()),
        ..EntraDto::default()
    };
    let parent_tenant_id = "octosystem".to_owned();
    let kinds = [
        (ProviderKind::Google(oauth()), oauth_own),
        (ProviderKind::Microsoft(oauth()), oauth_own),
        (
            ProviderKind::Entra(entra),
            r#""tenantId":"dir","authority":null,"clientId":"app","clientSecret":null}"#,
        ),
        (
            ProviderKind::ActiveDirectory(directory),
            r#""host":"ad","port":636,"useTls":false}"#,
        ),
        (
            ProviderKind::OpenLdap(ldap),
            r#""host":"ldap","port":636,"userBaseDn":"dc=x","userNameAttribute":"uid","useTls":true}"#,
        ),
        (ProviderKind::Facebook(oauth()), oauth_own),
        (
            ProviderKind::OctoTenant { parent_tenant_id },
            r#""parentTenantId":"octosystem"}"#,
        ),
    ];
    for (number, (kind, own)) in kinds.into_iter().enumerate() {
        let body = format!(r#"{{"$type":{number},{common}{own}"#);
        let (server, client) = identity(&[(200, &body), (200, &body)]).await;
        let sent = provider(kind);
        let created = client.create_identity_provider(&sent).await.unwrap();
        let expected = IdentityProviderDto {
            rt_id: None,
            ..sent.clone()
        };
        assert_eq!(created, expected, "what is written is read again");
        client.update_identity_provider("p1", &sent).await.unwrap();
        let requests = server.requests();
        assert_eq!(requests[0].line, "POST /acme/v1/identityProviders");
        assert_eq!(requests[1].line, "PUT /acme/v1/identityProviders/p1");
        assert_eq!((&requests[0].body, &requests[1].body), (&body, &body));
    }
}

#[tokio::test]
async fn kinds_of_later_versions_can_be_listed() {
    let list = r#"{"identityProviders":[{"$type":9,"name":"new"},{"name":"none"}]}"#;
    let (_server, client) = identity(&[(200, list)]).await;
    let list = client.identity_providers().await.unwrap();
    assert_eq!(list[0].kind, ProviderKind::Unknown(Some(9)));
    assert_eq!(list[1].kind, ProviderKind::Unknown(None));
}

#[tokio::test]
async fn a_provider_is_deleted() {
    let (server, client) = identity(&[(200, "")]).await;
    client.delete_identity_provider("p1").await.unwrap();
    assert_eq!(server.lines(), ["DELETE /acme/v1/identityProviders/p1"]);
}

#[test]
fn secrets_are_not_printed() {
    let shown = format!("{:?}", provider(ProviderKind::Google(oauth())));
    assert!(!shown.contains("hush"), "{shown}");
}
