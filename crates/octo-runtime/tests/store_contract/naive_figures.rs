//! Random aggregations of random entities give what a naive computation in memory gives.

use std::cmp::Ordering;
use std::str::FromStr;
use std::sync::Arc;

use octo_ck::TypeGraph;
use octo_ck::model::ValueType;
use octo_runtime::store::{
    Aggregation, Field, FieldPath, Filter, Function, Group, Measure, PathStep,
};
use octo_runtime::{Entity, Figure, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rust_decimal::Decimal;

use crate::naive::{any_attributes, any_filter, holds, order, values};
use crate::samples::{Store, attribute, entity, graph, insert, things};

const ENTITIES: usize = 80;
const QUESTIONS: usize = 300;
const MAX_GROUPS: usize = 5;

pub(crate) async fn random_figures_agree_with_a_naive_model(store: Store) {
    let graph: Arc<TypeGraph> = graph();
    let mut runner = TestRunner::deterministic();
    let entities: Vec<Entity> = (0..ENTITIES)
        .map(|_| {
            let attributes = any_attributes().new_tree(&mut runner).unwrap();
            entity("Demo/Tool", attributes.current())
        })
        .collect();
    insert(&store, &graph, &entities).await;
    let mut truncated = 0;
    for _ in 0..QUESTIONS {
        let (filter, group_by, measures) = any_question().new_tree(&mut runner).unwrap().current();
        let mut expected = naive(&entities, &filter, &group_by, &measures);
        let is_truncated = expected.len() > MAX_GROUPS;
        truncated += usize::from(is_truncated);
        expected.truncate(MAX_GROUPS);
        let label = format!("{group_by:?} {measures:?} {filter:?}");
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
}

fn any_question() -> impl Strategy<Value = (Filter, Vec<Field>, Vec<Measure>)> {
    let key = prop_oneof![
        Just(attribute("name", ValueType::String)),
        Just(attribute("size", ValueType::Int)),
        Just(attribute("weight", ValueType::Double)),
        Just(attribute("isNew", ValueType::Boolean)),
        Just(attribute("tags[1]", ValueType::String)),
        Just(attribute("items[0].quantity", ValueType::Int)),
    ];
    (
        any_filter(),
        prop::collection::vec(key, 0..3),
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
    let anything = prop_oneof![
        Just(attribute("name", ValueType::String)),
        Just(attribute("tags", ValueType::StringArray)),
        Just(attribute("tags[*]", ValueType::String)),
        Just(attribute("isNew", ValueType::Boolean)),
        Just(attribute("items", ValueType::RecordArray)),
    ];
    prop_oneof![
        Just(Measure::Rows),
        (function, number).prop_map(|(function, field)| Measure::Of(function, field)),
        anything.prop_map(|field| Measure::Of(Function::Count, field)),
    ]
}

type Keys = Vec<Option<Value>>;

fn naive(
    entities: &[Entity],
    filter: &Filter,
    group_by: &[Field],
    measures: &[Measure],
) -> Vec<Group> {
    let mut groups: Vec<(Keys, Vec<&Entity>)> = Vec::new();
    if group_by.is_empty() {
        groups.push((Vec::new(), Vec::new()));
    }
    for entity in entities {
        if !holds(filter, &entity.attributes) {
            continue;
        }
        let keys = group_by.iter().map(|field| {
            let values = values(&entity.attributes, steps(field));
            values.into_iter().next().flatten()
        });
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
        figures: measures.iter().map(|m| figure(m, &members)).collect(),
    });
    groups.collect()
}

fn key_order((left, right): (&Option<Value>, &Option<Value>)) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => order(left, right),
        (left, right) => left.is_some().cmp(&right.is_some()),
    }
}

fn steps(field: &Field) -> &[PathStep] {
    match field {
        Field::Attribute(FieldPath { steps, .. }) => steps,
        Field::System(_) => unreachable!("not generated"),
    }
}

fn figure(measure: &Measure, members: &[&Entity]) -> Figure {
    let Measure::Of(function, field) = measure else {
        return Figure::Count(members.len() as u64);
    };
    let whole_list = steps(field).len() == 1
        && matches!(
            field,
            Field::Attribute(FieldPath {
                value_type: ValueType::StringArray | ValueType::RecordArray,
                ..
            })
        );
    let of_entity = |entity: &&Entity| match whole_list {
        true => vec![entity.attributes.get(&steps(field)[0].name).cloned()],
        false => values(&entity.attributes, steps(field)),
    };
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
        Value::Double(number) => Decimal::from_str(&number.to_string()).ok(),
        other => unreachable!("no number: {other:?}"),
    }
}
