//! Choosing dependencies: the highest available version in each declared range, and the exact
//! versions those were compiled against (spec, Construction Kit 8.5).

use std::sync::Arc;

use super::Run;
use super::header::{self, Header};
use crate::diagnostics::{Code, Position};
use crate::model::CompiledModel;
use crate::range::CkModelRange;

/// A model that is needed, by whom, and since which line of the header.
struct Needed {
    range: CkModelRange,
    by: Option<String>,
    line: u32,
}

/// The transitive closure of dependencies; `None` (after reporting) when it is not complete.
pub(super) fn resolve(
    run: &mut Run<'_>,
    header: &Header,
    available: &[Arc<CompiledModel>],
) -> Option<Vec<Arc<CompiledModel>>> {
    let mut needed: Vec<Needed> = header
        .dependencies
        .iter()
        .map(|declared| Needed {
            range: declared.range.clone(),
            by: None,
            line: declared.line,
        })
        .collect();
    needed.sort_by(|a, b| a.range.name().cmp(b.range.name()));
    let location = run.location(header::FILE);
    let mut found: Vec<Arc<CompiledModel>> = Vec::new();
    let mut is_complete = true;
    let mut next = 0;
    while let Some(Needed { range, by, line }) = needed.get(next) {
        let at = Position::line(&location, *line);
        let line = *line;
        next += 1;
        let problem = match best(range, available) {
            _ if range.name() == header.id.name() => Some((
                Code::CircularDependency,
                format!(
                    "The model '{}' depends on itself{}: remove the dependency.",
                    header.id,
                    through(by.as_deref())
                ),
            )),
            None => Some((Code::UnknownModel, unknown(range, by.as_deref(), available))),
            Some(model) => match found.iter().find(|m| m.model_id.name() == range.name()) {
                Some(same) if same.model_id == model.model_id => None,
                Some(other) => Some((
                    Code::SeveralModelVersions,
                    format!(
                        "The dependencies need both '{}' and '{}'{}: use builds that agree on one version.",
                        other.model_id,
                        model.model_id,
                        through(by.as_deref())
                    ),
                )),
                None => {
                    let by = model.model_id.to_string();
                    for dependency in &model.dependencies {
                        let exact = CkModelRange::exactly(dependency);
                        if !needed.iter().any(|n| n.range.overlaps(&exact)) {
                            needed.push(Needed {
                                range: exact,
                                by: Some(by.clone()),
                                line,
                            });
                        }
                    }
                    found.push(model);
                    None
                }
            },
        };
        if let Some((code, text)) = problem {
            is_complete = false;
            run.diagnostics.report(code, &at, text);
        }
    }
    is_complete.then_some(found)
}

fn best(range: &CkModelRange, available: &[Arc<CompiledModel>]) -> Option<Arc<CompiledModel>> {
    available
        .iter()
        .filter(|model| range.contains(&model.model_id))
        .max_by_key(|model| model.model_id.version())
        .cloned()
}

fn through(by: Option<&str>) -> String {
    by.map(|by| format!(" (through '{by}')"))
        .unwrap_or_default()
}

fn unknown(range: &CkModelRange, by: Option<&str>, available: &[Arc<CompiledModel>]) -> String {
    let mut versions: Vec<String> = available
        .iter()
        .map(|model| &model.model_id)
        .filter(|id| id.name() == range.name())
        .map(|id| format!("'{id}'"))
        .collect();
    versions.sort();
    let advice = if versions.is_empty() {
        "no version of it is available: add its compiled file or a catalog that has it".to_owned()
    } else {
        format!(
            "available is {}: correct the range or add a fitting version",
            versions.join(", ")
        )
    };
    format!(
        "Dependencies '{range}'{} are unknown construction kit model libraries; {advice}.",
        through(by)
    )
}
