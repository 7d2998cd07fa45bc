//! Memory of open tenants with ten models each: the nine built-in ones and `Basic`, or what stands in
//! for it without the shared data.
//!
//! `cargo bench -p octo-runtime --bench tenant_memory`. Measured is the memory the process takes from the
//! system, databases included (Linux only). The first tenant pays for its types, others with the same
//! models share them; tenants get types of their own by adding a value to an enum.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that measures and prints"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use octo_ck::{CompiledModel, builtin, compiler};
use octo_runtime::{EntityQuery, EnumChange, NewEntity, Runtime, RuntimeConfig, Tenant};

/// Tenants opened for the average.
const TENANTS: usize = 20;

/// Size of a page of memory, in bytes.
const PAGE: usize = 4096;

/// Argument of the process that writes the databases, before their folder.
const PREPARE: &str = "--prepare";

/// What a tenant may take, in bytes.
const LIMIT: usize = 10 * 1024 * 1024;

/// Memory the process takes from the system, in bytes; 0 where the system does not tell.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = statm.and_then(|text| text.split(' ').nth(1)?.parse::<usize>().ok());
    pages.unwrap_or_default() * PAGE
}

/// Prints what was taken since, per tenant, and returns it.
fn report(before: usize, tenants: usize, what: &str) -> usize {
    let taken = resident().saturating_sub(before) / tenants;
    println!("{what}: {} kB", taken / 1024);
    taken
}

fn tenth() -> Arc<CompiledModel> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("OCTO_SHARED").map_or(beside, PathBuf::from);
    let folder = shared.join("models/Octo.Sdk.Packages.Basic/ConstructionKit");
    let compiled = compiler::compile_folder(&folder, &builtin::all()).model;
    Arc::new(compiled.unwrap_or_else(|| CompiledModel::empty("Basic-1.0.0".parse().unwrap())))
}

async fn create(runtime: &Runtime, name: &str, models: &[Arc<CompiledModel>]) {
    let (id, database) = (name.parse().unwrap(), name.parse().unwrap());
    let parent = runtime.system_tenant().id().clone();
    let tenant = runtime
        .create_tenant(&parent, &id, &database)
        .await
        .unwrap();
    tenant.import_models(models.to_vec()).await.unwrap();
}

async fn used(runtime: &Runtime, name: &str) -> Arc<Tenant> {
    let tenant = runtime.tenant(&name.parse().unwrap()).await.unwrap();
    let entity = NewEntity::of("System.Identity/Group")
        .set("GroupName", "g")
        .set("NormalizedGroupName", "G");
    tenant.insert(entity).await.unwrap();
    tenant
        .query(EntityQuery::of("System/Entity"))
        .await
        .unwrap();
    tenant
}

/// Writes the databases in a process of its own, which leaves no memory behind.
fn prepare(folder: &Path) {
    let program = std::env::current_exe().unwrap();
    let done = Command::new(program).arg(PREPARE).arg(folder).status();
    assert!(
        done.unwrap().success(),
        "the databases could not be written"
    );
}

async fn write_databases(folder: &Path) {
    let runtime = Runtime::open(RuntimeConfig::new(folder)).await.unwrap();
    let mut models = builtin::all();
    models.push(tenth());
    for number in 0..=TENANTS {
        create(&runtime, &format!("tenant{number}"), &models).await;
    }
    runtime.close().await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == PREPARE) {
        write_databases(Path::new(&arguments.next().unwrap())).await;
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let runtime = Runtime::open(RuntimeConfig::new(folder.path()))
        .await
        .unwrap();
    let start = resident();
    assert!(
        start > 0,
        "this system does not tell how much memory a process takes"
    );
    let mut tenants = vec![used(&runtime, "tenant0").await];
    let mut most = report(start, 1, "first tenant with ten models");
    let first = resident();
    for number in 1..=TENANTS {
        tenants.push(used(&runtime, &format!("tenant{number}")).await);
    }
    most = most.max(report(
        first,
        TENANTS,
        "each further tenant with the same models",
    ));
    for (number, tenant) in tenants.iter().enumerate() {
        let change = EnumChange::Insert {
            key: 1_000 + i32::try_from(number).unwrap(),
            name: "Own".to_owned(),
            description: None,
        };
        let ck_enum = "System.Notification/EventSources";
        tenant.extend_enum(ck_enum, &[change]).await.unwrap();
    }
    most = most.max(report(first, TENANTS, "each tenant with types of its own"));
    println!("limit: {} kB", LIMIT / 1024);
    assert!(most <= LIMIT, "a tenant takes more");
}
