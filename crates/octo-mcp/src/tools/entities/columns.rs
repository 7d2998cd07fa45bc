//! Which values of entities are shown, their own and those of associated entities.

use octo_ck::TypeGraph;
use octo_runtime::dto::{EntityDto, Projection};
use octo_runtime::path::navigation;
use octo_runtime::{Entity, Tenant};

use super::{protection, shown};
use crate::reply::Failure;

/// Attribute paths of a call.
pub(in crate::tools) struct Columns<'p> {
    own: Projection,
    /// Paths over associations.
    linked: Vec<&'p str>,
}

impl<'p> Columns<'p> {
    /// Everything without paths; otherwise what they lead to.
    pub(in crate::tools) fn of(paths: &'p [String]) -> Result<Self, Failure> {
        let is_linked =
            |path: &&str| navigation::read(path).is_ok_and(|path| !path.hops.is_empty());
        let paths = paths.iter().map(String::as_str);
        let (linked, mut own): (Vec<&str>, Vec<&str>) = paths.partition(is_linked);
        if own.is_empty() && !linked.is_empty() {
            // A name no attribute has: system fields are always shown.
            own.push("rtId");
        }
        Ok(Self {
            own: Projection::of(own)?,
            linked,
        })
    }

    /// Paths over associations.
    pub(in crate::tools) fn linked(&self) -> impl Iterator<Item = &'p str> {
        self.linked.iter().copied()
    }

    /// Refuses paths that choose associated entities by their secrets: what is found there would
    /// tell them.
    fn refuse_secrets(&self, graph: &TypeGraph, ck_type: &str) -> Result<(), Failure> {
        let mut choosing = self.linked().filter(|path| path.contains('='));
        choosing.try_for_each(|path| protection::refuse_path(graph, ck_type, path))
    }

    /// The entities, all of a type, as callers see them.
    pub(in crate::tools) async fn shown(
        &self,
        tenant: &Tenant,
        ck_type: &str,
        entities: Vec<Entity>,
    ) -> Result<Vec<EntityDto>, Failure> {
        let graph = tenant.graph();
        self.refuse_secrets(&graph, ck_type)?;
        let ids: Vec<_> = entities.iter().map(|entity| entity.rt_id).collect();
        let entities = entities.into_iter();
        let mut shown: Vec<_> = entities.map(|e| shown(e, &graph, &self.own)).collect();
        if !self.linked.is_empty() {
            let view = |entity| protection::redacted(entity, &graph);
            let columns = tenant.columns(ck_type, &ids, &self.linked, view).await?;
            for (entity, columns) in shown.iter_mut().zip(columns) {
                entity.attributes.extend(columns);
            }
        }
        Ok(shown)
    }
}
