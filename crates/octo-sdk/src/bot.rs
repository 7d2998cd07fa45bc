//! Client of the bot service: background jobs.

mod wait;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

pub use wait::{JobError, JobWait};

use crate::http::{Http, ServiceClient};
use crate::json::instant;
use crate::{AccessToken, ServiceError};

/// State of a background job (`spec/assets.md` 13.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobDto {
    /// Id of the job.
    pub id: Option<String>,
    /// When the job was started.
    #[serde(deserialize_with = "instant")]
    pub created_at: Option<Timestamp>,
    /// When its state last changed.
    #[serde(deserialize_with = "instant")]
    pub state_changed_at: Option<Timestamp>,
    /// `Enqueued`, `Scheduled`, `Awaiting`, `Processing`, `Succeeded`, `Failed` or `Deleted`.
    pub status: Option<String>,
    /// Why the job is in that state.
    pub reason: Option<String>,
    /// Text of the failure.
    pub error_message: Option<String>,
}

/// The bot service as seen by one caller.
///
/// Newer services answer under the tenant, older ones under `system` only (section 13.2). The
/// tenant route is tried first; once the system route has answered in its place, it is asked
/// directly.
#[derive(Clone, Debug)]
pub struct BotClient {
    tenant: ServiceClient,
    system: ServiceClient,
    system_only: Arc<AtomicBool>,
}

impl BotClient {
    /// A client for jobs of `tenant` at the service at `service`.
    ///
    /// # Errors
    /// [`ServiceError::InvalidArgument`] as [`ServiceClient::new`].
    pub fn new(
        http: &Http,
        service: &Url,
        tenant: &str,
        token: AccessToken,
    ) -> Result<Self, ServiceError> {
        Ok(Self {
            tenant: ServiceClient::new(http, service, tenant, &token)?,
            system: ServiceClient::new(http, service, "system", &token)?,
            system_only: Arc::default(),
        })
    }

    /// J1: the state of a job.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown job.
    pub async fn job(&self, id: &str) -> Result<JobDto, ServiceError> {
        if self.system_only.load(Ordering::Relaxed) {
            return job_of(&self.system, id).await;
        }
        match job_of(&self.tenant, id).await {
            Err(error) if error.is_not_found() => {
                let job = job_of(&self.system, id).await?;
                self.system_only.store(true, Ordering::Relaxed);
                Ok(job)
            }
            answer => answer,
        }
    }
}

async fn job_of(service: &ServiceClient, id: &str) -> Result<JobDto, ServiceError> {
    service.get(&["jobs"]).query("id", id).read().await
}
