//! Queries as callers write them: paths, operators, operands, problems.

use octo_runtime::{
    Criteria, DeleteEntity, EntityQuery, NewEntity, Operand, Operator, RuntimeError, SortOrder,
    Tenant,
};
use serde_json::{Value as Json, json};

use crate::fixture::Fixture;

/// Tools `a` to `d`; `d` has nothing but its name.
async fn tools(tenant: &Tenant) {
    let tools = [
        json!({"name": "a", "size": 1, "paint": "Red", "isNew": true, "weight": 1.5,
            "bought": "2024-01-01T00:00:00Z", "warranty": "01:00:00", "tags": ["x", "Wood"],
            "home": {"city": "Wien"}, "items": [{"label": "p", "quantity": 1}, {"label": "q", "quantity": 9}]}),
        json!({"name": "b", "size": 2, "paint": "Green", "isNew": false, "weight": 0.1,
            "bought": "2024-06-01T00:00:00Z", "warranty": "02:00:00", "tags": [], "big": 5_000_000_000_i64,
            "home": {"city": "graz"}, "items": [{"label": "q", "quantity": 1}]}),
        json!({"name": "c", "size": 3, "paint": "Blue", "weight": -2.0, "numbers": [1, 2],
            "seen": "2024-01-01T01:00:00+01:00", "photo": "AQID", "items": []}),
        json!({"name": "d"}),
    ];
    for tool in tools {
        let Json::Object(members) = tool else {
            continue;
        };
        let new = members
            .into_iter()
            .fold(NewEntity::of("Demo/Tool"), |new, (path, value)| {
                new.assign(path, value)
            });
        tenant.insert(new).await.unwrap();
    }
}

async fn names(tenant: &Tenant, query: EntityQuery) -> String {
    let page = tenant.query(query).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    let names = page.items.iter().filter_map(|e| e.attributes.str("Name"));
    names.collect()
}

fn where_(path: &str, operator: Operator, value: Json) -> EntityQuery {
    EntityQuery::of("Demo/Thing").filter(Criteria::field(path, operator, value))
}

