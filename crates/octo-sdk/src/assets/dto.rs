//! Wire forms of the asset repository (`spec/assets.md` 3 and 8.2).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::json::{instant, null_as_default};

/// A tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TenantDto {
    /// Tenant id, lower-case.
    pub tenant_id: Option<String>,
    /// Database of the tenant.
    pub database: Option<String>,
}

/// How far the setup of a tenant is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TenantLifecycleDto {
    /// Tenant id.
    pub tenant_id: Option<String>,
    /// Database of the tenant.
    pub database_name: Option<String>,
    /// `Creating`, `Active`, `Deleting` or `Failed`.
    pub state: Option<String>,
    /// `None`, `SetupStarted`, `IdentityDataPending`, `IdentityDataSeeded` or `Started`.
    pub phase: Option<String>,
    /// Number of setup attempts.
    #[serde(deserialize_with = "null_as_default")]
    pub attempt_count: i32,
    /// Text of the last failure.
    pub last_error: Option<String>,
    /// When the tenant was created.
    #[serde(deserialize_with = "instant")]
    pub created_utc: Option<Timestamp>,
    /// When the state last changed.
    #[serde(deserialize_with = "instant")]
    pub last_transition_utc: Option<Timestamp>,
    /// Process that runs the setup.
    pub lease_owner: Option<String>,
    /// How long that process holds it.
    #[serde(deserialize_with = "instant")]
    pub lease_until: Option<Timestamp>,
}

/// Id of a background job that was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobIdDto {
    /// Opaque id; its state is asked of the bot service.
    pub job_id: String,
}
