//! What changed between two versions of a model, and what that means for its version number
//! (spec, Construction Kit 11).
//!
//! References are compared without model versions: a model that was only rebuilt against another
//! version of a dependency changes in that dependency and nowhere else. Migrations are the answer
//! to a change, not one of their own, and are not compared.
//!
//! ```
//! use octo_ck::builtin;
//! use octo_ck::diff::{self, ChangeLevel};
//!
//! let old = builtin::system_bot();
//! let mut new = (*old).clone();
//! new.types.pop();
//! let diff = diff::compare(&old, &new);
//! assert_eq!(diff.level(), Some(ChangeLevel::Major));
//! assert_eq!(diff.lowest_version().to_string(), "4.0.0");
//! ```

mod elements;
mod owners;
mod types;

use std::collections::BTreeMap;
use std::fmt;

use crate::id::{CkId, CkModelId, RtCkId};
use crate::migration;
use crate::model::CompiledModel;
use crate::version::CkVersion;

/// What a change means for those who use the model; ordered from harmless to breaking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeLevel {
    /// Texts for people.
    Patch,
    /// Something came or was relaxed.
    Minor,
    /// Data or references may break.
    Major,
}

impl ChangeLevel {
    /// The next version after `version` for a change of this level.
    pub fn bump(self, version: CkVersion) -> CkVersion {
        let CkVersion {
            major,
            minor,
            revision,
        } = version;
        match self {
            Self::Patch => CkVersion::new(major, minor, revision.saturating_add(1)),
            Self::Minor => CkVersion::new(major, minor.saturating_add(1), 0),
            Self::Major => CkVersion::new(major.saturating_add(1), 0, 0),
        }
    }
}

impl fmt::Display for ChangeLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it means.
    pub level: ChangeLevel,
    /// The element concerned, such as `type Device`.
    pub element: String,
    /// What changed.
    pub text: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.level, self.element, self.text)
    }
}

/// Something about the new version number or the migrations that should be corrected before the
/// model is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionFinding {
    /// Code of the original: `OCTO-CK100` to `OCTO-CK104`.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub text: String,
}

impl fmt::Display for VersionFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.text)
    }
}

/// All differences between two versions of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelDiff {
    /// The old version.
    pub old: CkModelId,
    /// The new version.
    pub new: CkModelId,
    /// The differences, breaking ones first.
    pub changes: Vec<Change>,
    has_migration: bool,
}

impl ModelDiff {
    /// The level of the gravest change; none when nothing changed.
    pub fn level(&self) -> Option<ChangeLevel> {
        self.changes.iter().map(|change| change.level).max()
    }

    /// Whether data or references may break.
    pub fn is_breaking(&self) -> bool {
        self.level() == Some(ChangeLevel::Major)
    }

    /// The lowest version number the new model may have.
    pub fn lowest_version(&self) -> CkVersion {
        let old = self.old.version();
        self.level().map_or(old, |level| level.bump(old))
    }

    /// What should be corrected before the new model is published.
    pub fn findings(&self) -> Vec<VersionFinding> {
        let (old, new) = (self.old.version(), self.new.version());
        let mut findings = Vec::new();
        if new < old {
            findings.push(VersionFinding {
                code: "OCTO-CK101",
                text: format!(
                    "'{}' is lower than '{}': raise the version.",
                    self.new, self.old
                ),
            });
        } else if new < self.lowest_version() {
            findings.push(VersionFinding {
                code: "OCTO-CK100",
                text: format!(
                    "The version {new} is too low for these changes: use {} or above.",
                    self.lowest_version()
                ),
            });
        }
        if self.is_breaking() && !self.has_migration {
            findings.push(VersionFinding {
                code: "OCTO-CK104",
                text: format!(
                    "The changes are breaking, but no migration leads from {old} to {new}: add one, or make sure that no data needs it."
                ),
            });
        }
        findings
    }
}

