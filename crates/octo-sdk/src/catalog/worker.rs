//! The thread that speaks HTTP for callers that block.

use std::future::Future;
use std::sync::mpsc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// A runtime of its own, so that callers may be threads with and without one.
#[derive(Debug)]
pub(super) struct Worker {
    /// Taken only when the worker is dropped.
    runtime: Option<Runtime>,
}

impl Worker {
    pub(super) fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("octo-catalog")
            .enable_all()
            .build()?;
        Ok(Self {
            runtime: Some(runtime),
        })
    }

    /// Waits for `work`; none when it takes longer than `limit`.
    pub(super) fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.runtime.as_ref()?.spawn(async move {
            if let Ok(result) = tokio::time::timeout(limit, work).await {
                // Nobody waits any more when the receiver is gone.
                let _ = sender.send(result);
            }
        });
        receiver.recv().ok()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A runtime must not wait for its end inside of another one.
            runtime.shutdown_background();
        }
    }
}
