//! Findings about models: what is wrong, where, and what to do (spec, Construction Kit 7).
//!
//! Readers, the compiler and the type graph never stop at the first problem; they collect
//! [`Diagnostics`] and report them together.

mod code;

use std::fmt;
use std::sync::Arc;

pub use code::Code;

/// Findings kept per run; the rest is only counted, so that a hostile model cannot fill memory.
const MAX_FINDINGS: usize = 1_000;

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Probably not intended, does not stop the work.
    Warning,
    /// The model is refused.
    Error,
    /// The model is refused, and later checks may be incomplete.
    Fatal,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Info => "Info",
            Level::Warning => "Warning",
            Level::Error => "Error",
            Level::Fatal => "FatalError",
        })
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How serious it is.
    pub level: Level,
    /// Message number: 1 to 68 as in the original, 101 and above are our own (see [`Code`]).
    pub code: u16,
    /// File, model id, or folder the finding belongs to.
    pub location: String,
    /// Line in that file, counted from 1.
    pub line: Option<u32>,
    /// What is wrong and what to do, on one line.
    pub text: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.level, self.code, self.location)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// A place findings point to: a file (or model) and, where known, a line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Position {
    /// File, model id, or folder.
    pub location: Arc<str>,
    /// Line, counted from 1.
    pub line: Option<u32>,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.location)?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

impl Position {
    /// A place without a line.
    pub fn whole(location: &str) -> Self {
        Self {
            location: location.into(),
            line: None,
        }
    }

    /// A line of a file.
    pub fn line(location: &Arc<str>, line: u32) -> Self {
        Self {
            location: location.clone(),
            line: Some(line),
        }
    }
}

/// All findings of one run, in the order they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    findings: Vec<Diagnostic>,
    dropped: usize,
    errors: usize,
}

impl Diagnostics {
    /// Adds a finding of the level that belongs to `code`.
    pub fn report(&mut self, code: Code, at: &Position, text: impl Into<String>) {
        self.push(Diagnostic {
            level: code.level(),
            code: code.number(),
            location: at.location.to_string(),
            line: at.line,
            text: one_line(text.into()),
        });
    }

    /// Adds a finding.
    pub fn push(&mut self, finding: Diagnostic) {
        if finding.level >= Level::Error {
            self.errors += 1;
        }
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        } else {
            self.dropped += 1;
        }
    }

    /// Adds all findings of `other`.
    pub fn append(&mut self, other: Diagnostics) {
        for finding in other.findings {
            self.push(finding);
        }
        self.dropped += other.dropped;
    }

    /// Whether a finding refuses the model.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// How many findings are kept.
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// How many findings were left out because there were too many.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// The findings, in the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.findings.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, finding) in self.findings.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write!(f, "{finding}")?;
        }
        if self.dropped > 0 {
            write!(f, "\n… and {} more findings", self.dropped)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.findings.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.findings.iter()
    }
}

fn one_line(text: String) -> String {
    if text.contains(char::is_control) {
        text.replace(char::is_control, " ")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_prints_as_one_line() {
        let mut all = Diagnostics::default();
        let at = Position::line(&"types/a.yaml".into(), 7);
        all.report(Code::InheritanceMissing, &at, "first\nsecond");
        assert_eq!(all.to_string(), "FatalError 9 types/a.yaml:7: first second");
        assert!(all.has_errors());
    }

    #[test]
    fn findings_beyond_the_limit_are_counted_only() {
        let mut all = Diagnostics::default();
        let at = Position::whole("m");
        for _ in 0..MAX_FINDINGS {
            all.report(Code::EmptyFile, &at, "x");
        }
        assert!(!all.has_errors());
        all.report(Code::UnknownModel, &at, "x");
        assert!(all.has_errors());
        assert_eq!((all.len(), all.dropped()), (MAX_FINDINGS, 1));
    }
}