/// Compares two versions of a model.
pub fn compare(old: &CompiledModel, new: &CompiledModel) -> ModelDiff {
    let mut changes = Changes::default();
    if old.model_id.name() != new.model_id.name() {
        let text = format!("is now called {}", new.model_id.name());
        changes.add(ChangeLevel::Major, model_noun(old), text);
    }
    if old.description != new.description {
        changes.add(ChangeLevel::Patch, model_noun(old), "description changed");
    }
    dependencies(&mut changes, old, new);
    types::compare(&mut changes, old, new);
    elements::compare(&mut changes, old, new);
    let mut changes = changes.0;
    changes.sort_by_key(|change| std::cmp::Reverse(change.level));
    let (from, to) = (old.model_id.version(), new.model_id.version());
    let path = migration::find_path(new.migrations.as_ref(), from, to);
    ModelDiff {
        old: old.model_id.clone(),
        new: new.model_id.clone(),
        changes,
        has_migration: path.is_some_and(|path| path.has_scripts()),
    }
}

fn model_noun(model: &CompiledModel) -> String {
    format!("model {}", model.model_id.name())
}

fn dependencies(changes: &mut Changes, old: &CompiledModel, new: &CompiledModel) {
    let element = || model_noun(old);
    let key = |id: &CkModelId| id.name().to_owned();
    for pair in pairs(&old.dependencies, &new.dependencies, key) {
        match pair {
            Pair::Removed(id) => {
                changes.add(
                    ChangeLevel::Major,
                    element(),
                    format!("no longer depends on {id}"),
                );
            }
            Pair::Added(id) => {
                changes.add(
                    ChangeLevel::Minor,
                    element(),
                    format!("now depends on {id}"),
                );
            }
            Pair::Both(a, b) if a != b => {
                let is_switch = a.version().major != b.version().major;
                let level = if is_switch {
                    ChangeLevel::Major
                } else {
                    ChangeLevel::Minor
                };
                changes.add(level, element(), format!("depends on {b} instead of {a}"));
            }
            Pair::Both(..) => {}
        }
    }
}

/// Changes while they are collected.
#[derive(Debug, Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn add(&mut self, level: ChangeLevel, element: impl Into<String>, text: impl Into<String>) {
        self.0.push(Change {
            level,
            element: element.into(),
            text: text.into(),
        });
    }

    /// A flag that restricts when it is set.
    fn restriction(&mut self, element: &str, name: &str, old: bool, new: bool) {
        match (old, new) {
            (false, true) => self.add(ChangeLevel::Major, element, format!("became {name}")),
            (true, false) => self.add(ChangeLevel::Minor, element, format!("is no longer {name}")),
            _ => {}
        }
    }

    /// A flag that permits when it is set.
    fn permission(&mut self, element: &str, name: &str, old: bool, new: bool) {
        match (old, new) {
            (false, true) => self.add(ChangeLevel::Minor, element, format!("became {name}")),
            (true, false) => self.add(ChangeLevel::Major, element, format!("is no longer {name}")),
            _ => {}
        }
    }

    /// A member of which any change has the same level.
    fn member<T: PartialEq>(
        &mut self,
        level: ChangeLevel,
        element: &str,
        name: &str,
        old: &T,
        new: &T,
    ) {
        if old != new {
            self.add(level, element, format!("{name} changed"));
        }
    }

    /// A reference, compared without model versions.
    fn reference(&mut self, element: &str, name: &str, old: Option<&CkId>, new: Option<&CkId>) {
        let (old, new) = (old.map(CkId::to_runtime), new.map(CkId::to_runtime));
        if old != new {
            let shown = |id: Option<RtCkId>| id.map_or("nothing".to_owned(), |id| id.to_string());
            let text = format!("{name} changed from {} to {}", shown(old), shown(new));
            self.add(ChangeLevel::Major, element, text);
        }
    }
}

/// An item that is in one of two lists, or in both.
enum Pair<'a, T> {
    Removed(&'a T),
    Added(&'a T),
    Both(&'a T, &'a T),
}

/// The items of two lists by key, removed and common ones in old order, then added ones.
fn pairs<'a, T, K: Ord>(old: &'a [T], new: &'a [T], key: impl Fn(&T) -> K) -> Vec<Pair<'a, T>> {
    let in_old: BTreeMap<K, &T> = old.iter().map(|item| (key(item), item)).collect();
    let in_new: BTreeMap<K, &T> = new.iter().map(|item| (key(item), item)).collect();
    let kept = old.iter().map(|item| match in_new.get(&key(item)) {
        Some(other) => Pair::Both(item, *other),
        None => Pair::Removed(item),
    });
    let added = new.iter().filter(|item| !in_old.contains_key(&key(item)));
    kept.chain(added.map(Pair::Added)).collect()
}
