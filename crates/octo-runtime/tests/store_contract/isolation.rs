//! Works are all or nothing and do not disturb each other.

use std::sync::Arc;

use octo_runtime::store::{EdgePage, EdgeQuery, EntityPatch, Filter, Outcome, rehearse, transact};
use octo_runtime::{Association, Direction, RtId, StoreError, Value};

use crate::samples::{Store, graph, insert, names, things, tool};

#[derive(Debug, PartialEq)]
enum Failure {
    Wanted,
    Store,
}

impl From<StoreError> for Failure {
    fn from(_: StoreError) -> Self {
        Self::Store
    }
}

pub(crate) async fn a_work_that_rolls_back_leaves_nothing(store: Store) {
    let result = transact::<(), Failure>(store.as_ref(), graph(), |transaction| {
        transaction.insert(&tool("a"))?;
        Err(Failure::Wanted)
    });
    assert_eq!(result.await, Err(Failure::Wanted));
    let twice = tool("b");
    let result = transact::<(), Failure>(store.as_ref(), graph(), move |transaction| {
        transaction.insert(&twice)?;
        transaction.insert(&twice)?;
        Ok(())
    });
    assert_eq!(result.await, Err(Failure::Store));
    assert_eq!(
        names(&store, &graph(), things(Filter::everything())).await,
        ""
    );
}

pub(crate) async fn a_rehearsal_leaves_nothing(store: Store) {
    let seen = rehearse::<_, StoreError>(store.as_ref(), graph(), |transaction| {
        transaction.insert(&tool("a"))?;
        Ok(transaction.query(&things(Filter::everything()))?.total)
    });
    assert_eq!(seen.await.unwrap(), 1);
    let left = names(&store, &graph(), things(Filter::everything())).await;
    assert_eq!(left, "");
}

pub(crate) async fn a_work_sees_its_own_writes(store: Store) {
    let seen = transact::<_, StoreError>(store.as_ref(), graph(), |transaction| {
        let new = tool("a");
        transaction.insert(&new)?;
        let mut patch = EntityPatch::touch(new.rt_id, 1, new.changed);
        patch.set.insert("Size", 3);
        transaction.patch(&patch)?;
        let found = transaction.query(&things(Filter::everything()))?.items;
        let read = transaction.entity(new.rt_id)?;
        Ok((
            found.first() == read.as_ref(),
            read.and_then(|e| e.attributes.i32("Size")),
        ))
    });
    assert_eq!(seen.await.unwrap(), (true, Some(3)));
}

pub(crate) async fn a_work_that_panics_harms_nobody(store: Store) {
    let panics = store.write(
        graph(),
        Box::new(|transaction| {
            transaction.insert(&tool("lost")).unwrap();
            panic!("wanted");
        }),
    );
    let works = store.write(
        graph(),
        Box::new(|transaction| {
            transaction.insert(&tool("kept")).unwrap();
            Outcome::Commit
        }),
    );
    let (panicked, worked) = tokio::join!(panics, works);
    assert!(panicked.is_err());
    worked.unwrap();
    assert_eq!(
        names(&store, &graph(), things(Filter::everything())).await,
        "kept"
    );
}

pub(crate) async fn works_run_one_after_the_other(store: Store) {
    const WRITERS: usize = 8;
    const ROUNDS: usize = 25;
    let (graph, mut counter) = (graph(), tool("counter"));
    counter.attributes.insert("Size", 0);
    insert(&store, &graph, std::slice::from_ref(&counter)).await;
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        let (store, graph, id) = (Arc::clone(&store), Arc::clone(&graph), counter.rt_id);
        writers.spawn(async move {
            for _ in 0..ROUNDS {
                transact::<(), StoreError>(
                    store.as_ref(),
                    Arc::clone(&graph),
                    move |transaction| {
                        let Some(read) = transaction.entity(id)? else {
                            return Err(StoreError::Closed);
                        };
                        let mut patch = EntityPatch::touch(id, read.version + 1, read.changed);
                        let size = read.attributes.i32("Size").unwrap_or(0);
                        patch.set.insert("Size", Value::Int(size + 1));
                        transaction.patch(&patch)
                    },
                )
                .await
                .unwrap();
            }
        });
    }
    writers.join_all().await;
    let stored = store.entity(&graph, counter.rt_id).await.unwrap().unwrap();
    let expected = WRITERS * ROUNDS;
    assert_eq!(stored.version, expected as u64);
    assert_eq!(stored.attributes.i32("Size"), i32::try_from(expected).ok());
}

pub(crate) async fn readers_see_whole_works_only(store: Store) {
    let graph = graph();
    let writer = {
        let (store, graph) = (Arc::clone(&store), Arc::clone(&graph));
        tokio::spawn(async move {
            for _ in 0..50 {
                insert(&store, &graph, &[tool("a"), tool("b"), tool("c")]).await;
            }
        })
    };
    while !writer.is_finished() {
        let mut query = things(Filter::everything());
        query.take = Some(1);
        let page = store.query(&graph, query).await.unwrap();
        assert_eq!(page.total % 3, 0);
    }
    writer.await.unwrap();
}

