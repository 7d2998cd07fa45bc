//! The tenant tools (spec, assets 2 and 3).

use serde_json::{Value, json};

use crate::app::{App, assert_failure, assert_success, new_tenant};
use crate::client::Client;
use crate::models::import_example;

/// Arguments about a child of `parent`.
fn child(parent: &str, child: &str, extra: Value) -> Value {
    let mut arguments = json!({"tenantId": parent, "childTenantId": child});
    for (name, value) in extra.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    arguments
}

/// Arguments about a child of the system tenant.
fn below(tenant: &str, extra: Value) -> Value {
    child("octosystem", tenant, extra)
}

fn confirmed() -> Value {
    json!({"confirm": true})
}

/// Ids of the tenants below `parent`.
async fn listed(client: &mut Client, parent: &str) -> Vec<String> {
    let answer = client
        .call("get_tenants", json!({"tenantId": parent}))
        .await;
    assert_success(&answer);
    assert_eq!(answer["parentTenantId"], json!(parent));
    let tenants = answer["tenants"].as_array().unwrap();
    assert_eq!(answer["totalCount"], json!(tenants.len()));
    let ids = tenants.iter().map(|t| t["tenantId"].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

/// Number of places in `acme`.
async fn places(client: &mut Client) -> Value {
    let query = json!({"tenantId": "acme", "ckTypeId": "Example/Place"});
    client.call("query_entities_simple", query).await["totalCount"].clone()
}

async fn create_place(client: &mut Client) {
    let place = json!({
        "tenantId": "acme", "ckTypeId": "Example/Place",
        "entityData": [{"attributePath": "name", "value": "Prater"}],
    });
    assert_success(&client.call("create_entity", place).await);
}

#[tokio::test]
async fn tenants_are_created_listed_and_deleted() {
    let app = App::start().await;
    let mut admin = app.admin().await;
    let none = admin
        .call("get_tenants", json!({"tenantId": "octosystem"}))
        .await;
    assert_eq!(
        none["message"],
        json!("No child tenants found under 'octosystem'.")
    );
    let new = below(" Acme ", json!({"database": "AcmeData"}));
    let created = admin.call("create_tenant", new).await;
    assert_success(&created);
    assert_eq!(created["createdTenantId"], json!("acme"));
    assert_eq!(created["database"], json!("acmedata"));
    assert_eq!(created["parentTenantId"], json!("octosystem"));
    let text = "Tenant 'acme' (database 'acmedata') created under 'octosystem'. You are its administrator.";
    assert_eq!(created["message"], json!(text));

    let list = admin
        .call("get_tenants", json!({"tenantId": "octosystem"}))
        .await;
    assert_eq!(
        list["tenants"],
        json!([{"tenantId": "acme", "database": "acmedata"}])
    );
    assert_eq!(
        list["message"],
        json!("Found 1 child tenant(s) under 'octosystem'.")
    );

    let refused = admin.call("delete_tenant", below("acme", json!({}))).await;
    assert_failure(
        &refused,
        "Refusing to delete tenant 'acme' without explicit confirmation. Call again with confirm=true to proceed.",
    );
    assert_eq!(listed(&mut admin, "octosystem").await, ["acme"]);
    let deleted = admin
        .call("delete_tenant", below("ACME", confirmed()))
        .await;
    assert_success(&deleted);
    assert!(listed(&mut admin, "octosystem").await.is_empty());
    let again = admin
        .call("delete_tenant", below("acme", confirmed()))
        .await;
    assert_failure(&again, "Tenant 'acme' does not exist.");
    // Access ended with the tenant.
    let echo = json!({"tenantId": "acme", "message": "x"});
    let answer = admin.call("Echo", echo).await;
    assert_eq!(answer["isSuccess"], json!(false), "{answer}");
    // Id and database are free again, and empty.
    let anew = admin.call("create_tenant", new_tenant("acme")).await;
    assert_success(&anew);
}

#[tokio::test]
async fn names_that_are_bad_taken_or_reserved_are_refused() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let long = "a".repeat(65);
    for (tenant, database, part) in [
        ("acme", "other", "Tenant ID 'acme' is already in use."),
        ("ACME", "other", "Tenant ID 'acme' is already in use."),
        ("other", "acme", "Database name 'acme' is not available."),
        (
            "octosystem",
            "other",
            "Tenant ID 'octosystem' is already in use.",
        ),
        (
            "other",
            "octosystem",
            "Database name 'octosystem' is not available.",
        ),
        ("other", "admin", "Database name 'admin' is not available."),
        ("other", "local", "Database name 'local' is not available."),
        (
            "other",
            "config",
            "Database name 'config' is not available.",
        ),
        ("a b", "other", "Tenant ID 'a b' is invalid."),
        ("../acme", "other", "is invalid."),
        ("münchen", "other", "is invalid."),
        (&long, "other", "is invalid."),
        ("other", "a/b", "Database name 'a/b' is invalid."),
        ("other", "../acme", "is invalid."),
        ("other", "a.b", "is invalid."),
        ("other", &long, "is invalid."),
        ("", "other", "childTenantId is required."),
        ("other", " ", "database is required."),
    ] {
        let new = below(tenant, json!({"database": database}));
        let answer = admin.call("create_tenant", new).await;
        assert_failure(&answer, part);
    }
    let both = below("a b", json!({"database": "a/b"}));
    let answer = admin.call("create_tenant", both).await;
    assert_failure(&answer, "Tenant ID 'a b'");
    assert_failure(&answer, "Database name 'a/b'");
    assert_eq!(listed(&mut admin, "octosystem").await, ["acme"]);
}

#[tokio::test]
async fn a_tenant_with_children_cannot_be_deleted() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let grandchild = child("acme", "berlin", json!({"database": "berlin"}));
    assert_success(&admin.call("create_tenant", grandchild).await);
    assert_eq!(listed(&mut admin, "acme").await, ["berlin"]);
    let mut all = listed(&mut admin, "octosystem").await;
    all.sort();
    assert_eq!(all, ["acme", "berlin"], "the system tenant sees all");

    for tool in ["delete_tenant", "clean_tenant"] {
        let answer = admin.call(tool, below("acme", confirmed())).await;
        assert_failure(&answer, "acme");
        assert_failure(&answer, "child");
    }
    let mut still = listed(&mut admin, "octosystem").await;
    still.sort();
    assert_eq!(still, ["acme", "berlin"]);
    // Detaching loses nothing, so it is allowed: the children wait for their parent.
    assert_success(&admin.call("detach_tenant", below("acme", json!({}))).await);
    assert_eq!(listed(&mut admin, "octosystem").await, ["berlin"]);
    let back = below("acme", json!({"database": "acme"}));
    assert_success(&admin.call("attach_tenant", back).await);
    assert_eq!(listed(&mut admin, "acme").await, ["berlin"]);
    let first = child("acme", "berlin", confirmed());
    assert_success(&admin.call("delete_tenant", first).await);
    assert_success(
        &admin
            .call("delete_tenant", below("acme", confirmed()))
            .await,
    );
}

