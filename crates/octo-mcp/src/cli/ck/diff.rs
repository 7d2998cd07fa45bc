//! `octo-mcp ck diff`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use octo_ck::diff::{self, ModelDiff, VersionFinding};
use octo_ck::release;

use super::sources::{Available, Sources};
use super::{fail, print};

/// Arguments of `diff`.
#[derive(Args)]
pub(super) struct Diff {
    /// The old version of the model and the new one; or the new one alone, which is compared with
    /// the highest version in the catalogs.
    #[arg(required = true, num_args = 1..=2, value_names = ["OLD", "NEW"])]
    models: Vec<PathBuf>,
    #[command(flatten)]
    sources: Sources,
}

impl Diff {
    pub(super) fn run(self) -> ExitCode {
        let available = match self.sources.open() {
            Ok(available) => available,
            Err(problem) => return fail(problem),
        };
        match self.models.as_slice() {
            [old, new] => between(&available, old, new),
            [new] => with_published(&available, new),
            _ => fail("Name one or two models."),
        }
    }
}

fn between(available: &Available, old: &Path, new: &Path) -> ExitCode {
    match (available.read(old), available.read(new)) {
        (Ok(old), Ok(new)) => {
            let diff = diff::compare(&old, &new);
            print(&report(&diff, &diff.findings()))
        }
        (old, new) => {
            for problems in [old.err(), new.err()].into_iter().flatten() {
                eprintln!("{problems}");
            }
            ExitCode::FAILURE
        }
    }
}

fn with_published(available: &Available, new: &Path) -> ExitCode {
    let model = match available.read(new) {
        Ok(model) => model,
        Err(problems) => {
            for finding in release::unsatisfiable(&problems) {
                eprintln!("{finding}");
            }
            return fail(problems);
        }
    };
    let release = release::check(&model, &available.published(), &available.catalogs());
    match &release.diff {
        Some(diff) => print(&report(diff, &release.findings)),
        None => {
            let mut text = format!("{}: no version is published\n", model.model_id);
            add(&mut text, &release.findings);
            print(&text)
        }
    }
}

fn add(report: &mut String, findings: &[VersionFinding]) {
    for finding in findings {
        *report += &format!("{finding}\n");
    }
}

fn report(diff: &ModelDiff, findings: &[VersionFinding]) -> String {
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
    add(&mut report, findings);
    report
}
