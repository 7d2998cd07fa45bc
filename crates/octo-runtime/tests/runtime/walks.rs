//! Trees, reachable entities and deep graphs.

use std::collections::BTreeSet;

use octo_runtime::{
    ChangeSet, DeepGraphQuery, DeleteEntity, Direction, Entity, EntityQuery, NewEntity, RtId, Stop,
    TargetQuery, Tenant, Tree, TreeNode, TreeQuery,
};

use crate::fixture::Fixture;

const LIKES: &str = "Demo/Likes";
const PARENT_CHILD: &str = "System/ParentChild";

/// Persons `0…n`, and who likes whom.
async fn persons(tenant: &Tenant, count: usize, likes: &[(usize, usize)]) -> Vec<Entity> {
    let persons: Vec<NewEntity> = (0..count)
        .map(|n| {
            let name = n.to_string();
            NewEntity::of("Demo/Person")
                .set("Email", &*name)
                .set("Name", &*name)
        })
        .collect();
    let mut changes = ChangeSet::new();
    for (a, b) in likes {
        changes = changes.associate(&persons[*a], LIKES, &persons[*b]);
    }
    for person in persons {
        changes = changes.insert(person);
    }
    tenant.apply(changes).await.unwrap().inserted
}

/// `a(b(c) d!)`: names, children in brackets, `!` for a cycle, `…` for the limit.
fn drawn(tree: &Tree) -> String {
    let roots = tree.nodes.iter().take(tree.root_count);
    roots
        .map(|node| branch(tree, node))
        .collect::<Vec<_>>()
        .join(" ")
}

fn branch(tree: &Tree, node: &TreeNode) -> String {
    let entity = tree.entity(node).unwrap();
    let mut text = entity.attributes.str("Name").unwrap_or("?").to_owned();
    let children = node
        .children
        .iter()
        .map(|at| branch(tree, &tree.nodes[*at]));
    let children = children.collect::<Vec<_>>().join(" ");
    if !children.is_empty() {
        text = format!("{text}({children})");
    }
    match node.stop {
        Some(Stop::Cycle) => text + "!",
        Some(Stop::Limit) => text + "…",
        None => text,
    }
}

fn from(entity: &Entity, direction: Direction) -> TreeQuery {
    let root = EntityQuery::of("Demo/Person").ids([entity.rt_id]);
    TreeQuery::new(root, LIKES, direction)
}

#[tokio::test]
async fn trees_follow_both_directions_and_end_at_cycles() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    // 0 → 1 → 2 → 0, 0 → 3, 1 → 3, 3 → 3
    let likes = [(0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (3, 3)];
    let all = persons(&tenant, 4, &likes).await;
    let grown = async |query: TreeQuery| drawn(&tenant.tree(query).await.unwrap());
    let out = || from(&all[0], Direction::Outbound);
    assert_eq!(grown(out().max_depth(0)).await, "0");
    assert_eq!(grown(out().max_depth(1)).await, "0(1 3)");
    assert_eq!(grown(out()).await, "0(1(2 3) 3(3!))");
    assert_eq!(grown(out().max_depth(99)).await, "0(1(2(0!) 3(3!)) 3(3!))");
    let inbound = from(&all[3], Direction::Inbound).max_depth(2);
    assert_eq!(grown(inbound).await, "3(0(2) 1(0) 3!)");
    let any = from(&all[2], Direction::Any).max_depth(1);
    assert_eq!(grown(any).await, "2(0 1)");
    let unknown = TreeQuery::new(EntityQuery::of("Demo/Person"), "Demo/No", Direction::Any);
    assert_eq!(grown(unknown).await, "0 1 2 3");
    let roots = EntityQuery::of("Demo/Person").eq("Name", "1");
    let filtered = TreeQuery::new(roots, LIKES, Direction::Outbound).max_depth(1);
    assert_eq!(grown(filtered).await, "1(2 3)");
}

#[tokio::test]
async fn children_of_other_types_than_declared_hang_in_the_tree() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let root = NewEntity::of("Demo/Folder").set("Name", "root");
    let mut changes = ChangeSet::new();
    for name in ["a", "b"] {
        let document = NewEntity::of("Demo/Document").set("Name", name);
        changes = changes
            .associate(&document, PARENT_CHILD, &root)
            .insert(document);
    }
    tenant.apply(changes.insert(root)).await.unwrap();
    let roots = EntityQuery::of("Demo/Folder");
    let tree = TreeQuery::new(roots, PARENT_CHILD, Direction::Inbound);
    let tree = tenant.tree(tree).await.unwrap();
    assert_eq!(drawn(&tree), "root(a b)");
    let gone = named(&tree, "a");
    tenant
        .delete(DeleteEntity::of("Demo/Document", gone))
        .await
        .unwrap();
    let up = TreeQuery::new(
        EntityQuery::of("Demo/Document"),
        PARENT_CHILD,
        Direction::Outbound,
    );
    assert_eq!(drawn(&tenant.tree(up).await.unwrap()), "b(root)");
}

fn named(tree: &Tree, name: &str) -> RtId {
    let mut entities = tree.nodes.iter().filter_map(|node| tree.entity(node));
    let found = entities.find(|entity| entity.attributes.str("Name") == Some(name));
    found.unwrap().rt_id
}

