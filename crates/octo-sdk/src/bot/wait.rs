//! Waiting for a job to end (`spec/assets.md` 9.1).

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{BotClient, JobDto};
use crate::ServiceError;

/// Polls in a row that may fail for want of a connection before the wait is given up.
const TOLERATED_FAILURES: u32 = 3;

/// First pause between two looks; it doubles until it reaches the interval.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// How to wait for a job.
#[derive(Clone, Copy, Debug)]
pub struct JobWait {
    /// Longest time between two looks at the job; the first looks follow faster.
    pub interval: Duration,
    /// Minutes to wait; zero or less means one look.
    pub minutes: i32,
}

impl JobWait {
    /// Waits so many minutes, looking every two seconds in the end.
    pub fn minutes(minutes: i32) -> Self {
        Self {
            interval: Duration::from_secs(2),
            minutes,
        }
    }

    fn deadline(&self) -> Instant {
        let minutes = u64::try_from(self.minutes).unwrap_or(0);
        Instant::now() + Duration::from_secs(minutes * 60)
    }
}

/// Why a wait ended without a finished job.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JobError {
    /// The job ended in failure or was deleted.
    #[error("Job '{id}' failed: {reason}")]
    Failed {
        /// Id of the job.
        id: String,
        /// What went wrong.
        reason: String,
    },
    /// The job still runs; it goes on without us.
    #[error("Job '{id}' did not complete within {minutes} minutes (last status: {status}).")]
    Deadline {
        /// Id of the job.
        id: String,
        /// Minutes waited.
        minutes: i32,
        /// State at the last look.
        status: String,
    },
    /// The job's state could not be read.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl BotClient {
    /// Waits for a job, telling `progress` about every look at it. Dropping the future cancels the
    /// wait; the job goes on.
    ///
    /// # Errors
    /// [`JobError`]. A few looks in a row may fail for want of a connection without ending the
    /// wait.
    pub async fn wait_for_job(
        &self,
        id: &str,
        wait: JobWait,
        mut progress: impl FnMut(&JobDto),
    ) -> Result<JobDto, JobError> {
        let deadline = wait.deadline();
        let mut last_status = "unknown".to_owned();
        let mut failures = 0;
        let mut pause = FIRST_PAUSE.min(wait.interval);
        loop {
            match self.job(id).await {
                Ok(job) => {
                    failures = 0;
                    progress(&job);
                    if let Some(outcome) = outcome(id, &job) {
                        return outcome.map(|()| job);
                    }
                    last_status = job.status.unwrap_or(last_status);
                }
                Err(error) if error.is_transient() && failures < TOLERATED_FAILURES => {
                    failures += 1;
                }
                Err(error) => return Err(error.into()),
            }
            if Instant::now() >= deadline {
                return Err(JobError::Deadline {
                    id: id.to_owned(),
                    minutes: wait.minutes,
                    status: last_status,
                });
            }
            sleep(pause).await;
            pause = (pause * 2).min(wait.interval);
        }
    }
}

/// How the job ended, `None` while it has not. A deleted job never gets further, so it counts as
/// failed, where the original waits until its time is up.
fn outcome(id: &str, job: &JobDto) -> Option<Result<(), JobError>> {
    let status = job.status.as_deref().unwrap_or_default();
    if status.eq_ignore_ascii_case("Succeeded") {
        return Some(Ok(()));
    }
    let fallback = if status.eq_ignore_ascii_case("Failed") {
        "(no reason given)"
    } else if status.eq_ignore_ascii_case("Deleted") {
        "it was deleted before it finished"
    } else {
        return None;
    };
    let told = [&job.error_message, &job.reason]
        .into_iter()
        .flatten()
        .find(|text| !text.trim().is_empty());
    let reason = told.map_or(fallback, String::as_str).to_owned();
    Some(Err(JobError::Failed {
        id: id.to_owned(),
        reason,
    }))
}
