//! Whether a model may be published beside what is published already (spec, Construction Kit 11).

use crate::catalog::{Catalogs, Failure};
use crate::diagnostics::{Code, Diagnostics};
use crate::diff::{self, ModelDiff, VersionFinding};
use crate::id::CkModelId;
use crate::model::CompiledModel;

/// The outcome of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The highest published version compared with the model; none when nothing is published, or
    /// when it cannot be read.
    pub diff: Option<ModelDiff>,
    /// What should be corrected before the model is published.
    pub findings: Vec<VersionFinding>,
}

impl Release {
    /// Whether something forbids publishing. A missing migration does not: only its author knows
    /// whether there are data that need one.
    pub fn is_refused(&self) -> bool {
        let advice = |finding: &VersionFinding| finding.code == "OCTO-CK104";
        !self.findings.iter().all(advice)
    }
}

/// Compares a model with the highest version in `published`, and looks for its dependencies in
/// `available`.
///
/// Findings are those of [`ModelDiff::findings`], `OCTO-CK102` for catalogs that do not answer, and
/// `OCTO-CK103` for dependencies no catalog has.
pub fn check(model: &CompiledModel, published: &Catalogs, available: &Catalogs) -> Release {
    let (versions, failures) = published.versions(model.model_id.name());
    let mut findings: Vec<VersionFinding> = failures.iter().map(unreachable).collect();
    let mut diff = None;
    if let Some(highest) = versions.last() {
        match published.load(highest) {
            Ok(old) => diff = Some(diff::compare(&old, model)),
            Err(problem) => findings.push(silent(&problem.to_string())),
        }
    }
    findings.extend(diff.iter().flat_map(ModelDiff::findings));
    findings.extend(
        model
            .dependencies
            .iter()
            .filter_map(|id| missing(id, available)),
    );
    Release { diff, findings }
}

/// The findings about dependencies among what a compiler run found: `OCTO-CK103` for each that no
/// catalog satisfies.
pub fn unsatisfiable(diagnostics: &Diagnostics) -> Vec<VersionFinding> {
    let is_about =
        |code| code == Code::UnknownModel.number() || code == Code::SeveralModelVersions.number();
    diagnostics
        .iter()
        .filter(|found| is_about(found.code))
        .map(|found| VersionFinding {
            code: "OCTO-CK103",
            text: found.text.clone(),
        })
        .collect()
}

fn unreachable(failure: &Failure) -> VersionFinding {
    silent(&failure.error.to_string())
}

fn silent(problem: &str) -> VersionFinding {
    VersionFinding {
        code: "OCTO-CK102",
        text: format!(
            "The version cannot be compared with all that is published; try again when the catalog answers. {problem}"
        ),
    }
}

fn missing(id: &CkModelId, available: &Catalogs) -> Option<VersionFinding> {
    let (versions, _) = available.versions(id.name());
    (!versions.contains(id)).then(|| VersionFinding {
        code: "OCTO-CK103",
        text: format!(
            "The dependency '{id}' is in none of the catalogs: publish it first, or compile against a version they have."
        ),
    })
}
