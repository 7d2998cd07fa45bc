//! A platform on free ports with a data folder of its own, and callers for it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use octo_platform::config::{BindAddresses, PlatformConfig};
use octo_platform::token::{AccessClaims, Values};
use octo_platform::{Platform, RunningPlatform};
use octo_runtime::{EntityQuery, Tenant};
use octo_sdk::assets::{AssetsClient, ModelFile};
use octo_sdk::bot::{BotClient, JobDto, JobError, JobWait};
use octo_sdk::identity::IdentityClient;
use octo_sdk::oauth::{DEVICE_CLIENT_ID, OAuthClient};
use octo_sdk::{AccessToken, Http, HttpOptions};
use url::Url;

pub(crate) const SYSTEM: &str = "octosystem";

pub(crate) struct TestPlatform {
    pub(crate) running: RunningPlatform,
    pub(crate) http: Http,
    pub(crate) data: tempfile::TempDir,
}

/// What a token says; by default that of the system tenant's administrator.
#[derive(Clone)]
pub(crate) struct Claims {
    pub(crate) tenant: &'static str,
    pub(crate) user: Option<String>,
    pub(crate) scope: &'static str,
    pub(crate) roles: &'static [&'static str],
    pub(crate) audience: &'static str,
    pub(crate) lifetime: i64,
    pub(crate) client: &'static str,
    /// Seconds since the token was issued.
    pub(crate) age: i64,
}

impl TestPlatform {
    pub(crate) async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = PlatformConfig::embedded(data.path(), "http://127.0.0.1:5016");
        config.bind = BindAddresses::free_ports();
        config.admin_password = Some("Adm1n-password!".to_owned());
        let running = Platform::start(config).await.unwrap();
        let http = Http::new(&HttpOptions::default()).unwrap();
        Self {
            running,
            http,
            data,
        }
    }

    pub(crate) fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    /// Claims of the user `admin` of the system tenant.
    pub(crate) async fn admin_claims(&self) -> Claims {
        let system = self.running.runtime().system_tenant();
        Claims {
            tenant: SYSTEM,
            user: Some(user_id(&system, "ADMIN").await),
            scope: "octo_api",
            roles: &["TenantManagement", "UserManagement"],
            audience: "octoAPI",
            lifetime: 3600,
            client: DEVICE_CLIENT_ID,
            age: 0,
        }
    }

    pub(crate) fn token(&self, claims: &Claims) -> AccessToken {
        let state = self.running.state();
        let now = state.clock().unix_seconds();
        let claims = AccessClaims {
            iss: state.tokens().issuer().to_owned(),
            iat: now - claims.age,
            nbf: now - claims.age,
            exp: now + claims.lifetime,
            jti: "test".to_owned(),
            aud: vec![claims.audience.to_owned()],
            scope: claims.scope.split(' ').map(str::to_owned).collect(),
            client_id: claims.client.to_owned(),
            sub: claims.user.clone(),
            auth_time: Some(now),
            idp: Some("local".to_owned()),
            amr: vec!["pwd".to_owned()],
            sid: None,
            tenant_id: Some(claims.tenant.to_owned()),
            allowed_tenants: Values::default(),
            role: Values(claims.roles.iter().map(|role| (*role).to_owned()).collect()),
        };
        AccessToken::new(state.tokens().sign_access(&claims).unwrap())
    }

    pub(crate) async fn admin(&self) -> AccessToken {
        self.token(&self.admin_claims().await)
    }

    /// The token the identity service gives for `tenant` in exchange for `token`.
    pub(crate) async fn exchange(&self, token: &AccessToken, tenant: &str) -> AccessToken {
        let authority = Self::url(&self.running.urls().identity);
        let oauth = OAuthClient::new(&self.http, authority, DEVICE_CLIENT_ID);
        oauth.exchange(token, tenant).await.unwrap().access_token
    }

    pub(crate) fn identity(&self, tenant: &str, token: AccessToken) -> IdentityClient {
        let url = Self::url(&self.running.urls().identity);
        IdentityClient::new(&self.http, &url, tenant, token).unwrap()
    }

    pub(crate) fn assets(&self, tenant: &str, token: AccessToken) -> AssetsClient {
        let url = Self::url(&self.running.urls().assets);
        AssetsClient::new(&self.http, &url, tenant, token).unwrap()
    }

    pub(crate) fn bot(&self, tenant: &str, token: AccessToken) -> BotClient {
        let url = Self::url(&self.running.urls().bot);
        BotClient::new(&self.http, &url, tenant, token).unwrap()
    }

    /// The identity service of the system tenant, called by its administrator.
    pub(crate) async fn system_identity(&self) -> IdentityClient {
        self.identity(SYSTEM, self.admin().await)
    }

    /// The asset repository of the system tenant, called by its administrator.
    pub(crate) async fn system_assets(&self) -> AssetsClient {
        self.assets(SYSTEM, self.admin().await)
    }

    pub(crate) async fn tenant(&self, id: &str) -> std::sync::Arc<Tenant> {
        self.running
            .runtime()
            .tenant(&id.parse().unwrap())
            .await
            .unwrap()
    }

    /// Uploads a file to a tenant and waits for the job.
    pub(crate) async fn import(
        &self,
        tenant: &str,
        token: &AccessToken,
        name: &str,
        content: &[u8],
    ) -> Result<JobDto, JobError> {
        let path: PathBuf = self.data.path().join("upload-under-test");
        std::fs::write(&path, content).unwrap();
        let file = ModelFile { path: &path, name };
        let job = self
            .assets(tenant, token.clone())
            .import_ck_model(file)
            .await?;
        let wait = JobWait {
            interval: Duration::from_millis(5),
            minutes: 1,
        };
        self.bot(tenant, token.clone())
            .wait_for_job(&job.job_id, wait, |_| {})
            .await
    }

    /// A plain request; the answer as status and body.
    pub(crate) async fn send(
        &self,
        method: &str,
        url: &str,
        token: Option<&AccessToken>,
        body: Option<&str>,
    ) -> (u16, String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.request(method.parse().unwrap(), url);
        if let Some(token) = token {
            request = request.bearer_auth(token.expose());
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_owned());
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

/// Id of a user by normalised name.
pub(crate) async fn user_id(tenant: &Tenant, name: &str) -> String {
    let query = EntityQuery::of("System.Identity/User").eq("NormalizedUserName", name);
    tenant
        .first(query)
        .await
        .unwrap()
        .unwrap()
        .rt_id
        .to_string()
}

/// A zip archive of text files.
pub(crate) fn zip(files: &BTreeMap<String, String>) -> Vec<u8> {
    use std::io::{Cursor, Write};
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
