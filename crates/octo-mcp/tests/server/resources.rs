//! Documents about a tenant (spec, surface 12 and protocol 7).

use serde_json::{Value, json};

use crate::app::{App, PASSWORD, assert_success};
use crate::client::Client;
use crate::models::import_example;
use crate::tokens;

/// Reads a resource and returns the whole message.
pub async fn read(client: &mut Client, uri: &str) -> Value {
    client.request("resources/read", json!({"uri": uri})).await
}

/// Reads a resource and returns its text.
pub async fn text(client: &mut Client, uri: &str) -> String {
    let answer = read(client, uri).await;
    let contents = &answer["result"]["contents"][0];
    assert_eq!(contents["uri"], json!(uri), "{answer}");
    assert_eq!(contents["mimeType"], json!("text/markdown"));
    contents["text"].as_str().unwrap().to_owned()
}

/// The error of an address that means nothing to the caller, without the address.
async fn refusal(client: &mut Client, uri: &str) -> Value {
    let mut answer = read(client, uri).await;
    let error = answer["error"].take();
    let shown: String = uri.chars().take(200).collect();
    assert_eq!(error["data"], json!({"uri": shown}), "{error}");
    let text = error["message"].as_str().unwrap();
    assert!(text.starts_with("Unknown resource URI: '"), "{text}");
    error["code"].clone()
}

async fn list(client: &mut Client, what: &str, member: &str) -> (Vec<String>, Value) {
    let answer = client.request(what, json!({})).await;
    let result = answer["result"].clone();
    let all = if member == "uri" {
        "resources"
    } else {
        "resourceTemplates"
    };
    let items = result[all].as_array().unwrap().iter();
    let members = items.map(|item| item[member].as_str().unwrap().to_owned());
    (members.collect(), result)
}

#[tokio::test]
async fn schema_documents_show_the_models_of_a_tenant_as_they_are_now() {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    let domain = text(&mut client, "ck-schema://acme/domain").await;
    assert!(
        domain.ends_with("_No domain models loaded for this tenant._\n"),
        "{domain}"
    );
    import_example(&app, &mut client, "acme").await;
    let domain = text(&mut client, "CK-Schema://ACME/Domain").await;
    assert!(
        domain.starts_with(
            "# CK Schema — Domain\n\nTenant: `acme`  \nModels: 1\n\n## Example-1.0.0\n\n"
        ),
        "{domain}"
    );
    for part in [
        "### Named *(abstract)*\n",
        "### Place\n\nSomewhere to go.\n\nBase: `Example-1.0.0/Named-1`  \n\n**Attributes**\n\n- `Address` — Record *(optional)*\n",
        "### Address *(record)*\n\n\n**Fields**\n\n- `City` — String *(optional)*\n",
        "### Kind *(enum)*\n\n- `Park` = 0\n- `Museum` = 1\n",
    ] {
        assert!(domain.contains(part), "{part} is not in {domain}");
    }
    let system = text(&mut client, "ck-schema://acme/system").await;
    assert!(system.starts_with("# CK Schema — System\n\nTenant: `acme`  \nModels: "));
    assert!(system.contains("\n## System.Identity-") && !system.contains("Example-1.0.0"));
    let blank = text(&mut client, "ck-schema:///system").await;
    assert_eq!(blank, "# CK Schema\n\n_Error: tenantId is required._\n");
}

#[tokio::test]
async fn a_type_document_is_found_under_every_spelling_of_its_id() {
    let app = App::start().await;
    let mut client = app.admin_with_tenant("acme").await;
    import_example(&app, &mut client, "acme").await;
    let expected = text(&mut client, "ck-type://acme/Example/Place").await;
    for part in [
        "# Example-1.0.0/Place-1\n\nSomewhere to go.\n",
        "Base types: `Example/Named`, `System/Entity`\n",
        "## Required attributes\n\n- `name` — String\n",
        "- `kind` — Enum: Park, Museum\n",
        "- `address` — Record of `Example/Address`\n  - `city` — String *(optional)*\n",
    ] {
        assert!(expected.contains(part), "{part} is not in {expected}");
    }
    for spelling in [
        "Example%2FPlace",
        "Example-1.0.0%2fPlace-1",
        "Example-1/Place-1",
    ] {
        let uri = format!("ck-type://acme/{spelling}");
        assert_eq!(text(&mut client, &uri).await, expected, "{spelling}");
    }
    for wrong in ["Example/Plase", "Place", "Example/", "Example/Place/x"] {
        let uri = format!("ck-type://acme/{wrong}");
        assert_eq!(refusal(&mut client, &uri).await, json!(-32002), "{wrong}");
    }
}

#[tokio::test]
async fn what_a_caller_may_not_see_does_not_exist() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let mut bob = app.user_of(&mut admin, "acme", "bob").await;
    assert!(text(&mut bob, "ck-schema://acme/system").await.len() > 100);
    let mut stranger = app.client().await;
    let mut modern = Client::modern(&app.mcp_url());
    for tenant in ["octosystem", "no-such-tenant", "a%2Fb", "%2E%2E", ""] {
        for path in ["system", "domain"] {
            let uri = format!("ck-schema://{tenant}/{path}");
            if !tenant.is_empty() {
                assert_eq!(refusal(&mut bob, &uri).await, json!(-32002), "{uri}");
            }
            assert_eq!(refusal(&mut stranger, &uri).await, json!(-32002), "{uri}");
            assert_eq!(refusal(&mut modern, &uri).await, json!(-32602), "{uri}");
        }
    }
    for uri in [
        "ck-type://octosystem/System/Entity",
        "knowledge://octosystem/x",
    ] {
        assert_eq!(refusal(&mut bob, uri).await, json!(-32002), "{uri}");
        assert_eq!(refusal(&mut stranger, uri).await, json!(-32002), "{uri}");
    }
}