#[tokio::test]
async fn a_tree_has_as_many_nodes_as_allowed_upper_levels_first() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    // 0 → 1…4, each of them → 5…8: doubling with every level of depth would explode.
    let likes: Vec<(usize, usize)> = (1..5)
        .flat_map(|n| [(0, n)].into_iter().chain((5..9).map(move |m| (n, m))))
        .collect();
    let all = persons(&tenant, 9, &likes).await;
    for (limit, expected) in [
        (1, "0…"),
        (3, "0(1… 2…)…"),
        (5, "0(1… 2… 3… 4…)"),
        (10, "0(1(5 6 7 8) 2(5)… 3… 4…)"),
        (21, "0(1(5 6 7 8) 2(5 6 7 8) 3(5 6 7 8) 4(5 6 7 8))"),
    ] {
        let query = from(&all[0], Direction::Outbound)
            .max_nodes(limit)
            .max_depth(9);
        let tree = tenant.tree(query).await.unwrap();
        assert_eq!(drawn(&tree), expected);
        assert!(tree.nodes.len() <= limit);
        assert_eq!(tree.is_truncated, limit < 21);
    }
    let roots = TreeQuery::new(EntityQuery::of("Demo/Person"), LIKES, Direction::Inbound);
    let tree = tenant.tree(roots.max_nodes(4).max_depth(0)).await.unwrap();
    assert_eq!((tree.root_count, tree.root_total), (4, 9));
    assert!(tree.is_truncated);
}

#[tokio::test]
async fn everything_that_can_be_reached_is_found_once() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let likes = [(0, 1), (1, 2), (2, 1), (2, 3), (4, 0)];
    let all = persons(&tenant, 5, &likes).await;
    let names = async |query: TargetQuery| {
        let page = tenant.reachable(query).await.unwrap();
        let names = page.items.iter().filter_map(|e| e.attributes.str("Name"));
        names.map(str::to_owned).collect::<String>()
    };
    let reach = |n: usize, direction| TargetQuery::new(all[n].rt_id, LIKES, direction);
    assert_eq!(names(reach(0, Direction::Outbound)).await, "123");
    assert_eq!(names(reach(1, Direction::Outbound)).await, "123");
    assert_eq!(names(reach(0, Direction::Inbound)).await, "4");
    assert_eq!(names(reach(3, Direction::Any)).await, "01234");
    let typed = EntityQuery::of("Demo/Person").eq("Name", "2");
    assert_eq!(names(reach(0, Direction::Outbound).to(typed)).await, "2");
    let page = EntityQuery::of("System/Entity").skip(1).take(1);
    assert_eq!(names(reach(0, Direction::Outbound).to(page)).await, "2");
}

#[tokio::test]
async fn a_deep_graph_has_all_below_and_all_associations_among_them() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let folder = NewEntity::of("Demo/Folder").set("Name", "root");
    let other = NewEntity::of("Demo/Folder").set("Name", "other");
    let (root, elsewhere) = (folder.rt_id(), other.rt_id());
    let mut changes = ChangeSet::new();
    let mut documents = Vec::new();
    // More than one batch of entities.
    for n in 0..1200 {
        let document = NewEntity::of("Demo/Document").set("Name", n.to_string());
        changes = changes
            .associate(&document, PARENT_CHILD, &folder)
            .associate(&document, "System/Related", &other)
            .insert(document.clone());
        if let Some(last) = documents.last() {
            changes = changes.associate(&document, "System/Related", last);
        }
        documents.push(document);
    }
    let changes = changes.insert(folder).insert(other);
    tenant.apply(changes).await.unwrap();

    let missing = RtId::generate();
    let query = DeepGraphQuery::below([root, missing, root], PARENT_CHILD);
    let mut graph = tenant.deep_graph(query.clone()).await.unwrap();
    assert_eq!(graph.entity_count(), 1201);
    let mut ids = Vec::new();
    while let Some(batch) = graph.next_entities().await.unwrap() {
        assert!(batch.len() <= 500);
        ids.extend(batch.iter().map(|entity| entity.rt_id));
    }
    assert_eq!(ids.first(), Some(&root));
    let met: BTreeSet<RtId> = ids.iter().copied().collect();
    assert_eq!((ids.len(), met.len()), (1201, 1201));
    assert!(!met.contains(&elsewhere));
    let mut edges = Vec::new();
    while let Some(batch) = graph.next_associations().await.unwrap() {
        edges.extend(batch);
    }
    assert_eq!(edges.len(), 1200 + 1199);
    assert!(
        edges
            .iter()
            .all(|e| met.contains(&e.origin.rt_id) && met.contains(&e.target.rt_id))
    );
    let few = tenant.deep_graph(query.max_entities(100)).await;
    let text = few.unwrap_err().to_string();
    assert!(text.contains("More than 100 entities"), "{text}");
    let alone = DeepGraphQuery::below([root], "Demo/No");
    let mut alone = tenant.deep_graph(alone).await.unwrap();
    assert_eq!(alone.next_entities().await.unwrap().unwrap().len(), 1);
    assert!(alone.next_entities().await.unwrap().is_none());
    assert!(alone.next_associations().await.unwrap().is_none());
}