#[tokio::test]
async fn every_operator_on_every_kind_of_value() {
    use Operator::*;
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    tools(&tenant).await;
    let table = [
        // Equality: case-sensitive; null and missing are one.
        ("name", Equals, json!("a"), "a"),
        ("Name", Equals, json!("A"), ""),
        ("size", Equals, json!("2"), "b"),
        ("size", Equals, json!(null), "d"),
        ("size", NotEquals, json!(2), "acd"),
        ("size", NotEquals, json!(null), "abc"),
        ("isNew", Equals, json!(true), "a"),
        ("isNew", NotEquals, json!("false"), "acd"),
        ("weight", Equals, json!(0.1), "b"),
        ("big", Equals, json!(5_000_000_000_i64), "b"),
        ("paint", Equals, json!("green"), "b"),
        ("paint", Equals, json!(2), "c"),
        ("paint", In, json!(["Red", 1]), "ab"),
        ("bought", Equals, json!("2024-01-01T01:00:00+01:00"), "a"),
        ("seen", Equals, json!("2024-01-01"), "c"),
        ("warranty", Equals, json!("01:00"), "a"),
        ("photo", Equals, json!("AQID"), "c"),
        // Order: missing values have none.
        ("size", LessThan, json!(2), "a"),
        ("size", LessEqualThan, json!(2), "ab"),
        ("size", GreaterThan, json!(1), "bc"),
        ("size", GreaterEqualThan, json!(3), "c"),
        ("size", LessThan, json!(null), ""),
        ("weight", LessThan, json!(0), "c"),
        ("name", GreaterThan, json!("b"), "cd"),
        ("bought", GreaterThan, json!("2024-03-01"), "b"),
        ("seen", GreaterEqualThan, json!("2024-01-01T00:00:00Z"), "c"),
        ("warranty", GreaterThan, json!(36_000_000_000_i64), "b"),
        ("size", Between, json!([1, 2]), "ab"),
        ("size", Between, json!("2,3"), "bc"),
        // Lists.
        ("size", In, json!([1, 3, 9]), "ac"),
        ("size", In, json!([1, null]), "ad"),
        ("size", In, json!([]), ""),
        ("size", In, json!("[1, 2]"), "ab"),
        ("size", NotIn, json!([1, 3]), "bd"),
        ("size", NotIn, json!([1, null]), "bc"),
        ("size", NotIn, json!([]), "abcd"),
        ("name", In, json!("a,c"), "ac"),
        // Texts: ignoring case, except regular expressions.
        ("home.city", Contains, json!("IE"), "a"),
        ("home.city", StartsWith, json!("GR"), "b"),
        ("home.city", EndsWith, json!("EN"), "a"),
        ("home.city", Contains, json!(null), "ab"),
        ("home.city", Like, json!("w*N"), "a"),
        ("home.city", Like, json!("i.n"), ""),
        ("home.city", MatchRegEx, json!("^[Ww]i"), "a"),
        ("home.city", MatchRegEx, json!("WIEN"), ""),
        ("size", Contains, json!("1"), ""),
        ("paint", Contains, json!("Red"), ""),
        // Null tests.
        ("home", IsNull, json!(null), "cd"),
        ("home.city", IsNotNull, json!(null), "ab"),
        ("tags", IsNull, json!(null), "cd"),
        ("items", IsNotNull, json!(null), "abc"),
        // Lists of values: any element.
        ("tags", Equals, json!("x"), "a"),
        ("tags", NotEquals, json!("x"), "bcd"),
        ("tags", AnyEq, json!("Wood"), "a"),
        ("tags", AnyLike, json!("w*d"), "a"),
        ("tags[1]", Equals, json!("Wood"), "a"),
        ("tags[*]", StartsWith, json!("woo"), "a"),
        ("numbers", AnyEq, json!(2), "c"),
        ("numbers", GreaterThan, json!(1), "c"),
        ("numbers[0]", GreaterThan, json!(1), ""),
        ("numbers[-1]", Equals, json!(2), "c"),
        ("tags[-2]", Equals, json!("x"), "a"),
        ("tags[-3]", IsNull, json!(null), "abcd"),
        ("items[-1].label", Equals, json!("q"), "ab"),
        ("tags", Equals, json!(["x", "Wood"]), "a"),
        ("tags", Equals, json!(["Wood"]), ""),
        ("tags", NotEquals, json!([]), "acd"),
        ("numbers", Equals, json!([1, 2]), "c"),
        (
            "bought",
            In,
            json!(["2024-01-01", "2024-06-01T00:00:00Z"]),
            "ab",
        ),
        ("bought", LessThan, json!("@now(0)"), "ab"),
        ("seen", GreaterThan, json!("@now(-60)"), ""),
        (
            "bought",
            Between,
            json!(["2023-12-31", "@startOfDay(1)"]),
            "ab",
        ),
        ("name", Equals, json!("@now(0)"), ""),
        ("paint", NotEquals, json!("RED"), "bcd"),
        ("paint", GreaterThan, json!("Red"), "bc"),
        ("paint", NotIn, json!(["Red", null]), "bc"),
        (
            "warranty",
            In,
            json!(["01:00:00", 72_000_000_000_i64]),
            "ab",
        ),
        ("weight", In, json!([0.1, 1.5]), "ab"),
        ("weight", Between, json!([0.1, 1.5]), "ab"),
        ("isNew", In, json!([true, "false"]), "ab"),
        ("items.label", Equals, json!("q"), "ab"),
        ("items[0].label", Equals, json!("q"), "b"),
        ("items[*].quantity", GreaterThan, json!(5), "a"),
        ("items.label", NotEquals, json!("p"), "bcd"),
        ("items.label", In, json!(["p"]), "a"),
        ("items.label", IsNull, json!(null), "cd"),
    ];
    for (path, operator, value, expected) in table {
        let label = format!("{path} {} {value}", operator.name());
        let found = names(&tenant, where_(path, operator, value)).await;
        // A list without elements has no null element either.
        let expected = if label == "items.label IsNull null" {
            "d"
        } else {
            expected
        };
        assert_eq!(found, expected, "{label}");
    }
}

