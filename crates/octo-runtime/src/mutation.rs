//! The mutation pipeline: from a change set to stored entities (spec 5.3).
//!
//! Everything runs inside one transaction of the store. First the whole set is planned: types are
//! resolved, stored entities loaded, values converted, defaults and counters filled in, rules
//! checked. Only when nothing is wrong the plan is written: edges that go, then deleted, updated,
//! restored and new entities, then new edges. Unique indexes are checked last, when they see everything.

use octo_ck::TypeGraph;

use crate::change::{Applied, ChangeSet, NewBinary};
use crate::error::RuntimeError;
use crate::store::WriteTransaction;
use crate::tenant_id::TenantId;
use crate::value::coerce::Coercion;

mod assign;
pub(crate) mod binaries;
mod bounds;
pub(crate) mod complete;
mod counters;
mod deletes;
pub(crate) mod display;
mod inserts;
mod links;
mod problems;
mod restores;
mod stored;
pub(crate) mod unique;
mod updates;

use counters::Counters;
use problems::Problems;
use stored::Named;

/// What all stages share.
struct Stage<'a> {
    transaction: &'a mut dyn WriteTransaction,
    graph: &'a TypeGraph,
    problems: Problems<'a>,
    counters: Counters,
    now: jiff::Timestamp,
    /// Files the values may refer to.
    offered: &'a [NewBinary],
}

impl<'a> Stage<'a> {
    fn coercion(&self) -> Coercion<'a> {
        Coercion::new(self.graph).with_binaries(self.offered)
    }
}

/// Plans, checks and writes a change set.
pub(crate) fn run(
    transaction: &mut dyn WriteTransaction,
    graph: &TypeGraph,
    tenant: &TenantId,
    changes: &ChangeSet,
) -> Result<Applied, RuntimeError> {
    let mut stage = Stage {
        transaction,
        graph,
        problems: Problems::new(tenant),
        counters: Counters::default(),
        now: crate::value::instants::to_milliseconds(jiff::Timestamp::now()),
        offered: &changes.binaries,
    };
    let mut named = Named::default();
    let deletes = deletes::plan(&mut stage, &changes.deletes, &mut named)?;
    let updates = updates::plan(&mut stage, &changes.updates, &mut named)?;
    let restores = restores::plan(&mut stage, &changes.restores, &mut named)?;
    let inserts = inserts::plan(&mut stage, &changes.inserts)?;
    let binaries = binaries::plan(&mut stage, &changes.binaries, &updates, &inserts)?;
    let links = links::plan(&mut stage, changes, &deletes, &restores, &inserts)?;
    let Stage {
        transaction,
        problems,
        counters,
        now,
        ..
    } = stage;
    problems.finish()?;

    links.write_removals(transaction)?;
    let deleted = deletes::write(transaction, graph, deletes, now)?;
    let updated = updates::write(transaction, updates)?;
    restores::write(transaction, &restores)?;
    transaction.insert_all(&inserts)?;
    counters.write(transaction, now)?;
    links.write_additions(transaction)?;
    let written = inserts.iter().chain(&updated).chain(&restores);
    unique::check(transaction, graph, written)?;
    // The most work by far, so only when nothing can be wrong any more.
    binaries.write(transaction)?;
    Ok(Applied {
        inserted: inserts,
        updated,
        deleted,
        restored: restores::report(graph, restores, &links),
        associated: links.added,
        dissociated: links.removed,
    })
}
