//! The pool of reading connections.
//!
//! Reads run in two lanes. Each begins in the lane of short ones; what takes longer moves to the
//! lane of long ones, so that look-ups find a free connection however many scans are under way. A
//! read nobody waits for any more, because its call was cancelled or ran out of time, is interrupted.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, InterruptHandle};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{blocking, connection, failed};
use crate::store::StoreError;

/// Short reads that run at the same time.
const MAX_SHORT: u32 = 4;
/// Long reads that run at the same time.
const MAX_LONG: u32 = 4;
/// Connections kept open for the next read.
const MAX_IDLE: usize = 4;
/// Steps of SQLite's machine between two looks.
const STEPS: i32 = 1_000;
/// Looks after which a read is a long one: some ten milliseconds.
const SHORT_LOOKS: u32 = 500;
/// Time after which a read is a long one, however few its steps: one may match a pattern.
const SHORT_TIME: Duration = Duration::from_millis(100);
/// How long reads under way may take to finish when the store is closed.
const CLOSING_TIME: Duration = Duration::from_secs(5);

pub(super) struct Readers {
    path: PathBuf,
    short: Arc<Semaphore>,
    long: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
    /// Reads that are still under way have to end.
    ending: Arc<AtomicBool>,
}

/// How an attempt to read ended.
enum Attempt<T> {
    Done(Result<T, StoreError>),
    /// It is a long read, and there was no place for one.
    TooLong,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        let lane = |size: u32| Arc::new(Semaphore::new(size as usize));
        Self {
            path,
            short: lane(MAX_SHORT),
            long: lane(MAX_LONG),
            idle: Arc::default(),
            ending: Arc::default(),
        }
    }

    /// Runs `work` on a connection; everything it reads belongs to one moment. It may be run again
    /// from the start, and ends early when the future is dropped.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (attempt, work) = self.attempt(&self.short, work).await?;
        if let Attempt::Done(result) = attempt {
            return result;
        }
        match self.attempt(&self.long, work).await?.0 {
            Attempt::Done(result) => result,
            Attempt::TooLong => Err(StoreError::Failed {
                operation: "read",
                message: "a read was interrupted".to_owned(),
            }),
        }
    }

    async fn attempt<T, W>(
        &self,
        lane: &Arc<Semaphore>,
        work: W,
    ) -> Result<(Attempt<T>, W), StoreError>
    where
        T: Send + 'static,
        W: Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let permit = Arc::clone(lane).acquire_owned().await;
        let permit = permit.map_err(|_closed| StoreError::Closed)?;
        let permit = Arc::new(Mutex::new(permit));
        let abandoned = Arc::new(AtomicBool::new(false));
        let running = Arc::new(Mutex::new(None));
        let _guard = Guard {
            abandoned: Arc::clone(&abandoned),
            running: Arc::clone(&running),
        };
        let is_too_long = Arc::new(AtomicBool::new(false));
        let mut watch = Watch {
            abandoned,
            is_too_long: Arc::clone(&is_too_long),
            permit: Arc::clone(&permit),
            next: Arc::ptr_eq(lane, &self.short).then(|| Arc::clone(&self.long)),
            ending: Arc::clone(&self.ending),
            looks: 0,
            begun: Instant::now(),
        };
        let (idle, path) = (Arc::clone(&self.idle), self.path.clone());
        blocking(move || {
            let reused = lock(&idle).pop();
            let mut connection = match reused {
                Some(connection) => connection,
                None => connection::open_reader(&path)?,
            };
            let watched = connection.progress_handler(STEPS, Some(move || watch.is_over()));
            watched.map_err(failed("read"))?;
            *lock(&running) = Some(connection.get_interrupt_handle());
            let result = in_one_view(&mut connection, &work);
            // From here on the connection may be somebody else's.
            *lock(&running) = None;
            let unwatched = connection.progress_handler(0, None::<fn() -> bool>);
            unwatched.map_err(failed("read"))?;
            {
                let mut idle = lock(&idle);
                if idle.len() < MAX_IDLE {
                    idle.push(connection);
                }
            }
            // Given back last: whoever gets it finds the connection in the pool.
            drop(permit);
            let attempt = match result {
                Err(_) if is_too_long.load(Ordering::Relaxed) => Attempt::TooLong,
                result => Attempt::Done(result),
            };
            Ok((attempt, work))
        })
        .await
    }

    /// Waits for running reads and closes all connections; later reads fail.
    pub(super) async fn close(&self) {
        // In this order: short reads may still become long ones.
        for (lane, size) in [(&self.short, MAX_SHORT), (&self.long, MAX_LONG)] {
            let mut all = Box::pin(lane.acquire_many(size));
            let in_time = tokio::time::timeout(CLOSING_TIME, &mut all).await;
            let closed = match in_time {
                Ok(closed) => closed,
                Err(_elapsed) => {
                    self.ending.store(true, Ordering::Relaxed);
                    all.await
                }
            };
            if let Ok(_all) = closed {
                lane.close();
            }
        }
        let connections = std::mem::take(&mut *lock(&self.idle));
        let dropped = blocking(move || {
            drop(connections);
            Ok(())
        });
        if let Err(error) = dropped.await {
            tracing::warn!(%error, "closing reading connections failed");
        }
    }
}

