//! Pages that continue where another ended, and searches.

use octo_ck::model::ValueType;
use octo_runtime::store::{
    Distance, FieldPath, Filter, PathIndex, PathStep, SortKey, SystemField, TextField, TextSearch,
};
use octo_runtime::store::{Field, Test};
use octo_runtime::{Attributes, GeoPoint, RtId, SortOrder};

use crate::samples::{Store, attribute, entity, graph, insert, names, test, things};

pub(crate) async fn positions_continue_in_every_order(store: Store) {
    let graph = graph();
    let sizes = [Some(2), None, Some(1), Some(2), None, Some(3), Some(1)];
    let weights = [1.5, -1.0, 1.5, 0.1, 3.0, 0.1, 2.0];
    let all: Vec<_> = sizes
        .into_iter()
        .zip(weights)
        .map(|(size, weight)| {
            let attributes = Attributes::new().set("Name", "x").set_opt("Size", size);
            entity("Demo/Tool", attributes.set("Weight", weight))
        })
        .collect();
    insert(&store, &graph, &all).await;
    let size = || SortKey::Field(attribute("size", ValueType::Int));
    let weight = || SortKey::Field(attribute("weight", ValueType::Double));
    let id = || SortKey::Field(Field::System(SystemField::RtId));
    let (up, down) = (SortOrder::Ascending, SortOrder::Descending);
    let not_three = test("size", ValueType::Int, Test::NotEquals(3.into()));
    for filter in [Filter::everything(), not_three] {
        for sort in [
            vec![],
            vec![(size(), up)],
            vec![(size(), down)],
            vec![(weight(), up), (size(), down)],
            vec![(size(), down), (weight(), up)],
            vec![(id(), up)],
            vec![(id(), down)],
        ] {
            let mut query = things(filter.clone());
            query.sort = sort;
            let whole = store.query(&graph, query.clone()).await.unwrap();
            let expected: Vec<RtId> = whole.items.iter().map(|e| e.rt_id).collect();
            query.take = Some(2);
            let mut walked = Vec::new();
            loop {
                let is_first = query.after.is_none();
                let page = store.page(&graph, query.clone(), is_first).await.unwrap();
                assert_eq!(page.total, is_first.then_some(whole.total));
                walked.extend(page.items.iter().map(|e| e.rt_id));
                query.after = page.last;
                if query.after.is_none() {
                    break;
                }
            }
            assert_eq!(walked, expected, "{:?}", query.sort);
        }
    }
}

pub(crate) async fn texts_are_searched(store: Store) {
    let graph = graph();
    let named = |name: &str, tags: &[&str]| {
        entity(
            "Demo/Tool",
            Attributes::new().set("Name", name).set("Tags", tags),
        )
    };
    let all = [
        named("pump", &[]),
        named("x", &["PUMPS", "red"]),
        named("y", &["rot"]),
    ];
    insert(&store, &graph, &all).await;
    let search = |text: &str| TextSearch {
        text: text.to_owned(),
        language: "en".to_owned(),
        fields: vec![
            TextField {
                field: attribute("name", ValueType::String),
                weight: 5.0,
            },
            TextField {
                field: attribute("tags[*]", ValueType::String),
                weight: 1.0,
            },
        ],
    };
    for (text, expected) in [
        ("pump", "pumpx"),
        ("pump red", "pumpx"),
        ("red", "x"),
        ("pump -red", "pump"),
    ] {
        let mut query = things(Filter::Text(search(text)));
        query.sort = vec![(SortKey::Relevance(search(text)), SortOrder::Descending)];
        assert_eq!(names(&store, &graph, query).await, expected, "{text}");
    }
}

pub(crate) async fn points_are_found_by_distance(store: Store) {
    let graph = graph();
    let at = |name: &str, longitude: f64| {
        let point = GeoPoint {
            longitude,
            latitude: 0.0,
            altitude: None,
        };
        entity(
            "Demo/Tool",
            Attributes::new().set("Name", name).set("Position", point),
        )
    };
    let none = entity("Demo/Tool", Attributes::new().set("Name", "n"));
    insert(
        &store,
        &graph,
        &[at("c", 3.0), at("a", -1.0), none, at("b", 2.0)],
    )
    .await;
    let near = |min, max| Distance {
        path: FieldPath {
            steps: vec![PathStep {
                name: "position".to_owned(),
                index: PathIndex::Whole,
            }],
            value_type: ValueType::GeospatialPoint,
        },
        longitude: 0.0,
        latitude: 0.0,
        min,
        max,
    };
    // A degree of the equator is 111.3 km.
    for (near, expected) in [
        (near(None, None), "abc"),
        (near(None, Some(250_000.0)), "ab"),
        (near(Some(150_000.0), None), "bc"),
        (near(Some(0.0), Some(1.0)), ""),
    ] {
        let mut query = things(Filter::Near(near.clone()));
        query.sort = vec![(SortKey::Distance(near), SortOrder::Ascending)];
        assert_eq!(names(&store, &graph, query).await, expected);
    }
}
