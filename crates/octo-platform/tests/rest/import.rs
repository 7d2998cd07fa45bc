//! Import of Construction Kit models.

use std::collections::BTreeMap;

use octo_sdk::bot::JobError;

use crate::platform::{SYSTEM, TestPlatform, zip};

/// A small model, as files below `prefix`.
fn shop(prefix: &str, base: &str) -> BTreeMap<String, String> {
    let files = [
        (
            "ckModel.yaml",
            "modelId: Shop-1.0.0\ndependencies:\n  - System-[2.0,3.0)\n".to_owned(),
        ),
        (
            "attributes/article.yaml",
            "attributes:\n  - id: Price\n    valueType: Double\n".to_owned(),
        ),
        (
            "types/article.yaml",
            format!(
                "types:\n  - typeId: Article\n    derivedFromCkTypeId: {base}\n    attributes:\n      - id: ${{this}}/Price\n        name: Price\n"
            ),
        ),
    ];
    files
        .into_iter()
        .map(|(name, text)| (format!("{prefix}{name}"), text))
        .collect()
}

const ENTITY: &str = "${System}/Entity";

async fn refused(platform: &TestPlatform, name: &str, content: &[u8]) -> String {
    let token = platform.admin().await;
    platform
        .import(SYSTEM, &token, name, content)
        .await
        .unwrap_err()
        .to_string()
}

async fn has_article(platform: &TestPlatform) -> bool {
    platform
        .running
        .runtime()
        .system_tenant()
        .graph()
        .find_type("Shop/Article")
        .is_ok()
}

