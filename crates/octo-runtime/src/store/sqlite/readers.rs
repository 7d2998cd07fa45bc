//! The pool of reading connections.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{blocking, connection, failed};
use crate::store::StoreError;

/// Reads that run at the same time.
const MAX_READERS: u32 = 4;

pub(super) struct Readers {
    path: PathBuf,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            permits: Arc::new(Semaphore::new(MAX_READERS as usize)),
            idle: Arc::default(),
        }
    }

    /// Runs `work` on a connection; everything it reads belongs to one moment.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await;
        let permit = permit.map_err(|_closed| StoreError::Closed)?;
        let (idle, path) = (Arc::clone(&self.idle), self.path.clone());
        blocking(move || {
            let reused = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = match reused {
                Some(connection) => connection,
                None => connection::open_reader(&path)?,
            };
            let result = in_one_view(&mut connection, work);
            idle.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            // Given back last: whoever gets it finds the connection in the pool.
            drop(permit);
            result
        })
        .await
    }

    /// Waits for running reads and closes all connections; later reads fail.
    pub(super) async fn close(&self) {
        if let Ok(_all) = self.permits.acquire_many(MAX_READERS).await {
            self.permits.close();
        }
        let connections = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *idle)
        };
        let dropped = blocking(move || {
            drop(connections);
            Ok(())
        });
        if let Err(error) = dropped.await {
            tracing::warn!(%error, "closing reading connections failed");
        }
    }
}

fn in_one_view<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let view = connection.transaction().map_err(failed("read"))?;
    work(&view)
}
