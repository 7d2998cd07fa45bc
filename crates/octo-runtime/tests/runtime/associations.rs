//! Associations: directions, rules of roles, what happens when an end goes.

use octo_runtime::{
    AssociationQuery, ChangeSet, DeleteEntity, Direction, Entity, EntityQuery, NewEntity,
    RuntimeError, TargetQuery, Tenant,
};

use crate::fixture::Fixture;

const PARENT_CHILD: &str = "System/ParentChild";
const OWNS: &str = "Demo/Owns";
const LIKES: &str = "Demo/Likes";

fn codes(result: Result<impl std::fmt::Debug, RuntimeError>) -> Vec<u16> {
    match result.unwrap_err() {
        RuntimeError::Invalid(messages) => messages.codes(),
        other => panic!("unexpected error: {other}"),
    }
}

async fn folder(tenant: &Tenant, name: &str) -> Entity {
    let folder = NewEntity::of("Demo/Folder").set("Name", name);
    tenant.insert(folder).await.unwrap()
}

async fn document(tenant: &Tenant, name: &str, parent: &Entity) -> Entity {
    let document = NewEntity::of("Demo/Document").set("Name", name);
    let changes = ChangeSet::new()
        .associate(&document, PARENT_CHILD, parent)
        .insert(document);
    tenant.apply(changes).await.unwrap().inserted.remove(0)
}

async fn person(tenant: &Tenant, email: &str) -> Entity {
    let person = NewEntity::of("Demo/Person").set("Email", email);
    tenant.insert(person).await.unwrap()
}

async fn tool(tenant: &Tenant) -> Entity {
    let tool = NewEntity::of("Demo/Tool").set("Name", "tool");
    tenant.insert(tool).await.unwrap()
}

async fn targets(tenant: &Tenant, query: TargetQuery) -> Vec<String> {
    let page = tenant.targets(query).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    let names = page.items.iter().filter_map(|e| e.attributes.str("Name"));
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn the_child_holds_the_outbound_edge() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let root = folder(&tenant, "root").await;
    let a = document(&tenant, "a", &root).await;
    document(&tenant, "b", &root).await;

    let parent = TargetQuery::new(a.rt_id, PARENT_CHILD, Direction::Outbound);
    assert_eq!(targets(&tenant, parent).await, ["root"]);
    let children = || TargetQuery::new(root.rt_id, PARENT_CHILD, Direction::Inbound);
    assert_eq!(targets(&tenant, children()).await, ["a", "b"]);
    let typed = children().to(EntityQuery::of("Demo/Document").eq("Name", "b"));
    assert_eq!(targets(&tenant, typed).await, ["b"]);
    let other = children().to(EntityQuery::of("Demo/Folder"));
    assert!(targets(&tenant, other).await.is_empty());
    let unknown = TargetQuery::new(root.rt_id, "Demo/Unknown", Direction::Any);
    assert!(targets(&tenant, unknown).await.is_empty());

    let edges = AssociationQuery::of(a.rt_id)
        .role(PARENT_CHILD)
        .direction(Direction::Outbound);
    let edges = tenant.associations(edges).await.unwrap();
    assert_eq!(edges.len(), 1);
    assert_eq!(edges[0].origin, a.entity_ref());
    assert_eq!(edges[0].target, root.entity_ref());
    let inbound = AssociationQuery::of(a.rt_id).direction(Direction::Inbound);
    assert!(tenant.associations(inbound).await.unwrap().is_empty());
}

#[tokio::test]
async fn roles_are_allowed_between_declared_types_only() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let root = folder(&tenant, "root").await;
    let (ada, hammer) = (person(&tenant, "ada").await, tool(&tenant).await);
    let link = |origin: &Entity, role: &str, target: &Entity| {
        tenant.apply(ChangeSet::new().associate(origin, role, target))
    };
    link(&ada, OWNS, &hammer).await.unwrap();
    assert_eq!(codes(link(&hammer, OWNS, &ada).await), [11]);
    assert_eq!(codes(link(&ada, OWNS, &root).await), [12]);
    assert_eq!(codes(link(&ada, "Demo/Unknown", &root).await), [11]);
    assert_eq!(codes(link(&ada, OWNS, &hammer).await), [16]);
    link(&ada, "System/Related", &root).await.unwrap();
    let gone = NewEntity::of("Demo/Tool");
    let missing = ChangeSet::new().associate(&ada, OWNS, &gone);
    assert_eq!(codes(tenant.apply(missing).await), [9]);
}

