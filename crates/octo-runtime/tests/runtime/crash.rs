//! A process that dies in the middle of writing loses nothing it acknowledged, and leaves nothing
//! half done.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use octo_runtime::{
    AssociationQuery, ChangeSet, Direction, Entity, EntityQuery, NewAssociation, NewEntity, RtId,
    Runtime, RuntimeConfig, Tenant, UpdateEntity,
};

use crate::fixture::Fixture;

const FOLDER: &str = "OCTO_CRASH_FOLDER";
const LIKES: &str = "Demo/Likes";
const KNOWS: &str = "Demo/Knows";
const PAIR_WRITERS: usize = 3;
const BULK_WRITERS: usize = 2;
/// Persons in one change set of a bulk writer.
const BULK: usize = 40;
const ACKNOWLEDGED_BEFORE_KILL: usize = 150;

/// Runs in a process of its own, see below: writes, and prints what was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "killed by the test below"]
async fn write_until_killed() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let runtime = Runtime::open(RuntimeConfig::new(folder)).await.unwrap();
    let tenant = runtime.tenant(&"acme".parse().unwrap()).await.unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..PAIR_WRITERS {
        writers.spawn(write_pairs(tenant.clone()));
    }
    for _ in 0..BULK_WRITERS {
        writers.spawn(write_bulks(tenant.clone()));
    }
    writers.join_all().await;
}

fn person() -> NewEntity {
    NewEntity::of("Demo/Person").set("Email", RtId::generate())
}

/// Pairs of persons that like each other.
async fn write_pairs(tenant: Arc<Tenant>) {
    loop {
        let (a, b) = (person(), person());
        let acknowledgement = format!("\npair {} {}", a.rt_id(), b.rt_id());
        let changes = ChangeSet::new()
            .associate(&a, LIKES, &b)
            .insert(a)
            .insert(b);
        tenant.apply(changes).await.unwrap();
        println!("{acknowledgement}");
    }
}

/// Groups whose first member knows all others, where each set also counts in a ledger and moves the
/// ledger's owner: inserts, updates, new and removed edges in one set.
async fn write_bulks(tenant: Arc<Tenant>) {
    let ledger = NewEntity::of("Demo/Tool")
        .set("Name", "ledger")
        .set("Size", 0);
    let mut ledger = tenant.insert(ledger).await.unwrap();
    let mut owner: Option<RtId> = None;
    for count in 1.. {
        let group = RtId::generate();
        let members: Vec<NewEntity> = (0..BULK).map(|_| person().set("Name", group)).collect();
        let first = members[0].clone();
        let mut changes = ChangeSet::new()
            .update(UpdateEntity::from_entity(&ledger).set("Size", count))
            .associate(&first, "Demo/Owns", &ledger);
        if let Some(owner) = owner {
            changes = changes.dissociate(("Demo/Person", owner), "Demo/Owns", &ledger);
        }
        for other in &members[1..] {
            let knows = NewAssociation::of(&first, KNOWS, other).set("Reason", "group");
            changes = changes.add_association(knows);
        }
        changes = members.into_iter().fold(changes, ChangeSet::insert);
        ledger = tenant.apply(changes).await.unwrap().updated.remove(0);
        owner = Some(first.rt_id());
        println!("\nbulk {group} {} {count}", ledger.rt_id);
    }
}

/// What a killed writer had been told is stored.
#[derive(Default)]
struct Acknowledged {
    pairs: Vec<(RtId, RtId)>,
    groups: BTreeSet<String>,
    /// Count by ledger.
    ledgers: BTreeMap<RtId, i32>,
}

impl Acknowledged {
    fn note(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["pair", a, b] => {
                if let (Ok(a), Ok(b)) = (a.parse(), b.parse()) {
                    self.pairs.push((a, b));
                }
            }
            ["bulk", group, ledger, count] => {
                if let (Ok(ledger), Ok(count)) = (ledger.parse(), count.parse()) {
                    self.groups.insert((*group).to_owned());
                    self.ledgers.insert(ledger, count);
                }
            }
            _ => {}
        }
    }

    fn is_enough(&self) -> bool {
        self.pairs.len() >= ACKNOWLEDGED_BEFORE_KILL
            && self.ledgers.len() == BULK_WRITERS
            && self.groups.len() >= 4
    }
}

