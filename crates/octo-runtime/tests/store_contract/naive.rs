//! Random filters on random entities give what a naive evaluation in memory gives.

use std::cmp::Ordering;

use octo_ck::model::ValueType;
use octo_runtime::store::{Comparison, Field, Filter, PathIndex, PathStep, Test};
use octo_runtime::{Attributes, Entity, Record, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::samples::{Store, attribute, entity, graph, insert, things};

const ENTITIES: usize = 60;
const FILTERS: usize = 400;

pub(crate) async fn random_filters_agree_with_a_naive_model(store: Store) {
    let graph = graph();
    let mut runner = TestRunner::deterministic();
    let entities: Vec<Entity> = (0..ENTITIES)
        .map(|_| {
            entity(
                "Demo/Tool",
                any_aged_attributes()
                    .new_tree(&mut runner)
                    .unwrap()
                    .current(),
            )
        })
        .collect();
    insert(&store, &graph, &entities).await;
    let mut matches = 0;
    for _ in 0..FILTERS {
        let filter = any_filter().new_tree(&mut runner).unwrap().current();
        let expected: Vec<_> = entities
            .iter()
            .filter(|entity| holds(&filter, &entity.attributes))
            .map(|entity| entity.rt_id)
            .collect();
        let label = format!("{filter:?}");
        let mut first = things(filter.clone());
        first.take = Some(7);
        let first = store.query(&graph, first).await.unwrap();
        assert_eq!(first.total, expected.len() as u64, "{label}");
        let found = store.query(&graph, things(filter)).await.unwrap().items;
        assert!(found.starts_with(&first.items), "{label}");
        let found: Vec<_> = found.iter().map(|entity| entity.rt_id).collect();
        assert_eq!(found, expected, "{label}");
        matches += usize::from(!found.is_empty() && found.len() < ENTITIES);
    }
    assert!(
        matches > FILTERS / 3,
        "most filters matched nothing or everything"
    );
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(""),
        Just("a"),
        Just("A"),
        Just("ab"),
        Just("ä"),
        Just("b%_*")
    ]
    .prop_map(str::to_owned)
}

/// With texts in `Size` now and then, as if left from before the attribute had its type.
fn any_aged_attributes() -> impl Strategy<Value = Attributes> {
    (any_attributes(), prop::option::weighted(0.2, any_text()))
        .prop_map(|(attributes, size)| attributes.set_opt("Size", size))
}

pub(crate) fn any_attributes() -> impl Strategy<Value = Attributes> {
    let item = (any_text(), prop::option::of(0..3)).prop_map(|(label, quantity)| {
        Record::of("Demo", "Item")
            .set("Label", label)
            .set_opt("Quantity", quantity)
    });
    (
        any_text(),
        prop::option::of(-2..3),
        prop::option::of(prop_oneof![Just(0.1), Just(-1.0), Just(1e300), Just(3.0)]),
        prop::option::of(any::<bool>()),
        prop::option::of(prop::collection::vec(any_text(), 0..3)),
        prop::option::of(prop::collection::vec(0..3, 0..3)),
        prop::option::of(prop::collection::vec(item, 0..3)),
    )
        .prop_map(|(name, size, weight, is_new, tags, numbers, items)| {
            Attributes::new()
                .set("Name", name)
                .set_opt("Size", size)
                .set_opt("Weight", weight)
                .set_opt("IsNew", is_new)
                .set_opt("Tags", tags)
                .set_opt("Numbers", numbers)
                .set_opt("Items", items)
        })
}

pub(crate) fn any_filter() -> impl Strategy<Value = Filter> {
    any_condition().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::All),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::Any),
            inner.prop_map(|part| Filter::Not(Box::new(part))),
        ]
    })
}

fn any_condition() -> impl Strategy<Value = Filter> {
    let number = || any_test((-2..3).prop_map(Value::Int).boxed());
    let text = || any_test(any_text().prop_map(Value::String).boxed());
    let weight = prop_oneof![Just(0.1), Just(-1.0), Just(1e300), Just(2.0)];
    let field = |path: &'static str, value_type, test: BoxedStrategy<Test>| {
        test.prop_map(move |test| Filter::Field(attribute(path, value_type), test))
    };
    prop_oneof![
        field("size", ValueType::Int, number()),
        field("name", ValueType::String, text()),
        field(
            "weight",
            ValueType::Double,
            any_test(weight.prop_map(Value::Double).boxed())
        ),
        field(
            "isNew",
            ValueType::Boolean,
            any_test(any::<bool>().prop_map(Value::Boolean).boxed())
        ),
        field("tags[*]", ValueType::String, text()),
        field("tags[1]", ValueType::String, text()),
        field("tags[-1]", ValueType::String, text()),
        field("items[-2].label", ValueType::String, text()),
        field("numbers[*]", ValueType::Int, number()),
        field("items[*].label", ValueType::String, text()),
        field("items[*].quantity", ValueType::Int, number()),
        field("items[0].quantity", ValueType::Int, number()),
    ]
}