#[tokio::test]
async fn conditions_combine_and_elements_match_as_a_whole() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    tools(&tenant).await;
    let either = Criteria::eq("name", "a").or(Criteria::eq("size", 3));
    let query = || EntityQuery::of("Demo/Tool");
    assert_eq!(names(&tenant, query().filter(either.clone())).await, "ac");
    let both = query().filter(either.and(Criteria::is_not_null("home")));
    assert_eq!(names(&tenant, both).await, "a");
    assert_eq!(
        names(&tenant, query().filter(Criteria::Any(vec![]))).await,
        "abcd"
    );
    let element = |label: &str, quantity: i32| {
        let element = Criteria::eq("label", label).and(Criteria::eq("quantity", quantity));
        query().filter(Criteria::field("items", Operator::Match, element))
    };
    assert_eq!(names(&tenant, element("q", 1)).await, "b");
    assert_eq!(names(&tenant, element("q", 9)).await, "a");
    assert_eq!(
        names(&tenant, query().eq("name", "a").eq("name", "b")).await,
        ""
    );
}

#[tokio::test]
async fn system_fields_can_be_filtered_and_sorted() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    tools(&tenant).await;
    let page = tenant.query(EntityQuery::of("Demo/Tool")).await.unwrap();
    let first = &page.items[0];
    let query = || EntityQuery::of("Demo/Thing");
    assert_eq!(names(&tenant, query().eq("rtId", first.rt_id)).await, "a");
    assert_eq!(names(&tenant, query().ids([first.rt_id])).await, "a");
    assert_eq!(names(&tenant, query().ids([])).await, "");
    let id = first.rt_id.to_string();
    assert_eq!(
        names(&tenant, where_("rtId", Operator::EndsWith, json!(id[20..]))).await,
        "a"
    );
    assert_eq!(
        names(&tenant, query().eq("ckTypeId", "Demo-1.0.0/Tool-1")).await,
        "abcd"
    );
    assert_eq!(names(&tenant, query().eq("rtVersion", 0)).await, "abcd");
    assert_eq!(
        names(
            &tenant,
            where_(
                "rtCreationDateTime",
                Operator::GreaterThan,
                json!("@now(-60)")
            )
        )
        .await,
        "abcd"
    );
    assert_eq!(
        names(
            &tenant,
            where_(
                "rtCreationDateTime",
                Operator::GreaterThan,
                json!("@now(60)")
            )
        )
        .await,
        ""
    );
    assert_eq!(
        names(
            &tenant,
            where_("bought", Operator::LessThan, json!("@startOfDay(-1)"))
        )
        .await,
        "ab"
    );
    // On texts the sign means nothing.
    assert_eq!(
        names(&tenant, where_("name", Operator::Equals, json!("@now(0)"))).await,
        ""
    );

    tenant
        .delete(DeleteEntity::of("Demo/Tool", first.rt_id))
        .await
        .unwrap();
    assert_eq!(names(&tenant, query()).await, "bcd");
    let archived = query().include_archived().eq("rtState", "Archived");
    assert_eq!(names(&tenant, archived).await, "a");
}

