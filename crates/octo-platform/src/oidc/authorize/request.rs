//! What an authorization request asks for (OpenID Connect Core 3.1.2, RFC 7636, RFC 8707).

use octo_runtime::Tenant;

use super::redirect_uri;
use super::reply::{Refusal, ReplyTo, ResponseMode};
use crate::oidc::client::Client;
use crate::oidc::error::OAuthError;
use crate::oidc::form::Params;
use crate::oidc::grant_types::AUTHORIZATION_CODE;
use crate::oidc::known_clients;
use crate::oidc::pkce;
use crate::oidc::scopes::Scopes;
use crate::state::PlatformState;

/// Longest `state` and `nonce`, bytes.
const MAX_STATE: usize = 2048;
const MAX_NONCE: usize = 512;

/// A request that may be granted.
#[derive(Debug)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client: Client,
    /// Where the answer goes.
    pub reply_to: ReplyTo,
    /// The address as the client wrote it.
    pub redirect_uri: String,
    /// Requested scopes.
    pub scopes: Vec<String>,
    /// The scopes of the tenant.
    pub known_scopes: Scopes,
    /// Resources the tokens are meant for, by their names; empty for all.
    pub resources: Vec<String>,
    /// SHA-256 of the client's verifier.
    pub challenge: String,
    /// Value the id token repeats.
    pub nonce: Option<String>,
    /// What may be asked of the person.
    pub prompt: Prompt,
    /// How long ago the person may have signed in, seconds.
    pub max_age: Option<i64>,
}

/// What may or must be asked of the person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Nothing.
    pub none: bool,
    /// To sign in again.
    pub login: bool,
    /// To consent again.
    pub consent: bool,
}

