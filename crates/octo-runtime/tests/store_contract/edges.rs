//! Associations.

use std::sync::Arc;

use octo_ck::model::ValueType;
use octo_runtime::store::{EdgePage, EdgeQuery, Filter, Test, transact};
use octo_runtime::{Association, Direction, Entity, StoreError};

use crate::samples::{Store, graph, insert, test, things, tool};

pub(crate) fn edge(role: &str, origin: &Entity, target: &Entity) -> Association {
    Association::new(
        origin.entity_ref(),
        role.parse().unwrap(),
        target.entity_ref(),
    )
}

pub(crate) async fn link(store: &Store, edges: &[Association]) -> Result<(), StoreError> {
    let edges = edges.to_vec();
    transact(store.as_ref(), graph(), move |transaction| {
        edges
            .iter()
            .try_for_each(|edge| transaction.insert_edge(edge))
    })
    .await
}

fn around(entity: &Entity, role: Option<&str>, direction: Direction) -> EdgeQuery {
    EdgeQuery {
        entities: vec![entity.rt_id],
        role: role.map(|role| role.parse().unwrap()),
        direction,
    }
}

pub(crate) async fn edges_are_found_from_both_ends(store: Store) {
    let entities = ["a", "b", "c"].map(tool);
    insert(&store, &graph(), &entities).await;
    let [a, b, c] = &entities;
    let edges = [edge("X/R", a, b), edge("X/S", a, c), edge("X/R", c, a)];
    link(&store, &edges).await.unwrap();
    let found =
        async |query: EdgeQuery| store.edges(&graph(), query, EdgePage::all()).await.unwrap();
    use Direction::{Any, Inbound, Outbound};
    assert_eq!(found(around(a, None, Any)).await, edges);
    assert_eq!(found(around(a, None, Outbound)).await, edges[..2]);
    assert_eq!(
        found(around(a, Some("X/R"), Any)).await,
        [edges[0].clone(), edges[2].clone()]
    );
    assert_eq!(found(around(b, Some("X/R"), Inbound)).await, edges[..1]);
    assert!(found(around(b, None, Outbound)).await.is_empty());

    let (first, query) = (edges[0].clone(), around(a, None, Outbound));
    let between = transact::<_, StoreError>(store.as_ref(), graph(), move |transaction| {
        let (origin, target) = (first.origin.rt_id, first.target.rt_id);
        let there = transaction.edge(origin, &first.role, target)?;
        transaction.delete_edge(first.id)?;
        let gone = transaction.edge(origin, &first.role, target)?;
        Ok((
            there == Some(first.clone()),
            gone,
            transaction.edges(&query, &EdgePage::all())?.len(),
        ))
    });
    assert_eq!(between.await.unwrap(), (true, None, 1));
    assert_eq!(found(around(a, None, Outbound)).await, edges[1..2]);
}

pub(crate) async fn far_ends_are_distinct_filtered_and_paged(store: Store) {
    let graph = graph();
    let entities = ["a", "b", "c", "d"].map(tool);
    insert(&store, &graph, &entities).await;
    let [a, b, c, d] = &entities;
    let edges = [
        edge("X/R", a, b),
        edge("X/R", b, a),
        edge("X/R", a, c),
        edge("X/R", a, d),
    ];
    link(&store, &edges).await.unwrap();
    let both = || around(a, Some("X/R"), Direction::Any);
    let name = |name: &str| test("name", ValueType::String, Test::NotEquals(name.into()));
    let mut far = things(name("c"));
    far.take = Some(1);
    let page = store
        .far_ends(&graph, both(), far.clone(), true)
        .await
        .unwrap();
    assert_eq!((page.items[0].rt_id, page.total), (b.rt_id, Some(2)));
    // The next page begins where this one ended, and need not be counted.
    far.after = page.last;
    let page = store.far_ends(&graph, both(), far, false).await.unwrap();
    assert_eq!((page.items[0].rt_id, page.total), (d.rt_id, None));
    assert!(page.last.is_none());
    let none = around(a, Some("X/Other"), Direction::Any);
    let page = store
        .far_ends(&graph, none, things(Filter::everything()), true)
        .await
        .unwrap();
    assert_eq!(page.total, Some(0));
}

pub(crate) async fn edges_need_their_ends(store: Store) {
    let entities = ["a", "b"].map(tool);
    insert(&store, &graph(), &entities).await;
    let [a, b] = &entities;
    let there = edge("X/R", a, b);
    link(&store, std::slice::from_ref(&there)).await.unwrap();
    assert!(link(&store, &[edge("X/R", a, b)]).await.is_err());
    assert!(link(&store, &[edge("X/R", a, &tool("c"))]).await.is_err());
    let id = b.rt_id;
    let erase = move |store: &Store| {
        let store = Arc::clone(store);
        async move { transact::<(), StoreError>(store.as_ref(), graph(), move |t| t.erase(id)).await }
    };
    assert!(erase(&store).await.is_err());
    transact::<(), StoreError>(store.as_ref(), graph(), move |t| t.delete_edge(there.id))
        .await
        .unwrap();
    erase(&store).await.unwrap();
    assert_eq!(store.entity(&graph(), id).await.unwrap(), None);
}
