//! Wire forms of clients, overlays and mirrors (`spec/identity.md` 5).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Secret;
use crate::json::{exposed, instant, null_as_default};

/// An OAuth client. When written, null leaves a member as it is; the exceptions stand with
/// [`update_client`](crate::identity::IdentityClient::update_client).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientDto {
    /// Runtime id (24 hex digits); ignored when written.
    pub rt_id: Option<String>,
    /// Whether the client may be used.
    pub is_enabled: Option<bool>,
    /// OAuth client id; a new one renames the client.
    pub client_id: Option<String>,
    /// Secret in clear text; never returned, replaces all secrets when written.
    #[serde(serialize_with = "exposed")]
    pub client_secret: Option<Secret>,
    /// Whether the client must prove itself with a secret.
    pub require_client_secret: Option<bool>,
    /// Name for people; cannot be cleared.
    pub client_name: Option<String>,
    /// Home page; cannot be cleared.
    pub client_uri: Option<String>,
    /// Grants the client may use.
    pub allowed_grant_types: Option<Vec<String>>,
    /// Addresses to return to after sign-in.
    pub redirect_uris: Option<Vec<String>>,
    /// Addresses to return to after sign-out.
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// Origins from which browsers may call.
    pub allowed_cors_origins: Option<Vec<String>>,
    /// Scopes the client may ask for.
    pub allowed_scopes: Option<Vec<String>>,
    /// Whether the client may have refresh tokens.
    pub is_offline_access_enabled: Option<bool>,
    /// Address called in the browser at sign-out; cannot be cleared.
    pub front_channel_logout_uri: Option<String>,
    /// Whether the session id is sent to it.
    pub front_channel_logout_session_required: Option<bool>,
    /// Address called by the server at sign-out; cannot be cleared.
    pub back_channel_logout_uri: Option<String>,
    /// Whether the session id is sent to it.
    pub back_channel_logout_session_required: Option<bool>,
    /// Whether new child tenants receive a copy.
    pub auto_provision_in_child_tenants: Option<bool>,
    /// The tenant this client is a copy from; ignored when written.
    pub provisioned_by_parent_tenant_id: Option<String>,
    /// Whether the client registered itself; ignored when written.
    pub dynamic_registration: Option<bool>,
    /// When that registration ends; ignored when written.
    #[serde(deserialize_with = "instant")]
    pub dynamic_registration_expires_at: Option<Timestamp>,
}

/// A copy of a client in a child tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientMirrorDto {
    /// OAuth client id, the same in both tenants.
    #[serde(deserialize_with = "null_as_default")]
    pub parent_client_id: String,
    /// Tenant of the original.
    #[serde(deserialize_with = "null_as_default")]
    pub parent_tenant_id: String,
    /// Tenant of the copy.
    #[serde(deserialize_with = "null_as_default")]
    pub child_tenant_id: String,
    /// When the copy was made.
    #[serde(deserialize_with = "instant")]
    pub provisioned_at: Option<Timestamp>,
    /// How many changes of the original have reached the copy.
    #[serde(deserialize_with = "null_as_default")]
    pub secret_hash_version: i32,
}

/// What copying into all child tenants did, summed over tenants and flagged clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientMirrorBackfillResponseDto {
    /// Number of child tenants.
    #[serde(deserialize_with = "null_as_default")]
    pub child_tenants_considered: u64,
    /// Copies made.
    #[serde(deserialize_with = "null_as_default")]
    pub newly_provisioned: u64,
    /// Copies that were there, brought up to date.
    #[serde(deserialize_with = "null_as_default")]
    pub already_present: u64,
}

/// What copying into one child tenant did, summed over the flagged clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientMirrorProvisionResponseDto {
    /// Number of flagged clients.
    #[serde(deserialize_with = "null_as_default")]
    pub flagged_clients_considered: u64,
    /// Copies made.
    #[serde(deserialize_with = "null_as_default")]
    pub newly_provisioned: u64,
    /// Copies that were there, brought up to date.
    #[serde(deserialize_with = "null_as_default")]
    pub already_present: u64,
}

/// URIs to add to a client under one name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyOverlayUrisDto {
    /// Name of the overlay: letters, digits, `.`, `_` and `-`.
    pub overlay_name: String,
    /// Addresses to return to after sign-in.
    pub redirect_uris: Option<Vec<String>>,
    /// Addresses to return to after sign-out.
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// Origins from which browsers may call.
    pub allowed_cors_origins: Option<Vec<String>>,
}

/// What an overlay changed on a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplyOverlayUrisResultDto {
    /// Name of the overlay.
    #[serde(deserialize_with = "null_as_default")]
    pub overlay_name: String,
    /// OAuth client id.
    #[serde(deserialize_with = "null_as_default")]
    pub client_id: String,
    /// Redirect URIs.
    #[serde(deserialize_with = "null_as_default")]
    pub redirect_uris: ApplyOverlayUrisListCountDto,
    /// Post-logout redirect URIs.
    #[serde(deserialize_with = "null_as_default")]
    pub post_logout_redirect_uris: ApplyOverlayUrisListCountDto,
    /// CORS origins.
    #[serde(deserialize_with = "null_as_default")]
    pub allowed_cors_origins: ApplyOverlayUrisListCountDto,
}

/// What happened to the entries of one list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplyOverlayUrisListCountDto {
    /// Entries added.
    #[serde(deserialize_with = "null_as_default")]
    pub added: u64,
    /// Entries that were there already.
    #[serde(deserialize_with = "null_as_default")]
    pub skipped_duplicate: u64,
}

/// What was removed from the clients of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CleanOverlayEntriesResultDto {
    /// The overlay; `None` for all of them.
    pub overlay_name: Option<String>,
    /// Number of changed clients.
    #[serde(deserialize_with = "null_as_default")]
    pub clients_affected: u64,
    /// Number of removed entries.
    #[serde(deserialize_with = "null_as_default")]
    pub total_entries_removed: u64,
    /// The changed clients.
    #[serde(deserialize_with = "null_as_default")]
    pub client_results: Vec<CleanOverlayEntriesClientResultDto>,
}

/// What was removed from one client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CleanOverlayEntriesClientResultDto {
    /// OAuth client id.
    #[serde(deserialize_with = "null_as_default")]
    pub client_id: String,
    /// Redirect URIs removed.
    #[serde(deserialize_with = "null_as_default")]
    pub redirect_uris_removed: u64,
    /// Post-logout redirect URIs removed.
    #[serde(deserialize_with = "null_as_default")]
    pub post_logout_redirect_uris_removed: u64,
    /// CORS origins removed.
    #[serde(deserialize_with = "null_as_default")]
    pub allowed_cors_origins_removed: u64,
}
