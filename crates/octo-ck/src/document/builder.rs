//! Building the tree from parser events, within limits.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Tag};

use super::{Key, Limits, Node, Scalar, Value};
use crate::diagnostics::{Code, Diagnostics, Position};

/// Bytes of a scalar that weigh as much as a node.
const BYTES_PER_NODE: usize = 64;

/// The root of the first document, if it has one; `None` after reporting why there is none.
pub(super) fn build(
    text: &str,
    location: &Arc<str>,
    limits: Limits,
    diagnostics: &mut Diagnostics,
) -> Option<Option<Node>> {
    let mut builder = Builder {
        location,
        limits,
        diagnostics,
        open: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
        root: None,
        is_duplicate: false,
    };
    match builder.run(text) {
        Ok(()) => (!builder.is_duplicate).then_some(builder.root),
        Err(Problem { code, line, text }) => {
            let at = Position {
                location: location.clone(),
                line,
            };
            diagnostics.report(code, &at, text);
            None
        }
    }
}

struct Problem {
    code: Code,
    line: Option<u32>,
    text: String,
}

fn limit(line: u32, text: String) -> Problem {
    Problem {
        code: Code::LimitExceeded,
        line: Some(line),
        text,
    }
}

fn unreadable(line: u32, text: impl Into<String>) -> Problem {
    Problem {
        code: Code::TextUnreadable,
        line: Some(line),
        text: text.into(),
    }
}

/// A list or map under construction.
struct Open {
    line: u32,
    anchor: usize,
    /// Value of the node counter when it was opened.
    nodes_before: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<(Key, Node)>,
        lines: HashMap<String, u32>,
        key: Option<Key>,
    },
}

struct Builder<'a> {
    location: &'a Arc<str>,
    limits: Limits,
    diagnostics: &'a mut Diagnostics,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    root: Option<Node>,
    is_duplicate: bool,
}

impl Builder<'_> {
    fn run(&mut self, text: &str) -> Result<(), Problem> {
        if text.len() > self.limits.bytes {
            return Err(Problem {
                code: Code::LimitExceeded,
                line: None,
                text: format!(
                    "The text has {} bytes, more than {}: split it.",
                    text.len(),
                    self.limits.bytes
                ),
            });
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.flow_nesting_limit = self.limits.depth + 1;
        options.block_nesting_limit = self.limits.depth + 1;
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = event.map_err(|problem| self.scan_problem(&problem))?;
            let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
            if matches!(event, Event::DocumentStart(..)) && self.root.is_some() {
                let at = Position::line(self.location, line);
                let text = "Only the first document of a file is read: move the rest to files of their own.";
                self.diagnostics.report(Code::SuspiciousFile, &at, text);
                break;
            }
            self.take(event, line)?;
        }
        Ok(())
    }

    fn scan_problem(&self, problem: &ScanError) -> Problem {
        let line = u32::try_from(problem.marker().line()).unwrap_or(u32::MAX);
        if matches!(problem.kind(), ErrorKind::RecursionLimitExceeded) {
            return self.too_deep(line);
        }
        let text = format!("This is not valid YAML or JSON: {}.", problem.info());
        unreadable(line, text)
    }

    fn too_deep(&self, line: u32) -> Problem {
        let text = format!(
            "Lists and objects are nested more than {} levels deep: flatten them.",
            self.limits.depth
        );
        limit(line, text)
    }

    fn take(&mut self, event: Event<'_>, line: u32) -> Result<(), Problem> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = Scalar {
                    text: text.into_owned(),
                    is_quoted: style != ScalarStyle::Plain || is_string_tag(tag.as_deref(), line)?,
                };
                let size = 1 + scalar.text.len() / BYTES_PER_NODE;
                let node = Node {
                    line,
                    value: Value::Scalar(scalar),
                };
                self.count(size, line)?;
                self.complete(node, anchor, size)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.start(line, anchor, Content::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, _) => {
                let content = Content::Map {
                    entries: Vec::new(),
                    lines: HashMap::new(),
                    key: None,
                };
                self.start(line, anchor, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(line),
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(unreadable(
                        line,
                        "An alias refers to itself: write the value out.",
                    ));
                };
                self.count(size, line)?;
                self.complete(node, 0, size)
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, nodes: usize, line: u32) -> Result<(), Problem> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > self.limits.nodes {
            let text = format!(
                "The document has more than {} values (aliases counted as often as they are used): split it.",
                self.limits.nodes
            );
            return Err(limit(line, text));
        }
        Ok(())
    }

    fn start(&mut self, line: u32, anchor: usize, content: Content) -> Result<(), Problem> {
        if self.open.len() >= self.limits.depth {
            return Err(self.too_deep(line));
        }
        let nodes_before = self.nodes;
        self.count(1, line)?;
        self.open.push(Open {
            line,
            anchor,
            nodes_before,
            content,
        });
        Ok(())
    }

    fn end(&mut self, line: u32) -> Result<(), Problem> {
        let Some(open) = self.open.pop() else {
            return Err(unreadable(line, "A list or object ends that never began."));
        };
        let value = match open.content {
            Content::List(items) => Value::List(items),
            Content::Map { entries, .. } => Value::Map(entries),
        };
        let node = Node {
            line: open.line,
            value,
        };
        self.complete(node, open.anchor, self.nodes - open.nodes_before)
    }

    fn complete(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Problem> {
        if anchor > 0 {
            // The anchored copy is kept in memory too, so it counts as well.
            self.count(size, node.line)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map {
                entries,
                lines,
                key,
            }) => match key.take() {
                Some(name) => entries.push((name, node)),
                None => {
                    let name = key_of(node)?;
                    if let Some(first) = lines.insert(name.text.clone(), name.line) {
                        self.is_duplicate = true;
                        let at = Position::line(self.location, name.line);
                        let text = format!(
                            "The key '{}' is given twice, first in line {first}: remove one.",
                            name.text
                        );
                        self.diagnostics.report(Code::TextUnreadable, &at, text);
                    }
                    *key = Some(name);
                }
            },
        }
        Ok(())
    }
}

fn key_of(node: Node) -> Result<Key, Problem> {
    match node.value {
        Value::Scalar(scalar) => Ok(Key {
            text: scalar.text,
            line: node.line,
        }),
        _ => Err(unreadable(
            node.line,
            "A key must be a word, not a list or object.",
        )),
    }
}

fn is_string_tag(tag: Option<&Tag>, line: u32) -> Result<bool, Problem> {
    match tag {
        None => Ok(false),
        Some(tag) if tag.is_yaml_core_schema_tag("str") => Ok(true),
        Some(tag) => Err(unreadable(
            line,
            format!(
                "The tag '{}' has no meaning here: remove it.",
                tag.original()
            ),
        )),
    }
}
