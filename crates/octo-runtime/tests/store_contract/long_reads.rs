//! Reads that take very long.

use std::time::Duration;

use octo_runtime::store::{Aggregation, Filter, Link, Measure, StoreQuery};
use octo_runtime::{Association, Direction};

use crate::edges::{edge, link};
use crate::samples::{Store, graph, insert, names, things, tool};

const TOOLS: usize = 16;
/// Links of a filter that looks at some 16^9 ways.
const HOPS: usize = 9;
/// More than any store reads at once.
const READS: usize = 32;

/// Tools that all like each other, and a filter that takes hours to find nothing there.
async fn maze(store: &Store) -> StoreQuery {
    let tools: Vec<_> = (0..TOOLS).map(|at| tool(&format!("t{at}"))).collect();
    insert(store, &graph(), &tools).await;
    let pairs = tools.iter().flat_map(|a| tools.iter().map(move |b| (a, b)));
    let edges: Vec<Association> = pairs.map(|(a, b)| edge("Demo/Likes", a, b)).collect();
    link(store, &edges).await.unwrap();
    let likes = Link {
        role: "Demo/Likes".parse().unwrap(),
        direction: Direction::Outbound,
        far: things(Filter::everything()).scope,
        filter: Box::new(Filter::everything()),
    };
    let nothing = Filter::Any(Vec::new());
    things((0..HOPS).fold(nothing, |far, _| {
        Filter::Linked(likes.clone(), Box::new(far))
    }))
}

/// Waits until a read has surely begun; it cannot have ended.
async fn begin<T>(read: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T>
where
    T: Send + 'static,
{
    let mut task = tokio::spawn(read);
    let ended = tokio::time::timeout(Duration::from_millis(20), &mut task).await;
    assert!(ended.is_err(), "the read is not long enough");
    task
}

pub(crate) async fn reads_nobody_waits_for_end(store: Store) {
    let endless = maze(&store).await;
    let mut reads = Vec::new();
    for at in 0..READS {
        let (store, query) = (store.clone(), endless.clone());
        reads.push(
            begin(async move {
                if at % 2 == 0 {
                    store.query(&graph(), query).await.map(|page| page.total)
                } else {
                    let counted = Aggregation {
                        query,
                        group_by: Vec::new(),
                        measures: vec![Measure::Rows],
                        max_groups: 1,
                    };
                    let found = store.aggregate(counted).await;
                    found.map(|groups| groups.groups.len() as u64)
                }
            })
            .await,
        );
    }
    // Whoever looks something up is served meanwhile.
    let short = || things(Filter::everything());
    assert!(names(&store, &graph(), short()).await.starts_with("t0t1"));
    for read in &reads {
        read.abort();
    }
    // Does not come back before all reads have ended.
    store.close().await.unwrap();
}
