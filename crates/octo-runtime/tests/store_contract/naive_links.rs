//! Links and sources, evaluated in memory.

use octo_runtime::store::{Field, FieldPath, Filter, Link, Source};
use octo_runtime::{Association, Direction, Entity, RtState, Value};
use proptest::prelude::*;

use octo_ck::model::ValueType;

use crate::naive::{any_filter, holds, values};
use crate::samples::{attribute, things};

const ROLES: [&str; 2] = ["Demo/Owns", "Demo/Likes"];

/// Entities and the edges between them.
pub(crate) struct World {
    pub(crate) entities: Vec<Entity>,
    pub(crate) edges: Vec<Association>,
}

impl World {
    /// The far ends of a link, by id.
    fn far_ends(&self, near: &Entity, link: &Link) -> Vec<&Entity> {
        let ends = self.edges.iter().filter_map(|edge| {
            let (here, there) = match link.direction {
                Direction::Outbound => (&edge.origin, &edge.target),
                _ => (&edge.target, &edge.origin),
            };
            (edge.role == link.role && here.rt_id == near.rt_id).then_some(there.rt_id)
        });
        let mut far: Vec<_> = ends
            .filter_map(|id| self.entities.iter().find(|entity| entity.rt_id == id))
            .filter(|entity| entity.state == RtState::Active)
            .filter(|entity| holds(&link.filter, &entity.attributes))
            .collect();
        far.sort_by_key(|entity| entity.rt_id);
        far
    }

    /// All values of a source.
    pub(crate) fn values(&self, entity: &Entity, source: &Source) -> Vec<Option<Value>> {
        match source {
            Source::Field(Field::Attribute(path)) => of_field(entity, path),
            Source::Field(other) => unreachable!("not generated: {other:?}"),
            Source::Linked(link, inner) => {
                let far = self.far_ends(entity, link).into_iter();
                far.flat_map(|far| self.values(far, inner)).collect()
            }
            _ => vec![self.key(entity, source)],
        }
    }

    /// The one value of a source that makes groups.
    pub(crate) fn key(&self, entity: &Entity, source: &Source) -> Option<Value> {
        match source {
            Source::Field(_) => self.values(entity, source).into_iter().next().flatten(),
            Source::Linked(link, inner) => {
                let far = self.far_ends(entity, link);
                self.key(far.first()?, inner)
            }
            Source::LinkCount(link) => Some(Value::Int64(self.far_ends(entity, link).len() as i64)),
            Source::LinkExists(link) => {
                Some(Value::Boolean(!self.far_ends(entity, link).is_empty()))
            }
        }
    }
}

fn of_field(entity: &Entity, path: &FieldPath) -> Vec<Option<Value>> {
    let is_whole_list = matches!(
        path.value_type,
        ValueType::StringArray | ValueType::RecordArray
    );
    match path.steps.as_slice() {
        [only] if is_whole_list => vec![entity.attributes.get(&only.name).cloned()],
        steps => values(&entity.attributes, steps),
    }
}

/// Edges between entities known by their places.
pub(crate) fn any_edges(
    entities: usize,
) -> impl Strategy<Value = Vec<(usize, &'static str, usize)>> {
    let edge = (0..entities, prop::sample::select(&ROLES[..]), 0..entities);
    prop::collection::hash_set(edge, entities..entities * 2)
        .prop_map(|edges| edges.into_iter().collect())
}

fn any_link() -> impl Strategy<Value = Link> {
    let direction = prop_oneof![Just(Direction::Outbound), Just(Direction::Inbound)];
    let filter = prop_oneof![3 => Just(Filter::everything()), 1 => any_filter()];
    let role = prop::sample::select(&ROLES[..]);
    (role, direction, filter).prop_map(|(role, direction, filter)| Link {
        role: role.parse().unwrap(),
        direction,
        far: things(Filter::everything()).scope,
        filter: Box::new(filter),
    })
}

/// A field, of the entity itself or behind links.
pub(crate) fn any_source(field: impl Strategy<Value = Field>) -> impl Strategy<Value = Source> {
    let links = prop_oneof![
        2 => Just(Vec::new()),
        1 => prop::collection::vec(any_link(), 1..3),
    ];
    (field, links).prop_map(|(field, links)| Source::from(field).behind(links))
}

/// How many far ends there are.
pub(crate) fn any_count() -> impl Strategy<Value = Source> {
    (any_link(), prop::collection::vec(any_link(), 0..2))
        .prop_map(|(link, links)| Source::LinkCount(link).behind(links))
}

/// A source of one value.
pub(crate) fn any_key() -> impl Strategy<Value = Source> {
    let field = prop_oneof![
        Just(attribute("name", ValueType::String)),
        Just(attribute("size", ValueType::Int)),
        Just(attribute("weight", ValueType::Double)),
        Just(attribute("isNew", ValueType::Boolean)),
        Just(attribute("tags[1]", ValueType::String)),
        Just(attribute("items[0].quantity", ValueType::Int)),
    ];
    prop_oneof![
        4 => any_source(field),
        1 => any_count(),
        1 => any_link().prop_map(Source::LinkExists),
    ]
}
