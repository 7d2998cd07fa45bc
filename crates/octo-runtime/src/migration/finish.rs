//! What has to be true after all scripts, and display names that no longer follow their rules.
//!
//! Only types that could be concerned are read, each once: those whose display rules changed (spec,
//! Construction Kit 4.6), those with entities the scripts wrote, and those with a new unique index
//! (4.7).

use octo_ck::display::DisplayRule;
use octo_ck::graph::TypeNode;
use octo_ck::model::{CkIndex, IndexType};

use super::Notes;
use super::script::{Run, TouchedType};
use super::select::Selection;
use crate::entity::Entity;
use crate::error::RuntimeError;
use crate::mutation::{display, unique};
use crate::store::{EntityPatch, StoreError};

/// What to look at in the entities of one type.
struct Duties<'n> {
    node: &'n TypeNode,
    display: bool,
    /// Duplicates are errors of a script.
    unique: bool,
    /// Duplicates were there before the index.
    has_new_unique_index: bool,
    /// Attributes that must be there because a script cleared them.
    cleared: Vec<&'n str>,
    /// Attributes that should be there because entities came from another type.
    expected: Vec<&'n str>,
}

impl Run<'_> {
    /// Checks and completes the entities after all scripts.
    pub(super) fn finish(&mut self) -> Result<(), RuntimeError> {
        let graph = self.graph;
        let mut nodes: Vec<_> = graph.types().filter(|node| !node.is_abstract).collect();
        nodes.sort_by(|a, b| a.rt_id.cmp(&b.rt_id));
        for node in nodes {
            let touched = self.touched.0.remove(&node.rt_id).unwrap_or_default();
            let duties = self.duties(node, &touched);
            if duties.are_any() {
                self.look_at(&duties)?;
            }
        }
        self.leftovers()?;
        Ok(())
    }

    fn duties<'n>(&self, node: &'n TypeNode, touched: &TouchedType) -> Duties<'n> {
        let mandatory = node.attributes.iter().filter(|a| !a.is_optional);
        let mandatory: Vec<&str> = mandatory.map(|a| a.name.as_str()).collect();
        let is_touched = !touched.attributes.is_empty() || touched.has_arrivals;
        let before = self.former.type_node(&node.rt_id).map(AsRef::as_ref);
        Duties {
            node,
            display: touched.has_arrivals
                || before.is_some_and(|before| display_differs(before, node))
                || (is_touched && has_rules(node)),
            unique: is_touched && unique_indexes(node).next().is_some(),
            has_new_unique_index: before.is_some_and(|before| {
                unique_indexes(node).any(|index| !before.indexes.contains(index))
            }),
            cleared: mandatory
                .iter()
                .filter(|name| touched.cleared.contains(**name))
                .copied()
                .collect(),
            expected: if touched.has_arrivals {
                mandatory
            } else {
                Vec::new()
            },
        }
    }

    fn look_at(&mut self, duties: &Duties<'_>) -> Result<(), RuntimeError> {
        let mut cursor = Selection::exactly(&duties.node.rt_id).cursor();
        let (mut errors, mut warnings) = (Notes::default(), Notes::default());
        while let Some(batch) = cursor.next(self.transaction, self.reading)? {
            for entity in batch {
                if duties.display {
                    self.refresh_display(duties.node, &entity)?;
                }
                if entity.is_archived() {
                    continue;
                }
                missing(&entity, &duties.cleared, &mut errors);
                missing(&entity, &duties.expected, &mut warnings);
                if duties.unique || duties.has_new_unique_index {
                    let notes = if duties.unique {
                        &mut errors
                    } else {
                        &mut warnings
                    };
                    match unique::check(self.transaction, self.graph, std::iter::once(&entity)) {
                        Err(RuntimeError::Store(error)) => return Err(error.into()),
                        Err(duplicate) => notes.add(duplicate.to_string()),
                        Ok(()) => {}
                    }
                }
            }
        }
        self.warnings.append(warnings, "After the scripts");
        if self.options.continue_on_error {
            self.warnings.append(errors, "After the scripts");
        } else {
            self.errors.append(errors, "After the scripts");
        }
        Ok(())
    }

    /// Neither version nor instant of change move: nobody changed the entity.
    fn refresh_display(&mut self, node: &TypeNode, entity: &Entity) -> Result<(), StoreError> {
        let name = display::name(self.graph, node, &entity.attributes);
        let description = display::description(self.graph, node, &entity.attributes);
        if name == entity.display_name && description == entity.display_description {
            return Ok(());
        }
        let mut patch = EntityPatch::touch(entity.rt_id, entity.version, entity.changed);
        patch.display_name = Some(name);
        patch.display_description = Some(description);
        self.transaction.patch(&patch)
    }

    /// Types that scripts gave entities to and that do not exist are errors.
    fn leftovers(&mut self) -> Result<(), StoreError> {
        for (ck_type, _) in std::mem::take(&mut self.touched.0) {
            let is_gone = self.graph.type_node(&ck_type).is_none();
            if is_gone && !self.transaction.batch(&ck_type, None, 1)?.is_empty() {
                self.errors.add(format!(
                    "After the scripts: there are entities of type '{ck_type}', which the new version does not have."
                ));
            }
        }
        Ok(())
    }
}

