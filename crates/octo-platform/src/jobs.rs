//! Background jobs of the platform: a bounded table of what runs and what has run.
//!
//! Work on one tenant never overlaps: each tenant has a lane, and jobs of a lane run one after the
//! other in the order they came. What waits or runs is bounded per lane and over all; what is
//! finished is kept for an hour at least, as long as there are not too many (assets.md 13.1, 15).

mod lane;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use octo_runtime::TenantId;

use lane::Lanes;

/// How long a finished job can be asked for.
const KEPT: SignedDuration = SignedDuration::from_hours(2);

/// Finished jobs kept over all tenants; the oldest go first.
const MAX_FINISHED: usize = 2_000;

/// Unfinished jobs over all tenants.
const MAX_UNFINISHED: usize = 50;

/// Unfinished jobs of one tenant.
const MAX_UNFINISHED_PER_TENANT: usize = 10;

/// Longest kept failure text in bytes.
const MAX_FAILURE_BYTES: usize = 256 * 1024;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStatus {
    /// Waiting for its turn.
    Enqueued,
    /// Running.
    Processing,
    /// Done.
    Succeeded,
    /// Ended in failure.
    Failed,
}

impl JobStatus {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enqueued => "Enqueued",
            Self::Processing => "Processing",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }

    fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

/// A job as others may see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Opaque id.
    pub id: String,
    /// The tenant it works on.
    pub tenant: TenantId,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub state_changed_at: Timestamp,
    /// Where it stands.
    pub status: JobStatus,
    /// What went wrong, when it failed.
    pub error_message: Option<String>,
}

/// Too much is waiting already; nothing was submitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Too many jobs are waiting ({waiting}). Wait for one of them to finish and try again.")]
pub struct QueueFull {
    /// Unfinished jobs at the time.
    pub waiting: usize,
}

/// The table. Cheap to clone; all clones show the same jobs.
#[derive(Debug, Clone, Default)]
pub struct Jobs {
    table: Arc<Mutex<HashMap<String, Job>>>,
    lanes: Lanes,
}

impl Jobs {
    /// Submits work on a tenant and returns its id at once. What the work returns as error is the
    /// text its user will read.
    ///
    /// # Errors
    /// [`QueueFull`].
    pub fn submit(
        &self,
        tenant: &TenantId,
        work: impl Future<Output = Result<(), String>> + Send + 'static,
    ) -> Result<String, QueueFull> {
        let id = uuid::Uuid::new_v4().to_string();
        let now = Timestamp::now();
        {
            let mut table = self.table();
            sweep(&mut table, now);
            admit(&table, tenant)?;
            table.insert(
                id.clone(),
                Job {
                    id: id.clone(),
                    tenant: tenant.clone(),
                    created_at: now,
                    state_changed_at: now,
                    status: JobStatus::Enqueued,
                    error_message: None,
                },
            );
        }
        self.lanes.push(tenant, self.clone().run(id.clone(), work));
        Ok(id)
    }

    /// The job with this id, while it is kept.
    pub fn get(&self, id: &str) -> Option<Job> {
        let mut table = self.table();
        sweep(&mut table, Timestamp::now());
        table.get(id).cloned()
    }

    async fn run(
        self,
        id: String,
        work: impl Future<Output = Result<(), String>> + Send + 'static,
    ) {
        self.change(&id, JobStatus::Processing, None);
        // A task of its own, so that a panic ends this job and not the lane.
        let outcome = tokio::spawn(work).await;
        match outcome {
            Ok(Ok(())) => self.change(&id, JobStatus::Succeeded, None),
            Ok(Err(text)) => self.change(&id, JobStatus::Failed, Some(bounded(text))),
            Err(error) => {
                tracing::error!(job = %id, %error, "a job ended unexpectedly");
                let text = "The job ended unexpectedly. The log of the platform tells why.";
                self.change(&id, JobStatus::Failed, Some(text.to_owned()));
            }
        }
    }

    fn change(&self, id: &str, status: JobStatus, error_message: Option<String>) {
        if let Some(job) = self.table().get_mut(id) {
            job.status = status;
            job.state_changed_at = Timestamp::now();
            job.error_message = error_message;
        }
    }

    fn table(&self) -> MutexGuard<'_, HashMap<String, Job>> {
        // Every change of the table is a single step, so a panic elsewhere leaves it whole.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn admit(table: &HashMap<String, Job>, tenant: &TenantId) -> Result<(), QueueFull> {
    let unfinished = table.values().filter(|job| !job.status.is_final());
    let (mut all, mut own) = (0, 0);
    for job in unfinished {
        all += 1;
        own += usize::from(job.tenant == *tenant);
    }
    if own >= MAX_UNFINISHED_PER_TENANT {
        return Err(QueueFull { waiting: own });
    }
    if all >= MAX_UNFINISHED {
        return Err(QueueFull { waiting: all });
    }
    Ok(())
}

