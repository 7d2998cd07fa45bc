//! A real platform on free ports with a data directory of its own.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use octo_platform::accounts::{names, provision_admin, users};
use octo_platform::keys::KEY_FILE;
use octo_platform::{BindAddresses, Platform, PlatformConfig, RunningPlatform};
use octo_runtime::{Entity, NewEntity, Tenant};
use reqwest::StatusCode;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const ADMIN_PASSWORD: &str = "Adm1n-of-tests!";
pub(crate) const MCP_URL: &str = "http://localhost:5016";
pub(crate) const DEVICE_CLIENT: &str = "octo-mcpServices-device";
pub(crate) const ALL_SCOPES: &str = "openid profile email role octo_api offline_access";

pub(crate) struct TestPlatform {
    pub(crate) running: RunningPlatform,
    pub(crate) http: reqwest::Client,
    config: PlatformConfig,
    dir: TempDir,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self {
            status,
            headers,
            text: response.text().await.unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Code of an OAuth error; empty for a success.
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn description(&self) -> String {
        self.json()["error_description"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

impl TestPlatform {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// A platform with other settings than usual.
    pub(crate) async fn start_with(change: impl FnOnce(&mut PlatformConfig)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        write_shared_key(&dir);
        let mut config = PlatformConfig::embedded(dir.path(), MCP_URL);
        config.bind = BindAddresses::free_ports();
        config.admin_password = Some(ADMIN_PASSWORD.to_owned());
        change(&mut config);
        let running = Platform::start(config.clone()).await.unwrap();
        // The issuer contains the port, so a restart must answer on the same one.
        let identity = running.urls().identity.clone();
        config.bind.identity = identity.trim_start_matches("http://").parse().unwrap();
        Self {
            running,
            http: client(),
            config,
            dir,
        }
    }

    /// Stops the platform and starts it again on the same data.
    pub(crate) async fn restart(self) -> Self {
        let Self {
            running,
            config,
            dir,
            ..
        } = self;
        running.shutdown(Duration::from_secs(5)).await;
        let running = Platform::start(config.clone()).await.unwrap();
        Self {
            running,
            http: client(),
            config,
            dir,
        }
    }

    pub(crate) fn identity(&self) -> &str {
        &self.running.urls().identity
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.identity())
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.running.clock().advance(Duration::from_secs(seconds));
    }

    pub(crate) fn system(&self) -> Arc<Tenant> {
        self.running.runtime().system_tenant()
    }

    pub(crate) async fn tenant(&self, id: &str) -> Arc<Tenant> {
        self.running.state().find_tenant(id).await.unwrap().unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.http.get(self.url(path)).send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        Answer::of(
            self.http
                .post(self.url(path))
                .form(form)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> Answer {
        self.post("/connect/token", form).await
    }

    /// A child tenant, seeded, without anybody provisioned.
    pub(crate) async fn create_tenant(&self, parent: &str, child: &str) -> Arc<Tenant> {
        let (parent, child_id) = (parent.parse().unwrap(), child.parse().unwrap());
        let database = child.parse().unwrap();
        self.running
            .runtime()
            .create_tenant(&parent, &child_id, &database)
            .await
            .unwrap();
        self.tenant(child).await
    }

    /// A child tenant of which `user` of the parent is the administrator.
    pub(crate) async fn create_tenant_for(
        &self,
        parent: &str,
        child: &str,
        user: &Entity,
    ) -> Arc<Tenant> {
        let tenant = self.create_tenant(parent, child).await;
        let parent = self.tenant(parent).await;
        provision_admin(self.running.state(), &tenant, &parent, user.rt_id)
            .await
            .unwrap();
        tenant
    }

    pub(crate) async fn admin(&self) -> Entity {
        users::by_name(&self.system(), "admin")
            .await
            .unwrap()
            .unwrap()
    }

    /// A user with a password, without roles.
    pub(crate) async fn create_user(&self, tenant: &Tenant, name: &str, password: &str) -> Entity {
        let hash = self
            .running
            .state()
            .passwords()
            .hash(password)
            .await
            .unwrap();
        let user = NewEntity::of(names::USER)
            .set("UserName", name)
            .set("NormalizedUserName", users::normalize(name))
            .set("PasswordHash", hash)
            .set("LockoutEnabled", true)
            .set("ResetPasswordOnLogin", false);
        tenant.insert(user).await.unwrap()
    }

    pub(crate) async fn start_device(&self, tenant: &str, client_id: &str, scope: &str) -> Answer {
        let acr = format!("tenant:{tenant}");
        let form = [
            ("client_id", client_id),
            ("scope", scope),
            ("acr_values", &acr),
        ];
        self.post("/connect/deviceauthorization", &form).await
    }

    pub(crate) async fn poll(&self, client_id: &str, device_code: &str) -> Answer {
        self.token(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", client_id),
            ("device_code", device_code),
        ])
        .await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        self.token(&[
            ("grant_type", "refresh_token"),
            ("client_id", DEVICE_CLIENT),
            ("refresh_token", refresh_token),
        ])
        .await
    }

    pub(crate) async fn exchange(&self, token: &str, tenant: &str) -> Answer {
        let acr = format!("tenant:{tenant}");
        self.token(&[
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:token-exchange",
            ),
            ("client_id", DEVICE_CLIENT),
            ("subject_token", token),
            (
                "subject_token_type",
                "urn:ietf:params:oauth:token-type:access_token",
            ),
            ("acr_values", &acr),
            ("scope", "openid profile email role octo_api"),
        ])
        .await
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// Generating a key takes longer than most tests, so one process shares one.
fn write_shared_key(dir: &TempDir) {
    static KEY: OnceLock<String> = OnceLock::new();
    let pem = KEY.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        octo_platform::keys::SigningKey::load_or_create(dir.path()).unwrap();
        std::fs::read_to_string(dir.path().join(KEY_FILE)).unwrap()
    });
    std::fs::write(dir.path().join(KEY_FILE), pem).unwrap();
}

/// The claims of a token, unverified.
pub(crate) fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
