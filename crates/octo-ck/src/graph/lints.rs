//! What the original accepts silently although it cannot be meant: warnings about the model under
//! construction (spec, Construction Kit 7.2, end).

use std::collections::HashMap;

use indexmap::IndexMap;

use super::build::Build;
use super::position::{Kind, Part};
use super::{RecordNode, TypeNode};
use crate::diagnostics::Code;
use crate::id::{CkId, RtCkId};
use crate::model::{CkAttribute, ValueType};
use crate::suggest;

/// Fields of every entity that an index may name.
const SYSTEM_FIELDS: [&str; 11] = [
    "_id",
    "rtId",
    "ckTypeId",
    "rtState",
    "rtWellKnownName",
    "rtDisplayName",
    "rtDisplayDescription",
    "rtVersion",
    "rtCreationDateTime",
    "rtChangedDateTime",
    "rtArchivedDateTime",
];

/// Checks the model somebody works on.
pub(super) fn check(
    build: &mut Build<'_>,
    types: &IndexMap<RtCkId, TypeNode>,
    records: &IndexMap<RtCkId, RecordNode>,
) {
    for (id, attribute) in &build.elements.attributes {
        if build.positions.is_own(id.model()) {
            check_defaults(build, id, attribute);
        }
    }
    for node in types.values() {
        if build.positions.is_own(node.id.model()) {
            check_indexes(build, node, records);
            check_navigation(build, node);
        }
    }
}

fn check_defaults(build: &mut Build<'_>, id: &CkId, attribute: &CkAttribute) {
    for value in attribute.default_values.iter().flatten() {
        let text = match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if let Some(expected) = misfit(build, attribute, &text) {
            let at = build.positions.find(Kind::Attribute, id, Part::Whole);
            let text =
                format!("The default '{text}' of attribute '{id}' is not {expected}: correct it.");
            build.diagnostics.report(Code::DefaultDoesNotFit, &at, text);
        }
    }
}

/// What is expected instead of a default; none when it fits, or when its type has many forms.
fn misfit(build: &Build<'_>, attribute: &CkAttribute, text: &str) -> Option<String> {
    let text = text.trim();
    let (fits, expected) = match attribute.value_type {
        ValueType::Int | ValueType::IntArray => (text.parse::<i32>().is_ok(), "a 32-bit number"),
        ValueType::Int64 => (text.parse::<i64>().is_ok(), "a 64-bit number"),
        ValueType::Double => (text.parse::<f64>().is_ok(), "a number"),
        ValueType::Boolean => (
            text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"),
            "true or false",
        ),
        ValueType::Enum => return enum_misfit(build, attribute, text),
        _ => return None,
    };
    (!fits).then(|| expected.to_owned())
}

fn enum_misfit(build: &Build<'_>, attribute: &CkAttribute, text: &str) -> Option<String> {
    let id = attribute.value_ck_enum_id.as_ref()?;
    let element = build.elements.enums.get(id)?;
    let key = text.parse::<i32>().ok();
    let is_known = element.values.iter().any(|value| Some(value.key) == key);
    if is_known || (element.use_flags && key.is_some()) {
        return None;
    }
    let named = element.values.iter().find(|value| value.name == text);
    Some(match named {
        Some(value) => format!("a key of enum '{id}' ('{text}' has the key {})", value.key),
        None => format!("a key of enum '{id}'"),
    })
}

fn check_indexes(build: &mut Build<'_>, node: &TypeNode, records: &IndexMap<RtCkId, RecordNode>) {
    let element = build.elements.types.get(&node.id);
    let indexes = element.and_then(|element| element.indexes.as_deref());
    let fields = indexes
        .into_iter()
        .flatten()
        .flat_map(|index| &index.fields);
    for path in fields.flat_map(|field| &field.attribute_paths) {
        if is_system_field(path) || exists(node, path, records) {
            continue;
        }
        let names = node.attributes.iter().map(|a| a.name.as_str());
        let hint = suggest::question(&suggest::nearest(path, names, 3));
        let at = build.positions.find(Kind::Type, &node.id, Part::Whole);
        let text = format!(
            "An index of type '{}' names '{path}', which is not an attribute of the type: correct the path.{hint}",
            node.id
        );
        build.diagnostics.report(Code::IndexPathUnknown, &at, text);
    }
}

fn is_system_field(path: &str) -> bool {
    SYSTEM_FIELDS
        .iter()
        .any(|field| field.eq_ignore_ascii_case(path))
}

fn exists(node: &TypeNode, path: &str, records: &IndexMap<RtCkId, RecordNode>) -> bool {
    let mut names = path.split('.');
    let first = names.next().and_then(|name| node.attribute(name));
    let last = names.try_fold(first, |found, name| {
        let record = found.and_then(|attribute| attribute.record.as_ref())?;
        Some(records.get(record)?.attribute(name))
    });
    last.flatten().is_some()
}

/// Names in the same place of an API: attributes, and navigations in both directions.
fn check_navigation(build: &mut Build<'_>, node: &TypeNode) {
    let mut taken: HashMap<&str, Option<(&RtCkId, bool)>> = HashMap::new();
    for attribute in &node.attributes {
        taken.insert(&attribute.name, None);
    }
    let outbound = node.outbound.iter().map(|association| (association, true));
    let inbound = node.inbound.iter().map(|association| (association, false));
    // Inherited ones first, so that a clash is found where the second one is declared.
    let mut all: Vec<_> = outbound.chain(inbound).collect();
    all.sort_by_key(|(association, _)| association.is_owned);
    for (association, is_outbound) in all {
        let name = association.navigation_name.as_str();
        let side = Some((&association.role.rt_id, is_outbound));
        let other = *taken.entry(name).or_insert(side);
        if other == side || !association.is_owned {
            continue;
        }
        let what = match other {
            None => "an attribute".to_owned(),
            Some((role, _)) => format!("the association role '{role}'"),
        };
        let at = build.positions.find(Kind::Type, &node.id, Part::Whole);
        let text = format!(
            "The navigation name '{name}' of association role '{}' on type '{}' is also that of {what}: rename one.",
            association.role.rt_id, node.id
        );
        build
            .diagnostics
            .report(Code::NavigationNameClash, &at, text);
    }
}
