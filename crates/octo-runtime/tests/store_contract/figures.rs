//! What aggregations mean.

use octo_ck::model::ValueType;
use octo_runtime::store::{
    Aggregation, Field, Filter, Function, Groups, Measure, StoreQuery, SystemField, Test,
};
use octo_runtime::{Attributes, DateTimeOffset, Entity, Figure, Record, RtState, Value};

use crate::samples::{Store, attribute, entity, graph, insert, test, things};

async fn ask(store: &Store, query: StoreQuery, by: Vec<Field>, measures: Vec<Measure>) -> Groups {
    let aggregation = Aggregation {
        query,
        group_by: by.into_iter().map(Into::into).collect(),
        measures,
        max_groups: 1000,
    };
    store.aggregate(aggregation).await.unwrap()
}

/// Figures of one group as text.
fn shown(groups: &Groups) -> Vec<String> {
    let rows = groups.groups.iter().map(|group| {
        let keys = group.keys.iter().map(|key| match key {
            Some(Value::String(text)) => text.clone(),
            Some(Value::DateTimeOffset(value)) => value.instant.to_string(),
            Some(other) => format!("{other:?}"),
            None => "null".to_owned(),
        });
        let figures = group.figures.iter().map(|figure| match figure {
            Figure::Null => "null".to_owned(),
            Figure::Count(count) => count.to_string(),
            Figure::Decimal(decimal) => decimal.to_string(),
            Figure::Double(double) => double.to_string(),
            Figure::Instant(instant) => instant.to_string(),
            Figure::OutOfRange => "out of range".to_owned(),
        });
        keys.chain(figures).collect::<Vec<_>>().join(" ")
    });
    rows.collect()
}

fn all(function: Function, path: &str, value_type: ValueType) -> Measure {
    Measure::Of(function, attribute(path, value_type).into())
}

fn thing(ck_type: &str, attributes: Attributes) -> Entity {
    entity(ck_type, attributes.set("Name", "n"))
}

pub(crate) async fn figures_are_exact_and_skip_missing_values(store: Store) {
    let thing = |big: Option<i64>, weight: Option<f64>| {
        let attributes = Attributes::new();
        thing(
            "Demo/Tool",
            attributes.set_opt("Big", big).set_opt("Weight", weight),
        )
    };
    let entities = [
        thing(Some(i64::MAX), Some(0.1)),
        thing(Some(i64::MAX), Some(0.2)),
        thing(Some((1 << 53) + 1), None),
        thing(None, Some(1e-7)),
    ];
    insert(&store, &graph(), &entities).await;
    let measures = |path: &str, value_type| {
        [
            Function::Count,
            Function::Sum,
            Function::Average,
            Function::Minimum,
            Function::Maximum,
        ]
        .map(|function| all(function, path, value_type))
        .to_vec()
    };
    let everything = || things(Filter::everything());
    let big = ask(
        &store,
        everything(),
        vec![],
        measures("big", ValueType::Int64),
    );
    assert_eq!(
        shown(&big.await),
        [
            "3 18455751272964292607 6151917090988097535.6666666667 9007199254740993 9223372036854775807"
        ]
    );
    let weight = ask(
        &store,
        everything(),
        vec![],
        measures("weight", ValueType::Double),
    );
    assert_eq!(
        shown(&weight.await),
        ["3 0.3000001 0.1000000333333333333333333333 0.0000001 0.2"]
    );
    let nothing = test("name", ValueType::String, Test::Equals("x".into()));
    let none = ask(
        &store,
        things(nothing.clone()),
        vec![],
        measures("weight", ValueType::Double),
    );
    assert_eq!(shown(&none.await), ["0 0 null null null"]);
    let by_name = vec![attribute("name", ValueType::String)];
    let no_groups = ask(&store, things(nothing), by_name, vec![Measure::Rows]).await;
    assert!(no_groups.groups.is_empty() && !no_groups.is_truncated);
}

pub(crate) async fn instants_have_extremes(store: Store) {
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let thing = |text: &str, offset_minutes| {
        let seen = DateTimeOffset {
            instant: at(text),
            offset_minutes,
        };
        thing(
            "Demo/Tool",
            Attributes::new().set("Bought", at(text)).set("Seen", seen),
        )
    };
    let entities = [
        thing("2024-01-01T00:00:00.5Z", 60),
        thing("1960-06-30T12:00:00Z", -60),
        thing("1960-06-30T12:00:00Z", 0),
    ];
    insert(&store, &graph(), &entities).await;
    let system = |function| Measure::Of(function, Field::System(SystemField::Created).into());
    let measures = vec![
        all(Function::Minimum, "bought", ValueType::DateTime),
        all(Function::Maximum, "bought", ValueType::DateTime),
        all(Function::Minimum, "seen", ValueType::DateTimeOffset),
        all(Function::Count, "seen", ValueType::DateTimeOffset),
        system(Function::Maximum),
    ];
    let found = ask(&store, things(Filter::everything()), vec![], measures).await;
    assert_eq!(
        shown(&found),
        [
            "1960-06-30T12:00:00Z 2024-01-01T00:00:00.5Z 1960-06-30T12:00:00Z 3 2023-11-14T22:13:20.123Z"
        ]
    );
    // One instant is one group, whatever its offset.
    let by = vec![attribute("seen", ValueType::DateTimeOffset)];
    let found = ask(
        &store,
        things(Filter::everything()),
        by,
        vec![Measure::Rows],
    );
    assert_eq!(
        shown(&found.await),
        ["1960-06-30T12:00:00Z 2", "2024-01-01T00:00:00.5Z 1"]
    );
}

pub(crate) async fn groups_cover_types_and_skip_archived_entities(store: Store) {
    let home = |city: &str| Record::of("Demo", "Address").set("City", city);
    let mut archived = thing("Demo/Tool", Attributes::new().set("Size", 100));
    archived.state = RtState::Archived;
    let entities = [
        thing(
            "Demo/Tool",
            Attributes::new()
                .set("Size", 1)
                .set("Home", home("Wien"))
                .set("Paint", Value::Enum(2)),
        ),
        thing(
            "Demo/Gadget",
            Attributes::new().set("Size", 2).set("Home", home("Graz")),
        ),
        thing("Demo/Gadget", Attributes::new().set("Size", 4)),
        archived,
    ];
    insert(&store, &graph(), &entities).await;
    let sum = || vec![all(Function::Sum, "size", ValueType::Int), Measure::Rows];
    let everything = || things(Filter::everything());
    let by_type = vec![Field::System(SystemField::CkTypeId)];
    assert_eq!(
        shown(&ask(&store, everything(), by_type, sum()).await),
        ["Demo/Gadget 6 2", "Demo/Tool 1 1"]
    );
    let by_city = vec![
        attribute("home.city", ValueType::String),
        attribute("paint", ValueType::Enum),
    ];
    assert_eq!(
        shown(&ask(&store, everything(), by_city, sum()).await),
        ["null null 4 1", "Graz null 2 1", "Wien Enum(2) 1 1"]
    );
    let by_id = vec![Field::System(SystemField::RtId)];
    let ids: Vec<_> = entities[..3].iter().map(|e| e.rt_id.to_string()).collect();
    let found = ask(&store, everything(), by_id, vec![Measure::Rows]).await;
    let keys: Vec<_> = shown(&found);
    assert_eq!(
        keys,
        ids.iter().map(|id| format!("{id} 1")).collect::<Vec<_>>()
    );
    let mut with_archived = everything();
    with_archived.include_archived = true;
    assert_eq!(
        shown(&ask(&store, with_archived, vec![], sum()).await),
        ["107 4"]
    );
}