#[tokio::test]
async fn addresses_that_mean_nothing_are_unknown_and_not_repeated_at_length() {
    let app = App::start().await;
    let mut client = app.admin().await;
    let long = format!("ck-schema://{}/system", "a".repeat(20_000));
    let long_type = format!("ck-type://octosystem/System/{}", "x".repeat(900));
    for uri in [
        "ck-schema://octosystem",
        "ck-schema://octosystem/",
        "ck-schema://octosystem/everything",
        "ck-schema://octosystem/system/",
        "ck-schema://octosystem/../octosystem/system",
        "ck-schema://octosystem%2Fsystem",
        "ck-schema://octo%2F..%2Fsystem/system",
        "ck-schema://octosystem%252F/system",
        "ck-schema://octosystem%00/system",
        "ck-schema://octosystem/system?tenant=acme",
        "ck-schema://octosystem/system#x",
        "ck-type://octosystem/../System/Entity",
        "octomesh://guide/../secret",
        "file:///etc/passwd",
        "nonsense",
        &long,
        &long_type,
    ] {
        assert_eq!(refusal(&mut client, uri).await, json!(-32002), "{uri}");
    }
    let answer = client.request("resources/read", json!({"uri": 5})).await;
    assert_eq!(answer["error"]["code"], json!(-32602), "{answer}");
}

#[tokio::test]
async fn lists_show_callers_the_documents_of_their_own_tenants() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let mut bob = app.user_of(&mut admin, "acme", "bob").await;
    let mut stranger = app.client().await;
    let (uris, _) = list(&mut stranger, "resources/list", "uri").await;
    assert!(!uris.iter().any(|uri| uri.starts_with("ck-")), "{uris:?}");
    let (uris, _) = list(&mut bob, "resources/list", "uri").await;
    let own = ["ck-schema://acme/system", "ck-schema://acme/domain"];
    let schemas = uris.iter().filter(|uri| uri.starts_with("ck-"));
    assert_eq!(schemas.collect::<Vec<_>>(), own);
    for uri in &uris {
        assert!(!text(&mut bob, uri).await.is_empty(), "{uri}");
    }
    let (templates, _) = list(&mut stranger, "resources/templates/list", "uriTemplate").await;
    assert_eq!(
        templates,
        [
            "ck-schema://{tenantId}/system",
            "ck-schema://{tenantId}/domain",
            "ck-type://{tenantId}/{ckTypeId}",
            "knowledge://{tenantId}/{rtId}",
        ]
    );
}

#[tokio::test]
async fn stateless_answers_say_how_long_they_may_be_kept_and_by_whom() {
    let app = App::start().await;
    let mut client = Client::modern(&app.mcp_url());
    client.bearer = Some(tokens::sign_in(&app, "octosystem", "admin").await);
    let hints = |answer: &Value| {
        let result = &answer["result"];
        (result["cacheScope"].clone(), result["ttlMs"].clone())
    };
    let private = (json!("private"), json!(60_000));
    let public = (json!("public"), json!(3_600_000));
    let schema = read(&mut client, "ck-schema://octosystem/domain").await;
    assert_eq!(hints(&schema), private, "{schema}");
    let guide = read(&mut client, "octomesh://guide/entities").await;
    assert_eq!(hints(&guide), public);
    let (uris, listed) = list(&mut client, "resources/list", "uri").await;
    assert!(uris.contains(&"ck-schema://octosystem/system".to_owned()));
    assert_eq!(hints(&json!({"result": listed})), private);
    let (_, listed) = list(&mut client, "resources/templates/list", "uriTemplate").await;
    assert_eq!(hints(&json!({"result": listed})), public);
}

#[tokio::test]
async fn an_endpoint_that_binds_serves_its_tenant_only() {
    let app = App::start_with(|config| config.mcp.routetenantisbinding = true).await;
    let mut admin = app.client().await;
    app.sign_in(&mut admin, "octosystem", "admin", PASSWORD)
        .await;
    let created = admin
        .call("create_tenant", crate::app::new_tenant("acme"))
        .await;
    assert_success(&created);
    assert!(text(&mut admin, "ck-schema://acme/system").await.len() > 100);
    admin.url = format!("{}/acme/mcp", app.base_url());
    assert!(text(&mut admin, "ck-schema://acme/system").await.len() > 100);
    let elsewhere = refusal(&mut admin, "ck-schema://octosystem/system").await;
    assert_eq!(elsewhere, json!(-32002));
}

#[tokio::test]
async fn without_the_tenants_data_there_are_no_documents_about_them() {
    let platform = App::start().await;
    let identity: url::Url = platform.identity_url().parse().unwrap();
    let cluster = App::start_with(|config| {
        config.octoserviceurls.identityserviceurl = Some(identity.clone());
        config.mcp.authorityurl = Some(identity);
    })
    .await;
    let mut client = cluster.admin().await;
    let (templates, _) = list(&mut client, "resources/templates/list", "uriTemplate").await;
    assert_eq!(templates, [""; 0]);
    let (uris, _) = list(&mut client, "resources/list", "uri").await;
    assert!(!uris.iter().any(|uri| uri.starts_with("ck-")), "{uris:?}");
    let answer = refusal(&mut client, "ck-schema://octosystem/system").await;
    assert_eq!(answer, json!(-32002));
}
