//! Types and their inheritance as a picture, in the languages of Mermaid and Graphviz.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::graph::{TypeGraph, TypeNode};
use crate::id::{CkId, RtCkId};

/// Language of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// A Mermaid class diagram, as Markdown viewers show it.
    Mermaid,
    /// A Graphviz digraph.
    Dot,
}

/// What a picture shows.
#[derive(Debug, Clone, Copy)]
pub struct Drawing<'a> {
    /// Its language.
    pub language: Language,
    /// Names of the models whose types are drawn; their bases in other models are drawn too.
    pub models: &'a [&'a str],
    /// Whether associations are drawn.
    pub with_associations: bool,
}

impl Drawing<'_> {
    /// The picture; equal graphs give equal texts.
    pub fn draw(&self, graph: &TypeGraph) -> String {
        let own: Vec<&Arc<TypeNode>> =
            sorted(graph, |node| self.models.contains(&node.id.model().name()));
        let mut shown: BTreeSet<&RtCkId> = own.iter().map(|node| &node.rt_id).collect();
        shown.extend(own.iter().flat_map(|node| &node.bases));
        if self.with_associations {
            let targets = own.iter().flat_map(|node| &node.outbound);
            let targets: Vec<RtCkId> = targets
                .filter(|association| association.is_owned)
                .map(|association| association.target.to_runtime())
                .collect();
            let nodes = targets.iter().filter_map(|id| graph.type_node(id));
            shown.extend(nodes.map(|node| &node.rt_id));
        }
        let nodes = sorted(graph, |node| shown.contains(&node.rt_id));
        let mut out = String::from(match self.language {
            Language::Mermaid => "classDiagram\n",
            Language::Dot => "digraph types {\n  rankdir=BT;\n  node [shape=box];\n",
        });
        for node in &nodes {
            self.node(&mut out, node);
        }
        for node in &nodes {
            if let Some(base) = node.bases.first().filter(|base| shown.contains(base)) {
                self.inherits(&mut out, &node.rt_id, base);
            }
        }
        for node in own.iter().filter(|_| self.with_associations) {
            for association in node.outbound.iter().filter(|a| a.is_owned) {
                self.leads_to(
                    &mut out,
                    node,
                    &association.target,
                    &association.navigation_name,
                );
            }
        }
        if self.language == Language::Dot {
            out.push_str("}\n");
        }
        out
    }

    // Writing to a string does not fail.

    fn node(&self, out: &mut String, node: &TypeNode) {
        let name = &node.rt_id;
        let _ = match self.language {
            Language::Mermaid => {
                let mark = if node.is_abstract {
                    " {\n    <<abstract>>\n  }"
                } else {
                    ""
                };
                writeln!(out, "  class `{name}`{mark}")
            }
            Language::Dot => {
                let style = if node.is_abstract {
                    " [style=dashed]"
                } else {
                    ""
                };
                writeln!(out, "  \"{name}\"{style};")
            }
        };
    }

    fn inherits(&self, out: &mut String, node: &RtCkId, base: &RtCkId) {
        let _ = match self.language {
            Language::Mermaid => writeln!(out, "  `{base}` <|-- `{node}`"),
            Language::Dot => writeln!(out, "  \"{node}\" -> \"{base}\" [arrowhead=empty];"),
        };
    }

    fn leads_to(&self, out: &mut String, node: &TypeNode, target: &CkId, name: &str) {
        let (node, target) = (&node.rt_id, target.to_runtime());
        let _ = match self.language {
            Language::Mermaid => writeln!(out, "  `{node}` --> `{target}` : {name}"),
            Language::Dot => {
                writeln!(
                    out,
                    "  \"{node}\" -> \"{target}\" [label=\"{name}\", style=dotted];"
                )
            }
        };
    }
}

fn sorted(graph: &TypeGraph, is_shown: impl Fn(&TypeNode) -> bool) -> Vec<&Arc<TypeNode>> {
    let mut nodes: Vec<_> = graph.types().filter(|node| is_shown(node)).collect();
    nodes.sort_by(|a, b| a.rt_id.cmp(&b.rt_id));
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin;

    fn draw(language: Language, with_associations: bool) -> String {
        let graph = TypeGraph::build(builtin::all()).unwrap();
        let drawing = Drawing {
            language,
            models: &["System.Reporting"],
            with_associations,
        };
        drawing.draw(&graph)
    }

    #[test]
    fn mermaid() {
        insta::assert_snapshot!(draw(Language::Mermaid, false), @r"
        classDiagram
          class `System/Configuration` {
            <<abstract>>
          }
          class `System/Entity` {
            <<abstract>>
          }
          class `System.Reporting/ConnectionInfo`
          class `System.Reporting/FileSystemContainer` {
            <<abstract>>
          }
          class `System.Reporting/FileSystemEntity` {
            <<abstract>>
          }
          class `System.Reporting/FileSystemItem`
          class `System.Reporting/Folder`
          class `System.Reporting/FolderRoot`
          `System/Entity` <|-- `System/Configuration`
          `System/Configuration` <|-- `System.Reporting/ConnectionInfo`
          `System.Reporting/FileSystemEntity` <|-- `System.Reporting/FileSystemContainer`
          `System/Entity` <|-- `System.Reporting/FileSystemEntity`
          `System.Reporting/FileSystemContainer` <|-- `System.Reporting/FileSystemItem`
          `System.Reporting/FileSystemContainer` <|-- `System.Reporting/Folder`
          `System.Reporting/FileSystemEntity` <|-- `System.Reporting/FolderRoot`
        ");
    }

    #[test]
    fn graphviz_with_associations() {
        insta::assert_snapshot!(draw(Language::Dot, true), @r#"
        digraph types {
          rankdir=BT;
          node [shape=box];
          "System/Configuration" [style=dashed];
          "System/Entity" [style=dashed];
          "System.Reporting/ConnectionInfo";
          "System.Reporting/FileSystemContainer" [style=dashed];
          "System.Reporting/FileSystemEntity" [style=dashed];
          "System.Reporting/FileSystemItem";
          "System.Reporting/Folder";
          "System.Reporting/FolderRoot";
          "System/Configuration" -> "System/Entity" [arrowhead=empty];
          "System.Reporting/ConnectionInfo" -> "System/Configuration" [arrowhead=empty];
          "System.Reporting/FileSystemContainer" -> "System.Reporting/FileSystemEntity" [arrowhead=empty];
          "System.Reporting/FileSystemEntity" -> "System/Entity" [arrowhead=empty];
          "System.Reporting/FileSystemItem" -> "System.Reporting/FileSystemContainer" [arrowhead=empty];
          "System.Reporting/Folder" -> "System.Reporting/FileSystemContainer" [arrowhead=empty];
          "System.Reporting/FolderRoot" -> "System.Reporting/FileSystemEntity" [arrowhead=empty];
          "System.Reporting/FileSystemContainer" -> "System.Reporting/Folder" [label="Parent", style=dotted];
          "System.Reporting/FileSystemContainer" -> "System.Reporting/FolderRoot" [label="Parent", style=dotted];
        }
        "#);
    }
}