#[tokio::test]
async fn a_tenant_is_managed_from_its_parent_only() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    assert_success(&admin.call("create_tenant", new_tenant("berlin")).await);
    let sibling = child("acme", "berlin", confirmed());
    for tool in [
        "delete_tenant",
        "clean_tenant",
        "detach_tenant",
        "clear_tenant_cache",
        "update_system_ck_model",
    ] {
        let answer = admin.call(tool, sibling.clone()).await;
        assert_failure(&answer, "Tenant 'berlin' does not exist.");
        let itself = child("acme", "acme", confirmed());
        let answer = admin.call(tool, itself).await;
        assert_failure(&answer, "Tenant 'acme' does not exist.");
        let root = below("octosystem", confirmed());
        let answer = admin.call(tool, root).await;
        assert_eq!(answer["isSuccess"], json!(false), "{tool}: {answer}");
    }
    assert_eq!(listed(&mut admin, "octosystem").await.len(), 2);
}

#[tokio::test]
async fn a_detached_tenant_keeps_its_data_for_when_it_is_attached_again() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    import_example(&app, &mut admin, "acme").await;
    create_place(&mut admin).await;

    let detached = admin.call("detach_tenant", below("acme", json!({}))).await;
    assert_success(&detached);
    let text = "Tenant 'acme' detached (database preserved).";
    assert_eq!(detached["message"], json!(text));
    assert!(listed(&mut admin, "octosystem").await.is_empty());
    let query = json!({"tenantId": "acme", "ckTypeId": "Example/Place"});
    let gone = admin.call("query_entities_simple", query).await;
    assert_eq!(gone["isSuccess"], json!(false), "{gone}");
    // The database waits for its tenant: a new one cannot take it.
    let thief = below("thief", json!({"database": "acme"}));
    let taken = admin.call("create_tenant", thief).await;
    assert_failure(&taken, "Database name 'acme' is not available.");

    let missing = below("acme", json!({"database": "nowhere"}));
    let answer = admin.call("attach_tenant", missing).await;
    assert_failure(&answer, "Database name 'nowhere' is not available.");
    let back = below("Acme", json!({"database": "ACME"}));
    let attached = admin.call("attach_tenant", back.clone()).await;
    assert_success(&attached);
    assert_eq!(places(&mut admin).await, json!(1));
    let twice = admin.call("attach_tenant", back).await;
    assert_failure(&twice, "already in use");
}

