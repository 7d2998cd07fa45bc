//! Element phase: every element once, under a proper name, complete in itself.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::build::Build;
use super::owner;
use super::position::{Kind, Part, Positions};
use crate::diagnostics::{Code, Diagnostics};
use crate::id::{CkId, ElementId};
use crate::model::{
    CkAssociationRole, CkAttribute, CkEnum, CkEnumValue, CkRecord, CkType, CompiledModel, ValueType,
};
use crate::{naming, suggest};

/// Suggestions are looked up for the first findings only: a search visits every name.
const MAX_SUGGESTIONS: usize = 50;

/// Elements of one kind by schema id, in model and file order.
pub(super) type ById<'m, T> = IndexMap<CkId, &'m T>;

/// All elements of all models.
pub(super) struct Elements<'m> {
    pub(super) types: ById<'m, CkType>,
    pub(super) attributes: ById<'m, CkAttribute>,
    pub(super) records: ById<'m, CkRecord>,
    pub(super) enums: ById<'m, CkEnum>,
    pub(super) roles: ById<'m, CkAssociationRole>,
}

impl<'m> Elements<'m> {
    /// Collects the elements; duplicates are reported and the first one is kept.
    pub(super) fn collect(
        models: &'m [Arc<CompiledModel>],
        positions: &Positions,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut all = Self {
            types: IndexMap::new(),
            attributes: IndexMap::new(),
            records: IndexMap::new(),
            enums: IndexMap::new(),
            roles: IndexMap::new(),
        };
        for model in models {
            let mut reader = Reader {
                model,
                positions,
                diagnostics,
            };
            if !naming::is_model_name(model.model_id.name()) {
                reader.refuse_model_name();
            }
            reader.add(&mut all.types, Kind::Type, &model.types, |t| &t.type_id);
            reader.add(
                &mut all.attributes,
                Kind::Attribute,
                &model.attributes,
                |a| &a.id,
            );
            reader.add(&mut all.records, Kind::Record, &model.records, |r| {
                &r.record_id
            });
            reader.add(&mut all.enums, Kind::Enum, &model.enums, |e| &e.enum_id);
            reader.add(&mut all.roles, Kind::Role, &model.association_roles, |r| {
                &r.id
            });
        }
        all
    }
}

struct Reader<'a, 'm> {
    model: &'m CompiledModel,
    positions: &'a Positions,
    diagnostics: &'a mut Diagnostics,
}

impl<'m> Reader<'_, 'm> {
    fn refuse_model_name(&mut self) {
        let id = &self.model.model_id;
        self.diagnostics.report(
            Code::ModelNameInvalid,
            &self.positions.model(id),
            format!(
                "The model name '{}' may contain only letters, digits, '_' and '.'.",
                id.name()
            ),
        );
    }

    fn add<T>(
        &mut self,
        known: &mut ById<'m, T>,
        kind: Kind,
        elements: &'m [T],
        id_of: impl Fn(&T) -> &ElementId,
    ) {
        let mut spellings: HashMap<String, &ElementId> = HashMap::new();
        for element in elements {
            let element_id = id_of(element);
            let id = CkId::new(self.model.model_id.clone(), element_id.clone());
            let at = self.positions.find(kind, &id, Part::Whole);
            if !naming::is_element_name(element_id.name()) {
                self.diagnostics.report(
                    kind.name_invalid(),
                    &at,
                    format!(
                        "The {} id '{element_id}' must be PascalCase words separated by dots, such as Device or Device.State.",
                        kind.noun()
                    ),
                );
            }
            let folded = element_id.to_string().to_lowercase();
            match spellings.get(&folded) {
                Some(other) if *other != element_id => self.diagnostics.report(
                    Code::NamesDifferOnlyInCase,
                    &at,
                    format!(
                        "The {}s '{other}' and '{element_id}' differ only in upper and lower case: rename one.",
                        kind.noun()
                    ),
                ),
                Some(_) => {}
                None => {
                    spellings.insert(folded, element_id);
                }
            }
            match known.entry(id) {
                Entry::Vacant(free) => {
                    free.insert(element);
                }
                Entry::Occupied(taken) => {
                    let first = self.positions.find(kind, taken.key(), Part::Whole);
                    self.diagnostics.report(
                        kind.not_unique(),
                        &self.positions.repetition(kind, taken.key()),
                        format!(
                            "The {} '{}' is defined more than once, first in {first}: keep one definition.",
                            kind.noun(),
                            taken.key()
                        ),
                    );
                }
            }
        }
    }
}

impl Kind {
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Kind::Type => "type",
            Kind::Attribute => "attribute",
            Kind::Record => "record",
            Kind::Enum => "enum",
            Kind::Role => "association role",
        }
    }

    pub(crate) fn name_invalid(self) -> Code {
        match self {
            Kind::Type => Code::TypeIdInvalid,
            Kind::Attribute => Code::AttributeIdInvalid,
            Kind::Record => Code::RecordIdInvalid,
            Kind::Enum => Code::EnumIdInvalid,
            Kind::Role => Code::RoleIdInvalid,
        }
    }

    fn not_unique(self) -> Code {
        match self {
            Kind::Type => Code::TypeIdNotUnique,
            Kind::Attribute => Code::AttributeIdNotUnique,
            Kind::Record => Code::RecordIdNotUnique,
            Kind::Enum => Code::EnumIdNotUnique,
            Kind::Role => Code::RoleIdNotUnique,
        }
    }
}

