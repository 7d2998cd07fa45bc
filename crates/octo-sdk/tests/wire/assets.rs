//! Routes of the asset repository.

use octo_sdk::assets::{AssetsClient, ModelFile};

use crate::recorder::Recorder;
use crate::{http, token};

async fn assets(answers: &[(u16, &str)]) -> (Recorder, AssetsClient) {
    let server = Recorder::start(answers).await;
    let client = AssetsClient::new(&http(), &server.url, "parent", token()).unwrap();
    (server, client)
}

fn page(total: usize, ids: std::ops::Range<usize>) -> String {
    let list: Vec<String> = ids
        .map(|id| format!(r#"{{"tenantId":"t{id}","database":"d{id}"}}"#))
        .collect();
    format!(
        r#"{{"totalCount":{total},"skip":null,"take":null,"list":[{}]}}"#,
        list.join(",")
    )
}

#[tokio::test]
async fn tenants_are_paged_until_complete() {
    let (server, client) = assets(&[(200, &page(150, 0..100)), (200, &page(150, 100..150))]).await;
    let tenants = client.tenants().await.unwrap();
    assert_eq!(tenants.len(), 150);
    assert_eq!(tenants[149].tenant_id.as_deref(), Some("t149"));
    assert_eq!(
        server.lines(),
        [
            "GET /parent/v1/tenants?skip=0&take=100",
            "GET /parent/v1/tenants?skip=100&take=100"
        ]
    );
}

#[tokio::test]
async fn a_server_that_promises_too_much_does_not_hang_the_client() {
    let (server, client) = assets(&[(200, &page(150, 0..1)), (200, &page(150, 0..0))]).await;
    assert_eq!(client.tenants().await.unwrap().len(), 1);
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn all_shapes_of_a_tenant_list() {
    for (body, expected) in [
        ("", 0),
        ("[]", 0),
        (r#"[{"tenantId":"a"},{"tenantId":"b"}]"#, 2),
        (r#"{"list":null}"#, 0),
        (r#"{"list":[{"tenantId":"a","database":null}]}"#, 1),
    ] {
        let (server, client) = assets(&[(200, body)]).await;
        assert_eq!(client.tenants().await.unwrap().len(), expected, "{body}");
        assert_eq!(server.lines().len(), 1, "{body}");
    }
}

#[tokio::test]
async fn tenant_operations() {
    let lifecycle = r#"{"tenantId":"a","state":"Active","phase":"Started","attemptCount":1,
        "createdUtc":"2026-01-02T03:04:05Z","leaseUntil":null}"#;
    let (server, client) = assets(&[
        (200, r#"{"tenantId":"a b","database":"d"}"#),
        (204, ""),
        (204, ""),
        (204, ""),
        (200, ""),
        (200, r#""Cache cleared""#),
        (200, ""),
        (200, lifecycle),
        (200, lifecycle),
        (204, ""),
    ])
    .await;
    client.tenant("a b").await.unwrap();
    client.create_tenant("acme", "acme&db").await.unwrap();
    client.attach_tenant("acme", "db").await.unwrap();
    client.detach_tenant("acme").await.unwrap();
    client.clean_tenant("acme").await.unwrap();
    client.clear_tenant_cache("acme").await.unwrap();
    client.delete_tenant("acme").await.unwrap();
    assert_eq!(
        client
            .tenant_lifecycle("acme")
            .await
            .unwrap()
            .state
            .as_deref(),
        Some("Active")
    );
    assert_eq!(
        client
            .rerun_tenant_setup("acme")
            .await
            .unwrap()
            .attempt_count,
        1
    );
    client.update_system_model("acme").await.unwrap();

    let requests = server.requests();
    assert!(requests.iter().all(|request| request.body.is_empty()));
    let lines: Vec<_> = requests
        .iter()
        .map(|request| request.line.as_str())
        .collect();
    assert_eq!(
        lines,
        [
            "GET /parent/v1/tenants/a%20b",
            "POST /parent/v1/tenants?childTenantId=acme&databaseName=acme%26db",
            "POST /parent/v1/tenants/attach?childTenantId=acme&databaseName=db",
            "POST /parent/v1/tenants/detach?childTenantId=acme",
            "PUT /parent/v1/tenants/clear?childTenantId=acme",
            "PUT /parent/v1/tenants/clearCache?childTenantId=acme",
            "DELETE /parent/v1/tenants?childTenantId=acme",
            "GET /parent/v1/tenants/lifecycle?childTenantId=acme",
            "POST /parent/v1/tenants/rerunSetup?childTenantId=acme",
            "PUT /parent/v1/tenants/update?childTenantId=acme",
        ]
    );
}

#[tokio::test]
async fn a_service_without_the_update_route_is_explained() {
    let (_server, client) = assets(&[(405, "")]).await;
    let error = client
        .update_system_model("acme")
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("cannot update the System model"), "{error}");
}

#[tokio::test]
async fn models_are_uploaded_as_a_streamed_form() {
    let (server, client) = assets(&[(200, r#"{"jobId":"job-1"}"#)]).await;
    let file = std::env::temp_dir().join(format!("octo-sdk-wire-{}.bin", std::process::id()));
    std::fs::write(&file, "modelId: Energy-1.0.0\n").unwrap();
    let job = client
        .import_ck_model(ModelFile {
            path: &file,
            name: "Energy \"x\".YAML",
        })
        .await
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(job.job_id, "job-1");

    let request = server.only();
    assert_eq!(request.line, "POST /parent/v1/models/ImportCk");
    assert!(
        request
            .header("content-type")
            .starts_with("multipart/form-data; boundary=")
    );
    assert_eq!(
        request.header("content-length"),
        request.body.len().to_string()
    );
    for part in [
        "Content-Disposition: form-data; name=\"file\"; filename=\"Energy \\\"x\\\".YAML\"\r\n",
        "Content-Type: application/x-yaml\r\n",
        "\r\n\r\nmodelId: Energy-1.0.0\n\r\n--",
    ] {
        assert!(
            request.body.contains(part),
            "{part:?} is not in {:?}",
            request.body
        );
    }
}

#[tokio::test]
async fn unusable_files_are_not_uploaded() {
    let (server, client) = assets(&[]).await;
    let path = std::path::Path::new("/no/such/file");
    for (name, text) in [
        ("model.yml", "'model.yml' is not a supported file."),
        ("model.zip", "'model.zip' cannot be read: "),
    ] {
        let error = client
            .import_ck_model(ModelFile { path, name })
            .await
            .unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with(text), "{error}");
        assert!(
            !error.contains("/no/such"),
            "the server's path stays private: {error}"
        );
    }
    assert!(server.requests().is_empty());
}
