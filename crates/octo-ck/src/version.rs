//! Model versions and version ranges (spec, Construction Kit 1.1 and 1.2).

use std::fmt;
use std::str::FromStr;

/// Why a version or a range could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// The text is not one to three dot-separated non-negative integers.
    #[error("'{0}' is not a version: use one to three numbers separated by dots, such as 1.2.0")]
    Version(String),
    /// The text is not a version range.
    #[error("'{text}' is not a version range: {reason}")]
    Range {
        /// The rejected text.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// A model version: major, minor and revision; always written with three parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CkVersion {
    /// Changes when existing data or references may break.
    pub major: u32,
    /// Changes when elements are added.
    pub minor: u32,
    /// Changes for descriptions and display rules.
    pub revision: u32,
}

impl CkVersion {
    /// Builds a version from its three parts.
    pub const fn new(major: u32, minor: u32, revision: u32) -> Self {
        Self {
            major,
            minor,
            revision,
        }
    }

    fn parse_parts(text: &str, min_parts: usize) -> Option<Self> {
        let parts = text
            .split('.')
            .map(|part| {
                let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
                if digits { part.parse().ok() } else { None }
            })
            .collect::<Option<Vec<u32>>>()?;
        if parts.len() < min_parts || parts.len() > 3 {
            return None;
        }
        let at = |i: usize| parts.get(i).copied().unwrap_or(0);
        Some(Self::new(at(0), at(1), at(2)))
    }
}

impl fmt::Display for CkVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.revision)
    }
}

impl FromStr for CkVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse_parts(text, 1).ok_or_else(|| VersionError::Version(text.to_owned()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bound {
    version: CkVersion,
    inclusive: bool,
}

/// A range of versions in interval notation, e.g. `[2.0,3.0)`; a bare `1.0` means "1.0.0 or later".
///
/// Inside a range a version needs two or three parts.
#[derive(Debug, Clone)]
pub struct CkVersionRange {
    text: String,
    min: Option<Bound>,
    max: Option<Bound>,
}

impl CkVersionRange {
    /// The range that contains exactly `version`.
    pub fn exactly(version: CkVersion) -> Self {
        let bound = Some(Bound {
            version,
            inclusive: true,
        });
        Self {
            text: format!("[{version}]"),
            min: bound,
            max: bound,
        }
    }

    /// Whether `version` lies in the range.
    pub fn contains(&self, version: CkVersion) -> bool {
        let above = self
            .min
            .is_none_or(|b| version > b.version || (b.inclusive && version == b.version));
        let below = self
            .max
            .is_none_or(|b| version < b.version || (b.inclusive && version == b.version));
        above && below
    }

    /// Whether some version can lie in both ranges.
    pub fn overlaps(&self, other: &Self) -> bool {
        let before = |max: Option<Bound>, min: Option<Bound>| match (max, min) {
            (Some(max), Some(min)) => {
                max.version < min.version
                    || (max.version == min.version && !(max.inclusive && min.inclusive))
            }
            _ => false,
        };
        !before(self.max, other.min) && !before(other.max, self.min)
    }
}

impl fmt::Display for CkVersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for CkVersionRange {
    type Err = VersionError;

    fn from_str(raw: &str) -> Result<Self, VersionError> {
        let text = raw.trim();
        let fail = |reason| VersionError::Range {
            text: text.to_owned(),
            reason,
        };
        let version = |part: &str| {
            CkVersion::parse_parts(part.trim(), 2)
                .ok_or_else(|| fail("a version in a range needs two or three numbers"))
        };
        let open = text.strip_prefix(['[', '(']);
        let Some(open) = open else {
            if text.contains(',') {
                return Err(fail("a range with a comma needs brackets"));
            }
            let min = Some(Bound {
                version: version(text)?,
                inclusive: true,
            });
            return Ok(Self {
                text: text.to_owned(),
                min,
                max: None,
            });
        };
        let min_inclusive = text.starts_with('[');
        let max_inclusive = text.ends_with(']');
        let inner = open
            .strip_suffix([']', ')'])
            .ok_or_else(|| fail("the closing bracket is missing"))?;
        let parts: Vec<&str> = inner.split(',').collect();
        let (min, max) = match parts.as_slice() {
            [single] => {
                if !(min_inclusive && max_inclusive) {
                    return Err(fail("a single version needs square brackets"));
                }
                let bound = Some(Bound {
                    version: version(single)?,
                    inclusive: true,
                });
                (bound, bound)
            }
            [low, high] => {
                let bound = |part: &str, inclusive| {
                    if part.trim().is_empty() {
                        Ok(None)
                    } else {
                        version(part).map(|version| Some(Bound { version, inclusive }))
                    }
                };
                (bound(low, min_inclusive)?, bound(high, max_inclusive)?)
            }
            _ => return Err(fail("only one comma is allowed")),
        };
        match (min, max) {
            (None, None) => Err(fail("at least one side must be given")),
            (Some(a), Some(b)) if a.version > b.version => {
                Err(fail("the lower side is above the upper side"))
            }
            _ => Ok(Self {
                text: text.to_owned(),
                min,
                max,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> CkVersionRange {
        text.parse().unwrap()
    }

    fn version(text: &str) -> CkVersion {
        text.parse().unwrap()
    }

    #[test]
    fn versions_fill_missing_parts_with_zero() {
        assert_eq!(version("1").to_string(), "1.0.0");
        assert_eq!(version("1.2").to_string(), "1.2.0");
        for bad in ["1.2.3.4", "a", "", "-1", "1..2", "+1"] {
            assert!(bad.parse::<CkVersion>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ranges_follow_the_conformance_vectors() {
        assert!(range("1.0.0").contains(version("2.5.0")));
        assert!(!range("[1.0.0]").contains(version("1.0.1")));
        assert!(!range("[1.0,2.0)").contains(version("2.0.0")));
        assert!(range("[1.0,2.0)").contains(version("1.9.9")));
        assert!(range("(,1.0]").contains(version("0.1.0")));
        assert!(!range("(1.0,)").contains(version("1.0.0")));
        for bad in [
            "(1.0)",
            "[1]",
            "[,]",
            "1.0,2.0",
            "[1.0,2.0,3.0]",
            "[1.0",
            "[2.0,1.0]",
            "1",
            "",
        ] {
            assert!(bad.parse::<CkVersionRange>().is_err(), "{bad}");
        }
    }

    #[test]
    fn overlap_respects_exclusive_ends() {
        assert!(range("1.0.0").overlaps(&range("1.0.1")));
        assert!(!range("[1.0.0]").overlaps(&range("[1.0.1]")));
        assert!(!range("[1.0.0,2.0.0)").overlaps(&range("[2.0.0,3.0.0]")));
    }
}
