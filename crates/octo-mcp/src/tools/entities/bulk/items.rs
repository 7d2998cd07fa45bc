//! What the bulk tools share: bounds, values, and problems told by item.

use std::collections::HashMap;
use std::fmt::{self, Formatter};
use std::sync::Arc;

use octo_ck::TypeGraph;
use octo_ck::graph::TypeNode;
use octo_runtime::{RtId, RtIdError, RuntimeError, Tenant};
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::super::protection;
use super::super::writes::AttributeUpdate;
use crate::call::TenantCall;
use crate::reply::Failure;

/// Items of one call.
pub(super) const MAX_ITEMS: usize = 10_000;
/// Problems told in one answer.
const MAX_TOLD: usize = 100;

/// The problem when there are too few or too many items.
pub(super) fn check_count(count: usize) -> Vec<String> {
    match count {
        0 => vec!["entities must have at least one item.".to_owned()],
        count if count > MAX_ITEMS => vec![format!(
            "entities may have at most {MAX_ITEMS} items, but has {count}. Split them over several calls."
        )],
        _ => Vec::new(),
    }
}

/// Values of an entity.
#[derive(JsonSchema)]
#[schemars(inline, untagged)]
pub(super) enum Values {
    /// A list of paths and values.
    List(Vec<AttributeUpdate>),
    /// Values by path.
    ByPath(Map<String, Value>),
}

/// Derived, it would keep a copy of all values to try one form after the other.
impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Values;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a list of {attributePath, value}, or an object {path: value}")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Values, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(Values::List)
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Values, A::Error> {
                Map::deserialize(MapAccessDeserializer::new(members)).map(Values::ByPath)
            }
        }
        from.deserialize_any(Either)
    }
}

impl Values {
    /// The values alone.
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = &Value> + Send + '_> {
        match self {
            Self::List(items) => Box::new(items.iter().map(|item| &item.value)),
            Self::ByPath(values) => Box::new(values.values()),
        }
    }

    /// Paths and values.
    pub(super) fn into_pairs(self) -> Vec<(String, Value)> {
        match self {
            Self::List(items) => items
                .into_iter()
                .map(|item| (item.attribute_path, item.value))
                .collect(),
            Self::ByPath(values) => values.into_iter().collect(),
        }
    }
}

/// The tenant a bulk call works on.
pub(super) struct Target {
    pub(super) tenant: Arc<Tenant>,
    pub(super) graph: Arc<TypeGraph>,
}

impl Target {
    pub(super) async fn of(cx: &TenantCall) -> Result<Self, Failure> {
        let tenant = cx.data().await?;
        Ok(Self {
            graph: tenant.graph(),
            tenant,
        })
    }

    /// The type of an item, when its entities may be written.
    pub(super) fn writable(&self, ck_type: &str) -> Result<&Arc<TypeNode>, Failure> {
        protection::refuse_writes(&self.graph, ck_type)?;
        let found = self.graph.find_type(ck_type.trim());
        found.map_err(|error| Failure::new(error.to_string()))
    }

    /// The concrete type of a stored entity, as far as it matters which one it is.
    pub(super) async fn stored_type(
        &self,
        ck_type: &str,
        rt_id: RtId,
    ) -> Result<Arc<TypeNode>, Failure> {
        let asked = self.writable(ck_type)?;
        if !asked.is_abstract && !protection::covers_protected(&self.graph, asked) {
            return Ok(Arc::clone(asked));
        }
        let stored = self.tenant.get(ck_type, rt_id).await?;
        let stored = stored.ok_or_else(|| RuntimeError::EntityMissing {
            ck_type: ck_type.to_owned(),
            rt_id,
        })?;
        self.writable(&stored.ck_type_id.to_string()).cloned()
    }
}

/// An id as callers write it.
pub(super) fn id(text: &str) -> Result<RtId, Failure> {
    let parsed = text.trim().parse();
    parsed.map_err(|error: RtIdError| Failure::new(error.to_string()))
}

/// The type an item names, or else the one for all.
pub(super) fn type_of<'a>(own: Option<&'a str>, all: Option<&'a str>) -> Result<&'a str, Failure> {
    own.or(all)
        .ok_or_else(|| Failure::new("ckTypeId is required: for the item, or for all of them."))
}

/// A problem of one item.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemError {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    rt_id: Option<RtId>,
    error_message: String,
    is_conflict: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_rt_version: Option<u64>,
}

/// Problems by item.
#[derive(Default)]
pub(super) struct Problems {
    items: Vec<ItemError>,
    general: Vec<String>,
}

impl Problems {
    /// A problem found while reading an item.
    pub(super) fn add(&mut self, index: usize, failure: &Failure) {
        self.items.push(ItemError {
            index,
            rt_id: None,
            error_message: failure.message().to_owned(),
            is_conflict: false,
            current_rt_version: None,
        });
    }

    /// Fails when there are problems.
    pub(super) fn finish(self, verb: &str) -> Result<(), Failure> {
        if self.items.is_empty() && self.general.is_empty() {
            Ok(())
        } else {
            Err(self.into_failure(verb))
        }
    }

    /// The refusal of a change set; `indexes` tells the items of entities.
    pub(super) fn refused(
        error: &RuntimeError,
        indexes: &HashMap<RtId, usize>,
        verb: &str,
    ) -> Failure {
        let mut problems = Self::default();
        for problem in error.problems() {
            match problem.entity.and_then(|id| Some((id, *indexes.get(&id)?))) {
                Some((rt_id, index)) => problems.items.push(ItemError {
                    index,
                    rt_id: Some(rt_id),
                    error_message: problem.text,
                    is_conflict: problem.current_version.is_some(),
                    current_rt_version: problem.current_version,
                }),
                None => problems.general.push(problem.text),
            }
        }
        problems.items.sort_by_key(|item| item.index);
        problems.into_failure(verb)
    }

    fn into_failure(mut self, verb: &str) -> Failure {
        let mut indexes: Vec<_> = self.items.iter().map(|item| item.index).collect();
        indexes.dedup();
        let mut text = format!("Nothing was {verb}.");
        if let Some(first) = self.items.first() {
            text.push_str(&format!(
                " {} of the items cannot be {verb}; the first is item {}: {}",
                indexes.len(),
                first.index,
                first.error_message
            ));
        }
        for problem in &self.general {
            text.push(' ');
            text.push_str(problem);
        }
        let is_conflict = self.items.iter().any(|item| item.is_conflict);
        let count = self.items.len();
        self.items.truncate(MAX_TOLD);
        Failure::new(text)
            .with("isConflict", is_conflict)
            .with("itemErrorCount", count)
            .with("itemErrors", self.items)
    }
}
