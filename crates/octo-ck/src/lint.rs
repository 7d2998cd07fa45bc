//! Build-time remarks about source folders (spec, Construction Kit 4.5): what compiles, but should
//! be said explicitly.

use std::fmt;
use std::sync::Arc;

use crate::compiler::SourceFiles;
use crate::diagnostics::Diagnostics;
use crate::document::{self, LIMITS, Node, Parsed};

/// Folder of the attribute files.
const FOLDER: &str = "attributes/";

/// The marker every attribute should have.
const MARKER: &str = "isRuntimeState";

/// One remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// Code of the original: `OCTO-CK001` or `OCTO-CK002`.
    pub code: &'static str,
    /// The file, relative to the model folder.
    pub path: String,
    /// Line in it, counted from 1.
    pub line: Option<u32>,
    /// What is missing and what to do.
    pub text: String,
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// Remarks about the attribute files of a model: attributes that do not say whether they hold
/// runtime state (`OCTO-CK001`), and files that cannot be read (`OCTO-CK002`).
///
/// ```
/// use octo_ck::lint;
///
/// let files = [("attributes/a.yaml", "attributes:\n- { id: Serial, valueType: String }")];
/// let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
/// let remarks = lint::attributes(&files.into());
/// assert_eq!((remarks[0].code, remarks[0].line), ("OCTO-CK001", Some(2)));
/// ```
pub fn attributes(files: &SourceFiles) -> Vec<Lint> {
    let is_attribute_file = |path: &str| {
        let name = path.strip_prefix(FOLDER);
        name.is_some_and(|name| !name.contains('/') && name.ends_with(".yaml"))
    };
    let files = files.iter().filter(|(path, _)| is_attribute_file(path));
    files.flat_map(|(path, text)| file(path, text)).collect()
}

fn file(path: &str, text: &str) -> Vec<Lint> {
    let location: Arc<str> = path.into();
    let mut diagnostics = Diagnostics::default();
    let node = match document::parse(text, &location, LIMITS, &mut diagnostics) {
        Parsed::Document(node) => node,
        Parsed::Empty => return Vec::new(),
        Parsed::Broken => return vec![unreadable(path, &diagnostics)],
    };
    let Some(items) = node.member("attributes").and_then(Node::items) else {
        return vec![unreadable(path, &diagnostics)];
    };
    items
        .iter()
        .filter(|item| item.member(MARKER).is_none())
        .map(|item| unmarked(path, item))
        .collect()
}

fn unreadable(path: &str, diagnostics: &Diagnostics) -> Lint {
    let first = diagnostics.iter().next();
    let reason = first.map_or("it has no list named attributes", |d| d.text.as_str());
    Lint {
        code: "OCTO-CK002",
        path: path.to_owned(),
        line: first.and_then(|d| d.line),
        text: format!("The attribute file cannot be read: {reason}"),
    }
}

fn unmarked(path: &str, item: &Node) -> Lint {
    let name = item.member("id").and_then(Node::scalar);
    Lint {
        code: "OCTO-CK001",
        path: path.to_owned(),
        line: Some(item.line),
        text: format!(
            "The attribute '{}' does not say whether it holds runtime state: add {MARKER} with true, if blueprints must not reset its values, or false.",
            name.unwrap_or_default()
        ),
    }
}
