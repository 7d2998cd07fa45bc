//! YAML and JSON texts as a tree in which every node knows its line.
//!
//! Binding straight to Rust types would stop at the first wrong member and lose how a scalar was
//! written; the language needs both (spec, Construction Kit 2.1). Hostile texts are bounded by
//! [`Limits`]: size, nesting, and number of nodes after aliases are expanded.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Tag};

use crate::diagnostics::{Code, Diagnostics, Position};

/// Bounds of one text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Size of the text in bytes.
    pub(crate) bytes: usize,
    /// Nested lists and maps.
    pub(crate) depth: usize,
    /// Scalars, lists and maps, aliases counted as often as they are used.
    pub(crate) nodes: usize,
}

/// Enough for models of some ten thousand types.
pub(crate) const LIMITS: Limits = Limits {
    bytes: 32 * 1024 * 1024,
    depth: 64,
    nodes: 2_000_000,
};

/// A value and where it starts.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) line: u32,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// The text of a scalar and whether it was quoted (or a block), and so certainly a string.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) is_quoted: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) line: u32,
}

/// What a scalar is before anyone asks for a type (spec 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScalarKind {
    Null,
    Boolean(bool),
    Number,
    String,
}

impl Scalar {
    pub(crate) fn kind(&self) -> ScalarKind {
        let text = self.text.as_str();
        if self.is_quoted {
            ScalarKind::String
        } else if looks_like_number(text) {
            ScalarKind::Number
        } else if text.eq_ignore_ascii_case("true") {
            ScalarKind::Boolean(true)
        } else if text.eq_ignore_ascii_case("false") {
            ScalarKind::Boolean(false)
        } else if matches!(text, "" | "~" | "null" | "Null" | "NULL") {
            ScalarKind::Null
        } else {
            ScalarKind::String
        }
    }
}

impl Node {
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.kind() == ScalarKind::Null)
    }

    /// What the node is, for messages.
    pub(crate) fn noun(&self) -> &'static str {
        match &self.value {
            Value::List(_) => "a list",
            Value::Map(_) => "an object",
            Value::Scalar(scalar) => match scalar.kind() {
                ScalarKind::Null => "nothing",
                ScalarKind::Boolean(_) => "true or false",
                ScalarKind::Number => "a number",
                ScalarKind::String => "a text",
            },
        }
    }
}

/// Whether the original's number reader accepts the text: signs, thousands separators, an exponent
/// and parentheses are allowed.
fn looks_like_number(text: &str) -> bool {
    let text = text.trim();
    let text = text
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
        .unwrap_or(text);
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_exponent = |text: &str| all_digits(text.strip_prefix(['-', '+']).unwrap_or(text));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    mantissa.bytes().any(|b| b.is_ascii_digit())
        && !whole.starts_with(',')
        && whole.bytes().all(|b| b.is_ascii_digit() || b == b',')
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && exponent.is_none_or(is_exponent)
}

/// Result of reading a text.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Its (first) document.
    Document(Node),
    /// Nothing but blanks and comments.
    Empty,
    /// Not readable; the reasons are in the diagnostics.
    Broken,
}

/// Reads a text; problems are reported at `location`.
pub(crate) fn parse(
    text: &str,
    location: &Arc<str>,
    limits: Limits,
    diagnostics: &mut Diagnostics,
) -> Parsed {
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
        Ok(()) if builder.is_duplicate => Parsed::Broken,
        Ok(()) => match builder.root {
            Some(node) if !node.is_null() => Parsed::Document(node),
            _ => Parsed::Empty,
        },
        Err(Problem { code, line, text }) => {
            let at = Position {
                location: location.clone(),
                line,
            };
            diagnostics.report(code, &at, text);
            Parsed::Broken
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
                let node = Node {
                    line,
                    value: Value::Scalar(scalar),
                };
                self.count(1, line)?;
                self.complete(node, anchor, 1)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, limits: Limits) -> (Parsed, Diagnostics) {
        let mut diagnostics = Diagnostics::default();
        let parsed = parse(text, &"a.yaml".into(), limits, &mut diagnostics);
        (parsed, diagnostics)
    }

    fn kind(text: &str) -> ScalarKind {
        let scalar = Scalar {
            text: text.to_owned(),
            is_quoted: false,
        };
        scalar.kind()
    }

    #[test]
    fn plain_scalars_have_the_kind_the_language_gives_them() {
        for number in ["1", "-5", "1.0", "1,000", "(5)", "1e3", "2024", "+.5"] {
            assert_eq!(kind(number), ScalarKind::Number, "{number}");
        }
        for text in [
            "1.0.0", "yes", "a", "-", ".", "e3", "1e", "0x10", "NaN", "(", "--1",
        ] {
            assert_eq!(kind(text), ScalarKind::String, "{text}");
        }
        assert_eq!(kind("True"), ScalarKind::Boolean(true));
        assert_eq!(kind("~"), ScalarKind::Null);
    }

    #[test]
    fn nodes_know_their_lines() {
        let (parsed, _) = read("a: 1\nb:\n  - x\n  - y\n", LIMITS);
        let Parsed::Document(Node {
            value: Value::Map(entries),
            ..
        }) = parsed
        else {
            panic!("not a map");
        };
        assert_eq!((entries[1].0.text.as_str(), entries[1].0.line), ("b", 2));
        let Value::List(items) = &entries[1].1.value else {
            panic!("not a list");
        };
        assert_eq!(items[1].line, 4);
    }

    #[test]
    fn empty_texts_are_told_from_broken_ones() {
        assert!(matches!(read("# nothing\n", LIMITS).0, Parsed::Empty));
        assert!(matches!(read("", LIMITS).0, Parsed::Empty));
        assert!(matches!(read("a: [", LIMITS).0, Parsed::Broken));
    }

    #[test]
    fn hostile_texts_are_refused_with_a_reason() {
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n";
        let small = Limits {
            nodes: 5_000,
            ..LIMITS
        };
        let deep = "[".repeat(100_000);
        let cases = [
            (bomb, small, 103, "more than 5000 values"),
            (deep.as_str(), LIMITS, 103, "more than 64 levels"),
            ("a: 1\na: 2\n", LIMITS, 102, "twice, first in line 1"),
            ("? [a]\n: 1\n", LIMITS, 102, "must be a word"),
            ("a: !x 1\n", LIMITS, 102, "tag '!x'"),
            ("a: &a [*a]\n", LIMITS, 102, ""),
            ("a: b: c\n", LIMITS, 102, "not valid YAML"),
            (
                "\"long\"",
                Limits { bytes: 3, ..LIMITS },
                103,
                "more than 3",
            ),
        ];
        for (text, limits, code, part) in cases {
            let (parsed, diagnostics) = read(text, limits);
            let shown = diagnostics.to_string();
            assert!(matches!(parsed, Parsed::Broken), "{shown}");
            assert_eq!(diagnostics.iter().next().unwrap().code, code, "{shown}");
            assert!(shown.contains(part), "{shown}");
        }
    }
}