#[tokio::test]
async fn to_one_sides_hold_one_edge() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let (ada, bob, hammer) = (
        person(&tenant, "ada").await,
        person(&tenant, "bob").await,
        tool(&tenant).await,
    );
    let own = |who: &Entity| ChangeSet::new().associate(who, OWNS, &hammer);
    tenant.apply(own(&ada)).await.unwrap();
    assert_eq!(codes(tenant.apply(own(&bob)).await), [14]);
    let hand_over = own(&bob).dissociate(&ada, OWNS, &hammer);
    tenant.apply(hand_over).await.unwrap();
    let owner = TargetQuery::new(hammer.rt_id, OWNS, Direction::Inbound);
    assert_eq!(tenant.targets(owner).await.unwrap().items[0], bob);

    let twice = NewEntity::of("Demo/Tool").set("Name", "new");
    let twice = ChangeSet::new()
        .associate(&ada, OWNS, &twice)
        .associate(&bob, OWNS, &twice)
        .insert(twice);
    assert_eq!(codes(tenant.apply(twice).await), [14]);

    // When the owner goes, its edge does not count any more.
    let inherit = own(&ada).delete(DeleteEntity::of("Demo/Person", bob.rt_id));
    tenant.apply(inherit).await.unwrap();
}

#[tokio::test]
async fn a_side_that_must_have_an_edge_keeps_it() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let (one, two) = (folder(&tenant, "one").await, folder(&tenant, "two").await);
    let a = document(&tenant, "a", &one).await;
    let leave = || ChangeSet::new().dissociate(&a, PARENT_CHILD, &one);
    assert_eq!(codes(tenant.apply(leave()).await), [13]);
    tenant
        .apply(leave().associate(&a, PARENT_CHILD, &two))
        .await
        .unwrap();
    assert_eq!(codes(tenant.apply(leave()).await), [15]);
    let both = ChangeSet::new()
        .dissociate(&a, PARENT_CHILD, &two)
        .delete(DeleteEntity::of("Demo/Document", a.rt_id));
    let applied = tenant.apply(both).await.unwrap();
    assert_eq!(applied.dissociated.len(), 1);
}

#[tokio::test]
async fn an_end_that_does_not_exist_is_told_from_an_association_that_does_not() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let (ada, bob) = (person(&tenant, "ada").await, person(&tenant, "bob").await);
    let hammer = tool(&tenant).await;
    let gone = person(&tenant, "gone").await;
    tenant
        .delete(DeleteEntity::of("Demo/Person", gone.rt_id))
        .await
        .unwrap();
    let unlink = |origin: &Entity, target: &Entity| {
        tenant.apply(ChangeSet::new().dissociate(origin, LIKES, target))
    };
    assert_eq!(codes(unlink(&ada, &bob).await), [15]);
    assert_eq!(codes(unlink(&ada, &gone).await), [8]);
    assert_eq!(codes(unlink(&gone, &ada).await), [10]);
    assert_eq!(codes(unlink(&gone, &gone).await), [10, 8]);
    let mut other = hammer.clone();
    other.ck_type_id = ada.ck_type_id.clone();
    let error = unlink(&other, &bob).await.unwrap_err().to_string();
    let text = format!(
        "FatalError 10 -: acme: Origin entity 'Demo/Person@{}' does not exist.",
        hammer.rt_id
    );
    assert!(error.contains(&text), "{error}");
    let error = unlink(&ada, &gone).await.unwrap_err().to_string();
    let text = format!(
        "8 -: acme: Target entity '{}' does not exist.",
        gone.entity_ref()
    );
    assert!(error.contains(&text), "{error}");
}

