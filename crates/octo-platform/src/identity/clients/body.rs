//! `ClientDto` as received: checks, and what it changes on the stored client (identity.md 6.4).

use octo_runtime::{Attributes, Record, Value};
use serde::Deserialize;
use url::Url;

use super::required;
use crate::accounts::names::MODEL;
use crate::identity::secrets;
use crate::oidc::authorize::redirect_uri::acceptable;
use crate::problem::{Detail, Problem};

/// Scopes every client has.
const DEFAULT_SCOPES: [&str; 4] = ["openid", "profile", "email", "role"];

/// Source of the URIs written through this service.
const API_SOURCE: &str = "api";

/// Longest client id and name, in characters; the limit of the library the real service uses.
const MAX_NAME: usize = 200;

/// Longest URI, in bytes.
const MAX_URI: usize = 2_000;

/// Entries of one list at most.
const MAX_ENTRIES: usize = 200;

/// Names below `clients/` that are routes, so no client can be reached under them.
const RESERVED_IDS: [&str; 4] = ["GetPaged", "cleanOverlayEntries", ".", ".."];

/// `ClientDto` as received. Ids, marks of copies and of dynamic registration are ignored.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::identity) struct ClientBody {
    #[serde(rename = "isenabled")]
    is_enabled: Option<bool>,
    #[serde(rename = "clientid")]
    client_id: Option<String>,
    #[serde(rename = "clientsecret")]
    client_secret: Option<String>,
    #[serde(rename = "requireclientsecret")]
    require_client_secret: Option<bool>,
    #[serde(rename = "clientname")]
    client_name: Option<String>,
    #[serde(rename = "clienturi")]
    client_uri: Option<String>,
    #[serde(rename = "allowedgranttypes")]
    allowed_grant_types: Option<Vec<String>>,
    #[serde(rename = "redirecturis")]
    redirect_uris: Option<Vec<String>>,
    #[serde(rename = "postlogoutredirecturis")]
    post_logout_redirect_uris: Option<Vec<String>>,
    #[serde(rename = "allowedcorsorigins")]
    allowed_cors_origins: Option<Vec<String>>,
    #[serde(rename = "allowedscopes")]
    allowed_scopes: Option<Vec<String>>,
    #[serde(rename = "isofflineaccessenabled")]
    is_offline_access_enabled: Option<bool>,
    #[serde(rename = "frontchannellogouturi")]
    front_channel_logout_uri: Option<String>,
    #[serde(rename = "frontchannellogoutsessionrequired")]
    front_channel_logout_session_required: Option<bool>,
    #[serde(rename = "backchannellogouturi")]
    back_channel_logout_uri: Option<String>,
    #[serde(rename = "backchannellogoutsessionrequired")]
    back_channel_logout_session_required: Option<bool>,
    #[serde(rename = "autoprovisioninchildtenants")]
    auto_provision_in_child_tenants: Option<bool>,
}

/// What a new client has before its body is applied.
pub(super) fn initial() -> Attributes {
    let no_records = || Value::RecordArray(Vec::new());
    let no_texts = || Value::StringArray(Vec::new());
    Attributes::new()
        .set("ProtocolType", "oidc")
        .set("RequirePkce", true)
        .set("RequireClientSecret", false)
        .set("AllowAccessTokensViaBrowser", true)
        .set("AlwaysIncludeUserClaimsInIdToken", true)
        .set("RequireConsent", false)
        .set("ClientSecrets", no_records())
        .set("ClientClaims", no_records())
        .set("RedirectUris", no_records())
        .set("PostLogoutRedirectUris", no_records())
        .set("AllowedCorsOrigins", no_records())
        .set("IdentityProviderRestrictions", no_texts())
        .set("AllowedIdentityTokenSigningAlgorithms", no_texts())
}

impl ClientBody {
    /// The client id; empty when there is none.
    pub(super) fn client_id(&self) -> &str {
        filled(&self.client_id).unwrap_or_default()
    }

    /// Mandatory members of a new client that are missing.
    pub(super) fn missing(&self) -> Vec<Detail> {
        [
            ("isEnabled", self.is_enabled.is_none()),
            ("allowedGrantTypes", self.allowed_grant_types.is_none()),
        ]
        .into_iter()
        .filter(|(_, missing)| *missing)
        .map(|(member, _)| required(member))
        .collect()
    }