/// Why a request is not looked at further.
#[derive(Debug)]
pub enum Rejected {
    /// It is not certain whose request it is: the person is told, nobody else.
    Page(&'static str),
    /// The client is told.
    Client(Box<ReplyTo>, Refusal),
    /// Something failed on this side.
    Failed(String),
}

impl AuthorizationRequest {
    /// Reads a request to `tenant` that came from `address`.
    ///
    /// # Errors
    /// [`Rejected`]: on a page as long as client and address are not known to belong together.
    pub async fn read(
        state: &PlatformState,
        tenant: &Tenant,
        params: &Params,
        address: &str,
    ) -> Result<Self, Rejected> {
        let (client, redirect_uri, reply_to) = sender(state, tenant, params, address).await?;
        let scopes = Scopes::load(tenant).await;
        let scopes = scopes.map_err(|error| Rejected::Failed(error.to_string()))?;
        match Asked::read(params, &client, &scopes) {
            Ok(asked) => Ok(Self {
                client,
                reply_to,
                redirect_uri,
                scopes: asked.scopes,
                known_scopes: scopes,
                resources: asked.resources,
                challenge: asked.challenge,
                nonce: asked.nonce,
                prompt: asked.prompt,
                max_age: asked.max_age,
            }),
            Err(refusal) => Err(Rejected::Client(Box::new(reply_to), refusal)),
        }
    }
}

/// The client and its address, which have to belong together.
async fn sender(
    state: &PlatformState,
    tenant: &Tenant,
    params: &Params,
    address: &str,
) -> Result<(Client, String, ReplyTo), Rejected> {
    let client_id = params.get("client_id").ok_or(Rejected::Page(
        "The request does not say which application it is from.",
    ))?;
    let client = known_clients::find(state, tenant, client_id, address)
        .await
        .map_err(unknown)?;
    let client = client.ok_or(Rejected::Page(
        "The application is not known in this tenant, or its registration has expired.",
    ))?;
    let redirect_uri = params.get("redirect_uri").ok_or(Rejected::Page(
        "The request does not say where to send the answer.",
    ))?;
    let uri = redirect_uri::admitted(redirect_uri, &client.redirect_uris, client.self_registered)
        .ok_or(Rejected::Page(
        "The address to send the answer to is not registered for the application.",
    ))?;
    let mode = match params.get("response_mode") {
        Some("form_post") => ResponseMode::FormPost,
        _ => ResponseMode::Query,
    };
    let reply_to = ReplyTo {
        uri,
        mode,
        state: params
            .verbatim("state")
            .filter(|state| state.len() <= MAX_STATE)
            .map(str::to_owned),
        issuer: state.tokens().issuer().to_owned(),
    };
    Ok((client, redirect_uri.to_owned(), reply_to))
}

/// Why a client could not be looked up. What its document lacks is for its developer to know.
fn unknown(error: OAuthError) -> Rejected {
    match error.code() {
        "server_error" => Rejected::Failed("the client could not be looked up".to_owned()),
        "temporarily_unavailable" => {
            Rejected::Page("Too many unknown applications. Try again in a few minutes.")
        }
        _ => {
            tracing::info!(
                why = error.description(),
                "an application could not be looked up"
            );
            Rejected::Page("The application describes itself in a document that cannot be used.")
        }
    }
}

struct Asked {
    scopes: Vec<String>,
    resources: Vec<String>,
    challenge: String,
    nonce: Option<String>,
    prompt: Prompt,
    max_age: Option<i64>,
}

impl Asked {
    fn read(params: &Params, client: &Client, scopes: &Scopes) -> Result<Self, Refusal> {
        if !client.allows_grant(AUTHORIZATION_CODE) {
            let text = "the client may not use authorization codes";
            return Err(Refusal::new("unauthorized_client", text));
        }
        for (name, error) in [
            ("request", "request_not_supported"),
            ("request_uri", "request_uri_not_supported"),
        ] {
            if params.get(name).is_some() {
                return Err(Refusal::new(error, format!("{name} is not supported")));
            }
        }
        check_response(params)?;
        check_length(params, "state", MAX_STATE)?;
        check_length(params, "nonce", MAX_NONCE)?;
        let granted = scopes.for_user(client, params.get("scope"));
        let granted = granted.map_err(of_oauth)?;
        Ok(Self {
            challenge: challenge(params)?,
            resources: scopes
                .resources(params.resources(), &granted)
                .map_err(of_oauth)?,
            scopes: granted,
            nonce: params.verbatim("nonce").map(str::to_owned),
            prompt: prompt(params)?,
            max_age: max_age(params)?,
        })
    }
}

fn check_response(params: &Params) -> Result<(), Refusal> {
    match params.get("response_type") {
        Some("code") => {}
        Some(_) => {
            let text = "response_type must be code";
            return Err(Refusal::new("unsupported_response_type", text));
        }
        None => return Err(invalid("response_type is required")),
    }
    match params.get("response_mode") {
        None | Some("query" | "form_post") => Ok(()),
        Some(_) => Err(invalid("response_mode must be query or form_post")),
    }
}

fn challenge(params: &Params) -> Result<String, Refusal> {
    let challenge = params
        .get("code_challenge")
        .ok_or_else(|| invalid("code_challenge is required (PKCE)"))?;
    if params.get("code_challenge_method") != Some(pkce::METHOD) {
        return Err(invalid("code_challenge_method must be S256"));
    }
    match pkce::is_challenge(challenge) {
        true => Ok(challenge.to_owned()),
        false => Err(invalid("code_challenge must be 43 characters of base64url")),
    }
}

fn prompt(params: &Params) -> Result<Prompt, Refusal> {
    let mut prompt = Prompt::default();
    let asked = params.get("prompt").unwrap_or_default();
    for word in asked.split_ascii_whitespace() {
        match word {
            "none" => prompt.none = true,
            // Choosing another account means signing in with it.
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => {
                return Err(invalid(
                    "prompt must be none, login, consent or select_account",
                ));
            }
        }
    }
    match prompt.none && (prompt.login || prompt.consent) {
        true => Err(invalid("prompt=none excludes other values")),
        false => Ok(prompt),
    }
}

fn max_age(params: &Params) -> Result<Option<i64>, Refusal> {
    let Some(text) = params.get("max_age") else {
        return Ok(None);
    };
    match text.parse::<u32>() {
        Ok(seconds) => Ok(Some(seconds.into())),
        Err(_) => Err(invalid("max_age must be a number of seconds")),
    }
}

fn check_length(params: &Params, name: &str, limit: usize) -> Result<(), Refusal> {
    match params
        .verbatim(name)
        .is_some_and(|value| value.len() > limit)
    {
        true => Err(invalid(format!("{name} is longer than {limit} bytes"))),
        false => Ok(()),
    }
}

fn invalid(description: impl Into<String>) -> Refusal {
    Refusal::new("invalid_request", description)
}

fn of_oauth(error: OAuthError) -> Refusal {
    Refusal::new(error.code(), error.description().unwrap_or_default())
}
