//! An application that sends people to sign in and redeems the code they come back with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use octo_platform::accounts::names;
use octo_platform::secret::{random_secret, sha256};
use octo_runtime::{Attributes, Entity, NewEntity, Record, Tenant, Value};

use crate::platform::{Answer, TestPlatform};

pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:7777/callback?app=1";
const SCOPE: &str = "openid profile octo_api offline_access";

/// One log-in of an application.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) client_id: String,
    pub(crate) verifier: String,
    params: Vec<(String, String)>,
}

impl App {
    pub(crate) fn new(client_id: &str) -> Self {
        let verifier = random_secret().unwrap();
        let challenge = URL_SAFE_NO_PAD.encode(sha256(&verifier));
        let params = [
            ("client_id", client_id),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", SCOPE),
            ("state", "of the app & more"),
            ("nonce", "n-1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("acr_values", "tenant:octosystem"),
        ];
        Self {
            client_id: client_id.to_owned(),
            verifier,
            params: params
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    /// With another value of a parameter; a blank one leaves it out.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.params.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.params.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    pub(crate) fn param(&self, name: &str) -> &str {
        let found = self.params.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// Where the application sends the browser.
    pub(crate) fn address(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.params);
        format!("/connect/authorize?{}", query.finish())
    }

    pub(crate) async fn redeem(&self, platform: &TestPlatform, code: &str) -> Answer {
        self.redeem_with(platform, code, &self.verifier).await
    }

    pub(crate) async fn redeem_with(
        &self,
        platform: &TestPlatform,
        code: &str,
        verifier: &str,
    ) -> Answer {
        platform
            .token(&[
                ("grant_type", "authorization_code"),
                ("client_id", &self.client_id),
                ("redirect_uri", self.param("redirect_uri")),
                ("code", code),
                ("code_verifier", verifier),
            ])
            .await
    }
}

/// A client that may use authorization codes, without consent unless `own` says otherwise.
pub(crate) async fn create_app(tenant: &Tenant, client_id: &str, own: Attributes) -> Entity {
    let nothing = || Value::RecordArray(Vec::new());
    let uri = |uri: &str| {
        let entry = Record::of(names::MODEL, "ClientUriEntry")
            .set("Uri", uri)
            .set("Source", "api");
        Value::RecordArray(vec![entry])
    };
    let client = NewEntity::of(names::CLIENT)
        .set("ClientId", client_id)
        .set("ClientName", "Test application")
        .set("Enabled", true)
        .set("RequireClientSecret", false)
        .set("AllowOfflineAccess", true)
        .set("AllowedGrantTypes", ["authorization_code"])
        .set("AllowedScopes", ["openid", "profile", "email", "octo_api"])
        .set("ClientSecrets", nothing())
        .set("RedirectUris", uri(REDIRECT_URI))
        .set("PostLogoutRedirectUris", uri("http://127.0.0.1:7777/bye"))
        .set("AllowedCorsOrigins", nothing())
        .set("ClientClaims", nothing())
        .set(
            "IdentityProviderRestrictions",
            Value::StringArray(Vec::new()),
        )
        .set(
            "AllowedIdentityTokenSigningAlgorithms",
            Value::StringArray(Vec::new()),
        )
        .attributes(own);
    tenant.insert(client).await.unwrap()
}
