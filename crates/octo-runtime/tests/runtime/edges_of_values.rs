//! Values at the edges of their types: written, read, found, sorted and counted.

use octo_runtime::dto::{EntityDto, Projection};
use octo_runtime::{
    AggregationQuery, Criteria, EntityQuery, Figure, Function, Near, NewEntity, Operator,
    RuntimeError, SortOrder, Tenant,
};
use serde_json::{Value as Json, json};

use crate::fixture::Fixture;

async fn tool(tenant: &Tenant, path: &str, value: Json) -> Result<Json, RuntimeError> {
    let tool = NewEntity::of("Demo/Tool")
        .set("Name", "t")
        .assign(path, value);
    let stored = tenant.insert(tool).await?;
    let graph = tenant.graph();
    // As a later read shows it.
    let read = tenant.get("Demo/Tool", stored.rt_id).await?.unwrap();
    let shown = json!(EntityDto::new(&read, &graph, &Projection::all()));
    let attributes = shown["attributes"].as_array().unwrap().iter();
    let mut named = attributes.filter(|a| a["attributeName"] == json!(path));
    Ok(named.next().map_or(Json::Null, |a| a["value"].clone()))
}

async fn count(tenant: &Tenant, criteria: Criteria) -> u64 {
    let query = EntityQuery::of("Demo/Tool").filter(criteria);
    tenant.query(query).await.unwrap().total
}

#[tokio::test]
async fn greatest_and_smallest_values_come_back_and_are_found() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    for (path, given, shown) in [
        ("size", json!(i32::MIN), json!(i32::MIN)),
        ("size", json!("2147483647"), json!(i32::MAX)),
        ("big", json!(i64::MIN), json!(i64::MIN)),
        ("big", json!(i64::MAX), json!(i64::MAX)),
        ("weight", json!(f64::MAX), json!(f64::MAX)),
        ("weight", json!(5e-324), json!(5e-324)),
        ("weight", json!(0.1 + 0.2), json!(0.1 + 0.2)),
        (
            "bought",
            json!("0001-01-01T00:00:00Z"),
            json!("0001-01-01T00:00:00Z"),
        ),
        (
            "bought",
            json!("9999-12-30T22:00:00.999Z"),
            json!("9999-12-30T22:00:00.999Z"),
        ),
        ("warranty", json!(i64::MIN), json!(i64::MIN)),
        (
            "position",
            json!({"type": "Point", "coordinates": [-180, -90]}),
            json!({"type": "Point", "coordinates": [-180.0, -90.0]}),
        ),
    ] {
        let found = tool(&tenant, path, given.clone()).await.unwrap();
        assert_eq!(found, shown, "{path} {given}");
        assert_eq!(
            count(&tenant, Criteria::eq(path, shown.clone())).await,
            1,
            "{path} {shown}"
        );
    }
    for (path, given) in [
        ("size", json!(i64::from(i32::MAX) + 1)),
        ("big", json!(u64::MAX)),
        ("big", json!(1e19)),
        ("weight", json!("1e400")),
        ("weight", json!("NaN")),
        // No offset may lead beyond the year 9999, so its last hours are no instants here.
        ("bought", json!("9999-12-31T23:59:59Z")),
        ("bought", json!("2024-02-30")),
        ("bought", json!("2024-13-01T00:00:00Z")),
        ("seen", json!("2024-01-01T00:00:00+25:00")),
        ("warranty", json!("1e99")),
        (
            "position",
            json!({"type": "Point", "coordinates": [180.5, 0]}),
        ),
        (
            "position",
            json!({"type": "Point", "coordinates": [0, -90.1]}),
        ),
        ("position", json!({"type": "Point", "coordinates": [0]})),
        ("paint", json!("Purple")),
        ("paint", json!(["Red"])),
        ("isNew", json!("yes")),
        ("tags", json!([null])),
        ("numbers", json!([1, "x"])),
    ] {
        let refused = tool(&tenant, path, given.clone()).await;
        assert!(refused.is_err(), "{path} {given}: {refused:?}");
    }
}

#[tokio::test]
async fn offsets_are_kept_and_instants_compared_across_changes_of_the_clock() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    // The hour that happens twice in Vienna, with the offsets before and after the change.
    for text in ["2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00"] {
        assert_eq!(
            tool(&tenant, "seen", json!(text)).await.unwrap(),
            json!(text)
        );
    }
    let between = |low: &str, high: &str| Criteria::between("seen", json!(low), json!(high));
    let hour = between("2024-10-27T00:00:00Z", "2024-10-27T01:00:00Z");
    assert_eq!(count(&tenant, hour).await, 1);
    let same = Criteria::eq("seen", json!("2024-10-27T01:30:00Z"));
    assert_eq!(count(&tenant, same).await, 1);
    let by_instant = AggregationQuery::over(EntityQuery::of("Demo/Tool"))
        .count()
        .column(Function::Maximum, "seen")
        .group_by("seen");
    assert_eq!(tenant.aggregate(by_instant).await.unwrap().rows.len(), 2);
}

