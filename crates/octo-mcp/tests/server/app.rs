//! A server to test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use octo_mcp::deployment::Deployment;
use octo_mcp::{Config, Server};
use octo_platform::token::AccessClaims;
use octo_runtime::Tenant;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::client::Client;

/// Password of `admin` in tests.
pub const PASSWORD: &str = "Corr3ct-horse";

/// A running server with its own data.
pub struct App {
    server: Option<Server>,
    folder: TempDir,
}

impl App {
    /// A server with default settings.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// A server with changed settings.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = start(&folder, change).await;
        Self {
            server: Some(server),
            folder,
        }
    }

    /// Stops the server and starts it again on the same data.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.server = Some(start(&self.folder, |_| {}).await);
    }

    /// Stops the server.
    pub async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop(Duration::from_secs(5)).await;
        }
    }

    fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// The system tenant's data, past all services.
    pub fn system_tenant(&self) -> Arc<Tenant> {
        let runtime = self.server().services().runtime.clone();
        runtime.unwrap().system_tenant()
    }

    /// A tenant's data, past all services.
    pub async fn tenant(&self, id: &str) -> Arc<Tenant> {
        let runtime = self.server().services().runtime.clone().unwrap();
        runtime.tenant(&id.parse().unwrap()).await.unwrap()
    }

    /// Moves the clock of the embedded platform forward.
    pub fn advance_platform_clock(&self, seconds: u64) {
        match self.server().deployment() {
            Deployment::Embedded(platform) => {
                platform.clock().advance(Duration::from_secs(seconds));
            }
            Deployment::Cluster(_) => panic!("not embedded"),
        }
    }

    /// An access token with these claims, signed by the embedded platform.
    pub fn sign(&self, claims: &AccessClaims) -> String {
        match self.server().deployment() {
            Deployment::Embedded(platform) => {
                platform.state().tokens().sign_access(claims).unwrap()
            }
            Deployment::Cluster(_) => panic!("not embedded"),
        }
    }

    /// Address of the MCP endpoint.
    pub fn mcp_url(&self) -> String {
        self.server().addresses().mcp.clone()
    }

    /// Address of the server without path.
    pub fn base_url(&self) -> String {
        self.mcp_url().trim_end_matches("/mcp").to_owned()
    }

    /// Socket the server listens on.
    pub fn socket(&self) -> SocketAddr {
        self.base_url()
            .trim_start_matches("http://")
            .parse()
            .unwrap()
    }

    /// Address of the identity service.
    pub fn identity_url(&self) -> String {
        self.server().addresses().identity.clone().unwrap()
    }

    /// An MCP client with a session, not signed in.
    pub async fn client(&self) -> Client {
        Client::connect(&self.mcp_url()).await
    }

    /// A client signed in as `admin` of the system tenant.
    pub async fn admin(&self) -> Client {
        let mut client = self.client().await;
        self.sign_in(&mut client, "octosystem", "admin", PASSWORD)
            .await;
        client
    }

    /// Signs a client in with the device flow, in a browser.
    pub async fn sign_in(&self, client: &mut Client, tenant: &str, user: &str, password: &str) {
        let started = client
            .call("authenticate", json!({"tenantId": tenant, "force": true}))
            .await;
        let page = started["verificationUriComplete"]
            .as_str()
            .unwrap()
            .to_owned();
        Browser::new().allow(&page, user, password).await;
        if let Some(handle) = started["authHandle"].as_str() {
            client.handle = Some(handle.to_owned());
        }
        let status = client.call("check_auth_status", json!({})).await;
        assert_eq!(status["isAuthenticated"], json!(true), "{status}");
    }

    /// A client signed in as `admin`, and a fresh tenant it has created.
    pub async fn admin_with_tenant(&self, tenant: &str) -> Client {
        let mut client = self.admin().await;
        let created = client.call("create_tenant", new_tenant(tenant)).await;
        assert_success(&created);
        client
    }

    /// A client signed in to `tenant` as a new user of it without roles.
    pub async fn user_of(&self, admin: &mut Client, tenant: &str, name: &str) -> Client {
        let user = json!({
            "tenantId": tenant, "userName": name, "email": format!("{name}@example.org"),
            "password": PASSWORD,
        });
        assert_success(&admin.call("create_user", user).await);
        let mut client = self.client().await;
        self.sign_in(&mut client, tenant, name, PASSWORD).await;
        client
    }
}

async fn start(folder: &TempDir, change: impl FnOnce(&mut Config)) -> Server {
    let mut config = Config::default();
    config.mcp.port = 0;
    let embedded = &mut config.embedded;
    for port in [
        &mut embedded.identityport,
        &mut embedded.assetsport,
        &mut embedded.communicationport,
        &mut embedded.botport,
        &mut embedded.reportingport,
    ] {
        *port = 0;
    }
    embedded.adminpassword = Some(PASSWORD.to_owned().into());
    change(&mut config);
    Server::start(config, folder.path()).await.unwrap()
}

/// Arguments that create a tenant below the system tenant.
pub fn new_tenant(tenant: &str) -> Value {
    json!({"tenantId": "octosystem", "childTenantId": tenant, "database": tenant})
}

/// Fails the test with the whole answer unless the call succeeded.
#[track_caller]
pub fn assert_success(answer: &Value) {
    assert_eq!(answer["isSuccess"], json!(true), "{answer:#}");
}

/// Calls a tool on tenant `acme` and fails the test unless it succeeds with this message.
pub async fn expect(client: &mut Client, tool: &str, mut arguments: Value, text: &str) -> Value {
    arguments["tenantId"] = json!("acme");
    let answer = client.call(tool, arguments).await;
    assert_success(&answer);
    assert_eq!(answer["message"], json!(text), "{answer:#}");
    assert_eq!(answer["tenantId"], json!("acme"), "{answer:#}");
    answer
}

/// Calls a tool on tenant `acme` and fails the test unless it is refused with this text.
pub async fn refuse(client: &mut Client, tool: &str, mut arguments: Value, part: &str) {
    arguments["tenantId"] = json!("acme");
    let answer = client.call(tool, arguments).await;
    assert_failure(&answer, part);
    assert!(
        answer["tenantId"].is_null(),
        "only a success tells the tenant: {answer:#}"
    );
}

/// Fails the test unless the call failed with a text that contains `part`.
#[track_caller]
pub fn assert_failure(answer: &Value, part: &str) {
    assert_eq!(answer["isSuccess"], json!(false), "{answer:#}");
    let text = answer["errorMessage"].as_str().unwrap_or_default();
    assert!(text.contains(part), "'{part}' is not in: {text}");
}
