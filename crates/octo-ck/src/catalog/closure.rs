//! Choosing dependencies: the highest version in each range, and the exact versions those were
//! compiled against (spec, Construction Kit 8.5).
//!
//! The original takes the highest version even when another dependency was compiled against a
//! lower one in the same range, and then finds references that do not exist. Here the version that
//! a dependency pins is preferred.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{CatalogError, Catalogs};
use crate::diagnostics::{Code, Diagnostics, Position};
use crate::id::CkModelId;
use crate::model::CompiledModel;
use crate::range::CkModelRange;

/// Models one closure may hold; real ones have some ten.
const MAX_MODELS: usize = 10_000;

/// The models found for some ranges.
#[derive(Debug)]
pub(crate) struct Closure {
    /// The models, those of the ranges first.
    pub(crate) models: Vec<Arc<CompiledModel>>,
    /// What is missing or contradictory.
    pub(crate) problems: Vec<Problem>,
}

/// Something that is missing or contradictory.
#[derive(Debug)]
pub(crate) struct Problem {
    /// Which of the given ranges leads to it.
    pub(crate) declared: usize,
    pub(crate) code: Code,
    pub(crate) text: String,
}

/// A model that is needed, by whom, and through which of the given ranges.
struct Needed {
    range: CkModelRange,
    by: Option<CkModelId>,
    declared: usize,
}

impl Catalogs {
    /// The models in `ranges` and everything they depend on, in exact versions.
    ///
    /// # Errors
    /// All models that are not found (1), that are needed in two versions (66) or that cannot be
    /// read, at once.
    pub fn closure(&self, ranges: &[CkModelRange]) -> Result<Vec<Arc<CompiledModel>>, Diagnostics> {
        let Closure { models, problems } = close(self, ranges, None);
        if problems.is_empty() {
            return Ok(models);
        }
        let mut diagnostics = Diagnostics::default();
        for Problem { code, text, .. } in problems {
            diagnostics.report(code, &Position::whole("-"), text);
        }
        Err(diagnostics)
    }
}

/// The closure of `ranges`, for the model `own` if there is one.
pub(crate) fn close(
    catalogs: &Catalogs,
    ranges: &[CkModelRange],
    own: Option<&CkModelId>,
) -> Closure {
    let mut pins = Pins::new();
    loop {
        let known = pins.len();
        let closure = search(catalogs, ranges, own, &mut pins);
        // Each round pins at least one more name, so that the rounds end.
        if pins.len() == known {
            return closure;
        }
    }
}

fn search(
    catalogs: &Catalogs,
    ranges: &[CkModelRange],
    own: Option<&CkModelId>,
    pins: &mut Pins,
) -> Closure {
    let mut search = Search {
        catalogs,
        own,
        pins,
        needed: Vec::new(),
        models: Vec::new(),
    };
    for (declared, range) in ranges.iter().enumerate() {
        search.needed.push(Needed {
            range: range.clone(),
            by: None,
            declared,
        });
    }
    let name = |needed: &Needed| needed.range.name().to_owned();
    search.needed.sort_by_key(name);
    let mut problems = Vec::new();
    let mut next = 0;
    while next < search.needed.len() && search.models.len() <= MAX_MODELS {
        if let Err((code, text)) = search.settle(next) {
            let declared = search.needed[next].declared;
            problems.push(Problem {
                declared,
                code,
                text,
            });
        }
        next += 1;
    }
    Closure {
        models: search.models,
        problems,
    }
}

/// Versions that dependencies were compiled against, by model name; the first one counts.
type Pins = BTreeMap<String, CkModelId>;

struct Search<'a> {
    catalogs: &'a Catalogs,
    own: Option<&'a CkModelId>,
    pins: &'a mut Pins,
    needed: Vec<Needed>,
    models: Vec<Arc<CompiledModel>>,
}

impl Search<'_> {
    fn settle(&mut self, at: usize) -> Result<(), (Code, String)> {
        let Needed {
            range,
            by,
            declared,
        } = &self.needed[at];
        let declared = *declared;
        if let Some(own) = self.own.filter(|own| own.name() == range.name()) {
            let text = format!(
                "The model '{own}' depends on itself{}: remove the dependency.",
                through(by.as_ref())
            );
            return Err((Code::CircularDependency, text));
        }
        let id = self
            .pinned(range)
            .or_else(|| self.catalogs.best(range))
            .ok_or_else(|| (Code::UnknownModel, self.unknown(range, by.as_ref())))?;
        let same_name = |model: &&Arc<CompiledModel>| model.model_id.name() == range.name();
        match self.models.iter().find(same_name) {
            Some(same) if same.model_id == id => return Ok(()),
            Some(other) => {
                let text = format!(
                    "The dependencies need both '{}' and '{id}'{}: use builds that agree on one version.",
                    other.model_id,
                    through(by.as_ref())
                );
                return Err((Code::SeveralModelVersions, text));
            }
            None => {}
        }
        let model = self.catalogs.load(&id).map_err(|problem| match problem {
            CatalogError::Load { .. } => (Code::SchemaViolation, problem.to_string()),
            _ => (Code::UnknownModel, problem.to_string()),
        })?;
        for dependency in &model.dependencies {
            let range = CkModelRange::exactly(dependency);
            if self.needed.iter().any(|n| n.range.overlaps(&range)) {
                let name = dependency.name().to_owned();
                self.pins.entry(name).or_insert_with(|| dependency.clone());
            } else {
                self.needed.push(Needed {
                    range,
                    by: Some(id.clone()),
                    declared,
                });
            }
        }
        self.models.push(model);
        Ok(())
    }

    /// The version of a model that another dependency was compiled against, if it will do.
    fn pinned(&self, range: &CkModelRange) -> Option<CkModelId> {
        let pin = self
            .pins
            .get(range.name())
            .filter(|pin| range.contains(pin))?;
        let exactly = CkModelRange::exactly(pin);
        self.catalogs.best(&exactly)
    }

    fn unknown(&self, range: &CkModelRange, by: Option<&CkModelId>) -> String {
        let (versions, failures) = self.catalogs.versions(range.name());
        let quoted: Vec<String> = versions.iter().map(|id| format!("'{id}'")).collect();
        let advice = if quoted.is_empty() {
            "no version of it is available: add its compiled file or a catalog that has it"
                .to_owned()
        } else {
            format!(
                "available is {}: correct the range or add a fitting version",
                quoted.join(", ")
            )
        };
        let silent: String = failures
            .iter()
            .map(|failure| format!(" {}", failure.error))
            .collect();
        format!(
            "Dependencies '{range}'{} are unknown construction kit model libraries; {advice}.{silent}",
            through(by)
        )
    }
}

fn through(by: Option<&CkModelId>) -> String {
    by.map(|by| format!(" (through '{by}')"))
        .unwrap_or_default()
}
