//! Signing in and finding out who is signed in (spec, auth 2 and 10.4).

mod account;

use std::sync::Arc;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use octo_runtime::TenantId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::store::{HANDLE_IDLE_SECONDS, StoredToken};
use crate::auth::tokens::{Poll, is_fresh};
use crate::auth::verifier::fingerprint;
use crate::auth::{Caller, Claims, StoreKey, VerifiedToken};
use crate::call::Call;
use crate::reply::{Done, Failure, ToolResult};
use crate::tool::{Toolset, tool};
use account::{list_tenants, switch_tenant, whoami};

/// Signing in.
pub fn authentication() -> Toolset {
    Toolset::new(
        "Session: authentication",
        "Signing in with a code the user confirms in a browser",
    )
    .tool(tool("authenticate", authenticate).adds())
    .tool(tool("check_auth_status", check_auth_status).writes())
    .tool(tool("auth_status", auth_status))
}

/// Who is signed in.
pub fn identity() -> Toolset {
    Toolset::new(
        "Session: identity",
        "The signed-in user and the tenants that user may work on",
    )
    .tool(tool("whoami", whoami))
    .tool(tool("list_tenants", list_tenants))
}

/// Trying another tenant.
pub fn tenant_switch() -> Toolset {
    Toolset::new(
        "Session: tenant switch",
        "Checking the way into another tenant",
    )
    .tool(tool("switch_tenant", switch_tenant).writes())
}

/// Starts signing in to a tenant. Returns an address and a code: the user opens the address in a
/// browser, signs in and confirms the code; then call check_auth_status. On a fresh machine the
/// tenant is 'octosystem'. If the answer contains authHandle, pass it to every further call: it
/// stands for the sign-in, ends after 8 hours without use or 24 hours at the latest, and must be
/// kept secret.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Authenticate {
    /// Tenant to sign in to.
    tenant_id: String,
    /// Start a new sign-in even if there is a valid one.
    #[serde(default)]
    force: bool,
}

/// A started sign-in.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AuthenticateReply {
    /// A valid sign-in to this tenant exists; nothing was started.
    is_already_authenticated: bool,
    /// Code the user confirms.
    user_code: Option<String>,
    /// Page where the code is entered.
    verification_uri: Option<String>,
    /// The same page with the code filled in.
    verification_uri_complete: Option<String>,
    /// Time to confirm, seconds.
    expires_in_seconds: Option<u64>,
    /// Names this sign-in in further calls; only for clients without a session.
    auth_handle: Option<String>,
    /// Time the handle lives without use after signing in, seconds.
    auth_handle_expires_in_seconds: Option<u64>,
}

async fn authenticate(cx: Call, p: Authenticate) -> ToolResult<Done<AuthenticateReply>> {
    let tenant: TenantId = p
        .tenant_id
        .parse()
        .map_err(|_| Failure::new("Invalid tenant id."))?;
    if !p.force && is_signed_in_to(&cx, tenant.as_str()).await {
        let reply = AuthenticateReply {
            is_already_authenticated: true,
            ..Default::default()
        };
        let text =
            format!("Already signed in to tenant '{tenant}'. Call whoami to see the account.");
        return Ok(Done::new(text, reply));
    }
    let (key, handle) = match &cx.incoming().key {
        Some(key) => (key.clone(), None),
        None => {
            let handle = new_handle()?;
            (StoreKey::Handle(fingerprint(&handle)), Some(handle))
        }
    };
    let slot = cx.services().token_store.open(&key);
    let started = cx
        .services()
        .session_tokens
        .start_login(&slot, tenant.as_str())
        .await;
    let started = started.map_err(|why| {
        if handle.is_some() {
            cx.services().token_store.remove(&key);
        }
        Failure::new(why)
    })?;
    let message = format!(
        "Ask the user to open {} and to confirm the code {}. Then call check_auth_status.",
        started.verification_uri, started.user_code
    );
    let reply = AuthenticateReply {
        is_already_authenticated: false,
        user_code: Some(started.user_code),
        verification_uri: Some(started.verification_uri),
        verification_uri_complete: started.verification_uri_complete,
        expires_in_seconds: Some(started.expires_in),
        auth_handle_expires_in_seconds: handle.as_ref().map(|_| HANDLE_IDLE_SECONDS),
        auth_handle: handle,
    };
    Ok(Done::new(message, reply))
}

