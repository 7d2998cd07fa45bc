//! The order of edges, their pages, and questions about very many entities.

use std::collections::BTreeMap;

use jiff::Timestamp;
use octo_runtime::store::{EdgePage, EdgeQuery, Filter, transact};
use octo_runtime::{Association, Attributes, Direction, Entity, RtId, StoreError, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::samples::{Store, graph, insert, things, tool};

const ENTITIES: usize = 7;
const QUERIES: usize = 150;
/// More than SQLite has places for in one statement.
const VERY_MANY: usize = 33_000;

fn edge(role: &str, origin: &Entity, target: &Entity) -> Association {
    Association::new(
        origin.entity_ref(),
        role.parse().unwrap(),
        target.entity_ref(),
    )
}

async fn link(store: &Store, edges: &[Association]) {
    let edges = edges.to_vec();
    transact::<(), StoreError>(store.as_ref(), graph(), move |transaction| {
        let mut edges = edges.iter();
        edges.try_for_each(|edge| transaction.insert_edge(edge))
    })
    .await
    .unwrap();
}

/// The order of [`EdgeQuery`], spelled out: entity by entity, outbound before inbound, by role, by
/// far end; each edge once.
fn naive(edges: &[Association], query: &EdgeQuery, page: &EdgePage) -> Vec<Association> {
    let mut found: Vec<Association> = Vec::new();
    for near in &query.entities {
        for outbound in [true, false] {
            let wanted = match query.direction {
                Direction::Outbound => outbound,
                Direction::Inbound => !outbound,
                Direction::Any => true,
            };
            let mut group = BTreeMap::new();
            for edge in edges.iter().filter(|_| wanted) {
                let (this, far) = if outbound {
                    (edge.origin.rt_id, edge.target.rt_id)
                } else {
                    (edge.target.rt_id, edge.origin.rt_id)
                };
                let is_role = query.role.as_ref().is_none_or(|role| *role == edge.role);
                let is_far = page.far.as_ref().is_none_or(|ids| ids.contains(&far));
                if this == *near && is_role && is_far {
                    group.insert((edge.role.to_string(), far), edge.clone());
                }
            }
            for edge in group.into_values() {
                if !found.contains(&edge) {
                    found.push(edge);
                }
            }
        }
    }
    if let Some(after) = &page.after {
        let last = found.iter().position(|edge| edge.key() == *after);
        found.drain(..=last.unwrap());
    }
    found.truncate(page.take.unwrap_or(usize::MAX));
    found
}

pub(crate) async fn edges_come_in_order_page_by_page(store: Store) {
    let graph = graph();
    let entities: Vec<Entity> = (0..ENTITIES).map(|n| tool(&n.to_string())).collect();
    insert(&store, &graph, &entities).await;
    let mut runner = TestRunner::deterministic();
    let roles = ["X/A", "X/B"];
    let mut edges = BTreeMap::new();
    for _ in 0..40 {
        let ends = (0..ENTITIES, 0..ENTITIES, 0..2usize);
        let (a, b, role) = ends.new_tree(&mut runner).unwrap().current();
        let edge = edge(roles[role], &entities[a], &entities[b]);
        edges.insert(edge.key(), edge);
    }
    let edges: Vec<Association> = edges.into_values().collect();
    link(&store, &edges).await;
    let mut found_some = 0;
    for _ in 0..QUERIES {
        let any = (
            prop::collection::vec(0..ENTITIES, 0..5),
            prop::option::of(0..2usize),
            0..3usize,
            prop::option::of(prop::collection::vec(0..ENTITIES, 0..4)),
            1..6usize,
        );
        let (near, role, direction, far, take) = any.new_tree(&mut runner).unwrap().current();
        let ids = |at: Vec<usize>| at.into_iter().map(|n| entities[n].rt_id).collect();
        let query = EdgeQuery {
            entities: ids(near),
            role: role.map(|role| roles[role].parse().unwrap()),
            direction: [Direction::Outbound, Direction::Inbound, Direction::Any][direction],
        };
        let mut page = EdgePage {
            far: far.map(ids),
            after: None,
            take: Some(take),
        };
        loop {
            let found = store.edges(&graph, query.clone(), page.clone()).await;
            let found = found.unwrap();
            assert_eq!(found, naive(&edges, &query, &page), "{query:?} {page:?}");
            let Some(last) = found.last() else { break };
            found_some += 1;
            page = page.after(last);
        }
        page.after = None;
        page.take = None;
        let all = store.edges(&graph, query.clone(), page.clone()).await;
        assert_eq!(all.unwrap(), naive(&edges, &query, &page), "{query:?}");
    }
    assert!(found_some > QUERIES, "most queries found nothing");
}

pub(crate) async fn values_of_edges_survive(store: Store) {
    let entities = ["a", "b"].map(tool);
    insert(&store, &graph(), &entities).await;
    let [a, b] = &entities;
    let mut known = edge("Demo/Knows", a, b);
    known.attributes = Attributes::new()
        .set(
            "Since",
            Timestamp::from_millisecond(1_700_000_000_123).unwrap(),
        )
        .set("Trust", 7)
        .set("Reason", "ä")
        .set("Gone", Value::Double(1.5));
    known.target_attributes = vec!["Demo/Email".to_owned(), "Demo/Name".to_owned()];
    let plain = edge("X/Plain", a, b);
    let edges = [known.clone(), plain.clone()];
    link(&store, &edges).await;
    let query = EdgeQuery {
        entities: vec![b.rt_id],
        role: None,
        direction: Direction::Inbound,
    };
    let read = store.edges(&graph(), query, EdgePage::all()).await.unwrap();
    assert_eq!(read, edges);
    let key = known.key();
    let inside = transact::<_, StoreError>(store.as_ref(), graph(), move |transaction| {
        transaction.edge(key.origin, &key.role, key.target)
    });
    assert_eq!(inside.await.unwrap(), Some(known));
}

pub(crate) async fn there_may_be_very_many_ids(store: Store) {
    let graph = graph();
    let entities: Vec<Entity> = ["a", "b", "c"].map(tool).to_vec();
    insert(&store, &graph, &entities).await;
    let edges = [
        edge("X/A", &entities[0], &entities[1]),
        edge("X/A", &entities[1], &entities[2]),
        edge("X/A", &entities[2], &entities[2]),
    ];
    link(&store, &edges).await;
    let mut ids: Vec<RtId> = (0..VERY_MANY).map(|_| RtId::generate()).collect();
    ids.extend(entities.iter().map(|entity| entity.rt_id));

    let mut query = things(Filter::everything());
    query.ids = Some(ids.clone());
    let page = store.query(&graph, query).await.unwrap();
    assert_eq!((page.items, page.total), (entities.clone(), 3));

    let around = EdgeQuery {
        entities: ids.clone(),
        role: None,
        direction: Direction::Outbound,
    };
    let page = EdgePage {
        far: Some(ids),
        ..EdgePage::all()
    };
    let found = store.edges(&graph, around.clone(), page).await.unwrap();
    assert_eq!(found, edges);
    let far = entities[1..].to_vec();
    let far_ends = store.far_ends(&graph, around, things(Filter::everything()), false);
    assert_eq!(far_ends.await.unwrap().items, far);
}
