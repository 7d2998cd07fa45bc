//! Entity types: flags, bases, indexes and associations.

use super::{ChangeLevel, Changes, Pair, owners, pairs};
use crate::model::{CkIndex, CkType, CkTypeAssociation, CompiledModel, IndexType, Multiplicity};

/// Compares the types of two versions.
pub(super) fn compare(changes: &mut Changes, old: &CompiledModel, new: &CompiledModel) {
    for pair in pairs(&old.types, &new.types, |t| t.type_id.clone()) {
        match pair {
            Pair::Removed(gone) => changes.add(ChangeLevel::Major, noun(gone), "was removed"),
            Pair::Added(added) => changes.add(ChangeLevel::Minor, noun(added), "was added"),
            Pair::Both(a, b) => entity_type(changes, a, b, new),
        }
    }
}

fn noun(element: &CkType) -> String {
    format!("type {}", element.type_id.semantic_name())
}

fn entity_type(changes: &mut Changes, old: &CkType, new: &CkType, model: &CompiledModel) {
    let element = noun(new);
    let element = element.as_str();
    let bases = [old, new].map(|t| t.derived_from_ck_type_id.as_ref());
    changes.reference(element, "base", bases[0], bases[1]);
    changes.restriction(element, "final", old.is_final, new.is_final);
    changes.restriction(element, "abstract", old.is_abstract, new.is_abstract);
    changes.permission(
        element,
        "a collection root",
        old.is_collection_root,
        new.is_collection_root,
    );
    let images = [old, new].map(|t| t.enable_change_stream_pre_and_post_images);
    changes.member(
        ChangeLevel::Minor,
        element,
        "change-stream option",
        &images[0],
        &images[1],
    );
    let patch = ChangeLevel::Patch;
    changes.member(
        patch,
        element,
        "description",
        &old.description,
        &new.description,
    );
    let rules = [old, new].map(|t| (&t.display_name_rule, &t.display_description_rule));
    changes.member(patch, element, "display rule", &rules[0], &rules[1]);
    let assigned = [old, new].map(|t| t.attributes.as_deref());
    owners::assignments(changes, element, assigned[0], assigned[1], model);
    indexes(changes, element, old, new);
    associations(changes, element, old, new, model);
}

fn indexes(changes: &mut Changes, element: &str, old: &CkType, new: &CkType) {
    let [old, new] = [old, new].map(|t| t.indexes.as_deref().unwrap_or_default());
    for gone in old.iter().filter(|index| !new.contains(index)) {
        let text = format!("index {} was removed", shown(gone));
        changes.add(ChangeLevel::Minor, element, text);
    }
    for added in new.iter().filter(|index| !old.contains(index)) {
        let is_unique = matches!(
            added.index_type,
            IndexType::Unique | IndexType::UniqueNotDeleted
        );
        let level = if is_unique {
            ChangeLevel::Major
        } else {
            ChangeLevel::Minor
        };
        changes.add(level, element, format!("index {} was added", shown(added)));
    }
}

fn shown(index: &CkIndex) -> String {
    let paths = index.fields.iter().flat_map(|field| &field.attribute_paths);
    let paths: Vec<&str> = paths.map(String::as_str).collect();
    format!("{:?}({})", index.index_type, paths.join("+"))
}

fn associations(
    changes: &mut Changes,
    element: &str,
    old: &CkType,
    new: &CkType,
    model: &CompiledModel,
) {
    let [old, new] = [old, new].map(|t| t.associations.as_deref().unwrap_or_default());
    let ends = |a: &CkTypeAssociation| (a.id.to_runtime(), a.target_ck_type_id.to_runtime());
    for pair in pairs(old, new, ends) {
        match pair {
            Pair::Removed(gone) => {
                let (role, target) = ends(gone);
                let text = format!("association {role} to {target} was removed");
                changes.add(ChangeLevel::Major, element, text);
            }
            Pair::Added(added) => {
                let (role, target) = ends(added);
                let (level, why) = added_association(added, model);
                let text = format!("association {role} to {target}{why} was added");
                changes.add(level, element, text);
            }
            Pair::Both(a, b) if a.target_ck_attribute_ids != b.target_ck_attribute_ids => {
                let (role, target) = ends(b);
                let text = format!("target attributes of association {role} to {target} changed");
                changes.add(ChangeLevel::Major, element, text);
            }
            Pair::Both(..) => {}
        }
    }
}

/// A new association is harmless when nobody must have one: the role is known and has no side on
/// which exactly one is demanded.
fn added_association(
    added: &CkTypeAssociation,
    model: &CompiledModel,
) -> (ChangeLevel, &'static str) {
    let own = Some(added.id.element()).filter(|_| added.id.model() == &model.model_id);
    let role = own.and_then(|id| model.association_roles.iter().find(|role| &role.id == id));
    match role {
        None => (ChangeLevel::Major, ", a role of another model,"),
        Some(role)
            if [role.inbound_multiplicity, role.outbound_multiplicity]
                .contains(&Multiplicity::One) =>
        {
            (ChangeLevel::Major, ", of which there must be one,")
        }
        Some(_) => (ChangeLevel::Minor, ""),
    }
}
