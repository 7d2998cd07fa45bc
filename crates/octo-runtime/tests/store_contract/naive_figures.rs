//! Random aggregations of random entities give what a naive computation in memory gives.

use std::cmp::Ordering;
use std::str::FromStr;
use std::sync::Arc;

use octo_ck::TypeGraph;
use octo_ck::model::ValueType;
use octo_runtime::store::{Aggregation, Filter, Function, Group, Measure, Source};
use octo_runtime::{Entity, Figure, RtState, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rust_decimal::Decimal;

use crate::edges::{edge, link};
use crate::naive::{any_attributes, any_filter, holds, order};
use crate::naive_links::{World, any_count, any_edges, any_key, any_source};
use crate::samples::{Store, attribute, entity, graph, insert, things};

const ENTITIES: usize = 80;
const QUESTIONS: usize = 300;
const MAX_GROUPS: usize = 5;

pub(crate) async fn random_figures_agree_with_a_naive_model(store: Store) {
    let graph: Arc<TypeGraph> = graph();
    let mut runner = TestRunner::deterministic();
    let world = any_world(&mut runner);
    insert(&store, &graph, &world.entities).await;
    link(&store, &world.edges).await.unwrap();
    let (mut truncated, mut linked) = (0, 0);
    for _ in 0..QUESTIONS {
        let (filter, group_by, measures) = any_question().new_tree(&mut runner).unwrap().current();
        let mut expected = naive(&world, &filter, &group_by, &measures);
        let is_truncated = expected.len() > MAX_GROUPS;
        truncated += usize::from(is_truncated);
        expected.truncate(MAX_GROUPS);
        let label = format!("{group_by:?} {measures:?} {filter:?}");
        linked += usize::from(label.contains("Link"));
        let found = store.aggregate(Aggregation {
            query: things(filter),
            group_by,
            measures,
            max_groups: MAX_GROUPS,
        });
        let found = found.await.unwrap();
        assert_eq!(found.groups, expected, "{label}");
        assert_eq!(found.is_truncated, is_truncated, "{label}");
    }
    assert!(truncated > QUESTIONS / 10, "hardly anything was truncated");
    assert!(linked > QUESTIONS / 4, "hardly anything went over links");
}

fn any_world(runner: &mut TestRunner) -> World {
    let mut any_entity = || {
        let attributes = any_attributes().new_tree(runner).unwrap().current();
        entity("Demo/Tool", attributes)
    };
    let mut entities: Vec<Entity> = (0..ENTITIES).map(|_| any_entity()).collect();
    entities
        .iter_mut()
        .step_by(9)
        .for_each(|entity| entity.state = RtState::Archived);
    let edges = any_edges(ENTITIES).new_tree(runner).unwrap().current();
    let edges = edges
        .into_iter()
        .map(|(origin, role, target)| edge(role, &entities[origin], &entities[target]));
    World {
        edges: edges.collect(),
        entities,
    }
}

fn any_question() -> impl Strategy<Value = (Filter, Vec<Source>, Vec<Measure>)> {
    (
        any_filter(),
        prop::collection::vec(any_key(), 0..3),
        prop::collection::vec(any_measure(), 1..4),
    )
}

fn any_measure() -> impl Strategy<Value = Measure> {
    let number = prop_oneof![
        Just(attribute("size", ValueType::Int)),
        Just(attribute("weight", ValueType::Double)),
        Just(attribute("numbers[*]", ValueType::Int)),
        Just(attribute("items[*].quantity", ValueType::Int)),
        Just(attribute("items[1].quantity", ValueType::Int)),
    ];
    let function = prop_oneof![
        Just(Function::Count),
        Just(Function::Sum),
        Just(Function::Average),
        Just(Function::Minimum),
        Just(Function::Maximum),
    ];
    let number = prop_oneof![4 => any_source(number).boxed(), 1 => any_count().boxed()];
    let number = (function, number);
    let anything = prop_oneof![
        Just(attribute("name", ValueType::String)),
        Just(attribute("tags", ValueType::StringArray)),
        Just(attribute("tags[*]", ValueType::String)),
        Just(attribute("isNew", ValueType::Boolean)),
        Just(attribute("items", ValueType::RecordArray)),
    ];
    prop_oneof![
        Just(Measure::Rows),
        number.prop_map(|(function, source)| Measure::Of(function, source)),
        any_source(anything).prop_map(|source| Measure::Of(Function::Count, source)),
    ]
}

type Keys = Vec<Option<Value>>;

fn naive(world: &World, filter: &Filter, group_by: &[Source], measures: &[Measure]) -> Vec<Group> {
    let mut groups: Vec<(Keys, Vec<&Entity>)> = Vec::new();
    if group_by.is_empty() {
        groups.push((Vec::new(), Vec::new()));
    }
    for entity in &world.entities {
        if entity.state == RtState::Archived || !holds(filter, &entity.attributes) {
            continue;
        }
        let keys = group_by.iter().map(|source| world.key(entity, source));
        let keys: Keys = keys.collect();
        match groups.iter_mut().find(|(known, _)| *known == keys) {
            Some((_, members)) => members.push(entity),
            None => groups.push((keys, vec![entity])),
        }
    }
    groups.sort_by(|(left, _), (right, _)| {
        let mut orders = left.iter().zip(right).map(key_order);
        orders.find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    });
    let groups = groups.into_iter().map(|(keys, members)| Group {
        keys,
        figures: measures
            .iter()
            .map(|m| figure(world, m, &members))
            .collect(),
    });
    groups.collect()
}

fn key_order((left, right): (&Option<Value>, &Option<Value>)) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => order(left, right),
        (left, right) => left.is_some().cmp(&right.is_some()),
    }
}

fn figure(world: &World, measure: &Measure, members: &[&Entity]) -> Figure {
    let Measure::Of(function, source) = measure else {
        return Figure::Count(members.len() as u64);
    };
    let of_entity = |entity: &&Entity| world.values(entity, source);
    let values: Vec<Value> = members.iter().flat_map(of_entity).flatten().collect();
    if *function == Function::Count {
        return Figure::Count(values.len() as u64);
    }
    let decimals = values.iter().map(decimal).collect::<Option<Vec<_>>>();
    let sum = || Some(decimals.as_ref()?.iter().sum::<Decimal>());
    let count = Decimal::from(values.len());
    match function {
        Function::Sum => sum().map_or(Figure::OutOfRange, Figure::Decimal),
        _ if values.is_empty() => Figure::Null,
        Function::Average => {
            let mean = sum().map(|sum| (sum / count).normalize());
            mean.map_or(Figure::OutOfRange, Figure::Decimal)
        }
        Function::Minimum => extreme(values.iter().min_by(|a, b| order(a, b))),
        _ => extreme(values.iter().max_by(|a, b| order(a, b))),
    }
}

fn extreme(value: Option<&Value>) -> Figure {
    match (value, value.and_then(decimal)) {
        (_, Some(decimal)) => Figure::Decimal(decimal),
        (Some(Value::Double(double)), None) => Figure::Double(*double),
        other => unreachable!("no number: {other:?}"),
    }
}

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Int(number) => Some(Decimal::from(*number)),
        Value::Int64(number) => Some(Decimal::from(*number)),
        Value::Double(number) => Decimal::from_str(&number.to_string()).ok(),
        other => unreachable!("no number: {other:?}"),
    }
}
