//! Searching the migrations that lead from one version to another (spec, Construction Kit 10.2).
//!
//! Scripts chain from version to version. Where no script begins at a version, the data is taken
//! to be fit for the next one at which a script begins. Differing from the original, which jumps
//! to the entry nearest to the target, no script in between is skipped: what it changes may be in
//! the data.

use std::collections::{BTreeMap, VecDeque};

use crate::model::{CkMigrationScript, CkMigrations};
use crate::version::CkVersion;

/// Steps that lead from one version to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationPath {
    /// The steps, in order.
    pub steps: Vec<PathStep>,
    /// The scripts end before the wanted version.
    pub is_partial: bool,
}

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathStep {
    /// Version before.
    pub from: CkVersion,
    /// Version after.
    pub to: CkVersion,
    /// Position of the migration in the list; none when only the schema changes.
    pub migration: Option<usize>,
}

impl MigrationPath {
    /// Whether there is anything to run.
    pub fn has_scripts(&self) -> bool {
        self.steps.iter().any(|step| step.migration.is_some())
    }

    /// Whether one of its migrations says that programs must be adapted.
    pub fn is_breaking(&self, migrations: Option<&CkMigrations>) -> bool {
        let entries = migrations.map_or(&[][..], |migrations| &migrations.meta.migrations);
        let mut taken = self
            .steps
            .iter()
            .filter_map(|step| entries.get(step.migration?));
        taken.any(|entry| entry.breaking)
    }
}

impl CkMigrations {
    /// The script of a step.
    pub fn script(&self, step: &PathStep) -> Option<&CkMigrationScript> {
        self.scripts.get(step.migration?)
    }
}

/// The path between two versions of a model with these migrations; none when there is nothing to
/// do, or when `to` is lower and no script leads there.
pub fn find_path(
    migrations: Option<&CkMigrations>,
    from: CkVersion,
    to: CkVersion,
) -> Option<MigrationPath> {
    if from == to {
        return None;
    }
    let edges = edges(migrations);
    if let Some(steps) = chain(&edges, from, |version| version == to) {
        let is_partial = false;
        return Some(MigrationPath { steps, is_partial });
    }
    if to < from {
        return None;
    }
    let steps = bridged(&edges, from, to);
    let end = steps.last().map(|step| step.to);
    if let Some(end) = end {
        let is_partial = end != to;
        return Some(MigrationPath { steps, is_partial });
    }
    let schema_only = PathStep {
        from,
        to,
        migration: None,
    };
    Some(MigrationPath {
        steps: vec![schema_only],
        is_partial: false,
    })
}

/// Chains from `from` upwards, joined where no script begins.
fn bridged(edges: &[PathStep], from: CkVersion, to: CkVersion) -> Vec<PathStep> {
    let mut steps: Vec<PathStep> = Vec::new();
    let mut at = from;
    while at < to {
        let reached = upward(edges, at, to);
        if let Some(last) = reached.last() {
            at = last.to;
            steps.extend(reached);
            continue;
        }
        let entries = edges.iter().filter(|edge| edge.from > at && edge.to <= to);
        let upwards = entries.filter(|edge| edge.to > edge.from);
        let Some(next) = upwards.map(|edge| edge.from).min() else {
            break;
        };
        steps.push(PathStep {
            from: at,
            to: next,
            migration: None,
        });
        at = next;
    }
    steps
}

/// The chain from `from` that reaches the highest version up to `to`; empty when there is none.
fn upward(edges: &[PathStep], from: CkVersion, to: CkVersion) -> Vec<PathStep> {
    let rising: Vec<PathStep> = edges
        .iter()
        .filter(|edge| edge.to > edge.from && edge.to <= to)
        .copied()
        .collect();
    let mut highest = from;
    // Visits every version that can be reached, and accepts none.
    chain(&rising, from, |version| {
        highest = highest.max(version);
        false
    });
    let best = |version| version == highest && version > from;
    chain(&rising, from, best).unwrap_or_default()
}

/// The shortest chain from `from` to a version that is accepted.
fn chain(
    edges: &[PathStep],
    from: CkVersion,
    mut accepts: impl FnMut(CkVersion) -> bool,
) -> Option<Vec<PathStep>> {
    let mut reached_by: BTreeMap<CkVersion, PathStep> = BTreeMap::new();
    let mut open = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        for edge in edges.iter().filter(|edge| edge.from == at) {
            if edge.to == from || reached_by.contains_key(&edge.to) {
                continue;
            }
            reached_by.insert(edge.to, *edge);
            if accepts(edge.to) {
                return Some(unwind(&reached_by, from, edge.to));
            }
            open.push_back(edge.to);
        }
    }
    None
}