/// Ends a read when the future that waits for it is dropped.
struct Guard {
    abandoned: Arc<AtomicBool>,
    running: Arc<Mutex<Option<InterruptHandle>>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
        if let Some(read) = lock(&self.running).as_ref() {
            read.interrupt();
        }
    }
}

/// Decides now and then whether a read goes on.
struct Watch {
    abandoned: Arc<AtomicBool>,
    is_too_long: Arc<AtomicBool>,
    permit: Arc<Mutex<OwnedSemaphorePermit>>,
    /// The lane to move to when it takes long.
    next: Option<Arc<Semaphore>>,
    ending: Arc<AtomicBool>,
    looks: u32,
    begun: Instant,
}

impl Watch {
    fn is_over(&mut self) -> bool {
        if self.abandoned.load(Ordering::Relaxed) || self.ending.load(Ordering::Relaxed) {
            return true;
        }
        self.looks = self.looks.saturating_add(1);
        if self.looks < SHORT_LOOKS && self.begun.elapsed() < SHORT_TIME {
            return false;
        }
        match self.next.take().map(Semaphore::try_acquire_owned) {
            None => false,
            Some(Ok(permit)) => {
                *lock(&self.permit) = permit;
                false
            }
            Some(Err(_)) => {
                self.is_too_long.store(true, Ordering::Relaxed);
                true
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn in_one_view<T>(
    connection: &mut Connection,
    work: &impl Fn(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let view = connection.transaction().map_err(failed("read"))?;
    work(&view)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As good as endless.
    const ENDLESS: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000000000)
                           SELECT count(*) FROM n";

    fn run(connection: &Connection, sql: &str) -> Result<i64, StoreError> {
        let answer = connection.query_row(sql, [], |row| row.get(0));
        answer.map_err(failed("query"))
    }

    #[tokio::test]
    async fn abandoned_reads_end_and_short_reads_always_find_a_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        connection::open_writer(&path).unwrap();
        let readers = Arc::new(Readers::new(path));
        let (began, beginnings) = std::sync::mpsc::channel();
        let endless = || {
            let (readers, began) = (Arc::clone(&readers), began.clone());
            tokio::spawn(async move {
                let work = move |connection: &Connection| {
                    began.send(()).unwrap();
                    run(connection, ENDLESS)
                };
                readers.read(work).await
            })
        };
        // More than there are connections: some run, the others wait for a place among the long.
        let reads: Vec<_> = (0..MAX_SHORT + MAX_LONG + 4).map(|_| endless()).collect();
        for _ in 0..100 {
            let answer = readers.read(|connection| run(connection, "SELECT 7")).await;
            assert_eq!(answer.unwrap(), 7);
        }
        let mut begun = 0;
        while begun < MAX_SHORT + MAX_LONG {
            tokio::task::yield_now().await;
            begun += u32::try_from(beginnings.try_iter().count()).unwrap();
        }
        for read in &reads {
            read.abort();
        }
        // Waits for the end of every read.
        readers.close().await;
        let closed = readers.read(|connection| run(connection, "SELECT 7")).await;
        assert!(matches!(closed, Err(StoreError::Closed)));
    }

    #[tokio::test]
    async fn long_reads_finish() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        connection::open_writer(&path).unwrap();
        let readers = Arc::new(Readers::new(path));
        let count = i64::from(STEPS) * i64::from(SHORT_LOOKS);
        let sql = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {count}) SELECT count(*) FROM n"
        );
        let mut reads = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let (readers, sql) = (Arc::clone(&readers), sql.clone());
            reads.spawn(async move { readers.read(move |c| run(c, &sql)).await });
        }
        for answer in reads.join_all().await {
            assert_eq!(answer.unwrap(), count);
        }
        assert!(lock(&readers.idle).len() <= MAX_IDLE);
    }
}
