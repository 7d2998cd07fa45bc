//! Which entities a step, condition or validation means, and reading them batch by batch.

use octo_ck::model::{CkMigrationFilter, CkMigrationTarget};
use octo_ck::{ElementId, RtCkId, TypeGraph};

use super::filter;
use crate::entity::Entity;
use crate::rt_id::RtId;
use crate::store::{StoreError, WriteTransaction};

/// Entities held in memory at a time.
const BATCH: usize = 200;

/// Attribute every entity has that was made by a blueprint.
const BLUEPRINT_SOURCE: &str = "RtBlueprintSource";

/// Which entities are meant.
#[derive(Debug, Clone)]
pub(super) struct Selection<'s> {
    types: Vec<RtCkId>,
    rt_id: Option<RtId>,
    well_known_name: Option<&'s str>,
    filter: Option<&'s CkMigrationFilter>,
    pub(super) blueprint_source_only: bool,
    pub(super) include_archived: bool,
}

/// A type as scripts name it: without a model it belongs to `System`.
pub(super) fn type_id(text: &str) -> Result<RtCkId, String> {
    let text = text.trim();
    if text.contains('/') {
        return text.parse().map_err(|error| format!("{error}"));
    }
    let element: ElementId = text.parse().map_err(|error| format!("{error}"))?;
    Ok(RtCkId::new("System", element))
}

impl<'s> Selection<'s> {
    /// The entities of a target. `exactly` leaves out types derived from the named one.
    pub(super) fn new(
        reading: &TypeGraph,
        target: Option<&'s CkMigrationTarget>,
        exactly: bool,
    ) -> Result<Self, String> {
        let target = target.ok_or("no target is given: name at least its ckTypeId")?;
        let rt_id = target.rt_id.as_deref().map(|id| id.trim().parse::<RtId>());
        let selection = Self {
            types: types(reading, target, exactly)?,
            rt_id: rt_id.transpose().map_err(|error| error.to_string())?,
            well_known_name: target.rt_well_known_name.as_deref(),
            filter: target.filter.as_ref(),
            blueprint_source_only: target.blueprint_source_only,
            include_archived: true,
        };
        let picks = selection.rt_id.is_some()
            || selection.well_known_name.is_some()
            || selection.filter.is_some();
        if target.ck_type_id.is_none() && !picks {
            return Err("the target would be every entity: name its ckTypeId".to_owned());
        }
        Ok(selection)
    }

    /// All entities of exactly one type.
    pub(super) fn exactly(ck_type: &RtCkId) -> Self {
        Self {
            types: vec![ck_type.clone()],
            rt_id: None,
            well_known_name: None,
            filter: None,
            blueprint_source_only: false,
            include_archived: true,
        }
    }

    /// The same without archived entities.
    pub(super) fn active(mut self) -> Self {
        self.include_archived = false;
        self
    }

    /// Starts reading.
    pub(super) fn cursor(self) -> Cursor<'s> {
        Cursor {
            selection: self,
            at: 0,
            after: None,
        }
    }

    fn meets(&self, reading: &TypeGraph, entity: &Entity) -> bool {
        let named = self.well_known_name;
        let has_source = || {
            let source = entity.attributes.str(BLUEPRINT_SOURCE);
            source.is_some_and(|source| !source.is_empty())
        };
        (self.include_archived || !entity.is_archived())
            && named.is_none_or(|name| entity.well_known_name.as_deref() == Some(name))
            && (!self.blueprint_source_only || has_source())
            && self
                .filter
                .is_none_or(|wanted| filter::holds(wanted, entity, reading))
    }
}

fn types(
    reading: &TypeGraph,
    target: &CkMigrationTarget,
    exactly: bool,
) -> Result<Vec<RtCkId>, String> {
    let named = target.ck_type_id.as_deref().unwrap_or("System/Entity");
    let id = type_id(named)?;
    Ok(match reading.type_node(&id) {
        Some(node) if !exactly => node.with_derived().cloned().collect(),
        // A type of a version in between, or one that is long gone.
        _ => vec![id],
    })
}

/// Reads the entities of a selection. Entities may be changed while it is open.
#[derive(Debug)]
pub(super) struct Cursor<'s> {
    selection: Selection<'s>,
    at: usize,
    after: Option<RtId>,
}

impl Cursor<'_> {
    /// The next entities, perhaps none of a batch; `None` at the end.
    pub(super) fn next(
        &mut self,
        transaction: &mut dyn WriteTransaction,
        reading: &TypeGraph,
    ) -> Result<Option<Vec<Entity>>, StoreError> {
        let Some(ck_type) = self.selection.types.get(self.at) else {
            return Ok(None);
        };
        let mut batch = match self.selection.rt_id {
            None => transaction.batch(ck_type, self.after, BATCH)?,
            Some(id) => self.one(transaction, id)?,
        };
        self.after = batch.last().map(|entity| entity.rt_id);
        if batch.len() < BATCH {
            self.at += 1;
            self.after = None;
        }
        batch.retain(|entity| self.selection.meets(reading, entity));
        Ok(Some(batch))
    }

    fn one(
        &mut self,
        transaction: &mut dyn WriteTransaction,
        id: RtId,
    ) -> Result<Vec<Entity>, StoreError> {
        let found = transaction.entity(id)?;
        let types = std::mem::take(&mut self.selection.types);
        let meant = found.filter(|entity| types.contains(&entity.ck_type_id));
        Ok(meant.into_iter().collect())
    }
}
