//! Records that contain themselves. They can be stored, but nothing that lists paths (schemas,
//! queries, archives) ends for the types that use them, so that the model under construction is
//! warned.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::RecordNode;
use super::build::Build;
use super::position::{Kind, Part};
use crate::diagnostics::Code;
use crate::id::RtCkId;

/// A record on the way down, and which of its fields comes next.
struct Step<'r> {
    record: &'r RecordNode,
    next: usize,
}

/// Finds circles of records, each once, and reports those the own model takes part in.
pub(super) fn check(build: &mut Build<'_>, records: &IndexMap<RtCkId, RecordNode>) {
    let mut done: HashSet<&RtCkId> = HashSet::new();
    for start in records.values() {
        // A path of its own instead of recursion: chains may be as long as the model is large.
        let mut way = vec![Step {
            record: start,
            next: 0,
        }];
        let mut open: HashSet<&RtCkId> = HashSet::from([&start.rt_id]);
        if done.contains(&start.rt_id) {
            continue;
        }
        while let Some(step) = way.last_mut() {
            let Some(field) = step.record.attributes.get(step.next) else {
                open.remove(&step.record.rt_id);
                done.insert(&step.record.rt_id);
                way.pop();
                continue;
            };
            step.next += 1;
            let Some(inner) = field.record.as_ref().and_then(|id| records.get(id)) else {
                continue;
            };
            if open.contains(&inner.rt_id) {
                report(build, &way, inner);
            } else if !done.contains(&inner.rt_id) {
                open.insert(&inner.rt_id);
                way.push(Step {
                    record: inner,
                    next: 0,
                });
            }
        }
    }
}

fn report(build: &mut Build<'_>, way: &[Step<'_>], first: &RecordNode) {
    let circle = way.iter().skip_while(|s| s.record.rt_id != first.rt_id);
    let records: Vec<&RecordNode> = circle.map(|step| step.record).collect();
    let is_own = |record: &&&RecordNode| build.positions.is_own(record.id.model());
    let Some(own) = records.iter().find(is_own) else {
        return;
    };
    let names: Vec<String> = records.iter().map(|r| r.rt_id.to_string()).collect();
    let at = build.positions.find(Kind::Record, &own.id, Part::Whole);
    let text = format!(
        "The record '{}' contains itself ({} → {}), so that schemas and queries of types that use it fail: remove one of these attributes, or hold the inner one as an entity.",
        own.id,
        names.join(" → "),
        first.rt_id
    );
    build
        .diagnostics
        .report(Code::RecordContainsItself, &at, text);
}
