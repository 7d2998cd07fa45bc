//! Everything wrong with a change set, and which error says it best.

use std::sync::Arc;

use octo_ck::TypeGraph;
use octo_ck::graph::TypeNode;

use crate::entity::Entity;
use crate::error::{Problem, RuntimeError, VersionConflict};
use crate::message::{Findings, Messages};
use crate::resolve;
use crate::rt_id::RtId;
use crate::tenant_id::TenantId;

pub(super) struct Problems<'a> {
    pub(super) findings: Findings<'a>,
    conflicts: Vec<VersionConflict>,
    /// What makes an error of its own when it is the only problem.
    single: Option<RuntimeError>,
    values: Vec<Problem>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(tenant: &'a TenantId) -> Self {
        Self {
            findings: Findings::new(tenant),
            conflicts: Vec::new(),
            single: None,
            values: Vec::new(),
        }
    }

    /// The type, or `None` after noting that there is none.
    pub(super) fn find_type<'g>(
        &mut self,
        graph: &'g TypeGraph,
        text: &str,
    ) -> Option<&'g Arc<TypeNode>> {
        match resolve::find_type(graph, text) {
            Ok(node) => Some(node),
            Err(error) => {
                self.findings.type_unknown(text.trim());
                self.single.get_or_insert(error);
                None
            }
        }
    }

    /// An entity to change does not exist.
    pub(super) fn missing(&mut self, ck_type: &str, rt_id: RtId) {
        self.findings.entity_missing(&format!("{ck_type}@{rt_id}"));
        self.single.get_or_insert(RuntimeError::EntityMissing {
            ck_type: ck_type.to_owned(),
            rt_id,
        });
    }

    /// An entity to change is archived.
    pub(super) fn archived(&mut self, ck_type: &str, rt_id: RtId) {
        self.findings.entity_missing(&format!("{ck_type}@{rt_id}"));
        self.single.get_or_insert(RuntimeError::EntityArchived {
            ck_type: ck_type.to_owned(),
            rt_id,
        });
    }

    /// An entity to restore is not archived.
    pub(super) fn active(&mut self, ck_type: &str, rt_id: RtId) {
        self.values.push(Problem::of(
            Some(rt_id),
            format!("Entity '{ck_type}@{rt_id}' is not archived, there is nothing to restore."),
        ));
    }

    /// From now on problems are about this entity.
    pub(super) fn about(&mut self, entity: RtId) {
        self.findings.about(entity);
    }

    /// Values that do not fit.
    pub(super) fn values(&mut self, problems: Result<(), Vec<String>>) {
        if let Err(problems) = problems {
            let entity = self.findings.entity();
            let problems = problems.into_iter();
            self.values
                .extend(problems.map(|text| Problem::of(entity, text)));
        }
    }

    /// Compares the version a caller expects with the stored one.
    pub(super) fn check_version(&mut self, expected: Option<u64>, stored: &Entity) {
        let stale = expected.filter(|expected| *expected != stored.version);
        if let Some(expected) = stale {
            self.conflicts.push(VersionConflict {
                expected,
                current: stored.version,
                entity: stored.clone(),
            });
        }
    }

    /// Fails when there is any problem. Conflicts weigh most, because the caller has to start over
    /// anyway.
    pub(super) fn finish(mut self) -> Result<(), RuntimeError> {
        match self.conflicts.len() {
            0 => {}
            1 => {
                let conflict = Box::new(self.conflicts.remove(0));
                return Err(RuntimeError::VersionConflict(conflict));
            }
            _ => return Err(RuntimeError::VersionConflicts(self.conflicts)),
        }
        let messages = self.findings.into_messages();
        match (self.single, self.values.is_empty()) {
            (Some(error), true) if messages.0.len() == 1 => Err(error),
            (_, true) if messages.is_empty() => Ok(()),
            (_, true) => Err(RuntimeError::Invalid(messages)),
            (_, false) => Err(with_values(self.values, messages)),
        }
    }
}

fn with_values(mut values: Vec<Problem>, messages: Messages) -> RuntimeError {
    let messages = messages.0.iter();
    values.extend(messages.map(|message| Problem::of(message.entity, message)));
    RuntimeError::InvalidValues(values)
}
