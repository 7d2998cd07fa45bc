//! The models of a tenant as one Markdown document (spec, Construction Kit 13).

use std::fmt::{self, Write as _};
use std::sync::Arc;

use octo_ck::graph::{AssociationNode, AttributeNode, EnumNode, RecordNode, TypeNode};
use octo_ck::{CkModelId, RtCkId, TypeGraph};

use super::address::SchemaPart;
use crate::derived::Derive;

/// Rendered models of the platform.
pub(super) struct SystemModels(String);

/// Rendered models of everybody else.
pub(super) struct DomainModels(String);

impl Derive for SystemModels {
    fn derive(graph: &TypeGraph) -> Self {
        Self(models(graph, SchemaPart::System))
    }
}

impl Derive for DomainModels {
    fn derive(graph: &TypeGraph) -> Self {
        Self(models(graph, SchemaPart::Domain))
    }
}

impl SystemModels {
    /// The document for a tenant.
    pub(super) fn document(&self, tenant: &str) -> String {
        document("System", tenant, &self.0)
    }
}

impl DomainModels {
    /// The document for a tenant.
    pub(super) fn document(&self, tenant: &str) -> String {
        document("Domain", tenant, &self.0)
    }
}

/// The document that says why there is none.
pub(super) fn error(message: &str) -> String {
    format!("# CK Schema\n\n_Error: {message}_\n")
}

fn document(title: &str, tenant: &str, models: &str) -> String {
    format!("# CK Schema — {title}\n\nTenant: `{tenant}`  \n{models}")
}

/// A model belongs to the platform by its name alone.
fn is_system(model: &CkModelId) -> bool {
    let name = model.to_string().to_lowercase();
    name.starts_with("system-") || name.starts_with("system.")
}

fn models(graph: &TypeGraph, part: SchemaPart) -> String {
    let is_system_part = part == SchemaPart::System;
    let all = graph.models().iter().map(|model| &model.model_id);
    let models = sorted(all.filter(|id| is_system(id) == is_system_part), |id| {
        id.to_string()
    });
    let mut text = format!("Models: {}\n\n", models.len());
    if models.is_empty() {
        text.push_str(match part {
            SchemaPart::System => "_No System models loaded for this tenant._\n",
            SchemaPart::Domain => "_No domain models loaded for this tenant._\n",
        });
    }
    for id in models {
        text.push_str(&Model { graph, id }.to_string());
    }
    text
}

fn sorted<'g, T: ?Sized>(
    items: impl Iterator<Item = &'g T>,
    name: impl Fn(&T) -> String,
) -> Vec<&'g T> {
    let mut items: Vec<_> = items.collect();
    items.sort_by_cached_key(|item| {
        let name = name(item);
        (name.to_uppercase(), name)
    });
    items
}

struct Model<'g> {
    graph: &'g TypeGraph,
    id: &'g CkModelId,
}

impl fmt::Display for Model<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { graph, id } = self;
        write!(f, "## {id}\n\n")?;
        let types = graph.types().filter(|node| node.id.model() == *id);
        let types = sorted(types.map(Arc::as_ref), |node: &TypeNode| {
            node.id.element().semantic_name()
        });
        if types.is_empty() {
            f.write_str("_No types._\n\n")?;
        }
        for node in types {
            self.entity_type(f, node)?;
        }
        let records = graph.records().filter(|node| node.id.model() == *id);
        for node in sorted(records.map(Arc::as_ref), |node: &RecordNode| {
            node.id.element().semantic_name()
        }) {
            self.record(f, node)?;
        }
        let enums = graph.enums().filter(|node| node.id.model() == *id);
        for node in sorted(enums.map(Arc::as_ref), |node: &EnumNode| {
            node.id.element().semantic_name()
        }) {
            enumeration(f, node)?;
        }
        Ok(())
    }
}

impl Model<'_> {
    fn entity_type(&self, f: &mut fmt::Formatter<'_>, node: &TypeNode) -> fmt::Result {
        let mark = if node.is_abstract {
            " *(abstract)*"
        } else {
            ""
        };
        write!(f, "### {}{mark}\n\n", node.id.element().semantic_name())?;
        description(f, node.description.as_deref())?;
        self.base(f, node.bases.first())?;
        attributes(f, "Attributes", &node.attributes)?;
        outbound(f, &node.outbound)?;
        f.write_char('\n')
    }

    fn record(&self, f: &mut fmt::Formatter<'_>, node: &RecordNode) -> fmt::Result {
        let name = node.id.element().semantic_name();
        write!(f, "### {name} *(record)*\n\n")?;
        description(f, node.description.as_deref())?;
        if let Some(base) = node.bases.first().and_then(|id| self.graph.record(id)) {
            writeln!(f, "Base: `{}`  ", base.id)?;
        }
        attributes(f, "Fields", &node.attributes)?;
        f.write_char('\n')
    }

    fn base(&self, f: &mut fmt::Formatter<'_>, base: Option<&RtCkId>) -> fmt::Result {
        match base.and_then(|id| self.graph.type_node(id)) {
            Some(base) => writeln!(f, "Base: `{}`  ", base.id),
            None => Ok(()),
        }
    }
}

