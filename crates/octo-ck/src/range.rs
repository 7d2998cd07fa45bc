//! Model ids with a version range, as sources declare dependencies (spec, Construction Kit 1.3).

use std::fmt;
use std::str::FromStr;

use crate::id::{CkModelId, IdError, split_version};
use crate::version::{CkVersion, CkVersionRange};

/// A model name and the versions of it that will do, written `Name-[2.0,3.0)` or just `Name` for
/// 1.0.0 and later.
#[derive(Debug, Clone)]
pub struct CkModelRange {
    name: String,
    range: CkVersionRange,
}

impl CkModelRange {
    /// The range that only `id` satisfies.
    pub fn exactly(id: &CkModelId) -> Self {
        Self {
            name: id.name().to_owned(),
            range: CkVersionRange::exactly(id.version()),
        }
    }

    /// The model name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The versions.
    pub fn range(&self) -> &CkVersionRange {
        &self.range
    }

    /// Whether the model is of that name and its version lies in the range.
    pub fn contains(&self, id: &CkModelId) -> bool {
        self.name == id.name() && self.range.contains(id.version())
    }

    /// Whether some version of one model can satisfy both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.name == other.name && self.range.overlaps(&other.range)
    }
}

impl fmt::Display for CkModelRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.name, self.range)
    }
}

impl FromStr for CkModelRange {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (name, range) = match split_version(text) {
            (name, Some(range)) => (name, range.parse()?),
            (name, None) => (name, CkVersion::new(1, 0, 0).to_string().parse()?),
        };
        if name.trim().is_empty() {
            return Err(IdError::NameMissing(text.to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            range,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_select_models() {
        let range: CkModelRange = "System-[2.0,3.0)".parse().unwrap();
        assert!(range.contains(&"System-2.2.2".parse().unwrap()));
        assert!(!range.contains(&"System-3".parse().unwrap()));
        assert!(!range.contains(&"Basic-2.0".parse().unwrap()));
        let open: CkModelRange = "Basic".parse().unwrap();
        assert_eq!(open.to_string(), "Basic-1.0.0");
        assert!(open.contains(&"Basic-7".parse().unwrap()));
        let exact = CkModelRange::exactly(&"System-2.2.2".parse().unwrap());
        assert!(exact.overlaps(&range) && !exact.overlaps(&open));
        for bad in ["", "A-", "A-[1]", "A-x"] {
            assert!(bad.parse::<CkModelRange>().is_err(), "{bad}");
        }
    }
}