#[tokio::test]
async fn missing_values_follow_two_valued_logic() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    for size in [Json::Null, json!(1), json!(2)] {
        tool(&tenant, "size", size).await.unwrap();
    }
    let less = || Criteria::field("size", Operator::LessThan, json!(2));
    let not = |value: Json| Criteria::ne("size", value);
    for (criteria, expected) in [
        (less().or(Criteria::is_null("size")), 2),
        (less().and(Criteria::is_null("size")), 0),
        (not(json!(1)).and(not(json!(2))), 1),
        (not(json!(1)).or(not(json!(2))), 3),
        (not(Json::Null), 2),
        (Criteria::eq("size", Json::Null), 1),
        (Criteria::is_in("size", [json!(1), Json::Null]), 2),
        (
            Criteria::field("size", Operator::NotIn, json!([1, null])),
            1,
        ),
        (Criteria::field("size", Operator::In, json!([])), 0),
        (Criteria::field("size", Operator::NotIn, json!([])), 3),
        (Criteria::All(Vec::new()).and(Criteria::Any(Vec::new())), 3),
    ] {
        let label = format!("{criteria:?}");
        assert_eq!(count(&tenant, criteria).await, expected, "{label}");
    }
}

#[tokio::test]
async fn points_are_near_across_the_date_line_and_at_the_poles() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    for (name, longitude, latitude) in [
        ("west", -179.99, 0.0),
        ("east", 180.0, 0.0),
        ("pole", 0.0, 90.0),
        ("near pole", 179.0, 89.99),
    ] {
        let point = json!({"type": "Point", "coordinates": [longitude, latitude]});
        let tool = NewEntity::of("Demo/Tool")
            .set("Name", name)
            .assign("position", point);
        tenant.insert(tool).await.unwrap();
    }
    for (longitude, latitude, expected) in [
        (179.995, 0.0, ["east", "west"]),
        (-180.0, 0.0, ["east", "west"]),
        (90.0, 90.0, ["pole", "near pole"]),
    ] {
        let near = Near {
            path: "position".to_owned(),
            longitude,
            latitude,
            max_distance: Some(2_000.0),
            min_distance: None,
        };
        let found = tenant
            .query(EntityQuery::of("Demo/Tool").near(near))
            .await
            .unwrap();
        let names: Vec<_> = found
            .items
            .iter()
            .filter_map(|e| e.attributes.str("Name"))
            .collect();
        assert_eq!(names, expected, "{longitude} {latitude}");
    }
}

#[tokio::test]
async fn groups_need_single_values_and_sums_keep_28_digits() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    for (big, is_new) in [
        (i64::MAX, Json::Null),
        (i64::MAX, json!(true)),
        (-1, json!(false)),
    ] {
        let tool = NewEntity::of("Demo/Tool")
            .set("Name", "t")
            .assign("big", json!(big));
        tenant.insert(tool.assign("isNew", is_new)).await.unwrap();
    }
    let all = || AggregationQuery::over(EntityQuery::of("Demo/Tool")).count();
    let flags = tenant
        .aggregate(all().group_by("isNew"))
        .await
        .unwrap()
        .rows;
    let flags: Vec<_> = flags.into_iter().map(|row| row.keys[0].clone()).collect();
    assert_eq!(flags, [Json::Null, json!(false), json!(true)]);
    for path in [
        "home",
        "items",
        "tags",
        "numbers[*]",
        "position",
        "photo",
        "manual",
        "items.label",
    ] {
        let refused = tenant.aggregate(all().group_by(path)).await.unwrap_err();
        assert!(
            refused.to_string().contains("no single value"),
            "{path}: {refused}"
        );
    }
    let figures = AggregationQuery::over(EntityQuery::of("Demo/Tool"))
        .column(Function::Sum, "big")
        .column(Function::Average, "big");
    let rows = tenant.aggregate(figures).await.unwrap().rows;
    let shown: Vec<_> = rows[0]
        .figures
        .iter()
        .map(|figure| match figure {
            Figure::Decimal(decimal) => decimal.to_string(),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        shown,
        ["18446744073709551613", "6148914691236517204.3333333333"]
    );
}

#[tokio::test]
async fn absent_values_are_walked_by_cursor_in_both_orders() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    for value in [
        json!("b"),
        Json::Null,
        json!(""),
        Json::Null,
        json!("B"),
        json!("ä"),
    ] {
        tool(&tenant, "note", value).await.unwrap();
    }
    for (order, expected) in [
        (SortOrder::Ascending, ["-", "-", "", "B", "b", "ä"]),
        (SortOrder::Descending, ["ä", "b", "B", "", "-", "-"]),
    ] {
        let query = EntityQuery::of("Demo/Tool").sort("note", order).take(1);
        let (mut shown, mut page) = (Vec::new(), tenant.page(query.clone()).await.unwrap());
        loop {
            let note = page.items[0].attributes.str("Note");
            shown.push(note.unwrap_or("-").to_owned());
            let Some(next) = page.next else { break };
            page = tenant.page(query.clone().after(next)).await.unwrap();
        }
        assert_eq!(shown, expected);
    }
}