    /// Reports everything in the body that can never work.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let mut errors = Vec::new();
        let id = self.client_id();
        if RESERVED_IDS.contains(&id) {
            errors.push(("ClientId", format!("The value '{id}' is reserved.")));
        }
        for (field, text) in [("ClientId", id), ("ClientName", name_of(&self.client_name))] {
            if text.chars().count() > MAX_NAME || text.chars().any(char::is_control) {
                errors.push((
                    field,
                    format!(
                        "The {field} must have at most {MAX_NAME} characters and no line breaks."
                    ),
                ));
            }
        }
        for (field, uri) in self.uris() {
            if let Some(error) = uri_error(uri) {
                errors.push((field, error));
            }
        }
        for (field, list) in self.lists() {
            if list.len() > MAX_ENTRIES {
                errors.push((field, format!("At most {MAX_ENTRIES} entries are allowed.")));
            }
            if list.iter().any(|entry| entry.trim().is_empty()) {
                errors.push((field, "An entry is blank.".to_owned()));
            }
        }
        match errors.is_empty() {
            true => Ok(()),
            false => Err(Problem::validation_errors(&errors)),
        }
    }

    /// The attributes the body sets.
    pub(super) fn changes(&self) -> Attributes {
        let text = |text: &Option<String>| filled(text).map(str::to_owned);
        Attributes::new()
            .set_opt("Enabled", self.is_enabled)
            .set_opt("ClientId", text(&self.client_id))
            .set_opt("ClientSecrets", self.secrets())
            .set_opt("RequireClientSecret", self.require_client_secret)
            .set_opt("ClientName", text(&self.client_name))
            .set_opt("ClientUri", text(&self.client_uri))
            .set_opt(
                "AllowedGrantTypes",
                self.allowed_grant_types.clone().map(distinct),
            )
            .set_opt("RedirectUris", entries(&self.redirect_uris))
            .set_opt(
                "PostLogoutRedirectUris",
                entries(&self.post_logout_redirect_uris),
            )
            .set_opt("AllowedCorsOrigins", entries(&self.allowed_cors_origins))
            .set("AllowedScopes", self.scopes())
            .set_opt("AllowOfflineAccess", self.is_offline_access_enabled)
            .set_opt(
                "FrontChannelLogoutUri",
                text(&self.front_channel_logout_uri),
            )
            .set_opt(
                "FrontChannelLogoutSessionRequired",
                self.front_channel_logout_session_required,
            )
            .set_opt("BackChannelLogoutUri", text(&self.back_channel_logout_uri))
            .set_opt(
                "BackChannelLogoutSessionRequired",
                self.back_channel_logout_session_required,
            )
            .set_opt(
                "AutoProvisionInChildTenants",
                self.auto_provision_in_child_tenants,
            )
    }

    fn secrets(&self) -> Option<Vec<Record>> {
        let secret = self.client_secret.as_deref()?;
        (!secret.is_empty()).then(|| vec![secrets::record(secret)])
    }

    /// The default scopes and the given ones; without any given, the default ones alone.
    fn scopes(&self) -> Vec<String> {
        let given = self.allowed_scopes.clone().unwrap_or_default();
        let defaults = DEFAULT_SCOPES.iter().map(|&scope| scope.to_owned());
        distinct(defaults.chain(given))
    }

    fn uris(&self) -> Vec<(&'static str, &str)> {
        let single = [
            ("ClientUri", &self.client_uri),
            ("FrontChannelLogoutUri", &self.front_channel_logout_uri),
            ("BackChannelLogoutUri", &self.back_channel_logout_uri),
        ];
        let single = single
            .into_iter()
            .filter_map(|(field, uri)| filled(uri).map(|uri| (field, uri)));
        let lists = [
            ("RedirectUris", &self.redirect_uris),
            ("PostLogoutRedirectUris", &self.post_logout_redirect_uris),
            ("AllowedCorsOrigins", &self.allowed_cors_origins),
        ];
        let listed = lists.into_iter().flat_map(|(field, uris)| {
            let uris = uris.iter().flatten();
            uris.map(move |uri| (field, uri.trim()))
        });
        single
            .chain(listed.filter(|(_, uri)| !uri.is_empty()))
            .collect()
    }

    fn lists(&self) -> impl Iterator<Item = (&'static str, &Vec<String>)> {
        [
            ("AllowedGrantTypes", &self.allowed_grant_types),
            ("AllowedScopes", &self.allowed_scopes),
            ("RedirectUris", &self.redirect_uris),
            ("PostLogoutRedirectUris", &self.post_logout_redirect_uris),
            ("AllowedCorsOrigins", &self.allowed_cors_origins),
        ]
        .into_iter()
        .filter_map(|(field, list)| list.as_ref().map(|list| (field, list)))
    }
}

/// What is wrong with a URI of a client, if anything.
pub(super) fn uri_error(uri: &str) -> Option<String> {
    if uri.len() > MAX_URI {
        return Some(format!("A URI must have at most {MAX_URI} characters."));
    }
    match Url::parse(uri) {
        Ok(url) if url.fragment().is_some() => {
            Some(format!("The URI '{uri}' must not have a fragment."))
        }
        Ok(_) if acceptable(uri).is_none() => Some(format!(
            "The URI '{uri}' must not have credentials, nor a scheme that runs or shows something \
             (javascript, data, vbscript, file, blob, about)."
        )),
        Ok(_) => None,
        Err(_) => Some(format!("'{uri}' is not an absolute URI.")),
    }
}

/// A URI with its source.
pub(super) fn entry(uri: &str, source: &str) -> Record {
    Record::of(MODEL, "ClientUriEntry")
        .set("Uri", uri)
        .set("Source", source)
}

fn entries(uris: &Option<Vec<String>>) -> Option<Vec<Record>> {
    let uris = uris.as_ref()?;
    let trimmed = uris.iter().map(|uri| uri.trim().to_owned());
    let entries = distinct(trimmed);
    Some(entries.iter().map(|uri| entry(uri, API_SOURCE)).collect())
}

fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

fn name_of(text: &Option<String>) -> &str {
    filled(text).unwrap_or_default()
}

fn distinct(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for text in texts {
        let text = text.trim();
        if !seen.iter().any(|known| known == text) {
            seen.push(text.to_owned());
        }
    }
    seen
}
