//! The graph and entities the cases work with.

use std::sync::Arc;

use jiff::Timestamp;
use octo_ck::model::ValueType;
use octo_ck::{TypeGraph, builtin};
use octo_runtime::store::{
    Field, FieldPath, Filter, PathIndex, PathStep, StoreQuery, SystemField, Test, TypeScope,
    transact,
};
use octo_runtime::{Attributes, Entity, EntityStore, RtId, RtState, StoreError};

use crate::model::demo;

pub(crate) type Store = Arc<dyn EntityStore>;

pub(crate) fn graph() -> Arc<TypeGraph> {
    Arc::new(TypeGraph::build([builtin::system(), demo("1.0.0")]).unwrap())
}

/// An active entity with ascending id.
pub(crate) fn entity(ck_type: &str, attributes: Attributes) -> Entity {
    let now = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
    Entity {
        rt_id: RtId::generate(),
        ck_type_id: ck_type.parse().unwrap(),
        created: now,
        changed: now,
        archived: None,
        well_known_name: None,
        display_name: None,
        display_description: None,
        version: 0,
        state: RtState::Active,
        attributes,
    }
}

pub(crate) fn tool(name: &str) -> Entity {
    entity("Demo/Tool", Attributes::new().set("Name", name))
}

pub(crate) async fn insert(store: &Store, graph: &Arc<TypeGraph>, entities: &[Entity]) {
    let entities = entities.to_vec();
    transact::<(), StoreError>(store.as_ref(), Arc::clone(graph), move |transaction| {
        entities
            .iter()
            .try_for_each(|entity| transaction.insert(entity))
    })
    .await
    .unwrap();
}

/// All things, tools and gadgets.
pub(crate) fn things(filter: Filter) -> StoreQuery {
    let types = ["Demo/Thing", "Demo/Tool", "Demo/Gadget"];
    let mut query = StoreQuery::of(TypeScope {
        root: Some("Demo/Thing".parse().unwrap()),
        types: types.map(|id| id.parse().unwrap()).to_vec(),
    });
    query.filter = filter;
    query
}

/// Names of the entities that meet a query, in order.
pub(crate) async fn names(store: &Store, graph: &Arc<TypeGraph>, query: StoreQuery) -> String {
    let page = store.query(graph, query).await.unwrap();
    let names = page.items.iter().filter_map(|e| e.attributes.str("Name"));
    names.collect()
}

/// `name`, `name[2]`, `name[*]`, or several of them separated by dots.
pub(crate) fn attribute(path: &str, value_type: ValueType) -> Field {
    let steps = path.split('.').map(|step| {
        let (name, index) = step.split_once('[').unwrap_or((step, ""));
        PathStep {
            name: name.to_owned(),
            index: match index.trim_end_matches(']') {
                "" => PathIndex::Whole,
                "*" => PathIndex::Any,
                digits => match digits.strip_prefix('-') {
                    Some(digits) => PathIndex::FromEnd(digits.parse().unwrap()),
                    None => PathIndex::At(digits.parse().unwrap()),
                },
            },
        }
    });
    Field::Attribute(FieldPath {
        steps: steps.collect(),
        value_type,
    })
}

pub(crate) fn test(path: &str, value_type: ValueType, test: Test) -> Filter {
    Filter::Field(attribute(path, value_type), test)
}

pub(crate) fn system(field: SystemField, test: Test) -> Filter {
    Filter::Field(Field::System(field), test)
}