fn unwind(
    reached_by: &BTreeMap<CkVersion, PathStep>,
    from: CkVersion,
    to: CkVersion,
) -> Vec<PathStep> {
    let mut steps = Vec::new();
    let mut at = to;
    while let Some(edge) = reached_by.get(&at).filter(|_| at != from) {
        steps.push(*edge);
        at = edge.from;
    }
    steps.reverse();
    steps
}

/// The migrations whose versions can be read.
fn edges(migrations: Option<&CkMigrations>) -> Vec<PathStep> {
    let entries = migrations.into_iter().flat_map(|m| &m.meta.migrations);
    let edge = |(n, entry): (usize, &crate::model::CkMigrationEntry)| {
        Some(PathStep {
            from: entry.from_version.trim().parse().ok()?,
            to: entry.to_version.trim().parse().ok()?,
            migration: Some(n),
        })
    };
    entries.enumerate().filter_map(edge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CkMigrationEntry, CkMigrationMeta};

    fn migrations(entries: &[(&str, &str)]) -> CkMigrations {
        let entry = |(from, to): &(&str, &str)| CkMigrationEntry {
            from_version: (*from).to_owned(),
            to_version: (*to).to_owned(),
            script_path: String::new(),
            description: None,
            breaking: false,
        };
        CkMigrations {
            meta: CkMigrationMeta {
                schema: None,
                ck_model_id: "A".to_owned(),
                migrations: entries.iter().map(entry).collect(),
            },
            scripts: Vec::new(),
        }
    }

    /// The path as text: `-` between versions is a script, `~` is none.
    fn path(entries: &[(&str, &str)], from: &str, to: &str) -> String {
        let migrations = migrations(entries);
        let found = find_path(
            Some(&migrations),
            from.parse().unwrap(),
            to.parse().unwrap(),
        );
        let Some(MigrationPath { steps, is_partial }) = found else {
            return "none".to_owned();
        };
        let mut text = steps[0].from.to_string();
        for step in steps {
            let sign = if step.migration.is_some() { '-' } else { '~' };
            text += &format!(" {sign} {}", step.to);
        }
        text + if is_partial { " partial" } else { "" }
    }

    const CHAIN: &[(&str, &str)] = &[("3.0.1", "3.1.0"), ("3.1.0", "3.1.1")];

    #[test]
    fn paths_follow_the_conformance_vectors() {
        assert_eq!(
            path(CHAIN, "2.2.0", "3.1.2"),
            "2.2.0 ~ 3.0.1 - 3.1.0 - 3.1.1 partial"
        );
        assert_eq!(path(&[], "1.0.0", "1.1.0"), "1.0.0 ~ 1.1.0");
    }

    #[test]
    fn a_chain_from_the_installed_version_is_preferred() {
        assert_eq!(
            path(CHAIN, "3.0.1", "3.1.2"),
            "3.0.1 - 3.1.0 - 3.1.1 partial"
        );
        assert_eq!(path(CHAIN, "3.0.1", "3.1.1"), "3.0.1 - 3.1.0 - 3.1.1");
        assert_eq!(path(CHAIN, "3.0.5", "3.1.1"), "3.0.5 ~ 3.1.0 - 3.1.1");
        assert_eq!(path(CHAIN, "3.1.1", "3.2.0"), "3.1.1 ~ 3.2.0");
    }

    #[test]
    fn no_script_on_the_way_is_skipped() {
        let entries = [("1.0", "1.1"), ("3.0", "4.0"), ("3.5", "4.0")];
        assert_eq!(
            path(&entries, "1.0", "4.0"),
            "1.0.0 - 1.1.0 ~ 3.0.0 - 4.0.0"
        );
        assert_eq!(path(&entries, "3.2", "4.0"), "3.2.0 ~ 3.5.0 - 4.0.0");
        assert_eq!(path(&entries, "1.0", "2.0"), "1.0.0 - 1.1.0 partial");
    }

    #[test]
    fn the_shortest_of_several_chains_is_taken() {
        let entries = [
            ("1.0", "1.1"),
            ("1.1", "2.0"),
            ("1.0", "2.0"),
            ("2.0", "1.0"),
        ];
        assert_eq!(path(&entries, "1.0", "2.0"), "1.0.0 - 2.0.0");
        assert_eq!(path(&entries, "1.1", "1.0"), "1.1.0 - 2.0.0 - 1.0.0");
    }

    #[test]
    fn there_is_no_way_down_without_a_script() {
        assert_eq!(path(CHAIN, "3.1.1", "3.1.0"), "none");
        assert_eq!(path(CHAIN, "3.1.1", "3.1.1"), "none");
        assert_eq!(path(&[("2.0", "1.0")], "2.0", "1.0"), "2.0.0 - 1.0.0");
    }
}
