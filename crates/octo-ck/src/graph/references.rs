//! Reference phase: everything an element names exists and may be used that way.
//!
//! The original finds a name that does not exist twice: here, in the sources, and again when it
//! follows the name in the inheritance phase, under another number. Here each is found once: the
//! number of the sources is used for the model that is compiled, that of the inheritance phase for
//! models that are compiled already.

use super::build::Build;
use super::owner;
use super::position::{Kind, Part};
use crate::diagnostics::{Code, Position};
use crate::id::CkId;
use crate::model::{CkType, CkTypeAssociation, ValueType};

/// Name of the model and of the type everything derives from.
const ROOT: (&str, &str) = ("System", "Entity");

/// Whether `id` is `System/Entity`, the root of all types.
pub(super) fn is_root(id: &CkId) -> bool {
    (id.model().name(), id.element().name()) == ROOT
}

/// Checks all references of all models.
pub(super) fn check(build: &mut Build<'_>) {
    check_attributes(build);
    check_assignments(build);
    check_record_bases(build);
    for (id, element) in &build.elements.types {
        check_type_base(build, id, element);
        let associations = element.associations.as_deref().unwrap_or_default();
        for (n, association) in associations.iter().enumerate() {
            let at = build.positions.find(Kind::Type, id, Part::Association(n));
            check_association(build, id, association, &at);
        }
    }
}

fn check_attributes(build: &mut Build<'_>) {
    for (id, attribute) in &build.elements.attributes {
        let at = build.positions.find(Kind::Attribute, id, Part::Whole);
        match attribute.value_type {
            ValueType::Enum => {
                let wanted = attribute.value_ck_enum_id.as_ref();
                let missing = wanted.filter(|e| !build.elements.enums.contains_key(*e));
                if let Some(wanted) = missing {
                    let hint = build.hint(wanted, build.elements.enums.keys());
                    let text = format!(
                        "The enum '{wanted}' of attribute '{id}' does not exist: define it or correct the reference.{hint}"
                    );
                    build
                        .diagnostics
                        .report(Code::UnknownEnumOfAttribute, &at, text);
                }
            }
            ValueType::Record | ValueType::RecordArray => {
                let wanted = attribute.value_ck_record_id.as_ref();
                let missing = wanted.filter(|r| !build.elements.records.contains_key(*r));
                if let Some(wanted) = missing {
                    let hint = build.hint(wanted, build.elements.records.keys());
                    let text = format!(
                        "The record '{wanted}' of attribute '{id}' does not exist: define it or correct the reference.{hint}"
                    );
                    build
                        .diagnostics
                        .report(Code::UnknownRecordOfAttribute, &at, text);
                }
            }
            _ => {}
        }
    }
}

fn check_assignments(build: &mut Build<'_>) {
    for (kind, owner, assignments) in owner::all(build) {
        for (n, assignment) in assignments.iter().enumerate() {
            if build.elements.attributes.contains_key(&assignment.id) {
                continue;
            }
            let at = build.positions.find(kind, owner, Part::Assignment(n));
            let hint = build.hint(&assignment.id, build.elements.attributes.keys());
            let (in_sources, compiled) = match kind {
                Kind::Type => (Code::UnknownAttributeOfType, Code::TypeAttributeNotFound),
                _ => (
                    Code::UnknownAttributeOfRecord,
                    Code::RecordAttributeNotFound,
                ),
            };
            let code = build.by_form(owner, in_sources, compiled);
            let text = format!(
                "The attribute '{}' used by {} '{owner}' does not exist: define it or correct the reference.{hint}",
                assignment.id,
                kind.noun()
            );
            build.diagnostics.report(code, &at, text);
        }
    }
}

fn check_record_bases(build: &mut Build<'_>) {
    for (id, element) in &build.elements.records {
        let Some(base) = &element.derived_from_ck_record_id else {
            continue;
        };
        let at = build.positions.find(Kind::Record, id, Part::Base);
        let finding = match build.elements.records.get(base) {
            None => {
                let hint = build.hint(base, build.elements.records.keys());
                let code = build.by_form(id, Code::UnknownBaseRecord, Code::RecordNotFound);
                Some((
                    code,
                    format!(
                        "The base record '{base}' of '{id}' does not exist: correct the reference.{hint}"
                    ),
                ))
            }
            Some(record) if record.is_final => Some((
                Code::BaseRecordIsFinal,
                format!(
                    "The record '{id}' derives from '{base}', which is final: choose another base."
                ),
            )),
            Some(_) => None,
        };
        if let Some((code, text)) = finding {
            build.diagnostics.report(code, &at, text);
        }
    }
}

fn check_type_base(build: &mut Build<'_>, id: &CkId, element: &CkType) {
    let at = build.positions.find(Kind::Type, id, Part::Base);
    let finding = match &element.derived_from_ck_type_id {
        None if is_root(id) => None,
        None => Some((
            Code::InheritanceMissing,
            format!(
                "The type '{id}' has no base: add derivedFromCkTypeId, for example ${{System}}/Entity."
            ),
        )),
        Some(base) => match build.elements.types.get(base) {
            None => {
                let hint = build.hint(base, build.elements.types.keys());
                let code = build.by_form(id, Code::UnknownBaseType, Code::TypeNotFound);
                Some((
                    code,
                    format!(
                        "The base type '{base}' of '{id}' does not exist: correct the reference.{hint}"
                    ),
                ))
            }
            Some(found) if found.is_final => Some((
                Code::BaseTypeIsFinal,
                format!(
                    "The type '{id}' derives from '{base}', which is final: choose another base."
                ),
            )),
            Some(_) => None,
        },
    };
    if let Some((code, text)) = finding {
        build.diagnostics.report(code, &at, text);
    }
}

fn check_association(
    build: &mut Build<'_>,
    owner: &CkId,
    association: &CkTypeAssociation,
    at: &Position,
) {
    let CkTypeAssociation {
        id: role,
        target_ck_type_id: target,
        target_ck_attribute_ids: attributes,
    } = association;
    if !build.elements.roles.contains_key(role) {
        let hint = build.hint(role, build.elements.roles.keys());
        let text = format!(
            "The association role '{role}' used by type '{owner}' does not exist: correct the reference.{hint}"
        );
        let code = build.by_form(owner, Code::UnknownRole, Code::RoleNotFound);
        build.diagnostics.report(code, at, text);
    }
    if !build.elements.types.contains_key(target) {
        let hint = build.hint(target, build.elements.types.keys());
        let text = format!(
            "The target type '{target}' of association '{role}' of type '{owner}' does not exist: correct the reference.{hint}"
        );
        let code = build.by_form(
            owner,
            Code::UnknownAssociationTarget,
            Code::AssociationTargetNotFound,
        );
        build.diagnostics.report(code, at, text);
    }
    for attribute in attributes.iter().flatten() {
        let known = attribute
            .parse::<CkId>()
            .is_ok_and(|id| build.elements.attributes.contains_key(&id));
        if !known {
            let text = format!(
                "The target attribute '{attribute}' of association '{role}' of type '{owner}' does not exist: name an attribute of an installed model with its exact version."
            );
            build
                .diagnostics
                .report(Code::UnknownTargetAttribute, at, text);
        }
    }
}
