//! Works are all or nothing and do not disturb each other.

use std::sync::Arc;

use octo_runtime::store::{EntityPatch, Filter, Outcome, WriteTransaction, rehearse, transact};
use octo_runtime::{StoreError, Value};

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

pub(crate) async fn readers_do_not_wait_for_a_work(store: Store) {
    let graph = graph();
    insert(&store, &graph, &[tool("before")]).await;
    let (started, begun) = tokio::sync::oneshot::channel();
    let (finish, finished) = std::sync::mpsc::channel::<()>();
    let writer = {
        let (store, graph) = (Arc::clone(&store), Arc::clone(&graph));
        let mut started = Some(started);
        tokio::spawn(async move {
            let work = move |transaction: &mut dyn WriteTransaction| {
                transaction.insert(&tool("after")).unwrap();
                if let Some(started) = started.take() {
                    started.send(()).unwrap();
                }
                finished.recv().unwrap();
                Outcome::Commit
            };
            store.write(graph, Box::new(work)).await
        })
    };
    begun.await.unwrap();
    // The work is in the middle of its changes: readers get an answer, the one from before.
    let seen = names(&store, &graph, things(Filter::everything())).await;
    assert_eq!(seen, "before");
    finish.send(()).unwrap();
    writer.await.unwrap().unwrap();
    let seen = names(&store, &graph, things(Filter::everything())).await;
    assert_eq!(seen, "beforeafter");
}
