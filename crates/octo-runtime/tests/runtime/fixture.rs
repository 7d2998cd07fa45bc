//! Runtimes in folders of their own.

use std::sync::Arc;

use octo_runtime::{Criteria, EntityQuery, Runtime, RuntimeConfig, RuntimeError, Tenant, TenantId};

use crate::model::demo;

/// All entities but those that record which models came when.
pub(crate) fn data() -> EntityQuery {
    EntityQuery::of("System/Entity").filter(Criteria::ne("ckTypeId", "System/MigrationHistory"))
}

/// A runtime in a folder that is removed when dropped.
pub(crate) struct Fixture {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) folder: tempfile::TempDir,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::open(RuntimeConfig::new(folder.path()))
            .await
            .unwrap();
        Self { runtime, folder }
    }

    /// The system tenant's id.
    pub(crate) fn system(&self) -> TenantId {
        self.runtime.system_tenant().id().clone()
    }

    /// A child tenant of the system tenant with the model `Demo`.
    pub(crate) async fn tenant(&self, id: &str) -> Arc<Tenant> {
        let tenant = self
            .runtime
            .create_tenant(&self.system(), &id.parse().unwrap(), &id.parse().unwrap())
            .await
            .unwrap();
        tenant.import_models(vec![demo("1.0.0")]).await.unwrap();
        tenant
    }

    /// Names of the files with tenant databases.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join("tenants")).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm"))
            .collect();
        names.sort();
        names
    }
}

/// Numbers of the findings in an error.
pub(crate) fn codes(error: &RuntimeError) -> Vec<u16> {
    match error {
        RuntimeError::Invalid(messages) => messages.codes(),
        other => panic!("unexpected error: {other}"),
    }
}

/// How many such entities there are, archived ones included.
pub(crate) async fn count(tenant: &Tenant) -> u64 {
    let everything = data().include_archived();
    tenant.query(everything).await.unwrap().total
}
