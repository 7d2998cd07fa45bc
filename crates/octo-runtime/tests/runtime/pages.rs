//! Pages: limits, cursors, what happens between two pages.

use std::collections::BTreeSet;

use octo_runtime::{ChangeSet, Direction, EntityQuery, NewEntity, SortOrder, TargetQuery, Tenant};

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

#[tokio::test]
async fn far_ends_are_walked_by_cursor() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let owner = NewEntity::of("Demo/Person").set("Email", "ada");
    let mut changes = ChangeSet::new();
    for (name, size) in [("a", 3), ("b", 1), ("c", 2), ("d", 1)] {
        let tool = NewEntity::of("Demo/Tool")
            .set("Name", name)
            .set("Size", size);
        changes = changes.associate(&owner, "Demo/Owns", &tool).insert(tool);
    }
    let owner_id = owner.rt_id();
    tenant.apply(changes.insert(owner)).await.unwrap();
    let tools =
        |far: EntityQuery| TargetQuery::new(owner_id, "Demo/Owns", Direction::Outbound).to(far);
    let by_size = || EntityQuery::of("Demo/Tool").sort("size", SortOrder::Ascending);
    let (mut names, mut cursor) = (String::new(), None);
    loop {
        let far = cursor
            .iter()
            .fold(by_size().take(1), |far, cursor: &String| {
                far.after(cursor.clone())
            });
        let page = tenant.targets(tools(far)).await.unwrap();
        assert_eq!((page.items.len(), page.total), (1, 4));
        names.push_str(page.items[0].attributes.str("Name").unwrap());
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(names, "bdca");
    // Of all tools, or of those of somebody else, it is another cursor.
    let cursor = cursor.unwrap();
    assert!(tenant.page(by_size().after(cursor.clone())).await.is_err());
    let inbound = TargetQuery::new(owner_id, "Demo/Owns", Direction::Inbound);
    assert!(
        tenant
            .targets(inbound.to(by_size().after(cursor)))
            .await
            .is_err()
    );
}
