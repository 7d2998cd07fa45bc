//! The dependencies of the model that is compiled, see [`crate::catalog`].

use std::sync::Arc;

use super::Run;
use super::header::{self, Header};
use crate::catalog::{self, Catalogs};
use crate::diagnostics::Position;
use crate::model::CompiledModel;
use crate::range::CkModelRange;

/// The transitive closure of dependencies; `None` (after reporting) when it is not complete.
pub(super) fn resolve(
    run: &mut Run<'_>,
    header: &Header,
    catalogs: &Catalogs,
) -> Option<Vec<Arc<CompiledModel>>> {
    let declared = header.dependencies.iter();
    let ranges: Vec<CkModelRange> = declared.map(|declared| declared.range.clone()).collect();
    let closure = catalog::close(catalogs, &ranges, Some(&header.id));
    let location = run.location(header::FILE);
    let is_complete = closure.problems.is_empty();
    for problem in closure.problems {
        let line = header.dependencies.get(problem.declared).map(|d| d.line);
        let at = Position {
            location: location.clone(),
            line,
        };
        run.diagnostics.report(problem.code, &at, problem.text);
    }
    is_complete.then_some(closure.models)
}
