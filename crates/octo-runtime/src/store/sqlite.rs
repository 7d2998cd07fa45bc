//! The embedded store: one SQLite file per tenant.
//!
//! - Write-ahead log: readers see the last commit and never wait for the writer.
//! - `synchronous = FULL`: a commit is on disk before it is acknowledged. `NORMAL` would be faster
//!   but may lose acknowledged commits when the power fails. Changes that arrive while another
//!   commit is on its way share the next one (see `writer`), so the price is paid per group.
//! - All work runs on blocking threads; connections are opened when first needed and hold small
//!   caches, so that many idle tenants cost little memory.

mod aggregate;
mod binaries;
mod conditions;
mod connection;
mod edges;
mod functions;
mod indexes;
mod inserts;
mod keys;
mod links;
mod path;
mod readers;
mod rows;
mod scan;
mod schema;
mod searches;
mod select;
mod transaction;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use octo_ck::TypeGraph;

use crate::entity::{Association, Entity};
use crate::query::Page;
use crate::rt_id::RtId;
use crate::store::{
    Aggregation, EdgePage, EdgeQuery, EntityPage, EntityStore, Groups, Link, StoreError,
    StoreQuery, StoredBinary, StoredModel, Work,
};

/// An [`EntityStore`] in one SQLite file.
pub struct SqliteStore {
    path: PathBuf,
    readers: readers::Readers,
    writer: Arc<writer::Writer>,
}

impl SqliteStore {
    /// Opens a database file, creating it when missing and bringing its layout up to date.
    ///
    /// # Errors
    /// The file cannot be used, is not a database, or was written by a newer version.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let opened = {
            let path = path.clone();
            blocking(move || connection::open_writer(&path)).await?
        };
        Ok(Self {
            readers: readers::Readers::new(path.clone()),
            writer: Arc::new(writer::Writer::new(opened)),
            path,
        })
    }
}

#[async_trait]
impl EntityStore for SqliteStore {
    async fn entity(
        &self,
        graph: &Arc<TypeGraph>,
        rt_id: RtId,
    ) -> Result<Option<Entity>, StoreError> {
        let graph = Arc::clone(graph);
        self.readers
            .read(move |connection| rows::entity(connection, &graph, rt_id))
            .await
    }

    async fn query(
        &self,
        graph: &Arc<TypeGraph>,
        query: StoreQuery,
    ) -> Result<Page<Entity>, StoreError> {
        let graph = Arc::clone(graph);
        self.readers
            .read(move |connection| select::page(connection, &graph, &query))
            .await
    }

    async fn page(
        &self,
        graph: &Arc<TypeGraph>,
        query: StoreQuery,
        count: bool,
    ) -> Result<EntityPage, StoreError> {
        let graph = Arc::clone(graph);
        self.readers
            .read(move |connection| select::entity_page(connection, &graph, &query, None, count))
            .await
    }

    async fn linked(
        &self,
        graph: &Arc<TypeGraph>,
        near: Vec<RtId>,
        link: Link,
        limit: usize,
    ) -> Result<Vec<Vec<Entity>>, StoreError> {
        let graph = Arc::clone(graph);
        self.readers
            .read(move |connection| links::far_ends(connection, &graph, &near, &link, limit))
            .await
    }

    async fn link_counts(&self, near: Vec<RtId>, link: Link) -> Result<Vec<u64>, StoreError> {
        self.readers
            .read(move |connection| links::counts(connection, &near, &link))
            .await
    }

    async fn aggregate(&self, aggregation: Aggregation) -> Result<Groups, StoreError> {
        self.readers
            .read(move |connection| aggregate::groups(connection, &aggregation))
            .await
    }

    async fn edges(
        &self,
        graph: &Arc<TypeGraph>,
        query: EdgeQuery,
        page: EdgePage,
    ) -> Result<Vec<Association>, StoreError> {
        let graph = Arc::clone(graph);
        self.readers
            .read(move |connection| edges::find(connection, &graph, &query, &page))
            .await
    }

    async fn far_ends(
        &self,
        graph: &Arc<TypeGraph>,
        edges: EdgeQuery,
        far: StoreQuery,
        count: bool,
    ) -> Result<EntityPage, StoreError> {
        let graph = Arc::clone(graph);
        self.readers
            .read(move |connection| {
                select::entity_page(connection, &graph, &far, Some(&edges), count)
            })
            .await
    }

    async fn binary(&self, id: RtId) -> Result<Option<StoredBinary>, StoreError> {
        self.readers
            .read(move |connection| binaries::find(connection, id))
            .await
    }

    async fn binary_part(&self, id: RtId, offset: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.readers
            .read(move |connection| binaries::part(connection, id, offset))
            .await
    }

    async fn models(&self) -> Result<Vec<StoredModel>, StoreError> {
        self.readers.read(rows::models).await
    }

    async fn write(&self, graph: Arc<TypeGraph>, work: Work) -> Result<(), StoreError> {
        self.writer.run(graph, work).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.readers.close().await;
        self.writer.close().await
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Runs `work` on a thread where it may wait for the disk.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(failure) => Err(StoreError::Failed {
            operation: "run",
            message: failure.to_string(),
        }),
    }
}

fn failed(operation: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| StoreError::Failed {
        operation,
        message: error.to_string(),
    }
}
