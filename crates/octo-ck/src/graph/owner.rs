//! Owners of attributes: types, records and roles share most rules, under different numbers.

use std::collections::HashMap;
use std::sync::Arc;

use super::AttributeNode;
use super::build::Build;
use super::position::{Kind, Part};
use crate::diagnostics::{Code, Position};
use crate::id::CkId;
use crate::model::CkAttributeAssignment;
use crate::naming;

/// All owners with their assignments.
pub(super) fn all<'m>(
    build: &Build<'m>,
) -> impl Iterator<Item = (Kind, &'m CkId, &'m [CkAttributeAssignment])> + use<'m> {
    let elements = build.elements;
    let types = elements.types.iter();
    let records = elements.records.iter();
    let roles = elements.roles.iter();
    types
        .map(|(id, t)| (Kind::Type, id, t.attributes.as_deref()))
        .chain(records.map(|(id, r)| (Kind::Record, id, r.attributes.as_deref())))
        .chain(roles.map(|(id, r)| (Kind::Role, id, r.attributes.as_deref())))
        .map(|(kind, id, assignments)| (kind, id, assignments.unwrap_or_default()))
}

/// Local names and ids must be proper and unique on each owner.
pub(super) fn check_assignments(build: &mut Build<'_>) {
    for (kind, owner, assignments) in all(build) {
        let mut ids: HashMap<&CkId, &str> = HashMap::new();
        let mut names: HashMap<String, &str> = HashMap::new();
        for (n, assignment) in assignments.iter().enumerate() {
            let name = assignment.name.as_str();
            let at = build.positions.find(kind, owner, Part::Assignment(n));
            if !naming::is_local_name(name) {
                build.diagnostics.report(
                    Code::NameInvalid,
                    &at,
                    format!(
                        "The attribute name '{name}' of {} '{owner}' must be one PascalCase word, such as SerialNumber.",
                        kind.noun()
                    ),
                );
            }
            if let Some(other) = ids.insert(&assignment.id, name) {
                build.diagnostics.report(
                    kind.id_repeated(),
                    &at,
                    format!(
                        "The {} '{owner}' assigns the attribute '{}' twice, as '{other}' and as '{name}': keep one.",
                        kind.noun(),
                        assignment.id
                    ),
                );
            }
            if let Some(other) = names.insert(name.to_lowercase(), name) {
                report_name(build, kind, owner, &at, other, name);
            }
        }
    }
}

fn report_name(
    build: &mut Build<'_>,
    kind: Kind,
    owner: &CkId,
    at: &Position,
    other: &str,
    name: &str,
) {
    if other == name {
        build.diagnostics.report(
            kind.name_repeated(),
            at,
            format!(
                "The {} '{owner}' uses the attribute name '{name}' twice: rename one.",
                kind.noun()
            ),
        );
    } else {
        build.diagnostics.report(
            Code::NamesDifferOnlyInCase,
            at,
            format!(
                "The attribute names '{other}' and '{name}' of {} '{owner}' differ only in upper and lower case: rename one.",
                kind.noun()
            ),
        );
    }
}

/// The own attributes of an owner followed by those of its bases, root-most base first. Repeated
/// ids and names are reported.
pub(super) fn flatten<'a>(
    build: &mut Build<'_>,
    kind: Kind,
    owner: &CkId,
    own: &[Arc<AttributeNode>],
    bases_nearest_first: impl DoubleEndedIterator<Item = (&'a CkId, &'a [Arc<AttributeNode>])>,
) -> Vec<Arc<AttributeNode>> {
    let mut all = own.to_vec();
    let own_ids: HashMap<&CkId, usize> = own.iter().enumerate().map(|(n, a)| (&a.id, n)).collect();
    let own_names: HashMap<&str, usize> = own
        .iter()
        .enumerate()
        .map(|(n, a)| (a.name.as_str(), n))
        .collect();
    for (base, inherited) in bases_nearest_first.rev() {
        if !build.reserve(inherited.len()) {
            break;
        }
        for attribute in inherited {
            let same_id = own_ids.get(&attribute.id);
            let same_name = own_names.get(attribute.name.as_str());
            if let Some(n) = same_id {
                let at = build.positions.find(kind, owner, Part::Assignment(*n));
                build.diagnostics.report(
                    kind.id_inherited(),
                    &at,
                    format!(
                        "The {} '{owner}' assigns the attribute '{}', which it inherits from '{base}' as '{}': remove it.",
                        kind.noun(),
                        attribute.id,
                        attribute.name
                    ),
                );
            }
            if let Some(n) = same_name.filter(|n| same_id != Some(n)) {
                let at = build.positions.find(kind, owner, Part::Assignment(*n));
                build.diagnostics.report(
                    kind.name_inherited(),
                    &at,
                    format!(
                        "The {} '{owner}' uses the attribute name '{}', which it inherits from '{base}': choose another name.",
                        kind.noun(),
                        attribute.name
                    ),
                );
            }
        }
        all.extend(inherited.iter().cloned());
    }
    all
}

/// Positions of attributes by name.
pub(super) fn index(attributes: &[Arc<AttributeNode>]) -> HashMap<String, usize> {
    let mut index = HashMap::with_capacity(attributes.len());
    for (n, attribute) in attributes.iter().enumerate() {
        index.entry(attribute.name.clone()).or_insert(n);
    }
    index
}

impl Kind {
    fn id_repeated(self) -> Code {
        match self {
            Kind::Record => Code::RecordAttributeIdNotUnique,
            Kind::Role => Code::RoleAttributeIdNotUnique,
            _ => Code::TypeAttributeIdNotUnique,
        }
    }

    fn name_repeated(self) -> Code {
        match self {
            Kind::Record => Code::RecordAttributeNameNotUnique,
            Kind::Role => Code::RoleAttributeNameNotUnique,
            _ => Code::TypeAttributeNameNotUnique,
        }
    }

    fn id_inherited(self) -> Code {
        match self {
            Kind::Record => Code::RecordAttributeIdInherited,
            _ => Code::TypeAttributeIdInherited,
        }
    }

    fn name_inherited(self) -> Code {
        match self {
            Kind::Record => Code::RecordAttributeNameInherited,
            _ => Code::TypeAttributeNameInherited,
        }
    }
}