#[tokio::test]
async fn a_source_folder_is_compiled_and_installed() {
    for prefix in ["", "Shop/"] {
        let platform = TestPlatform::start().await;
        let token = platform.admin().await;
        let archive = zip(&shop(prefix, ENTITY));
        let job = platform
            .import(SYSTEM, &token, "Shop.zip", &archive)
            .await
            .unwrap();
        assert_eq!(job.status.as_deref(), Some("Succeeded"));
        assert!(has_article(&platform).await, "prefix {prefix:?}");
        platform
            .import(SYSTEM, &token, "Shop.zip", &archive)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_compiled_model_is_installed() {
    let sources = shop("", ENTITY);
    let system = octo_ck::builtin::system();
    let model = octo_ck::compiler::compile_sources(sources, &[system])
        .model
        .unwrap();
    let compiled = serde_json::to_string(&model).unwrap();
    let packed = zip(&BTreeMap::from([(
        "out/ck-shop.json".to_owned(),
        compiled.clone(),
    )]));
    for (name, content) in [("shop.json", compiled.into_bytes()), ("shop.zip", packed)] {
        let platform = TestPlatform::start().await;
        let token = platform.admin().await;
        platform
            .import(SYSTEM, &token, name, &content)
            .await
            .unwrap();
        assert!(has_article(&platform).await, "{name}");
    }
}

#[tokio::test]
async fn diagnostics_come_back() {
    let platform = TestPlatform::start().await;
    let archive = zip(&shop("", "${System}/NoSuchType"));
    let error = refused(&platform, "Shop.zip", &archive).await;
    assert!(error.contains("The model does not compile:"), "{error}");
    assert!(error.contains("NoSuchType"), "{error}");
    assert!(!has_article(&platform).await);

    let error = refused(
        &platform,
        "shop.yaml",
        b"modelId: Shop-1.0.0\nnonsense: 1\n",
    )
    .await;
    assert!(
        error.contains("The model is not a compiled model:"),
        "{error}"
    );
    let missing = shop("", ENTITY).into_iter().map(|(name, text)| {
        let text = text.replace(
            "System-[2.0,3.0)\n",
            "System-[2.0,3.0)\n  - Nowhere-[1.0,2.0)\n",
        );
        (name, text)
    });
    let error = refused(&platform, "Shop.zip", &zip(&missing.collect())).await;
    assert!(error.contains("Nowhere"), "{error}");
}

#[tokio::test]
async fn hostile_and_useless_files_are_refused() {
    let platform = TestPlatform::start().await;
    let one = |name: &str, text: &str| zip(&BTreeMap::from([(name.to_owned(), text.to_owned())]));
    let bomb = "0".repeat(8 * 1024 * 1024);
    for (name, content, text) in [
        (
            "a.zip",
            one("../ckModel.yaml", "x"),
            "Names must be relative",
        ),
        ("a.zip", one("/ckModel.yaml", "x"), "Names must be relative"),
        (
            "a.zip",
            one("bomb.yaml", &bomb),
            "more than 100 times its size",
        ),
        (
            "a.zip",
            one("readme.txt", "x"),
            "No file to extract was found in zip archive.",
        ),
        (
            "a.zip",
            b"PK\x03\x04 and then nothing".to_vec(),
            "not a readable zip archive",
        ),
        (
            "a.json",
            vec![0xff, 0xfe, 0x00],
            "neither a zip archive nor a text file",
        ),
    ] {
        let error = refused(&platform, name, &content).await;
        assert!(error.starts_with("Job '"), "{error}");
        assert!(error.contains(text), "{text}: {error}");
    }
}

#[tokio::test]
async fn the_models_of_the_platform_itself_cannot_be_replaced() {
    let platform = TestPlatform::start().await;
    let forged = b"modelId: System.Identity-99.0.0\ndependencies: []\n";
    let error = refused(&platform, "identity.yaml", forged).await;
    assert!(error.contains("belongs to the platform"), "{error}");

    let token = platform.admin().await;
    let own = serde_json::to_vec(octo_ck::builtin::system_identity().as_ref()).unwrap();
    platform
        .import(SYSTEM, &token, "identity.json", &own)
        .await
        .unwrap();
    let forged = b"modelId: System.Shop-1.0.0\ndependencies: []\n";
    let error = refused(&platform, "shop.yaml", forged).await;
    assert!(error.contains("Give the model another name"), "{error}");
}

#[tokio::test]
async fn models_of_services_come_from_the_program_whatever_the_file_says() {
    let platform = TestPlatform::start().await;
    let token = platform.admin().await;
    let tenant = platform.tenant(SYSTEM).await;
    for name in ["System.Identity", "System.Notification", "System.UI"] {
        assert!(
            tenant.model(name).is_some(),
            "{name} is there from the beginning"
        );
    }
    let empty = b"modelId: System.Communication-3.28.0\ndependencies: []\n";
    platform
        .import(SYSTEM, &token, "communication.yaml", empty)
        .await
        .unwrap();
    assert!(tenant.model("System.Bot").is_some(), "what it needs");
    let graph = tenant.graph();
    assert!(graph.find_type("System.Communication/Pipeline").is_ok());
}

#[tokio::test]
async fn bad_forms_are_refused_before_a_job_starts() {
    let platform = TestPlatform::start().await;
    let token = platform.admin().await;
    let url = format!(
        "{}/{SYSTEM}/v1/models/ImportCk",
        platform.running.urls().assets
    );
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let part = |text: &'static str| reqwest::multipart::Part::text(text).file_name("a.yaml");
    let typed = part("x").mime_str("image/png").unwrap();
    for (form, status, text) in [
        (
            reqwest::multipart::Form::new().part("other", part("x")),
            400,
            "The file field",
        ),
        (
            reqwest::multipart::Form::new().part("file", part("")),
            400,
            "is empty",
        ),
        (
            reqwest::multipart::Form::new().part("file", typed),
            400,
            "File type 'image/png' is not supported.",
        ),
    ] {
        let request = client
            .post(&url)
            .bearer_auth(token.expose())
            .multipart(form);
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{text}");
        let body = response.text().await.unwrap();
        assert!(body.contains(text), "{text}: {body}");
    }
    let (status, _) = platform.send("POST", &url, Some(&token), Some("{}")).await;
    assert_eq!(status, 400, "not a form at all");
    let error = refused(&platform, "a.yaml", &[]).await;
    assert!(error.starts_with("BadRequest: "), "{error}");
}

#[tokio::test]
async fn an_upload_beyond_the_limit_is_cut_off() {
    let platform = TestPlatform::start().await;
    let token = platform.admin().await;
    let url = format!(
        "{}/{SYSTEM}/v1/models/ImportCk",
        platform.running.urls().assets
    );
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let chunk = |size| Ok::<_, std::io::Error>(bytes::Bytes::from(vec![b'x'; size]));
    // One byte too many.
    let sizes = std::iter::repeat_n(1024 * 1024, 64).chain([1]);
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(sizes.map(chunk)));
    let part = reqwest::multipart::Part::stream(body).file_name("a.yaml");
    let form = reqwest::multipart::Form::new().part("file", part);
    let request = client
        .post(&url)
        .bearer_auth(token.expose())
        .multipart(form);
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 413);
    let body = response.text().await.unwrap();
    assert!(body.contains("larger than the accepted 64 MiB"), "{body}");
}

#[tokio::test]
async fn a_model_goes_to_the_tenant_of_the_route_only() {
    let platform = TestPlatform::start().await;
    let admin = platform.admin().await;
    platform
        .assets(SYSTEM, admin.clone())
        .create_tenant("acme", "acme")
        .await
        .unwrap();
    let token = platform.exchange(&admin, "acme").await;
    platform
        .import("acme", &token, "Shop.zip", &zip(&shop("", ENTITY)))
        .await
        .unwrap();
    assert!(
        platform
            .tenant("acme")
            .await
            .graph()
            .find_type("Shop/Article")
            .is_ok()
    );
    assert!(!has_article(&platform).await);

    let foreign = platform
        .import("acme", &admin, "Shop.zip", &zip(&shop("", ENTITY)))
        .await;
    assert!(matches!(foreign, Err(JobError::Service(_))), "{foreign:?}");
}