pub(crate) async fn readers_finish_while_a_work_is_under_way(store: Store) {
    let graph = graph();
    let (a, b) = (tool("a"), tool("b"));
    insert(&store, &graph, &[a.clone(), b.clone()]).await;
    let (written, is_written) = tokio::sync::oneshot::channel();
    let (finish, may_finish) = std::sync::mpsc::channel::<()>();
    let mut written = Some(written);
    let edge = Association::new(a.entity_ref(), "X/R".parse().unwrap(), b.entity_ref());
    let around = EdgeQuery {
        entities: vec![a.rt_id],
        role: None,
        direction: Direction::Any,
    };
    let (first, work_store, work_graph) = (a.clone(), Arc::clone(&store), Arc::clone(&graph));
    let writer = tokio::spawn(async move {
        let work = move |transaction: &mut dyn octo_runtime::store::WriteTransaction| {
            for n in 0..500 {
                transaction.insert(&tool(&format!("new{n}"))).unwrap();
            }
            let mut patch = EntityPatch::touch(first.rt_id, 1, first.changed);
            patch.set.insert("Size", 1);
            transaction.patch(&patch).unwrap();
            transaction.insert_edge(&edge).unwrap();
            if let Some(written) = written.take() {
                written.send(()).unwrap();
            }
            may_finish.recv().unwrap();
            Outcome::Commit
        };
        work_store.write(work_graph, Box::new(work)).await
    });
    is_written.await.unwrap();
    // The work has written everything and cannot end before these have read.
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (store, graph, before) = (Arc::clone(&store), Arc::clone(&graph), a.clone());
        let around = around.clone();
        readers.spawn(async move {
            let page = store.query(&graph, things(Filter::everything())).await;
            assert_eq!(page.unwrap().total, 2);
            let read = store.entity(&graph, before.rt_id).await.unwrap();
            assert_eq!(read, Some(before));
            let edges = store.edges(&graph, around, EdgePage::all()).await;
            assert!(edges.unwrap().is_empty());
        });
    }
    while let Some(reader) = readers.join_next().await {
        reader.unwrap();
    }
    finish.send(()).unwrap();
    writer.await.unwrap().unwrap();
    let page = store.query(&graph, things(Filter::everything())).await;
    assert_eq!(page.unwrap().total, 502);
    let edges = store.edges(&graph, around, EdgePage::all()).await.unwrap();
    assert_eq!(edges.len(), 1);
}

pub(crate) async fn of_works_with_one_version_one_wins(store: Store) {
    const WRITERS: i32 = 8;
    let graph = graph();
    let entity = tool("x");
    insert(&store, &graph, std::slice::from_ref(&entity)).await;
    for version in 0..5 {
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let (store, graph, id) = (Arc::clone(&store), Arc::clone(&graph), entity.rt_id);
            writers.spawn(async move {
                let work = transact::<(), Failure>(store.as_ref(), graph, move |transaction| {
                    let read = transaction.entity(id)?.ok_or(Failure::Store)?;
                    if read.version != version {
                        return Err(Failure::Wanted);
                    }
                    let mut patch = EntityPatch::touch(id, version + 1, read.changed);
                    patch.set.insert("Size", writer);
                    Ok(transaction.patch(&patch)?)
                });
                (writer, work.await)
            });
        }
        let results = writers.join_all().await;
        let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(|(_, r)| r.is_ok());
        assert_eq!(won.len(), 1);
        assert!(
            lost.iter()
                .all(|(_, result)| *result == Err(Failure::Wanted))
        );
        let stored = store.entity(&graph, entity.rt_id).await.unwrap().unwrap();
        assert_eq!(stored.version, version + 1);
        assert_eq!(stored.attributes.i32("Size"), Some(won[0].0));
    }
}

/// Checks that are made inside a work hold when it is done, also for edges of others.
pub(crate) async fn a_side_that_may_have_one_edge_gets_one(store: Store) {
    let graph = graph();
    let target = tool("target");
    let origins: Vec<_> = (0..8).map(|n| tool(&n.to_string())).collect();
    insert(&store, &graph, std::slice::from_ref(&target)).await;
    insert(&store, &graph, &origins).await;
    let sides = |id: RtId| EdgeQuery {
        entities: vec![id],
        role: Some("X/One".parse().unwrap()),
        direction: Direction::Inbound,
    };
    let mut writers = tokio::task::JoinSet::new();
    for origin in origins {
        let (store, graph, target) = (Arc::clone(&store), Arc::clone(&graph), target.entity_ref());
        let mine = sides(target.rt_id);
        writers.spawn(async move {
            transact::<(), Failure>(store.as_ref(), graph, move |transaction| {
                if !transaction.edges(&mine, &EdgePage::all())?.is_empty() {
                    return Err(Failure::Wanted);
                }
                let role = "X/One".parse().unwrap();
                let edge = Association::new(origin.entity_ref(), role, target.clone());
                Ok(transaction.insert_edge(&edge)?)
            })
            .await
        });
    }
    let results = writers.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let edges = store
        .edges(&graph, sides(target.rt_id), EdgePage::all())
        .await;
    assert_eq!(edges.unwrap().len(), 1);
}