impl Duties<'_> {
    fn are_any(&self) -> bool {
        self.display
            || self.unique
            || self.has_new_unique_index
            || !self.cleared.is_empty()
            || !self.expected.is_empty()
    }
}

fn missing(entity: &Entity, names: &[&str], notes: &mut Notes) {
    for name in names {
        if !entity.attributes.contains(name) {
            notes.add(format!(
                "'{}' has no value for the mandatory attribute '{name}'.",
                entity.entity_ref()
            ));
        }
    }
}

fn has_rules(node: &TypeNode) -> bool {
    node.display_name_rule.is_some() || node.display_description_rule.is_some()
}

/// Whether display texts of the same values may differ: other rules, or other names of enum values
/// the rules show.
fn display_differs(before: &TypeNode, now: &TypeNode) -> bool {
    let same_rules = before.display_name_rule == now.display_name_rule
        && before.display_description_rule == now.display_description_rule;
    !same_rules || (has_rules(now) && shown_enums_differ(before, now))
}

fn shown_enums_differ(before: &TypeNode, now: &TypeNode) -> bool {
    let rules = [&now.display_name_rule, &now.display_description_rule];
    let rules = rules.into_iter().flatten();
    let rules: Vec<_> = rules
        .filter_map(|rule| DisplayRule::parse(rule).ok())
        .collect();
    let names = |node: &TypeNode, path: &str| {
        let values = node.attribute(path).and_then(|a| a.enum_type.clone());
        let values = values.map(|e| {
            e.values
                .iter()
                .map(|v| (v.key, v.name.clone()))
                .collect::<Vec<_>>()
        });
        values.unwrap_or_default()
    };
    let mut paths = rules.iter().flat_map(DisplayRule::paths);
    paths.any(|path| names(before, path) != names(now, path))
}

fn unique_indexes(node: &TypeNode) -> impl Iterator<Item = &CkIndex> {
    node.indexes.iter().filter(|index| {
        matches!(
            index.index_type,
            IndexType::Unique | IndexType::UniqueNotDeleted
        )
    })
}

/// Types of a former graph that are gone while there are entities of them.
pub(super) fn orphaned(run: &mut Run<'_>, replaced: &[&str]) -> Result<Vec<String>, StoreError> {
    let former = run.former;
    let gone = former.types().filter(|node| {
        replaced.contains(&node.rt_id.model()) && run.graph.type_node(&node.rt_id).is_none()
    });
    let mut gone: Vec<_> = gone.map(|node| &node.rt_id).collect();
    gone.sort();
    let mut texts = Vec::new();
    for ck_type in gone {
        if !run.transaction.batch(ck_type, None, 1)?.is_empty() {
            texts.push(format!(
                "There are entities of type '{ck_type}', which the new version does not have: they are kept, but cannot be seen."
            ));
        }
    }
    Ok(texts)
}

/// Entities of types that are found under another root than before move there.
pub(super) fn move_roots(run: &mut Run<'_>) -> Result<(), StoreError> {
    let former = run.former;
    for before in former.types() {
        let now = run.graph.type_node(&before.rt_id);
        if now.is_none_or(|now| now.collection_root == before.collection_root) {
            continue;
        }
        let mut cursor = Selection::exactly(&before.rt_id).cursor();
        while let Some(batch) = cursor.next(run.transaction, run.reading)? {
            for entity in batch {
                run.transaction.retype(entity.rt_id, &before.rt_id)?;
            }
        }
    }
    Ok(())
}
