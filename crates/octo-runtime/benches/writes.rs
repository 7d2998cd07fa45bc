//! How fast entities are created: one by one by sixteen clients, each creation durable, and many in
//! one change set.
//!
//! `cargo bench -p octo-runtime --bench writes`. Figures are per entity (criterion's throughput).
//! The store is in the folder of `TMPDIR`: durable figures are those of the disk it is on.

#![allow(missing_docs, reason = "the macros of criterion document nothing")]
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that fails has no figures"
)]

#[path = "../tests/fixture/model.rs"]
mod model;

use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use octo_runtime::{ChangeSet, Entity, NewEntity, Runtime, RuntimeConfig, Tenant};
use serde_json::json;
use tokio::task::JoinSet;

const CLIENTS: usize = 16;
const PER_CLIENT: usize = 16;
const BULKS: [usize; 2] = [1_000, 10_000];

struct Place {
    tokio: tokio::runtime::Runtime,
    tenant: Arc<Tenant>,
    folder: Entity,
    _runtime: Arc<Runtime>,
    _directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let tokio = tokio::runtime::Runtime::new().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let (runtime, tenant, folder) = tokio.block_on(async {
            let runtime = Runtime::open(RuntimeConfig::new(directory.path()))
                .await
                .unwrap();
            let system = runtime.system_tenant().id().clone();
            let id = "bench".parse().unwrap();
            let database = "bench".parse().unwrap();
            let tenant = runtime
                .create_tenant(&system, &id, &database)
                .await
                .unwrap();
            tenant
                .import_models(vec![model::demo("1.0.0")])
                .await
                .unwrap();
            let folder = NewEntity::of("Demo/Folder").set("Name", "root");
            let folder = tenant.insert(folder).await.unwrap();
            (runtime, tenant, folder)
        });
        Self {
            tokio,
            tenant,
            folder,
            _runtime: runtime,
            _directory: directory,
        }
    }
}

fn tool(number: usize) -> NewEntity {
    NewEntity::of("Demo/Tool")
        .assign("name", json!(format!("tool {number}")))
        .assign("size", json!(number))
        .assign("weight", json!(1.5))
        .assign("paint", json!("Green"))
        .assign("bought", json!("2024-01-31T12:00:00Z"))
        .assign("home.city", json!("Vienna"))
}

/// With a unique attribute and a computed display name.
fn person(number: usize) -> NewEntity {
    NewEntity::of("Demo/Person")
        .assign(
            "email",
            json!(format!(
                "{number}-{}@example.org",
                octo_runtime::RtId::generate()
            )),
        )
        .assign("name", json!("somebody"))
}

fn one_by_one(c: &mut Criterion) {
    let place = Place::new();
    let mut group = c.benchmark_group("create, durable, 16 clients");
    group
        .sample_size(20)
        .measurement_time(Duration::from_secs(8))
        .throughput(Throughput::Elements((CLIENTS * PER_CLIENT) as u64));
    group.bench_function("tools", |b| {
        b.iter(|| {
            place.tokio.block_on(async {
                let mut clients = JoinSet::new();
                for _ in 0..CLIENTS {
                    let tenant = Arc::clone(&place.tenant);
                    clients.spawn(async move {
                        for number in 0..PER_CLIENT {
                            tenant.insert(tool(number)).await.unwrap();
                        }
                    });
                }
                clients.join_all().await;
            });
        });
    });
    group.finish();
}

fn in_bulk(c: &mut Criterion) {
    let place = Place::new();
    let mut group = c.benchmark_group("create in bulk");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(8));
    for count in BULKS {
        group.throughput(Throughput::Elements(count as u64));
        let mut measure = |name: &str, changes: &dyn Fn() -> ChangeSet| {
            group.bench_function(BenchmarkId::new(name, count), |b| {
                b.iter_batched(
                    changes,
                    |changes| place.tokio.block_on(place.tenant.apply(changes)).unwrap(),
                    criterion::BatchSize::PerIteration,
                );
            });
        };
        measure("tools", &|| {
            (0..count).fold(ChangeSet::new(), |set, n| set.insert(tool(n)))
        });
        measure("persons (unique e-mail)", &|| {
            (0..count).fold(ChangeSet::new(), |set, n| set.insert(person(n)))
        });
        measure("documents (with parent)", &|| {
            (0..count).fold(ChangeSet::new(), |set, n| {
                let document = NewEntity::of("Demo/Document").set("Name", n.to_string());
                set.associate(&document, "System/ParentChild", &place.folder)
                    .insert(document)
            })
        });
    }
    group.finish();
}

criterion_group!(benches, one_by_one, in_bulk);
criterion_main!(benches);
