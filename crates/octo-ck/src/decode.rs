//! From located trees to model documents, collecting every violation of the form.
//!
//! A reader function takes the [`Decoder`] and a node and returns a value, or `None` after
//! reporting what is wrong. Members of an object are taken one by one; what is left over is
//! unknown.

pub(crate) mod elements;
pub(crate) mod migrations;
mod parts;

use std::fmt::Write as _;
use std::sync::Arc;

use crate::diagnostics::{Code, Diagnostics, Position};
use crate::document::{Key, Node, Scalar, ScalarKind, Value};
use crate::id::CkModelId;
use crate::{naming, suggest};

/// Longest part of an offending value shown in a message, in characters.
const SHOWN: usize = 80;

/// Where in the document the decoder is, as steps of a JSON pointer.
enum Step {
    Key(&'static str),
    Item(usize),
}

/// Reads nodes of one document.
pub(crate) struct Decoder<'a> {
    pub(crate) location: Arc<str>,
    pub(crate) diagnostics: &'a mut Diagnostics,
    ignores_unknown: bool,
    path: Vec<Step>,
}

/// An object whose members are being taken.
pub(crate) struct Object<'n> {
    pub(crate) line: u32,
    entries: Vec<Option<(&'n Key, &'n Node)>>,
    known: Vec<&'static str>,
}

impl<'a> Decoder<'a> {
    /// A strict reader of the document at `location`.
    pub(crate) fn new(location: &Arc<str>, diagnostics: &'a mut Diagnostics) -> Self {
        Self {
            location: location.clone(),
            diagnostics,
            ignores_unknown: false,
            path: Vec::new(),
        }
    }

    /// Unknown members are dropped instead of refused.
    pub(crate) fn ignoring_unknown(mut self) -> Self {
        self.ignores_unknown = true;
        self
    }

    pub(crate) fn at(&self, line: u32) -> Position {
        Position::line(&self.location, line)
    }

    /// Reports a violation of the form at the current place.
    pub(crate) fn violation(&mut self, line: u32, text: impl std::fmt::Display) {
        let mut pointer = String::new();
        for step in &self.path {
            // Writing to a string does not fail.
            let _ = match step {
                Step::Key(key) => write!(pointer, "/{key}"),
                Step::Item(item) => write!(pointer, "/{item}"),
            };
        }
        let at = self.at(line);
        let text = format!("'{pointer}'->'{text}'");
        self.diagnostics.report(Code::SchemaViolation, &at, text);
    }