impl Build<'_> {
    /// What to say after "… does not exist": the installed version of the same element, or
    /// elements with similar names.
    pub(super) fn hint<'a>(
        &self,
        wanted: &CkId,
        known: impl IntoIterator<Item = &'a CkId>,
    ) -> String {
        if self.diagnostics.len() > MAX_SUGGESTIONS {
            return String::new();
        }
        let runtime = wanted.to_runtime();
        let mut names = Vec::new();
        for id in known {
            if id.to_runtime() == runtime {
                return format!(
                    " '{id}' is available: use a build against that version (in sources, write ${{{}}}/{}).",
                    id.model().name(),
                    id.element().semantic_name()
                );
            }
            names.push(id.to_string());
        }
        let wanted = wanted.to_string();
        suggest::question(&suggest::nearest(
            &wanted,
            names.iter().map(String::as_str),
            3,
        ))
    }
}

/// Checks each element by itself.
pub(super) fn check(build: &mut Build<'_>) {
    owner::check_assignments(build);
    check_attributes(build);
    check_enums(build);
    check_roles(build);
}

fn check_attributes(build: &mut Build<'_>) {
    for (id, attribute) in &build.elements.attributes {
        let needs = match attribute.value_type {
            ValueType::Enum if attribute.value_ck_enum_id.is_none() => {
                let code = build.by_form(id, Code::EnumMissing, Code::CompiledEnumMissing);
                Some((code, "valueCkEnumId", "an enum"))
            }
            ValueType::Record | ValueType::RecordArray
                if attribute.value_ck_record_id.is_none() =>
            {
                let code = build.by_form(id, Code::RecordMissing, Code::CompiledRecordMissing);
                Some((code, "valueCkRecordId", "a record"))
            }
            _ => None,
        };
        if let Some((code, key, what)) = needs {
            let at = build.positions.find(Kind::Attribute, id, Part::Whole);
            build.diagnostics.report(
                code,
                &at,
                format!(
                    "The attribute '{id}' has value type {:?} but names no type for it: add {key} with {what}.",
                    attribute.value_type
                ),
            );
        }
    }
}

fn check_enums(build: &mut Build<'_>) {
    for (id, element) in &build.elements.enums {
        let mut keys: HashMap<i32, &str> = HashMap::new();
        let mut names: HashMap<String, &str> = HashMap::new();
        for (n, value) in element.values.iter().enumerate() {
            let name = value.name.as_str();
            let mut problems: Vec<(Code, String)> = Vec::new();
            if name.trim().is_empty() {
                let text = format!("A value of enum '{id}' (key {}) has no name.", value.key);
                problems.push((Code::EnumNameMissing, text));
            } else if !is_value_name(value) {
                let text = format!(
                    "The value name '{name}' of enum '{id}' must be a PascalCase word without blanks and special characters."
                );
                problems.push((Code::EnumNameInvalid, text));
            }
            if value.key < 0 {
                let text = format!(
                    "The key {} of '{name}' in enum '{id}' is negative: use 0 or above.",
                    value.key
                );
                problems.push((Code::EnumKeyNegative, text));
            }
            if value.is_extension && !element.is_extensible {
                let text = format!(
                    "The value '{name}' of enum '{id}' is an extension, but the enum is not extensible: remove isExtension or set isExtensible."
                );
                problems.push((Code::ExtensionInFixedEnum, text));
            }
            if let Some(other) = keys.insert(value.key, name) {
                let text = format!(
                    "The values '{other}' and '{name}' of enum '{id}' have the same key {}: give each its own.",
                    value.key
                );
                problems.push((Code::EnumKeyNotUnique, text));
            }
            if let Some(other) = names.insert(name.to_lowercase(), name) {
                let text = format!(
                    "The value names '{other}' and '{name}' of enum '{id}' cannot be told apart: rename one."
                );
                problems.push((Code::NamesDifferOnlyInCase, text));
            }
            let at = build.positions.find(Kind::Enum, id, Part::Value(n));
            for (code, text) in problems {
                build.diagnostics.report(code, &at, text);
            }
        }
    }
}

// Tenants may name the values they add more freely (spec 9.4).
fn is_value_name(value: &CkEnumValue) -> bool {
    naming::is_element_name(&value.name)
        || (value.is_extension && naming::is_extension_name(&value.name))
}

fn check_roles(build: &mut Build<'_>) {
    for (id, role) in &build.elements.roles {
        for name in [&role.inbound_name, &role.outbound_name] {
            if !naming::is_local_name(name) {
                let at = build.positions.find(Kind::Role, id, Part::Whole);
                build.diagnostics.report(
                    Code::NameInvalid,
                    &at,
                    format!(
                        "The navigation name '{name}' of association role '{id}' must be one PascalCase word, such as Children."
                    ),
                );
            }
        }
    }
}
