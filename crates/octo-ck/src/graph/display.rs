//! Display rules: they can be read, and their paths exist (spec, Construction Kit 4.6).

use indexmap::IndexMap;

use super::build::Build;
use super::position::{Kind, Part};
use super::{AttributeNode, RecordNode, TypeNode};
use crate::diagnostics::Code;
use crate::display::DisplayRule;
use crate::id::RtCkId;
use crate::model::ValueType;
use crate::suggest;

/// Checks the rules written on each type (inherited ones are checked where they are written).
pub(super) fn check(
    build: &mut Build<'_>,
    types: &IndexMap<RtCkId, TypeNode>,
    records: &IndexMap<RtCkId, RecordNode>,
) {
    let rules = build.elements.types.iter().flat_map(|(id, element)| {
        let name = element.display_name_rule.as_deref();
        let description = element.display_description_rule.as_deref();
        [
            (id, Part::NameRule, name),
            (id, Part::DescriptionRule, description),
        ]
    });
    for (id, part, rule) in rules {
        let Some(rule) = rule.filter(|rule| !rule.trim().is_empty()) else {
            continue;
        };
        let findings = match DisplayRule::parse(rule) {
            Err(problem) => vec![(Code::DisplayRuleSyntax, problem.to_string())],
            Ok(rule) => types
                .get(&id.to_runtime())
                .map(|node| unknown_paths(node, &rule, records))
                .unwrap_or_default(),
        };
        let at = build.positions.find(Kind::Type, id, part);
        for (code, text) in findings {
            build.diagnostics.report(code, &at, text);
        }
    }
}

fn unknown_paths(
    node: &TypeNode,
    rule: &DisplayRule,
    records: &IndexMap<RtCkId, RecordNode>,
) -> Vec<(Code, String)> {
    rule.paths()
        .filter(|path| !exists(node, path, records))
        .map(|path| {
            let names = node.attributes.iter().map(|a| a.name.as_str());
            let hint = suggest::question(&suggest::nearest(path, names, 3));
            let text = format!(
                "The display rule of type '{}' names '{path}', which is not an attribute of the type: correct the path.{hint}",
                node.id
            );
            (Code::DisplayRulePath, text)
        })
        .collect()
}

fn exists(node: &TypeNode, path: &str, records: &IndexMap<RtCkId, RecordNode>) -> bool {
    let mut owner: Option<&[std::sync::Arc<AttributeNode>]> = Some(&node.attributes);
    for name in path.split('.') {
        let Some(attribute) = owner.and_then(|all| all.iter().find(|a| a.name == name)) else {
            return false;
        };
        owner = attribute
            .record
            .as_ref()
            .filter(|_| attribute.value_type == ValueType::Record)
            .and_then(|record| records.get(record))
            .map(|record| record.attributes.as_slice());
    }
    true
}