fn any_test(value: BoxedStrategy<Value>) -> BoxedStrategy<Test> {
    let comparison = prop_oneof![
        Just(Comparison::Less),
        Just(Comparison::LessOrEqual),
        Just(Comparison::Greater),
        Just(Comparison::GreaterOrEqual),
    ];
    let values = prop::collection::vec(value.clone(), 0..3);
    prop_oneof![
        value.clone().prop_map(Test::Equals),
        value.clone().prop_map(Test::NotEquals),
        (comparison, value).prop_map(|(comparison, value)| Test::Compare(comparison, value)),
        (values.clone(), any::<bool>()).prop_map(|(values, or_null)| Test::In { values, or_null }),
        (values, any::<bool>()).prop_map(|(values, or_null)| Test::NotIn { values, or_null }),
        prop_oneof![Just("a"), Just("(?i)a"), Just("^a"), Just("\\*")]
            .prop_map(|pattern| Test::Matches(pattern.to_owned())),
        Just(Test::IsNull),
        Just(Test::IsNotNull),
    ]
    .boxed()
}

pub(crate) fn holds(filter: &Filter, attributes: &Attributes) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().all(|part| holds(part, attributes)),
        Filter::Any(parts) => parts.iter().any(|part| holds(part, attributes)),
        Filter::Not(part) => !holds(part, attributes),
        Filter::Field(Field::Attribute(path), test) => {
            let values = values(attributes, &path.steps);
            let any = |positive: &Test| {
                values
                    .iter()
                    .any(|value| value_holds(positive, value.as_ref()))
            };
            match test {
                Test::NotEquals(value) => !any(&Test::Equals(value.clone())),
                Test::NotIn { values, or_null } => !any(&Test::In {
                    values: values.clone(),
                    or_null: *or_null,
                }),
                Test::IsNotNull => !any(&Test::IsNull),
                positive => any(positive),
            }
        }
        other => unreachable!("not generated: {other:?}"),
    }
}

/// The values a path leads to: one, or one per element; `None` is a missing value.
pub(crate) fn values(attributes: &Attributes, steps: &[PathStep]) -> Vec<Option<Value>> {
    let (first, rest) = steps.split_first().unwrap();
    let inside = |record: Option<&Record>| match (record, rest) {
        (Some(record), rest) => values(&record.attributes, rest),
        (None, _) => vec![None],
    };
    match (attributes.get(&first.name), first.index) {
        (None, _) => vec![None],
        (Some(Value::RecordArray(items)), PathIndex::At(at)) => inside(items.get(at)),
        (Some(Value::RecordArray(items)), PathIndex::FromEnd(at)) => {
            inside(items.iter().rev().nth(at - 1))
        }
        (Some(Value::RecordArray(items)), _) => {
            items.iter().flat_map(|item| inside(Some(item))).collect()
        }
        (Some(Value::StringArray(items)), PathIndex::At(at)) => {
            vec![items.get(at).map(Value::from)]
        }
        (Some(Value::StringArray(items)), PathIndex::FromEnd(at)) => {
            vec![items.iter().rev().nth(at - 1).map(Value::from)]
        }
        (Some(Value::StringArray(items)), _) => {
            items.iter().map(|item| Some(item.into())).collect()
        }
        (Some(Value::IntArray(items)), _) => {
            items.iter().map(|item| Some((*item).into())).collect()
        }
        (Some(value), _) => vec![Some(value.clone())],
    }
}

fn value_holds(test: &Test, value: Option<&Value>) -> bool {
    match (test, value) {
        (Test::IsNull, value) => value.is_none(),
        (Test::In { or_null, .. }, None) => *or_null,
        (Test::In { values, .. }, Some(value)) => values.contains(value),
        (_, None) => false,
        (Test::Equals(wanted), Some(value)) => wanted == value,
        (Test::Compare(..), Some(value)) if is_of_other_kind(test, value) => false,
        (Test::Compare(comparison, bound), Some(value)) => {
            let order = order(value, bound);
            match comparison {
                Comparison::Less => order == Ordering::Less,
                Comparison::LessOrEqual => order != Ordering::Greater,
                Comparison::Greater => order == Ordering::Greater,
                Comparison::GreaterOrEqual => order != Ordering::Less,
            }
        }
        (Test::Matches(pattern), Some(Value::String(text))) => {
            regex::Regex::new(pattern).unwrap().is_match(text)
        }
        _ => false,
    }
}

/// Numbers and texts have no order towards each other.
fn is_of_other_kind(test: &Test, value: &Value) -> bool {
    let is_text = |value: &Value| matches!(value, Value::String(_));
    matches!(test, Test::Compare(_, bound) if is_text(bound) != is_text(value))
}

pub(crate) fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Int64(left), Value::Int64(right)) => left.cmp(right),
        (Value::Double(left), Value::Double(right)) => left.total_cmp(right),
        (Value::Boolean(left), Value::Boolean(right)) => left.cmp(right),
        (Value::String(left), Value::String(right)) => left.as_bytes().cmp(right.as_bytes()),
        other => unreachable!("values of two kinds: {other:?}"),
    }
}
