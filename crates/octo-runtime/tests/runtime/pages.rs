//! Pages: limits, cursors, what happens between two pages.

use std::collections::BTreeSet;

use octo_runtime::{EntityQuery, NewEntity, SortOrder, Tenant};

use crate::fixture::Fixture;

async fn insert(tenant: &Tenant, names: &[&str]) {
    for name in names {
        let size = name.len() as i32 % 3;
        let tool = NewEntity::of("Demo/Tool").set("Name", *name);
        let tool = if size == 0 {
            tool
        } else {
            tool.set("Size", size)
        };
        tenant.insert(tool).await.unwrap();
    }
}

/// All names, page by page.
async fn walk(tenant: &Tenant, query: &EntityQuery) -> Vec<String> {
    let mut names = Vec::new();
    let mut page = tenant.page(query.clone()).await.unwrap();
    loop {
        let items = page.items.iter().filter_map(|e| e.attributes.str("Name"));
        names.extend(items.map(str::to_owned));
        let Some(cursor) = page.next else {
            return names;
        };
        let total = page.total;
        page = tenant.page(query.clone().after(cursor)).await.unwrap();
        assert_eq!(page.total, total);
        assert!(!page.items.is_empty(), "the last page is not empty");
    }
}

#[tokio::test]
async fn walking_by_cursor_visits_everything_once_in_order() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    insert(&tenant, &["a", "bb", "ccc", "dd", "e", "fff", "g", "hh"]).await;
    let (up, down) = (SortOrder::Ascending, SortOrder::Descending);
    let all = EntityQuery::of("Demo/Thing");
    let orders = [
        all.clone(),
        all.clone().sort("size", up),
        all.clone().sort("size", down),
        all.clone().sort("size", down).sort("name", up),
        all.clone().sort("rtVersion", up).sort("size", up),
        all.clone().sort("rtId", down),
        all.clone().sort("rtId", up),
        all.clone().sort("rtCreationDateTime", down),
        all.clone().sort("tags[*]", up).sort("name", down),
        all.clone().is_in("size", [1, 2]).sort("name", down),
    ];
    for query in orders {
        let expected = tenant.query(query.clone()).await.unwrap();
        let expected = expected
            .items
            .iter()
            .filter_map(|e| e.attributes.str("Name"));
        let expected: Vec<_> = expected.map(str::to_owned).collect();
        for take in [1, 2, 3, 8, 9] {
            let walked = walk(&tenant, &query.clone().take(take)).await;
            assert_eq!(walked, expected, "{take} of {query:?}");
        }
    }
}

#[tokio::test]
async fn what_changes_between_pages_shifts_nothing() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    insert(&tenant, &["b", "d", "f", "h"]).await;
    let query = EntityQuery::of("Demo/Tool")
        .sort("name", SortOrder::Ascending)
        .take(2);
    let first = tenant.page(query.clone()).await.unwrap();
    assert_eq!((first.items.len(), first.total), (2, 4));
    insert(&tenant, &["a", "c", "e"]).await;
    let second = tenant.page(query.after(first.next.unwrap())).await.unwrap();
    let names: BTreeSet<_> = second
        .items
        .iter()
        .filter_map(|e| e.attributes.str("Name"))
        .collect();
    assert_eq!(names, ["e", "f"].into());
    assert_eq!(second.total, 4, "as of the first page");
}

#[tokio::test]
async fn cursors_that_do_not_belong_are_refused() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let other = fixture.tenant("other").await;
    insert(&tenant, &["a", "b", "c"]).await;
    let query = EntityQuery::of("Demo/Tool").take(1);
    let cursor = tenant.page(query.clone()).await.unwrap().next.unwrap();
    let next = query.clone().after(&cursor);
    assert!(tenant.page(next.clone().take(2)).await.is_ok());
    for wrong in [
        next.clone().sort("name", SortOrder::Ascending),
        next.clone().eq("size", 1),
        next.clone().include_archived(),
        EntityQuery::of("Demo/Thing").after(&cursor),
        query.clone().after("nonsense"),
    ] {
        let refused = tenant.page(wrong).await.unwrap_err().to_string();
        assert!(
            refused.contains("does not belong to this query"),
            "{refused}"
        );
    }
    let refused = other.page(next.clone()).await.unwrap_err().to_string();
    assert!(
        refused.contains("does not belong to this query"),
        "{refused}"
    );
    let refused = tenant.page(next.skip(1)).await.unwrap_err().to_string();
    assert!(refused.contains("not both"), "{refused}");
}

#[tokio::test]
async fn pages_have_a_greatest_size() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let refused = tenant
        .query(EntityQuery::of("Demo/Tool").take(100_001))
        .await;
    assert!(refused.unwrap_err().to_string().contains("At most 100000"));
}