#[tokio::test]
async fn a_cleaned_tenant_is_like_new() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    import_example(&app, &mut admin, "acme").await;
    create_place(&mut admin).await;
    app.user_of(&mut admin, "acme", "bob").await;

    let refused = admin.call("clean_tenant", below("acme", json!({}))).await;
    assert_failure(&refused, "Refusing to clean tenant without confirm=true.");
    assert_eq!(places(&mut admin).await, json!(1));
    let cleaned = admin.call("clean_tenant", below("acme", confirmed())).await;
    assert_success(&cleaned);
    let text = "Tenant 'acme' cleaned (reset to factory defaults).";
    assert_eq!(cleaned["message"], json!(text));

    let models = admin
        .call("get_available_models", json!({"tenantId": "acme"}))
        .await;
    assert_success(&models);
    assert!(!models.to_string().contains("Example"), "{models}");
    let users = admin.call("get_users", json!({"tenantId": "acme"})).await;
    assert!(!users.to_string().contains("bob"), "{users}");
    assert_eq!(listed(&mut admin, "octosystem").await, ["acme"]);
}

#[tokio::test]
async fn cache_and_system_model_are_renewed_without_loss() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    import_example(&app, &mut admin, "acme").await;
    create_place(&mut admin).await;
    let refused = admin
        .call("clear_tenant_cache", below("acme", json!({})))
        .await;
    assert_failure(
        &refused,
        "Refusing to clear tenant cache without confirm=true.",
    );
    let cleared = admin
        .call("clear_tenant_cache", below("acme", confirmed()))
        .await;
    assert_success(&cleared);
    assert_eq!(
        cleared["message"],
        json!("Cache cleared for tenant 'acme'.")
    );
    assert_eq!(places(&mut admin).await, json!(1));
    let updated = admin
        .call("update_system_ck_model", below("acme", json!({})))
        .await;
    assert_success(&updated);
    assert_eq!(updated["childTenantId"], json!("acme"));
    assert_eq!(updated["parentTenantId"], json!("octosystem"));
    assert_eq!(places(&mut admin).await, json!(1));
    for tool in ["clear_tenant_cache", "update_system_ck_model"] {
        let answer = admin.call(tool, below("nowhere", confirmed())).await;
        assert_failure(&answer, "Tenant 'nowhere' does not exist.");
    }
}

#[tokio::test]
async fn users_without_the_role_do_not_manage_tenants() {
    let app = App::start().await;
    let mut admin = app.admin_with_tenant("acme").await;
    let berlin = child("acme", "berlin", json!({"database": "berlin"}));
    assert_success(&admin.call("create_tenant", berlin).await);
    let mut bob = app.user_of(&mut admin, "acme", "bob").await;
    for tool in [
        "create_tenant",
        "attach_tenant",
        "detach_tenant",
        "delete_tenant",
        "clean_tenant",
        "clear_tenant_cache",
        "update_system_ck_model",
    ] {
        let target = match tool {
            "create_tenant" | "attach_tenant" => "munich",
            _ => "berlin",
        };
        let arguments = child(
            "acme",
            target,
            json!({"confirm": true, "database": "munich"}),
        );
        let answer = bob.call(tool, arguments).await;
        assert_eq!(answer["isSuccess"], json!(false), "{tool}: {answer}");
        let text = answer["errorMessage"].as_str().unwrap();
        assert!(text.contains("TenantManagement"), "{tool}: {text}");
    }
    assert_eq!(listed(&mut admin, "acme").await, ["berlin"]);
}
