//! What filters, order and pages mean.

use octo_ck::model::ValueType;
use octo_runtime::store::{Comparison, Filter, StoreQuery, SystemField, Test, TypeScope};
use octo_runtime::{Attributes, Record, RtState, SortOrder, Value};

use crate::samples::{Store, attribute, entity, graph, insert, names, system, test, things, tool};

fn gadget(name: &str, attributes: Attributes) -> octo_runtime::Entity {
    entity("Demo/Gadget", attributes.set("Name", name))
}

async fn sample(store: &Store) {
    let item = |label: &str, quantity: i32| {
        Record::of("Demo", "Item")
            .set("Label", label)
            .set("Quantity", quantity)
    };
    let entities = [
        gadget(
            "a",
            Attributes::new()
                .set("Size", 1)
                .set("Tags", ["x", "Y"])
                .set("IsNew", true),
        ),
        gadget(
            "b",
            Attributes::new()
                .set("Size", 2)
                .set("Tags", ["y"])
                .set("IsNew", false),
        ),
        gadget(
            "c",
            Attributes::new().set("Items", vec![item("p", 1), item("q", 2)]),
        ),
        gadget("d", Attributes::new().set("Items", Vec::<Record>::new())),
        gadget("E", Attributes::new()),
    ];
    insert(store, &graph(), &entities).await;
}

pub(crate) async fn tests_follow_the_table(store: Store) {
    use ValueType::{Boolean, Int, RecordArray, String, StringArray};
    sample(&store).await;
    let graph = graph();
    let two = || Value::Int(2);
    let list = |or_null| Test::In {
        values: vec![Value::Int(1)],
        or_null,
    };
    let not_list = |or_null| Test::NotIn {
        values: vec![Value::Int(1)],
        or_null,
    };
    let element = Filter::All(vec![
        test("label", String, Test::Equals("p".into())),
        test("quantity", Int, Test::Equals(two())),
    ]);
    let same_element = Filter::All(vec![
        test("label", String, Test::Equals("q".into())),
        test("quantity", Int, Test::Equals(two())),
    ]);
    let table = [
        (test("size", Int, Test::Equals(two())), "b"),
        (test("size", Int, Test::NotEquals(two())), "acdE"),
        (
            test("size", Int, Test::Compare(Comparison::Less, two())),
            "a",
        ),
        (
            test(
                "size",
                Int,
                Test::Compare(Comparison::GreaterOrEqual, two()),
            ),
            "b",
        ),
        (test("size", Int, Test::IsNull), "cdE"),
        (test("size", Int, Test::IsNotNull), "ab"),
        (test("size", Int, list(false)), "a"),
        (test("size", Int, list(true)), "acdE"),
        (test("size", Int, not_list(false)), "bcdE"),
        (test("size", Int, not_list(true)), "b"),
        (test("isNew", Boolean, Test::Equals(false.into())), "b"),
        (test("name", String, Test::Equals("e".into())), ""),
        (test("name", String, Test::Matches("(?i)e".into())), "E"),
        (
            test("name", String, Test::Compare(Comparison::Less, "b".into())),
            "aE",
        ),
        (test("size", Int, Test::Matches("1".into())), ""),
        (test("tags[*]", String, Test::Equals("x".into())), "a"),
        (test("tags[*]", String, Test::NotEquals("x".into())), "bcdE"),
        (test("tags[0]", String, Test::Equals("y".into())), "b"),
        (test("tags[5]", String, Test::IsNull), "abcdE"),
        (test("tags[*]", String, Test::Matches("(?i)y".into())), "ab"),
        (test("tags", StringArray, Test::IsNull), "cdE"),
        (
            test("items[*].label", String, Test::Equals("q".into())),
            "c",
        ),
        (
            test("items[1].label", String, Test::Equals("q".into())),
            "c",
        ),
        (test("items[*].label", String, Test::IsNull), "abE"),
        (test("items[*].label", String, Test::IsNotNull), "cd"),
        (
            test("items[*]", RecordArray, Test::AnyElement(Box::new(element))),
            "",
        ),
        (
            test(
                "items[*]",
                RecordArray,
                Test::AnyElement(Box::new(same_element)),
            ),
            "c",
        ),
        (Filter::All(vec![]), "abcdE"),
        (Filter::Any(vec![]), ""),
        (
            system(SystemField::Version, Test::Equals(Value::Int64(0))),
            "abcdE",
        ),
        (system(SystemField::WellKnownName, Test::IsNotNull), ""),
    ];
    for (filter, expected) in table {
        let label = format!("{filter:?}");
        assert_eq!(
            names(&store, &graph, things(filter)).await,
            expected,
            "{label}"
        );
    }
}