/// Forgets finished jobs that are too old or too many.
fn sweep(table: &mut HashMap<String, Job>, now: Timestamp) {
    table
        .retain(|_, job| !job.status.is_final() || now.duration_since(job.state_changed_at) < KEPT);
    let mut finished: Vec<_> = table
        .values()
        .filter(|job| job.status.is_final())
        .map(|job| (job.state_changed_at, job.id.clone()))
        .collect();
    let excess = finished.len().saturating_sub(MAX_FINISHED);
    if excess > 0 {
        finished.sort();
        for (_, id) in finished.drain(..excess) {
            table.remove(&id);
        }
    }
}

fn bounded(mut text: String) -> String {
    if text.len() > MAX_FAILURE_BYTES {
        let is_boundary = |at: &usize| text.is_char_boundary(*at);
        let end = (0..=MAX_FAILURE_BYTES).rev().find(is_boundary).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(id: &str) -> TenantId {
        id.parse().unwrap()
    }

    async fn finished(jobs: &Jobs, id: &str) -> Job {
        loop {
            let job = jobs.get(id).unwrap();
            if job.status.is_final() {
                return job;
            }
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn outcomes() {
        let jobs = Jobs::default();
        let good = jobs.submit(&tenant("a"), async { Ok(()) }).unwrap();
        let bad = jobs
            .submit(&tenant("a"), async { Err("why".to_owned()) })
            .unwrap();
        let worse = jobs.submit(&tenant("a"), async { panic!("boom") }).unwrap();
        let last = jobs.submit(&tenant("a"), async { Ok(()) }).unwrap();
        assert_eq!(finished(&jobs, &good).await.status, JobStatus::Succeeded);
        assert_eq!(
            finished(&jobs, &bad).await.error_message.as_deref(),
            Some("why")
        );
        let worse = finished(&jobs, &worse).await;
        assert_eq!(worse.status, JobStatus::Failed);
        assert!(!worse.error_message.unwrap().contains("boom"));
        assert_eq!(finished(&jobs, &last).await.status, JobStatus::Succeeded);
        assert_eq!(jobs.get("unknown"), None);
    }

    #[tokio::test]
    async fn one_job_at_a_time_per_tenant_and_tenants_do_not_wait_for_each_other() {
        let jobs = Jobs::default();
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let first = jobs
            .submit(&tenant("a"), async {
                wait.await.map_err(|error| error.to_string())
            })
            .unwrap();
        let second = jobs.submit(&tenant("a"), async { Ok(()) }).unwrap();
        let other = jobs.submit(&tenant("b"), async { Ok(()) }).unwrap();
        assert_eq!(finished(&jobs, &other).await.status, JobStatus::Succeeded);
        assert_eq!(jobs.get(&first).unwrap().status, JobStatus::Processing);
        assert_eq!(jobs.get(&second).unwrap().status, JobStatus::Enqueued);
        go.send(()).unwrap();
        assert_eq!(finished(&jobs, &second).await.status, JobStatus::Succeeded);
    }

    #[tokio::test]
    async fn the_queue_is_bounded_per_tenant_and_over_all() {
        let jobs = Jobs::default();
        let never = || std::future::pending::<Result<(), String>>();
        for _ in 0..MAX_UNFINISHED_PER_TENANT {
            jobs.submit(&tenant("a"), never()).unwrap();
        }
        assert_eq!(
            jobs.submit(&tenant("a"), never()),
            Err(QueueFull {
                waiting: MAX_UNFINISHED_PER_TENANT
            })
        );
        for number in 0..MAX_UNFINISHED - MAX_UNFINISHED_PER_TENANT {
            jobs.submit(&tenant(&format!("t{number}")), never())
                .unwrap();
        }
        assert!(jobs.submit(&tenant("z"), never()).is_err());
    }

    #[test]
    fn finished_jobs_are_forgotten_by_age_and_number() {
        let now = Timestamp::now();
        let job = |number: usize, status, age: SignedDuration| {
            let id = format!("{number:05}");
            let at = now.checked_sub(age).unwrap();
            let job = Job {
                id: id.clone(),
                tenant: tenant("a"),
                created_at: at,
                state_changed_at: at,
                status,
                error_message: None,
            };
            (id, job)
        };
        let old = SignedDuration::from_hours(3);
        let mut table = HashMap::from([
            job(0, JobStatus::Succeeded, old),
            job(1, JobStatus::Processing, old),
            job(2, JobStatus::Failed, SignedDuration::from_mins(59)),
        ]);
        sweep(&mut table, now);
        assert!(!table.contains_key("00000"));
        assert_eq!(table.len(), 2);

        table.extend(
            (10..10 + MAX_FINISHED)
                .map(|n| job(n, JobStatus::Succeeded, SignedDuration::from_secs(1))),
        );
        sweep(&mut table, now);
        assert_eq!(table.len(), MAX_FINISHED + 1);
        assert!(!table.contains_key("00002"), "the oldest goes first");
        assert!(table.contains_key("00001"), "unfinished jobs stay");
    }

    #[test]
    fn failure_texts_are_bounded() {
        let text = bounded("ä".repeat(MAX_FAILURE_BYTES));
        assert!(text.len() <= MAX_FAILURE_BYTES + '…'.len_utf8());
    }
}