#[tokio::test]
async fn a_new_entity_needs_its_own_parent() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let root = folder(&tenant, "root").await;
    let (a, b) = (
        NewEntity::of("Demo/Document").set("Name", "a"),
        NewEntity::of("Demo/Document").set("Name", "b"),
    );
    let changes = ChangeSet::new()
        .associate(&a, PARENT_CHILD, &root)
        .insert(a)
        .insert(b);
    assert_eq!(codes(tenant.apply(changes).await), [6]);
    let page = tenant
        .query(EntityQuery::of("Demo/Document"))
        .await
        .unwrap();
    assert_eq!(page.total, 0);
}

#[tokio::test]
async fn deleting_removes_edges_and_reports_orphans() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let root = folder(&tenant, "root").await;
    let a = document(&tenant, "a", &root).await;
    let b = document(&tenant, "b", &root).await;
    let changes = ChangeSet::new()
        .delete(DeleteEntity::of("System/Entity", root.rt_id))
        .delete(DeleteEntity::of("Demo/Document", b.rt_id).erase());
    let applied = tenant.apply(changes).await.unwrap();
    assert_eq!(applied.deleted[0].removed.len(), 2);
    assert_eq!(applied.deleted[0].orphans, [a.entity_ref()]);
    let edges = tenant
        .associations(AssociationQuery::of(a.rt_id))
        .await
        .unwrap();
    assert!(edges.is_empty());
    assert!(
        tenant
            .get("Demo/Document", a.rt_id)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn deleting_tells_the_first_of_very_many_edges() {
    const CHILDREN: u64 = 1_200;
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let root = folder(&tenant, "root").await;
    let other = folder(&tenant, "other").await;
    let mut changes = ChangeSet::new();
    for at in 0..CHILDREN {
        let child = NewEntity::of("Demo/Document").set("Name", format!("{at}"));
        let parent = if at == 0 { &other } else { &root };
        changes = changes
            .associate(&child, PARENT_CHILD, parent)
            .insert(child);
    }
    tenant.apply(changes).await.unwrap();
    let changes = ChangeSet::new()
        .delete(DeleteEntity::of("Demo/Folder", root.rt_id))
        .delete(DeleteEntity::of("Demo/Folder", other.rt_id));
    let deleted = tenant.apply(changes).await.unwrap().deleted;
    let shown: Vec<_> = deleted
        .iter()
        .map(|d| {
            (
                d.removed_count,
                d.removed.len(),
                d.orphaned_count,
                d.orphans.len(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [(CHILDREN - 1, 1_000, CHILDREN - 1, 1_000), (1, 0, 1, 0)]
    );
    let left = AssociationQuery::of(root.rt_id);
    assert!(tenant.associations(left).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_entity_may_be_associated_with_itself() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let ada = person(&tenant, "ada").await;
    let changes = ChangeSet::new().associate(&ada, LIKES, &ada);
    tenant.apply(changes).await.unwrap();
    let any = TargetQuery::new(ada.rt_id, LIKES, Direction::Any);
    assert_eq!(tenant.targets(any).await.unwrap().total, 1);
    let delete = DeleteEntity::of("Demo/Person", ada.rt_id).erase();
    let deleted = tenant.delete(delete).await.unwrap();
    assert_eq!(deleted.removed.len(), 1);
}

#[tokio::test]
async fn a_failed_set_leaves_edges_as_they_were() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let (ada, hammer) = (person(&tenant, "ada").await, tool(&tenant).await);
    tenant
        .apply(ChangeSet::new().associate(&ada, OWNS, &hammer))
        .await
        .unwrap();
    let changes = ChangeSet::new()
        .dissociate(&ada, OWNS, &hammer)
        .associate(&ada, LIKES, &ada)
        .insert(NewEntity::of("Demo/Person").set("Email", "ada"));
    assert!(matches!(
        tenant.apply(changes).await,
        Err(RuntimeError::Duplicate { .. })
    ));
    let edges = tenant
        .associations(AssociationQuery::of(ada.rt_id))
        .await
        .unwrap();
    assert_eq!(edges.len(), 1);
    assert_eq!(edges[0].role.to_string(), OWNS);
}
