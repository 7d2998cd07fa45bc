//! A process that dies in the middle of writing loses nothing it acknowledged.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

use octo_runtime::{
    AssociationQuery, ChangeSet, EntityQuery, NewEntity, RtId, Runtime, RuntimeConfig, Tenant,
};

use crate::fixture::Fixture;

const FOLDER: &str = "OCTO_CRASH_FOLDER";
const WRITERS: usize = 4;
const ACKNOWLEDGED_BEFORE_KILL: usize = 200;

/// Runs in a process of its own, see below: writes pairs of persons that like each other, and
/// prints the ids of each acknowledged pair.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "killed by the test below"]
async fn write_until_killed() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let runtime = Runtime::open(RuntimeConfig::new(folder)).await.unwrap();
    let tenant = runtime.tenant(&"acme".parse().unwrap()).await.unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        writers.spawn(write_pairs(tenant.clone()));
    }
    writers.join_all().await;
}

async fn write_pairs(tenant: Arc<Tenant>) {
    loop {
        let person = || NewEntity::of("Demo/Person").set("Email", RtId::generate());
        let (a, b) = (person(), person());
        let (a_id, b_id) = (a.rt_id(), b.rt_id());
        let changes = ChangeSet::new()
            .associate(&a, "Demo/Likes", &b)
            .insert(a)
            .insert(b);
        tenant.apply(changes).await.unwrap();
        println!("\nack {a_id} {b_id}");
    }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_nothing_is_half_done() {
    let fixture = Fixture::new().await;
    fixture.tenant("acme").await;
    fixture.runtime.close().await;

    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "crash::write_until_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(FOLDER, fixture.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    while acknowledged.len() < ACKNOWLEDGED_BEFORE_KILL {
        let line = lines.next().expect("the writer stopped early").unwrap();
        acknowledged.extend(pair(&line));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What was printed before the kill but not read yet counts as well.
    acknowledged.extend(lines.map_while(Result::ok).filter_map(|line| pair(&line)));

    let runtime = Runtime::open(RuntimeConfig::new(fixture.folder.path()))
        .await
        .unwrap();
    let tenant = runtime.tenant(&"acme".parse().unwrap()).await.unwrap();
    for (a, b) in &acknowledged {
        for id in [a, b] {
            let found = tenant.get("Demo/Person", *id).await.unwrap();
            assert!(found.is_some(), "{id} was acknowledged and is lost");
        }
    }
    let persons = tenant.query(EntityQuery::of("Demo/Person")).await.unwrap();
    assert!(persons.total as usize >= acknowledged.len() * 2);
    for person in &persons.items {
        let edges = tenant.associations(AssociationQuery::of(person.rt_id));
        assert_eq!(edges.await.unwrap().len(), 1, "half a transaction");
    }
    let tool = NewEntity::of("Demo/Tool").set("Name", "still works");
    tenant.insert(tool).await.unwrap();
}

fn pair(line: &str) -> Option<(RtId, RtId)> {
    let (a, b) = line.strip_prefix("ack ")?.split_once(' ')?;
    Some((a.parse().ok()?, b.parse().ok()?))
}
