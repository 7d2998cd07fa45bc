//! Access tokens got at the identity service directly, as other programs of a user have them.

use serde_json::Value;

use crate::app::{App, PASSWORD};
use crate::browser::Browser;

/// The scopes the server itself asks for.
const SCOPES: &str = "openid profile email role octo_api offline_access";

/// The access token of a fresh device login.
pub async fn sign_in(app: &App, tenant: &str, user: &str) -> String {
    sign_in_with(app, tenant, user, SCOPES).await
}

/// The access token of a fresh device login with these scopes.
pub async fn sign_in_with(app: &App, tenant: &str, user: &str, scopes: &str) -> String {
    let acr = format!("tenant:{tenant}");
    let client = ("client_id", "octo-mcpServices-device");
    let form = [client, ("scope", scopes), ("acr_values", &acr)];
    let started = post(app, "deviceauthorization", &form).await;
    let page = started["verification_uri_complete"].as_str().unwrap();
    Browser::new().allow(page, user, PASSWORD).await;
    let form = [
        client,
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", started["device_code"].as_str().unwrap()),
    ];
    let issued = post(app, "token", &form).await;
    let token = issued["access_token"].as_str();
    token.unwrap_or_else(|| panic!("{issued}")).to_owned()
}

async fn post(app: &App, endpoint: &str, form: &[(&str, &str)]) -> Value {
    let url = format!("{}/connect/{endpoint}", app.identity_url());
    let request = reqwest::Client::new().post(url).form(form);
    request.send().await.unwrap().json().await.unwrap()
}
