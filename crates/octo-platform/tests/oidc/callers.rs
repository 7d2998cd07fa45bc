//! The extractors every REST handler of the platform gets its caller from.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use octo_platform::PlatformState;
use octo_platform::auth::{AuthRejection, ReadOnly, ReadWrite, SystemCaller, TenantCaller};
use reqwest::Method;

use crate::browser::admin_login;
use crate::platform::{TestPlatform, claims};
use crate::services::create_service;

/// A service like those of the platform: one route to read, one to write, one without tenant.
async fn serve(state: PlatformState) -> String {
    async fn read(caller: TenantCaller<ReadOnly>) -> String {
        format!("{} {:?}", caller.tenant.id(), caller.caller.subject)
    }
    async fn write(_: TenantCaller<ReadWrite>) {}
    async fn job(
        State(state): State<PlatformState>,
        caller: SystemCaller<ReadWrite>,
        body: String,
    ) -> Result<impl IntoResponse, AuthRejection> {
        Ok(caller.tenant(&state, &body).await?.id().to_string())
    }
    let app = Router::new()
        .route("/{tenantId}/v1/things", get(read).post(write))
        .route("/system/v1/jobs", post(job))
        .with_state(state);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

struct Service {
    platform: TestPlatform,
    url: String,
}

impl Service {
    async fn start() -> Self {
        let platform = TestPlatform::start().await;
        let url = serve(platform.running.state().clone()).await;
        Self { platform, url }
    }

    async fn call(&self, method: Method, path: &str, token: &str) -> reqwest::Response {
        let request = self
            .platform
            .http
            .request(method, format!("{}{path}", self.url));
        request.bearer_auth(token).send().await.unwrap()
    }

    async fn status(&self, method: Method, path: &str, token: &str) -> u16 {
        self.call(method, path, token).await.status().as_u16()
    }

    async fn token(&self, scope: &str) -> String {
        admin_login(&self.platform, scope).await["access_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

#[tokio::test]
async fn a_token_opens_its_own_tenant_only() {
    let service = Service::start().await;
    service.platform.create_tenant("octosystem", "acme").await;
    let token = service.token("octo_api").await;
    let answer = service
        .call(Method::GET, "/OctoSystem/v1/things", &token)
        .await;
    assert_eq!(answer.status(), 200);
    let subject = claims(&token)["sub"].as_str().unwrap().to_owned();
    let text = answer.text().await.unwrap();
    assert!(
        text.starts_with("octosystem") && text.contains(&subject),
        "{text}"
    );
    assert_eq!(
        service
            .status(Method::GET, "/system/v1/things", &token)
            .await,
        200
    );
    let foreign = service.call(Method::GET, "/acme/v1/things", &token).await;
    assert_eq!(foreign.status(), 403);
    assert_eq!(foreign.text().await.unwrap(), "");
    assert_eq!(
        service
            .status(Method::GET, "/nowhere/v1/things", &token)
            .await,
        404
    );
    assert_eq!(
        service
            .status(Method::GET, "/no%20where/v1/things", &token)
            .await,
        404
    );
}

#[tokio::test]
async fn missing_foreign_and_expired_tokens_are_challenged() {
    let service = Service::start().await;
    let token = service.token("octo_api").await;
    let url = format!("{}/octosystem/v1/things", service.url);
    let anonymous = service.platform.http.get(&url).send().await.unwrap();
    assert_eq!(anonymous.status(), 401);
    assert_eq!(anonymous.headers()["www-authenticate"], "Bearer");
    let with_query = format!("{url}?access_token={token}");
    assert_eq!(
        service
            .platform
            .http
            .get(with_query)
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
    let garbage = service
        .call(Method::GET, "/octosystem/v1/things", "garbage")
        .await;
    assert_eq!(garbage.status(), 401);
    assert_eq!(
        garbage.headers()["www-authenticate"],
        "Bearer error=\"invalid_token\""
    );
    let other = TestPlatform::start().await;
    let foreign = admin_login(&other, "octo_api").await;
    let foreign = foreign["access_token"].as_str().unwrap();
    assert_eq!(
        service
            .status(Method::GET, "/octosystem/v1/things", foreign)
            .await,
        401
    );
    service.platform.advance(3600);
    assert_eq!(
        service
            .status(Method::GET, "/octosystem/v1/things", &token)
            .await,
        401
    );
}

#[tokio::test]
async fn scopes_decide_between_reading_and_writing() {
    let service = Service::start().await;
    let path = "/octosystem/v1/things";
    let full = service.token("octo_api").await;
    assert_eq!(service.status(Method::POST, path, &full).await, 200);
    let identity_only = service.token("openid profile").await;
    assert_eq!(service.status(Method::GET, path, &identity_only).await, 401);
}

#[tokio::test]
async fn services_are_bound_to_their_tenant_as_well() {
    let service = Service::start().await;
    service.platform.create_tenant("octosystem", "acme").await;
    create_service(&service.platform.system(), "robot", "R0bot-secret").await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "robot"),
        ("client_secret", "R0bot-secret"),
    ];
    let token = service.platform.token(&form).await.json();
    let token = token["access_token"].as_str().unwrap();
    assert_eq!(
        service
            .status(Method::GET, "/octosystem/v1/things", token)
            .await,
        200
    );
    assert_eq!(
        service.status(Method::GET, "/acme/v1/things", token).await,
        403
    );
}

#[tokio::test]
async fn a_tenant_named_in_a_body_is_checked_like_one_in_the_path() {
    let service = Service::start().await;
    service.platform.create_tenant("octosystem", "acme").await;
    let token = service.token("octo_api").await;
    let job = async |tenant: &'static str| {
        let request = service
            .platform
            .http
            .post(format!("{}/system/v1/jobs", service.url));
        request
            .bearer_auth(&token)
            .body(tenant)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(
        (
            job("OctoSystem").await,
            job("acme").await,
            job("nowhere").await
        ),
        (200, 403, 404)
    );
}
