//! A real bearer token: the device flow, confirmed on the provider's own pages.

use octo_sdk::oauth::{DEVICE_CLIENT_ID, OAuthClient};
use octo_sdk::{AccessToken, Http, HttpOptions};
use url::Url;

use crate::Failure;
use crate::browser::Browser;

/// Signs in at the identity service of an octo-mcp server.
pub(crate) async fn sign_in(
    identity: &str,
    tenant: &str,
    user: &str,
    password: &str,
) -> Result<AccessToken, Failure> {
    let http = Http::new(&HttpOptions::default())?;
    let oauth = OAuthClient::new(&http, Url::parse(identity)?, DEVICE_CLIENT_ID);
    let started = oauth.device_authorization(tenant).await?;
    let page = started
        .verification_uri_complete
        .ok_or("the provider names no page to confirm on")?;
    let mut browser = Browser::new()?;
    let login = browser.open(&page).await?;
    let fields = [("username", user), ("password", password)];
    let confirm = browser.submit(&login, &fields, None).await?;
    browser.submit(&confirm, &[], Some("allow")).await?;
    let token = oauth.poll_device_token(&started.device_code).await?;
    Ok(token.access_token)
}