fn writing_process(folder: &std::path::Path) -> Child {
    let arguments = [
        "--exact",
        "crash::write_until_killed",
        "--ignored",
        "--nocapture",
    ];
    Command::new(std::env::current_exe().unwrap())
        .args(arguments)
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_nothing_is_half_done() {
    let fixture = Fixture::new().await;
    fixture.tenant("acme").await;
    fixture.runtime.close().await;

    let mut child = writing_process(fixture.folder.path());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Acknowledged::default();
    while !acknowledged.is_enough() {
        let line = lines.next().expect("the writer stopped early").unwrap();
        acknowledged.note(&line);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What was printed before the kill but not read yet counts as well.
    let rest = lines.map_while(Result::ok);
    rest.for_each(|line| acknowledged.note(&line));

    let runtime = Runtime::open(RuntimeConfig::new(fixture.folder.path()))
        .await
        .unwrap();
    let tenant = runtime.tenant(&"acme".parse().unwrap()).await.unwrap();
    let persons = tenant.query(EntityQuery::of("Demo/Person")).await.unwrap();
    let (grouped, paired): (Vec<Entity>, Vec<Entity>) = persons
        .items
        .into_iter()
        .partition(|person| person.attributes.contains("Name"));
    check_pairs(&tenant, &acknowledged, &paired).await;
    let groups = check_groups(&tenant, &acknowledged, &grouped).await;
    check_ledgers(&tenant, &acknowledged, groups).await;
    let tool = NewEntity::of("Demo/Tool").set("Name", "still works");
    tenant.insert(tool).await.unwrap();
}

async fn check_pairs(tenant: &Tenant, acknowledged: &Acknowledged, paired: &[Entity]) {
    let ids: BTreeSet<RtId> = paired.iter().map(|person| person.rt_id).collect();
    for id in acknowledged.pairs.iter().flat_map(|(a, b)| [a, b]) {
        assert!(ids.contains(id), "{id} was acknowledged and is lost");
    }
    for person in paired {
        let edges = tenant.associations(AssociationQuery::of(person.rt_id));
        assert_eq!(edges.await.unwrap().len(), 1, "half a pair");
    }
}

/// Returns how many groups there are.
async fn check_groups(tenant: &Tenant, acknowledged: &Acknowledged, grouped: &[Entity]) -> usize {
    let mut groups: BTreeMap<String, Vec<&Entity>> = BTreeMap::new();
    for person in grouped {
        let name = person.attributes.str("Name").unwrap().to_owned();
        groups.entry(name).or_default().push(person);
    }
    for group in &acknowledged.groups {
        assert!(
            groups.contains_key(group),
            "{group} was acknowledged and is lost"
        );
    }
    for members in groups.values() {
        assert_eq!(members.len(), BULK, "half a group");
        let mut known = 0;
        for member in members {
            let query = AssociationQuery::of(member.rt_id).role(KNOWS);
            let outbound = query.direction(Direction::Outbound);
            known += tenant.associations(outbound).await.unwrap().len();
        }
        assert_eq!(known, BULK - 1, "half of a group's associations");
    }
    groups.len()
}

async fn check_ledgers(tenant: &Tenant, acknowledged: &Acknowledged, groups: usize) {
    let ledgers = EntityQuery::of("Demo/Tool").eq("Name", "ledger");
    let ledgers = tenant.query(ledgers).await.unwrap().items;
    let mut counted = 0;
    for ledger in &ledgers {
        let count = ledger.attributes.i32("Size").unwrap();
        let told = acknowledged.ledgers.get(&ledger.rt_id).copied();
        assert!(count >= told.unwrap_or(0), "an acknowledged update is lost");
        assert_eq!(ledger.version, u64::try_from(count).unwrap());
        counted += usize::try_from(count).unwrap();
        let owners = AssociationQuery::of(ledger.rt_id).role("Demo/Owns");
        let owners = tenant.associations(owners).await.unwrap();
        assert_eq!(owners.len(), usize::from(count > 0), "not one owner");
    }
    assert_eq!(counted, groups, "groups and ledgers disagree");
}
