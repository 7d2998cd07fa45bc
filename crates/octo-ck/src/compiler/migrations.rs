//! Migrations of a source folder (spec, Construction Kit 10.1).

use super::Run;
use crate::decode::{Decoder, migrations};
use crate::diagnostics::{Code, Position};
use crate::document::Node;
use crate::model::{CkMigrationScript, CkMigrations};

/// Folder of the list and its scripts.
pub(super) const FOLDER: &str = "migrations/";

/// The list of migrations inside that folder.
const LIST: &str = "migrations/migration-meta.yaml";

/// Reads the list and all scripts it names; `None` when there are none, or after reporting.
pub(super) fn read(run: &mut Run<'_>) -> Option<CkMigrations> {
    let text = run.files.get(LIST)?;
    let read = run.document(LIST, text).and_then(|(location, node)| {
        let meta = migrations::meta(&mut Decoder::new(&location, run.diagnostics), &node)?;
        Some((meta, node))
    });
    let Some((meta, list)) = read else {
        let at = Position::whole(&run.location(LIST));
        let text = "The list of migrations cannot be used: correct or remove it.";
        run.diagnostics
            .report(Code::MigrationListInvalid, &at, text);
        return None;
    };
    let scripts = meta
        .migrations
        .iter()
        .filter_map(|entry| script(run, &list, &entry.script_path))
        .collect();
    Some(CkMigrations { meta, scripts })
}

/// The line of the list that names a script.
fn line_of(list: &Node, name: &str) -> Option<u32> {
    let entries = list.member("migrations")?.items()?;
    let paths = entries
        .iter()
        .filter_map(|entry| entry.member("scriptPath"));
    let mut named = paths.filter(|path| path.scalar() == Some(name));
    named.next().map(|path| path.line)
}

fn script(run: &mut Run<'_>, list: &Node, name: &str) -> Option<CkMigrationScript> {
    let path = format!("{FOLDER}{name}");
    let Some(text) = run.files.get(&path) else {
        let at = Position {
            location: run.location(LIST),
            line: line_of(list, name),
        };
        let text = format!(
            "The migration script '{name}' does not exist: add it to the folder migrations or correct scriptPath."
        );
        run.diagnostics
            .report(Code::MigrationScriptMissing, &at, text);
        return None;
    };
    let script = run.document(&path, text).and_then(|(location, node)| {
        migrations::script(&mut Decoder::new(&location, run.diagnostics), &node)
    });
    if script.is_none() {
        let at = Position::whole(&run.location(&path));
        let text = "The migration script cannot be used: correct it.";
        run.diagnostics
            .report(Code::MigrationScriptInvalid, &at, text);
    }
    script
}