pub(crate) async fn base_types_include_derived_types(store: Store) {
    let graph = graph();
    let person = entity("Demo/Person", Attributes::new().set("Name", "p"));
    insert(
        &store,
        &graph,
        &[tool("t"), gadget("g", Attributes::new()), person],
    )
    .await;
    let of = |root: Option<&str>, types: &[&str]| {
        StoreQuery::of(TypeScope {
            root: root.map(|id| id.parse().unwrap()),
            types: types.iter().map(|id| id.parse().unwrap()).collect(),
        })
    };
    let all = things(Filter::everything());
    assert_eq!(names(&store, &graph, all).await, "tg");
    let tools = of(Some("Demo/Thing"), &["Demo/Tool"]);
    assert_eq!(names(&store, &graph, tools).await, "t");
    let mixed = of(None, &["Demo/Person", "Demo/Gadget"]);
    assert_eq!(names(&store, &graph, mixed).await, "pg");
}

pub(crate) async fn archived_entities_are_hidden(store: Store) {
    let graph = graph();
    let mut archived = tool("a");
    archived.state = RtState::Archived;
    insert(&store, &graph, &[archived, tool("b")]).await;
    let mut query = things(Filter::everything());
    assert_eq!(names(&store, &graph, query.clone()).await, "b");
    query.include_archived = true;
    assert_eq!(names(&store, &graph, query).await, "ab");
}

pub(crate) async fn order_is_by_id_unless_sorted(store: Store) {
    let graph = graph();
    let sized = |name: &str, size: i32| gadget(name, Attributes::new().set("Size", size));
    let mut entities = [
        sized("c", 1),
        sized("a", 2),
        gadget("d", Attributes::new()),
        sized("B", 1),
    ];
    entities.reverse();
    insert(&store, &graph, &entities).await;
    let sorted = |keys: &[(&str, ValueType, SortOrder)]| {
        let mut query = things(Filter::everything());
        let keys = keys.iter();
        query.sort = keys
            .map(|(path, value_type, order)| (attribute(path, *value_type).into(), *order))
            .collect();
        query
    };
    let (up, down) = (SortOrder::Ascending, SortOrder::Descending);
    assert_eq!(names(&store, &graph, sorted(&[])).await, "cadB");
    let by_size = sorted(&[("size", ValueType::Int, up)]);
    assert_eq!(names(&store, &graph, by_size).await, "dcBa");
    let by_both = sorted(&[
        ("size", ValueType::Int, down),
        ("name", ValueType::String, up),
    ]);
    assert_eq!(names(&store, &graph, by_both).await, "aBcd");
}

pub(crate) async fn pages_have_totals(store: Store) {
    let graph = graph();
    insert(&store, &graph, &["a", "b", "c"].map(tool)).await;
    for (skip, take, expected) in [
        (0, None, "abc"),
        (0, Some(2), "ab"),
        (1, Some(1), "b"),
        (2, Some(9), "c"),
        (3, Some(1), ""),
        (1, None, "bc"),
        (0, Some(0), ""),
        (u64::MAX, Some(u64::MAX), ""),
    ] {
        let mut query = things(Filter::everything());
        (query.skip, query.take) = (skip, take);
        let page = store.query(&graph, query.clone()).await.unwrap();
        assert_eq!(page.total, 3, "{skip} {take:?}");
        assert_eq!(names(&store, &graph, query).await, expected);
    }
}
