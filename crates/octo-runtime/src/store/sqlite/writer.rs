//! The one writing connection, shared by group commit.
//!
//! Works queue up. Whoever finds the queue idle starts a thread that takes everything queued, runs
//! each work in a savepoint of one transaction, commits once and then answers all of them. Under
//! load one flush to disk serves many works; alone a work waits for nobody. A work that rolls back
//! or panics undoes its own savepoint only.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use octo_ck::TypeGraph;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::transaction::Transaction;
use super::{blocking, failed};
use crate::store::{Outcome, StoreError, Work};

/// Works in one commit, so that the first of them does not wait too long for the last.
const MAX_GROUP: usize = 256;

pub(super) struct Writer {
    connection: Mutex<Option<Connection>>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    is_served: bool,
}

struct Job {
    graph: Arc<TypeGraph>,
    work: Work,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection: Mutex::new(Some(connection)),
            queue: Mutex::default(),
        }
    }

    /// Runs a work and returns when its commit is durable.
    pub(super) async fn run(
        self: &Arc<Self>,
        graph: Arc<TypeGraph>,
        work: Work,
    ) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        let is_served = {
            let mut queue = self.queue();
            queue.jobs.push_back(Job { graph, work, reply });
            std::mem::replace(&mut queue.is_served, true)
        };
        if !is_served {
            let writer = Arc::clone(self);
            tokio::task::spawn_blocking(move || writer.serve());
        }
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Waits for the work under way and closes the connection; later works fail.
    pub(super) async fn close(self: &Arc<Self>) -> Result<(), StoreError> {
        let writer = Arc::clone(self);
        blocking(move || {
            let connection = writer.connection().take();
            match connection.map(Connection::close) {
                Some(Err((_, error))) => Err(failed("close")(error)),
                Some(Ok(())) | None => Ok(()),
            }
        })
        .await
    }

    fn serve(&self) {
        loop {
            let group: Vec<Job> = {
                let mut queue = self.queue();
                let count = queue.jobs.len().min(MAX_GROUP);
                if count == 0 {
                    queue.is_served = false;
                    return;
                }
                queue.jobs.drain(..count).collect()
            };
            self.commit(group);
        }
    }

    fn commit(&self, group: Vec<Job>) {
        let mut slot = self.connection();
        let Some(connection) = slot.as_mut() else {
            for job in group {
                job.answer(Err(StoreError::Closed));
            }
            return;
        };
        let mut answers = Vec::with_capacity(group.len());
        let committed = run_group(connection, group, &mut answers);
        drop(slot);
        for (reply, result) in answers {
            let result = match &committed {
                Ok(()) => result,
                Err(error) => Err(error.clone()),
            };
            // A caller that stopped waiting needs no answer.
            drop(reply.send(result));
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Job {
    fn answer(self, result: Result<(), StoreError>) {
        drop(self.reply.send(result));
    }
}

type Answer = (
    oneshot::Sender<Result<(), StoreError>>,
    Result<(), StoreError>,
);

fn run_group(
    connection: &mut Connection,
    group: Vec<Job>,
    answers: &mut Vec<Answer>,
) -> Result<(), StoreError> {
    // Everything is undone when this function returns early: the guard rolls back.
    let begun = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate);
    let mut transaction = match begun {
        Ok(transaction) => transaction,
        Err(error) => {
            answers.extend(group.into_iter().map(|job| (job.reply, Ok(()))));
            return Err(failed("begin")(error));
        }
    };
    let mut broken = None;
    for job in group {
        let result = match &broken {
            None => run_job(&mut transaction, &job.graph, job.work),
            Some(_) => Ok(()),
        };
        if let Err(JobFailure::Transaction(error)) = &result {
            broken = Some(error.clone());
        }
        answers.push((job.reply, result.map_err(JobFailure::into_error)));
    }
    match broken {
        None => transaction.commit().map_err(failed("commit")),
        Some(error) => Err(error),
    }
}

enum JobFailure {
    /// The job failed and was undone; the others are unharmed.
    Job(StoreError),
    /// The job could not be undone alone.
    Transaction(StoreError),
}

impl JobFailure {
    fn into_error(self) -> StoreError {
        match self {
            Self::Job(error) | Self::Transaction(error) => error,
        }
    }
}

fn run_job(
    transaction: &mut rusqlite::Transaction<'_>,
    graph: &TypeGraph,
    mut work: Work,
) -> Result<(), JobFailure> {
    let broken = |error| JobFailure::Transaction(failed("write")(error));
    let savepoint = transaction.savepoint().map_err(broken)?;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        work(&mut Transaction::new(&savepoint, graph))
    }));
    match outcome {
        Ok(Outcome::Commit) => savepoint.commit().map_err(broken),
        Ok(Outcome::RollBack) => savepoint.finish().map_err(broken),
        Err(_panic) => {
            savepoint.finish().map_err(broken)?;
            Err(JobFailure::Job(StoreError::Failed {
                operation: "write",
                message: "the change panicked and was undone".to_owned(),
            }))
        }
    }
}