fn description(f: &mut fmt::Formatter<'_>, text: Option<&str>) -> fmt::Result {
    match text.map(str::trim) {
        Some(text) if !text.is_empty() => write!(f, "{text}\n\n"),
        _ => Ok(()),
    }
}

fn attributes(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    nodes: &[Arc<AttributeNode>],
) -> fmt::Result {
    if nodes.is_empty() {
        return Ok(());
    }
    write!(f, "\n**{title}**\n\n")?;
    let nodes = sorted(nodes.iter().map(Arc::as_ref), |node: &AttributeNode| {
        node.id.to_string()
    });
    for node in nodes {
        let mark = if node.is_optional {
            " *(optional)*"
        } else {
            ""
        };
        writeln!(f, "- `{}` — {:?}{mark}", node.name, node.value_type)?;
    }
    Ok(())
}

fn outbound(f: &mut fmt::Formatter<'_>, nodes: &[AssociationNode]) -> fmt::Result {
    if nodes.is_empty() {
        return Ok(());
    }
    f.write_str("\n**Outbound associations**\n\n")?;
    for node in nodes {
        let (role, target) = (&node.role.id, &node.target);
        writeln!(f, "- `{role}` → `{target}` ({:?})", node.multiplicity)?;
    }
    Ok(())
}

fn enumeration(f: &mut fmt::Formatter<'_>, node: &EnumNode) -> fmt::Result {
    let name = node.id.element().semantic_name();
    let mark = if node.use_flags { "flags" } else { "enum" };
    write!(f, "### {name} *({mark})*\n\n")?;
    description(f, node.description.as_deref())?;
    for value in &node.values {
        let meaning = value.description.as_deref().map(super::markdown::line);
        let meaning = meaning.filter(|text| !text.is_empty());
        let meaning = meaning.map_or_else(String::new, |text| format!(" — {text}"));
        writeln!(f, "- `{}` = {}{meaning}", value.name, value.key)?;
    }
    f.write_char('\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = r#"{
        "modelId": "Demo-1.0.0", "dependencies": ["SYSTEM"],
        "types": [
            {"typeId": "Thing-1", "derivedFromCkTypeId": "SYSTEM/Entity-1", "description": "A thing.",
             "attributes": [
                {"id": "Demo-1.0.0/Size-1", "name": "Size", "isOptional": true},
                {"id": "Demo-1.0.0/Kind-1", "name": "Kind", "isOptional": false}],
             "associations": [
                {"id": "Demo-1.0.0/Next-1", "targetCkTypeId": "Demo-1.0.0/Thing-1"}]}],
        "associationRoles": [{"id": "Next-1", "inboundName": "Previous", "inboundMultiplicity": "N",
            "outboundName": "Next", "outboundMultiplicity": "ZeroOrOne"}],
        "attributes": [
            {"id": "Kind-1", "valueType": "Enum", "valueCkEnumId": "Demo-1.0.0/Kind-1"},
            {"id": "Size-1", "valueType": "Record", "valueCkRecordId": "Demo-1.0.0/Size-1"},
            {"id": "Width-1", "valueType": "Double"}],
        "records": [{"recordId": "Size-1", "attributes": [
            {"id": "Demo-1.0.0/Width-1", "name": "Width", "isOptional": false}]}],
        "enums": [{"enumId": "Kind-1", "values": [
            {"key": 0, "name": "Small", "description": "Fits a hand."}, {"key": 1, "name": "Big"}]}]
    }"#;

    #[test]
    fn a_domain_document_shows_types_records_and_enums() {
        let system = octo_ck::builtin::system();
        let text = MODEL.replace("SYSTEM", &system.model_id.to_string());
        let model = octo_ck::read::read_compiled(&text, "test").unwrap();
        let version = system.model_id.to_string();
        let graph = TypeGraph::build([system, Arc::new(model)]).unwrap();
        let text = DomainModels::derive(&graph).document("acme");
        // What every entity has belongs to the System model.
        let own: Vec<_> = text
            .lines()
            .filter(|line| !line.starts_with("- `Rt") && !line.contains("System-"))
            .collect();
        insta::assert_snapshot!(own.join("\n").replace(&version, "SYSTEM"));
        assert!(text.contains(&format!(
            "Base: `{version}/Entity-1`  \n\n**Attributes**\n\n- "
        )));
        let system = SystemModels::derive(&graph).document("acme");
        assert!(system.starts_with("# CK Schema — System\n\nTenant: `acme`  \nModels: 1\n\n## "));
        assert!(system.contains("\n### Entity *(abstract)*\n"), "{system}");
        assert!(!system.contains("Demo"), "{system}");
    }

    #[test]
    fn a_tenant_without_models_says_so() {
        let graph = TypeGraph::default();
        assert_eq!(
            DomainModels::derive(&graph).document("acme"),
            "# CK Schema — Domain\n\nTenant: `acme`  \nModels: 0\n\n\
             _No domain models loaded for this tenant._\n"
        );
    }
}
