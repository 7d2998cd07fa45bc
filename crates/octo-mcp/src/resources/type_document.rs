//! One type as a Markdown document: what `get_type_schema` tells, for reading.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use octo_ck::graph::{AssociationNode, AttributeNode, TypeNode};
use octo_ck::{RtCkId, TypeGraph};

use super::markdown::line;

/// The document of a type.
pub(super) fn document(graph: &TypeGraph, node: &TypeNode) -> String {
    TypeDocument { graph, node }.to_string()
}

struct TypeDocument<'g> {
    graph: &'g TypeGraph,
    node: &'g TypeNode,
}

impl fmt::Display for TypeDocument<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = self.node;
        let mark = match (node.is_abstract, node.is_final) {
            (true, _) => " *(abstract)*",
            (false, true) => " *(final)*",
            (false, false) => "",
        };
        write!(f, "# {}{mark}\n\n", node.id)?;
        let description = node.description.as_deref().map(str::trim);
        if let Some(text) = description.filter(|text| !text.is_empty()) {
            write!(f, "{text}\n\n")?;
        }
        ids(f, "Base types", &node.bases)?;
        ids(f, "Derived types", &node.derived)?;
        let (optional, required): (Vec<_>, Vec<_>) = node
            .attributes
            .iter()
            .partition(|attribute| attribute.is_optional);
        self.attributes(f, "Required attributes", &required)?;
        self.attributes(f, "Optional attributes", &optional)?;
        associations(f, "Outbound associations", &node.outbound, |far| {
            far.target.to_runtime()
        })?;
        associations(f, "Inbound associations", &node.inbound, |far| {
            far.origin.to_runtime()
        })
    }
}

impl TypeDocument<'_> {
    fn attributes(
        &self,
        f: &mut fmt::Formatter<'_>,
        title: &str,
        attributes: &[&Arc<AttributeNode>],
    ) -> fmt::Result {
        if attributes.is_empty() {
            return Ok(());
        }
        write!(f, "## {title}\n\n")?;
        for attribute in attributes {
            write!(f, "- {}", Shown(attribute))?;
            f.write_char('\n')?;
            let record = attribute
                .record
                .as_ref()
                .and_then(|id| self.graph.record(id));
            for field in record.map(|r| r.attributes.as_slice()).unwrap_or_default() {
                let mark = if field.is_optional {
                    " *(optional)*"
                } else {
                    ""
                };
                writeln!(f, "  - {}{mark}", Shown(field))?;
            }
        }
        f.write_char('\n')
    }
}

/// Name, type and meaning of an attribute.
struct Shown<'g>(&'g AttributeNode);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attribute = self.0;
        write!(f, "`{}` — {:?}", attribute.camel_name, attribute.value_type)?;
        if let Some(values) = &attribute.enum_type {
            let names: Vec<_> = values.values.iter().map(|v| v.name.as_str()).collect();
            write!(f, ": {}", names.join(", "))?;
        }
        if let Some(record) = &attribute.record {
            write!(f, " of `{record}`")?;
        }
        let meaning = attribute.description.as_deref().map(line);
        match meaning.filter(|text| !text.is_empty()) {
            Some(text) => write!(f, " — {text}"),
            None => Ok(()),
        }
    }
}

fn ids(f: &mut fmt::Formatter<'_>, title: &str, ids: &[RtCkId]) -> fmt::Result {
    if ids.is_empty() {
        return Ok(());
    }
    let listed: Vec<_> = ids.iter().map(|id| format!("`{id}`")).collect();
    write!(f, "{title}: {}\n\n", listed.join(", "))
}

fn associations(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    nodes: &[AssociationNode],
    far_end: impl Fn(&AssociationNode) -> RtCkId,
) -> fmt::Result {
    if nodes.is_empty() {
        return Ok(());
    }
    write!(f, "## {title}\n\n")?;
    for node in nodes {
        let role = node.role.id.to_runtime();
        writeln!(
            f,
            "- `{}` — role `{role}`, `{}` ({:?})",
            node.navigation_name,
            far_end(node),
            node.multiplicity
        )?;
    }
    f.write_char('\n')
}
