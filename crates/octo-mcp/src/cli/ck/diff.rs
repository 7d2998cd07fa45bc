//! `octo-mcp ck diff`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use octo_ck::diff::{self, ModelDiff};

use super::sources::Sources;
use super::{fail, print};

/// Arguments of `diff`.
#[derive(Args)]
pub(super) struct Diff {
    /// The old version of the model.
    old: PathBuf,
    /// The new version of the model.
    new: PathBuf,
    #[command(flatten)]
    sources: Sources,
}

impl Diff {
    pub(super) fn run(self) -> ExitCode {
        let available = match self.sources.open() {
            Ok(available) => available,
            Err(problem) => return fail(problem),
        };
        match (available.read(&self.old), available.read(&self.new)) {
            (Ok(old), Ok(new)) => print(&report(&diff::compare(&old, &new))),
            (old, new) => {
                for problems in [old.err(), new.err()].into_iter().flatten() {
                    eprintln!("{problems}");
                }
                ExitCode::FAILURE
            }
        }
    }
}

fn report(diff: &ModelDiff) -> String {
    let verdict = match diff.level() {
        None => "no changes".to_owned(),
        Some(level) => {
            let breaking = if diff.is_breaking() {
                "breaking"
            } else {
                "not breaking"
            };
            format!("{level} changes ({breaking})")
        }
    };
    let mut report = format!("{} -> {}: {verdict}\n", diff.old, diff.new);
    for change in &diff.changes {
        report += &format!("  {change}\n");
    }
    for finding in diff.findings() {
        report += &format!("{finding}\n");
    }
    report
}
