//! Display rules: templates of `rtDisplayName` and `rtDisplayDescription` (spec, Construction Kit
//! 4.6).
//!
//! A rule is text with `${path}` placeholders. Inside a placeholder `??` separates alternatives,
//! the first with a value wins. A path is an attribute name or a dotted path into records.

use crate::naming;

/// Why a rule could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisplayRuleError {
    /// There is nothing to fill in.
    #[error("the display rule '{0}' has no placeholder: write for example ${{Name}}")]
    NoPlaceholder(String),
    /// A placeholder is not closed.
    #[error("the display rule '{0}' has a '${{' without '}}'")]
    Unterminated(String),
    /// A placeholder or alternative is empty or no attribute path.
    #[error(
        "'{path}' in the display rule '{rule}' is not an attribute path such as Name or Address.City"
    )]
    Path {
        /// The rejected path.
        path: String,
        /// The whole rule.
        rule: String,
    },
}

/// A display rule, ready to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayRule {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Alternatives(Vec<String>),
}

impl DisplayRule {
    /// Reads a rule.
    pub fn parse(rule: &str) -> Result<Self, DisplayRuleError> {
        let mut parts = Vec::new();
        let mut rest = rule;
        while let Some(start) = rest.find("${") {
            if start > 0 {
                parts.push(Part::Text(rest[..start].to_owned()));
            }
            let open = &rest[start + 2..];
            let end = open
                .find('}')
                .ok_or_else(|| DisplayRuleError::Unterminated(rule.to_owned()))?;
            parts.push(Part::Alternatives(alternatives(&open[..end], rule)?));
            rest = &open[end + 1..];
        }
        if parts.iter().all(|part| matches!(part, Part::Text(_))) {
            return Err(DisplayRuleError::NoPlaceholder(rule.to_owned()));
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The attribute paths the rule reads, in order of appearance.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.parts
            .iter()
            .flat_map(|part| match part {
                Part::Text(_) => [].iter(),
                Part::Alternatives(paths) => paths.iter(),
            })
            .map(String::as_str)
    }

    /// Fills the rule in. `value` gives the text of a path, `None` or blank when there is none.
    ///
    /// The result is trimmed; it is `None` when no placeholder had a value or nothing is left.
    pub fn render(&self, mut value: impl FnMut(&str) -> Option<String>) -> Option<String> {
        let mut text = String::new();
        let mut filled = false;
        for part in &self.parts {
            match part {
                Part::Text(fixed) => text.push_str(fixed),
                Part::Alternatives(paths) => {
                    let found = paths
                        .iter()
                        .find_map(|path| value(path).filter(|text| !text.trim().is_empty()));
                    if let Some(found) = found {
                        text.push_str(&found);
                        filled = true;
                    }
                }
            }
        }
        let text = text.trim();
        (filled && !text.is_empty()).then(|| text.to_owned())
    }
}

fn alternatives(inner: &str, rule: &str) -> Result<Vec<String>, DisplayRuleError> {
    inner
        .split("??")
        .map(|path| {
            let path = path.trim();
            if naming::is_display_path(path) {
                Ok(path.to_owned())
            } else {
                Err(DisplayRuleError::Path {
                    path: path.to_owned(),
                    rule: rule.to_owned(),
                })
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(rule: &str, values: &[(&str, &str)]) -> Option<String> {
        DisplayRule::parse(rule).unwrap().render(|path| {
            let found = values.iter().find(|(name, _)| *name == path);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn rules_follow_the_conformance_vectors() {
        assert_eq!(
            render("${A ?? B} x", &[("A", ""), ("B", "5")]).as_deref(),
            Some("5 x")
        );
        assert_eq!(render("${A} ${B} fixed", &[("A", " ")]), None);
        assert_eq!(
            render("${A.B}, ${C}", &[("A.B", "x")]).as_deref(),
            Some("x,")
        );
    }

    #[test]
    fn bad_rules_are_refused() {
        for rule in [
            "Room", "${", "${A", "${}", "${A ?? }", "${1A}", "${A..B}", "${A B}", "",
        ] {
            assert!(DisplayRule::parse(rule).is_err(), "{rule}");
        }
    }

    #[test]
    fn paths_are_listed() {
        let rule = DisplayRule::parse("${A ?? B.C} and ${D}").unwrap();
        assert_eq!(rule.paths().collect::<Vec<_>>(), ["A", "B.C", "D"]);
    }
}
