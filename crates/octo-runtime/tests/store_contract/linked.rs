//! Conditions, order and counts over associations.

use octo_ck::model::ValueType;
use octo_runtime::store::{
    Comparison, Filter, Link, SortKey, StoreQuery, SystemField, Test, TypeScope, transact,
};
use octo_runtime::{
    Association, Attributes, Direction, Entity, EntityRef, RtId, RtState, SortOrder, StoreError,
    Value,
};

use crate::samples::{Store, attribute, entity, graph, insert, names, system, test, tool};

fn person(name: &str) -> Entity {
    entity("Demo/Person", Attributes::new().set("Name", name))
}

fn end(entity: &Entity) -> EntityRef {
    EntityRef::new(entity.ck_type_id.clone(), entity.rt_id)
}

/// `P` owns tools `a` and `b`, `Q` owns `b`, `R` owns nothing that is active.
async fn sample(store: &Store) -> [Entity; 3] {
    let people = [person("P"), person("Q"), person("R")];
    let sized = |name: &str, size: i32| {
        let mut tool = tool(name);
        tool.attributes.insert("Size", size);
        tool
    };
    let mut tools = [sized("a", 1), sized("b", 2), sized("c", 3)];
    tools[2].state = RtState::Archived;
    let graph = graph();
    insert(store, &graph, &people).await;
    insert(store, &graph, &tools).await;
    let pairs = [(0, 0), (0, 1), (1, 1), (2, 2)];
    let edges = pairs.map(|(person, tool)| Association {
        id: RtId::generate(),
        role: "Demo/Owns".parse().unwrap(),
        origin: end(&people[person]),
        target: end(&tools[tool]),
        target_attributes: Vec::new(),
        attributes: Attributes::new(),
    });
    transact::<(), StoreError>(store.as_ref(), graph, move |transaction| {
        edges
            .iter()
            .try_for_each(|edge| transaction.insert_edge(edge))
    })
    .await
    .unwrap();
    people
}

fn owns(filter: Filter) -> Link {
    Link {
        role: "Demo/Owns".parse().unwrap(),
        direction: Direction::Outbound,
        far: TypeScope {
            root: Some("Demo/Thing".parse().unwrap()),
            types: vec!["Demo/Tool".parse().unwrap(), "Demo/Gadget".parse().unwrap()],
        },
        filter: Box::new(filter),
    }
}

fn people(filter: Filter) -> StoreQuery {
    let mut query = StoreQuery::of(TypeScope {
        root: Some("Demo/Person".parse().unwrap()),
        types: vec!["Demo/Person".parse().unwrap()],
    });
    query.filter = filter;
    query
}

pub(crate) async fn far_ends_can_be_filtered_by(store: Store) {
    sample(&store).await;
    let graph = graph();
    let named = |name: &str| test("name", ValueType::String, Test::Equals(name.into()));
    let any = || owns(Filter::everything());
    let linked = |link: Link, filter: Filter| Filter::Linked(link, Box::new(filter));
    let not = |filter| Filter::Not(Box::new(filter));
    let count = |test| Filter::LinkCount(any(), test);
    let zero_and_one = || vec![Value::Int64(0), Value::Int64(1)];
    let one_of = |or_null| Test::In {
        values: zero_and_one(),
        or_null,
    };
    let none_of = |or_null| Test::NotIn {
        values: zero_and_one(),
        or_null,
    };
    let owner = Link {
        role: "Demo/Owns".parse().unwrap(),
        direction: Direction::Inbound,
        far: people(Filter::everything()).scope,
        filter: Box::new(Filter::everything()),
    };
    let table = [
        (linked(any(), Filter::everything()), "PQ"),
        (linked(any(), named("a")), "P"),
        (linked(any(), named("c")), ""),
        (linked(owns(named("b")), Filter::everything()), "PQ"),
        (linked(owns(named("b")), named("a")), ""),
        (not(linked(any(), named("a"))), "QR"),
        (
            not(test("email", ValueType::String, Test::Equals("x".into()))),
            "PQR",
        ),
        (linked(any(), linked(owner, named("Q"))), "PQ"),
        (count(Test::Equals(Value::Int64(1))), "Q"),
        (count(Test::Compare(Comparison::Less, Value::Int64(1))), "R"),
        (count(Test::NotEquals(Value::Int64(1))), "PR"),
        (
            count(Test::Compare(Comparison::Greater, Value::Int64(0))),
            "PQ",
        ),
        (
            count(Test::Compare(Comparison::GreaterOrEqual, Value::Int64(1))),
            "PQ",
        ),
        (count(one_of(false)), "QR"),
        (count(one_of(true)), "QR"),
        (count(none_of(false)), "P"),
        (count(none_of(true)), "P"),
        (
            linked(
                any(),
                system(SystemField::Version, Test::Equals(Value::Int64(0))),
            ),
            "PQ",
        ),
    ];
    for (filter, expected) in table {
        let label = format!("{filter:?}");
        let found = names(&store, &graph, people(filter)).await;
        assert_eq!(found, expected, "{label}");
    }
}

pub(crate) async fn far_ends_can_be_sorted_by(store: Store) {
    sample(&store).await;
    let graph = graph();
    let size = || SortKey::Field(attribute("size", ValueType::Int));
    let linked = || SortKey::Linked(owns(Filter::everything()), Box::new(size()));
    let count = || SortKey::LinkCount(owns(Filter::everything()));
    for (key, order, expected) in [
        (linked(), SortOrder::Ascending, "RPQ"),
        (linked(), SortOrder::Descending, "PQR"),
        (count(), SortOrder::Ascending, "RQP"),
        (count(), SortOrder::Descending, "PQR"),
    ] {
        let mut query = people(Filter::everything());
        query.sort = vec![(key, order)];
        assert_eq!(names(&store, &graph, query).await, expected);
    }
}

pub(crate) async fn far_ends_are_listed_and_counted_per_entity(store: Store) {
    let people = sample(&store).await;
    let graph = graph();
    let ids: Vec<RtId> = people.iter().rev().map(|person| person.rt_id).collect();
    let all = owns(Filter::everything());
    let counts = store.link_counts(ids.clone(), all.clone()).await.unwrap();
    assert_eq!(counts, [0, 1, 2]);
    let found = store
        .linked(&graph, ids.clone(), all.clone(), 10)
        .await
        .unwrap();
    let shown: Vec<String> = found
        .iter()
        .map(|far| {
            far.iter()
                .filter_map(|e| e.attributes.str("Name"))
                .collect()
        })
        .collect();
    assert_eq!(shown, ["", "b", "ab"]);
    let first = store.linked(&graph, ids, all, 1).await.unwrap();
    assert_eq!(first[2].len(), 1);
}