/// A secret of 256 random bits that stands for a sign-in.
fn new_handle() -> Result<String, Failure> {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes)
        .map_err(|_| Failure::new("The system provides no random numbers. Try again later."))?;
    Ok(format!("oah_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

async fn is_signed_in_to(cx: &Call, tenant: &str) -> bool {
    let is_home = |claims: &Claims| claims.home_tenant().as_deref() == Some(tenant);
    if let Caller::Bearer(token) = &cx.incoming().caller
        && is_home(&token.claims)
    {
        return true;
    }
    let Some(slot) = cx
        .incoming()
        .key
        .as_ref()
        .and_then(|key| cx.services().token_store.find(key))
    else {
        return false;
    };
    let tokens = slot.tokens.lock().await;
    let home = tokens.home.as_ref().filter(|home| is_fresh(home));
    home.is_some_and(|home| is_home(&home.access.claims))
        || tokens.logins.get(tenant).is_some_and(is_fresh)
}

/// Asks once whether the user has confirmed the sign-in started by authenticate. While the user
/// has not, isPending is true: wait retryAfterSeconds and call again.
#[derive(Deserialize, JsonSchema)]
struct CheckAuthStatus {}

/// State of a started sign-in.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CheckAuthStatusReply {
    /// The user is signed in.
    is_authenticated: bool,
    /// The user has not decided yet.
    is_pending: bool,
    /// Time to wait before the next call, seconds.
    retry_after_seconds: Option<u64>,
}

async fn check_auth_status(cx: Call, _: CheckAuthStatus) -> ToolResult<Done<CheckAuthStatusReply>> {
    let failed = |text: String| {
        Failure::new(text)
            .with("isAuthenticated", false)
            .with("isPending", false)
    };
    let signed_in = |text: &str| {
        let reply = CheckAuthStatusReply {
            is_authenticated: true,
            ..Default::default()
        };
        Ok(Done::new(text, reply))
    };
    let is_bearer = matches!(cx.incoming().caller, Caller::Bearer(_));
    let slot = cx
        .incoming()
        .key
        .as_ref()
        .and_then(|key| cx.services().token_store.find(key));
    let poll = match &slot {
        None => Poll::NothingPending,
        Some(slot) => {
            cx.services()
                .session_tokens
                .poll_login(slot, is_bearer)
                .await
        }
    };
    match poll {
        Poll::SignedIn(_) => {
            signed_in("Signed in. Call whoami to see the account and list_tenants for its tenants.")
        }
        Poll::Pending {
            login,
            retry_after,
            too_fast,
        } => {
            let hint = if too_fast {
                " This was too soon: wait before the next call."
            } else {
                ""
            };
            let message = format!(
                "Waiting for the user to confirm the code {} at {}.{hint}",
                login.user_code, login.verification_uri
            );
            let reply = CheckAuthStatusReply {
                is_authenticated: false,
                is_pending: true,
                retry_after_seconds: Some(retry_after),
            };
            Ok(Done::new(message, reply))
        }
        Poll::NothingPending if home_token(&cx).await.is_some() => signed_in("Signed in."),
        Poll::NothingPending => Err(failed(
            "No pending authentication. Call 'authenticate' first.".to_owned(),
        )),
        Poll::Expired => Err(failed(
            "Authentication request has expired. Call 'authenticate' to start a new request."
                .to_owned(),
        )),
        Poll::Refused(why) => Err(failed(format!("Authentication failed: {why}"))),
        Poll::Failed(why) => Err(failed(format!("{why} The sign-in goes on: call again."))),
    }
}

/// Tells whether the caller is signed in and until when. Renews an expired sign-in if it can.
#[derive(Deserialize, JsonSchema)]
struct AuthStatus {}

/// State of the sign-in.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AuthStatusReply {
    /// The caller is signed in.
    is_authenticated: bool,
    /// The access token had expired and was renewed by this call.
    was_refreshed: bool,
    /// End of the access token.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    expires_at_utc: Option<jiff::Timestamp>,
    /// Id of the user.
    subject_id: Option<String>,
    /// Name of the user.
    user_name: Option<String>,
    /// Tenant the user signed in to.
    tenant_id: Option<String>,
}

async fn auth_status(cx: Call, _: AuthStatus) -> ToolResult<Done<AuthStatusReply>> {
    let Some(home) = home_token(&cx).await else {
        let text = "Not authenticated. Call 'authenticate' first.";
        return Ok(Done::new(text, AuthStatusReply::default()));
    };
    let claims = &home.token.claims;
    let user = user_of(&cx, &home.token).await;
    let reply = AuthStatusReply {
        is_authenticated: true,
        was_refreshed: home.was_refreshed,
        expires_at_utc: home.expires,
        subject_id: claims.sub.clone(),
        user_name: user.name,
        tenant_id: claims.home_tenant(),
    };
    let text = if home.was_refreshed {
        "Access token was refreshed."
    } else {
        "Authenticated."
    };
    Ok(Done::new(text, reply))
}

/// The caller's own sign-in.
struct Home {
    token: Arc<VerifiedToken>,
    /// End of the stored token; unknown for bearers, whose token tells.
    expires: Option<jiff::Timestamp>,
    was_refreshed: bool,
}

async fn home_token(cx: &Call) -> Option<Home> {
    if let Caller::Bearer(token) = &cx.incoming().caller {
        return Some(Home {
            token: token.clone(),
            expires: None,
            was_refreshed: false,
        });
    }
    let slot = cx
        .services()
        .token_store
        .find(cx.incoming().key.as_ref()?)?;
    let mut tokens = slot.tokens.lock().await;
    let (
        StoredToken {
            access, expires, ..
        },
        was_refreshed,
    ) = cx.services().session_tokens.home(&mut tokens).await?;
    Some(Home {
        token: access,
        expires: Some(expires),
        was_refreshed,
    })
}

/// Name and mail address, which access tokens do not carry.
#[derive(Default)]
struct User {
    name: Option<String>,
    email: Option<String>,
}

async fn user_of(cx: &Call, token: &VerifiedToken) -> User {
    let claims = &token.claims;
    let name = claims
        .preferred_username
        .clone()
        .or_else(|| claims.name.clone());
    if name.is_some() || claims.sub.is_none() {
        return User {
            name,
            email: claims.email.clone(),
        };
    }
    cx.services()
        .session_tokens
        .user_info(token)
        .await
        .map_or_else(User::default, |info| {
            let text = |key: &str| info.get(key).and_then(|v| v.as_str()).map(str::to_owned);
            User {
                name: text("preferred_username").or_else(|| text("name")),
                email: text("email"),
            }
        })
}