#[tokio::test]
async fn pages_are_sorted_and_counted() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    tools(&tenant).await;
    let query = || EntityQuery::of("Demo/Tool");
    let by = |path: &str, order| query().sort(path, order);
    assert_eq!(
        names(&tenant, by("size", SortOrder::Ascending)).await,
        "dabc"
    );
    assert_eq!(
        names(&tenant, by("size", SortOrder::Descending)).await,
        "cbad"
    );
    assert_eq!(
        names(&tenant, by("home.city", SortOrder::Descending)).await,
        "bacd"
    );
    let two = by("isNew", SortOrder::Descending).sort("name", SortOrder::Descending);
    assert_eq!(names(&tenant, two).await, "abdc");
    for (skip, take, expected) in [
        (0, 2, "ab"),
        (2, 2, "cd"),
        (3, 2, "d"),
        (4, 2, ""),
        (9, 1, ""),
        (0, 0, ""),
    ] {
        let page = tenant.query(query().skip(skip).take(take)).await.unwrap();
        let names = page.items.iter().filter_map(|e| e.attributes.str("Name"));
        assert_eq!(
            (names.collect::<String>().as_str(), page.total),
            (expected, 4)
        );
    }
}

#[tokio::test]
async fn all_problems_of_a_query_are_reported() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let query = EntityQuery::of("Demo/Tool")
        .eq("nme", "x")
        .eq("home", "x")
        .eq("size", "many")
        .eq("paint", "Pink")
        .filter(Criteria::field("size", Operator::In, 5))
        .filter(Criteria::field("size", Operator::Between, 5))
        .filter(Criteria::field("name", Operator::MatchRegEx, "("))
        .filter(Criteria::field("items", Operator::Match, "x"))
        .eq("", 1)
        .eq("rtId", "123")
        .sort("nothing", SortOrder::Ascending)
        .sort("home", SortOrder::Ascending);
    let RuntimeError::InvalidQuery(problems) = tenant.query(query).await.unwrap_err() else {
        panic!("the query was accepted");
    };
    assert_eq!(problems.len(), 12, "{problems:#?}");
    assert_eq!(
        problems[0],
        "Attribute path 'nme' does not exist on type 'Demo-1.0.0/Tool-1'. Did you mean 'name'?"
    );
    assert!(problems[1].starts_with("Cannot filter on a Record attribute directly"));
    assert!(problems[1].contains("home.city"), "{}", problems[1]);
    assert_eq!(
        problems[5],
        "Operator 'Between' requires a secondary value to be set."
    );
    assert_eq!(problems[7], "Match filter value 'x' is not supported.");
    assert_eq!(
        problems[9],
        "'123' is not a valid 24 digit hex string (got 3 characters)."
    );
    assert_eq!(
        problems[10],
        "Sort definition contains attribute 'nothing', but attribute does not exist on type 'Demo/Tool'"
    );
}

#[tokio::test]
async fn queries_are_bounded() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let deep = (0..100).fold(Criteria::eq("name", "x"), |inner, _| {
        Criteria::All(vec![inner])
    });
    let wide = Criteria::Any(vec![Criteria::eq("name", "x"); 1001]);
    let list: Vec<Operand> = (0..10_001).map(Operand::from).collect();
    let list = Criteria::field("size", Operator::In, Operand::List(list));
    let long = Criteria::field("name", Operator::Contains, "x".repeat(1001));
    let huge = Criteria::eq("name", "x".repeat(5_000_000));
    let explosive = Criteria::field("name", Operator::MatchRegEx, "((a{1000}){1000}){1000}");
    for criteria in [deep, wide, list, long, huge, explosive] {
        let query = EntityQuery::of("Demo/Tool").filter(criteria);
        let refused = tenant.query(query).await;
        assert!(matches!(refused, Err(RuntimeError::InvalidQuery(_))));
    }
    // Linear, whatever the pattern.
    let tool = NewEntity::of("Demo/Tool").set("Name", "a".repeat(10_000));
    tenant.insert(tool).await.unwrap();
    let query = where_("name", Operator::MatchRegEx, json!("(a+)+$"));
    assert_eq!(tenant.query(query).await.unwrap().total, 1);
}