    /// The node as an object.
    pub(crate) fn object<'n>(&mut self, node: &'n Node) -> Option<Object<'n>> {
        match &node.value {
            Value::Map(entries) => Some(Object {
                line: node.line,
                entries: entries.iter().map(|(k, v)| Some((k, v))).collect(),
                known: Vec::new(),
            }),
            _ => {
                self.wrong_kind(node, "an object with keys and values");
                None
            }
        }
    }

    /// A member that may be absent (or empty).
    pub(crate) fn optional<'n, T>(
        &mut self,
        object: &mut Object<'n>,
        key: &'static str,
        read: impl FnOnce(&mut Self, &'n Node) -> Option<T>,
    ) -> Option<T> {
        let node = object.take(key).filter(|node| !node.is_null())?;
        self.path.push(Step::Key(key));
        let value = read(self, node);
        self.path.pop();
        value
    }

    /// A member that must be there.
    pub(crate) fn required<'n, T>(
        &mut self,
        object: &mut Object<'n>,
        key: &'static str,
        read: impl FnOnce(&mut Self, &'n Node) -> Option<T>,
    ) -> Option<T> {
        match object.take(key).filter(|node| !node.is_null()) {
            Some(node) => {
                self.path.push(Step::Key(key));
                let value = read(self, node);
                self.path.pop();
                value
            }
            None => {
                self.violation(
                    object.line,
                    format_args!("the key {key} is missing: add it"),
                );
                None
            }
        }
    }

    /// Refuses members nobody took.
    pub(crate) fn finish(&mut self, object: Object<'_>) {
        if self.ignores_unknown {
            return;
        }
        for (key, _) in object.entries.iter().flatten() {
            let mut similar = suggest::nearest(&key.text, object.known.iter().copied(), 1);
            if similar.is_empty() {
                similar.clone_from(&object.known);
            }
            let text = format!(
                "the key {} is not known here: use one of {}, or remove it",
                shorten(&key.text),
                similar.join(", ")
            );
            self.violation(key.line, text);
        }
    }

    /// A list, item by item; items that could not be read are left out.
    pub(crate) fn list<'n, T>(
        &mut self,
        node: &'n Node,
        mut read: impl FnMut(&mut Self, &'n Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Value::List(items) = &node.value else {
            self.wrong_kind(node, "a list");
            return None;
        };
        let mut values = Vec::with_capacity(items.len());
        for (n, item) in items.iter().enumerate() {
            self.path.push(Step::Item(n));
            values.extend(read(self, item));
            self.path.pop();
        }
        Some(values)
    }

    /// A text. Numbers and booleans are refused, as the original does: they need quotes.
    pub(crate) fn text(&mut self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Scalar(scalar) if scalar.kind() == ScalarKind::String => {
                Some(scalar.text.clone())
            }
            Value::Scalar(scalar) => {
                let text = format!(
                    "{} is {}, but a text is expected: put it in quotes",
                    shorten(&scalar.text),
                    node.noun()
                );
                self.violation(node.line, text);
                None
            }
            _ => {
                self.wrong_kind(node, "a text");
                None
            }
        }
    }

    /// The id of a model, name and exact version.
    pub(crate) fn model_id(&mut self, node: &Node) -> Option<CkModelId> {
        let text = self.text(node)?;
        if !naming::is_model_id(&text) {
            let text =
                "a model id may contain only letters, digits, '.' and one '-' before the version";
            self.violation(node.line, text);
            return None;
        }
        match text.parse() {
            Ok(id) => Some(id),
            Err(problem) => {
                self.violation(node.line, format_args!("{problem}"));
                None
            }
        }
    }

    /// A text, number or boolean, as it is written.
    pub(crate) fn scalar<'n>(&mut self, node: &'n Node) -> Option<&'n Scalar> {
        match &node.value {
            Value::Scalar(scalar) if scalar.kind() != ScalarKind::Null => Some(scalar),
            _ => {
                self.wrong_kind(node, "a text, number, true or false");
                None
            }
        }
    }

    /// True or false.
    pub(crate) fn flag(&mut self, node: &Node) -> Option<bool> {
        match &node.value {
            Value::Scalar(scalar) if matches!(scalar.kind(), ScalarKind::Boolean(_)) => {
                Some(scalar.kind() == ScalarKind::Boolean(true))
            }
            _ => {
                self.wrong_kind(node, "true or false");
                None
            }
        }
    }

    /// A 32-bit whole number.
    pub(crate) fn integer(&mut self, node: &Node) -> Option<i32> {
        let number = match &node.value {
            Value::Scalar(scalar) if scalar.kind() == ScalarKind::Number => {
                scalar.text.trim().parse().ok()
            }
            _ => None,
        };
        if number.is_none() {
            self.wrong_kind(node, "a whole number");
        }
        number
    }

    /// One of some words.
    pub(crate) fn choice<T: Copy>(&mut self, node: &Node, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(node)?;
        let found = choices.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let text = format!("{} is none of {}", shorten(&text), names.join(", "));
            self.violation(node.line, text);
        }
        found.map(|(_, value)| *value)
    }

    fn wrong_kind(&mut self, node: &Node, expected: &str) {
        let shown = match &node.value {
            Value::Scalar(scalar) if !node.is_null() => format!(" ({})", shorten(&scalar.text)),
            _ => String::new(),
        };
        let text = format!("{expected} is expected, but this is {}{shown}", node.noun());
        self.violation(node.line, text);
    }
}

impl<'n> Object<'n> {
    fn take(&mut self, key: &'static str) -> Option<&'n Node> {
        self.known.push(key);
        let entry = self
            .entries
            .iter_mut()
            .find(|entry| matches!(entry, Some((k, _)) if k.text == key))?;
        entry.take().map(|(_, node)| node)
    }

    /// The member without taking it.
    pub(crate) fn peek(&self, key: &str) -> Option<&'n Node> {
        self.entries
            .iter()
            .flatten()
            .find(|(k, _)| k.text == key)
            .map(|(_, node)| *node)
    }
}

/// A value as shown in a message.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
