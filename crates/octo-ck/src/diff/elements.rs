//! Attributes, records, enums and association roles.

use super::{ChangeLevel, Changes, Pair, owners, pairs};
use crate::id::ElementId;
use crate::model::{CkAssociationRole, CkAttribute, CkEnum, CkRecord, CompiledModel, Multiplicity};

/// Compares everything but types.
pub(super) fn compare(changes: &mut Changes, old: &CompiledModel, new: &CompiledModel) {
    each(
        changes,
        "attribute",
        &old.attributes,
        &new.attributes,
        |a| &a.id,
        attribute,
    );
    each(
        changes,
        "record",
        &old.records,
        &new.records,
        |r| &r.record_id,
        |c, e, a, b| {
            record(c, e, a, b, new);
        },
    );
    each(
        changes,
        "enum",
        &old.enums,
        &new.enums,
        |e| &e.enum_id,
        enumeration,
    );
    let (old_roles, new_roles) = (&old.association_roles, &new.association_roles);
    each(
        changes,
        "association role",
        old_roles,
        new_roles,
        |r| &r.id,
        |c, e, a, b| {
            role(c, e, a, b, new);
        },
    );
}

fn each<T>(
    changes: &mut Changes,
    noun: &str,
    old: &[T],
    new: &[T],
    id: impl Fn(&T) -> &ElementId,
    both: impl Fn(&mut Changes, &str, &T, &T),
) {
    let name = |element: &T| format!("{noun} {}", id(element).semantic_name());
    for pair in pairs(old, new, |element| id(element).clone()) {
        match pair {
            Pair::Removed(gone) => changes.add(ChangeLevel::Major, name(gone), "was removed"),
            Pair::Added(added) => changes.add(ChangeLevel::Minor, name(added), "was added"),
            Pair::Both(a, b) => both(changes, &name(b), a, b),
        }
    }
}

fn attribute(changes: &mut Changes, element: &str, old: &CkAttribute, new: &CkAttribute) {
    if old.value_type != new.value_type {
        let text = format!(
            "value type changed from {:?} to {:?}",
            old.value_type, new.value_type
        );
        changes.add(ChangeLevel::Major, element, text);
    }
    let records = [old, new].map(|a| a.value_ck_record_id.as_ref());
    changes.reference(element, "record", records[0], records[1]);
    let enums = [old, new].map(|a| a.value_ck_enum_id.as_ref());
    changes.reference(element, "enum", enums[0], enums[1]);
    let minor = ChangeLevel::Minor;
    changes.member(
        minor,
        element,
        "default",
        &old.default_values,
        &new.default_values,
    );
    let states = [old, new].map(|a| a.is_runtime_state);
    changes.member(minor, element, "runtime-state mark", &states[0], &states[1]);
    changes.member(minor, element, "meta data", &old.meta_data, &new.meta_data);
    changes.member(
        ChangeLevel::Patch,
        element,
        "description",
        &old.description,
        &new.description,
    );
}

fn record(
    changes: &mut Changes,
    element: &str,
    old: &CkRecord,
    new: &CkRecord,
    model: &CompiledModel,
) {
    let bases = [old, new].map(|r| r.derived_from_ck_record_id.as_ref());
    changes.reference(element, "base", bases[0], bases[1]);
    changes.restriction(element, "final", old.is_final, new.is_final);
    changes.restriction(element, "abstract", old.is_abstract, new.is_abstract);
    changes.member(
        ChangeLevel::Patch,
        element,
        "description",
        &old.description,
        &new.description,
    );
    let assigned = [old, new].map(|r| r.attributes.as_deref());
    owners::assignments(changes, element, assigned[0], assigned[1], model);
}

fn enumeration(changes: &mut Changes, element: &str, old: &CkEnum, new: &CkEnum) {
    let flags = [old, new].map(|e| e.use_flags);
    changes.member(
        ChangeLevel::Major,
        element,
        "use of flags",
        &flags[0],
        &flags[1],
    );
    changes.permission(element, "extensible", old.is_extensible, new.is_extensible);
    changes.member(
        ChangeLevel::Patch,
        element,
        "description",
        &old.description,
        &new.description,
    );
    for pair in pairs(&old.values, &new.values, |value| value.name.clone()) {
        match pair {
            Pair::Removed(gone) => {
                changes.add(
                    ChangeLevel::Major,
                    element,
                    format!("value {} was removed", gone.name),
                );
            }
            Pair::Added(added) => {
                changes.add(
                    ChangeLevel::Minor,
                    element,
                    format!("value {} was added", added.name),
                );
            }
            Pair::Both(a, b) => {
                if a.key != b.key {
                    let text = format!(
                        "key of value {} changed from {} to {}",
                        b.name, a.key, b.key
                    );
                    changes.add(ChangeLevel::Major, element, text);
                }
                let what = format!("extension mark of value {}", b.name);
                changes.member(
                    ChangeLevel::Major,
                    element,
                    &what,
                    &a.is_extension,
                    &b.is_extension,
                );
                let what = format!("description of value {}", b.name);
                changes.member(
                    ChangeLevel::Patch,
                    element,
                    &what,
                    &a.description,
                    &b.description,
                );
            }
        }
    }
}

fn role(
    changes: &mut Changes,
    element: &str,
    old: &CkAssociationRole,
    new: &CkAssociationRole,
    model: &CompiledModel,
) {
    let major = ChangeLevel::Major;
    changes.member(
        major,
        element,
        "inbound name",
        &old.inbound_name,
        &new.inbound_name,
    );
    changes.member(
        major,
        element,
        "outbound name",
        &old.outbound_name,
        &new.outbound_name,
    );
    multiplicity(
        changes,
        element,
        "inbound",
        old.inbound_multiplicity,
        new.inbound_multiplicity,
    );
    multiplicity(
        changes,
        element,
        "outbound",
        old.outbound_multiplicity,
        new.outbound_multiplicity,
    );
    changes.member(
        ChangeLevel::Patch,
        element,
        "description",
        &old.description,
        &new.description,
    );
    let assigned = [old, new].map(|r| r.attributes.as_deref());
    owners::assignments(changes, element, assigned[0], assigned[1], model);
}

fn multiplicity(
    changes: &mut Changes,
    element: &str,
    side: &str,
    old: Multiplicity,
    new: Multiplicity,
) {
    let freedom = |multiplicity| match multiplicity {
        Multiplicity::One => 0,
        Multiplicity::ZeroOrOne => 1,
        Multiplicity::N => 2,
    };
    if freedom(old) != freedom(new) {
        let is_tighter = freedom(new) < freedom(old);
        let level = if is_tighter {
            ChangeLevel::Major
        } else {
            ChangeLevel::Minor
        };
        let text = format!("{side} multiplicity changed from {old:?} to {new:?}");
        changes.add(level, element, text);
    }
}
