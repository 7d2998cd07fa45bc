//! `octo-mcp ck publish`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use octo_ck::catalog::FolderCatalog;
use octo_ck::{Catalogs, compiler, release};

use super::sources::Sources;
use super::{fail, print};

/// Arguments of `publish`.
#[derive(Args)]
pub(super) struct Publish {
    /// The model.
    model: PathBuf,
    /// Folder of the catalog; a new one is created.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Publish in spite of what is published already: replace the same version, accept any number.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    sources: Sources,
}

impl Publish {
    pub(super) fn run(self) -> ExitCode {
        let mut available = match self.sources.open() {
            Ok(available) => available,
            Err(problem) => return fail(problem),
        };
        let name = self.to.display().to_string();
        let target = Arc::new(FolderCatalog::new(name.as_str(), &self.to));
        let published = match self.to.is_dir() {
            true => Catalogs::new([target.clone() as _]),
            false => Catalogs::default(),
        };
        available.add_catalog(target);
        let catalogs = available.catalogs();
        let result = compiler::compile_path(&self.model, &catalogs);
        if !result.diagnostics.is_empty() {
            eprintln!("{}", result.diagnostics);
        }
        let Some(model) = result.model else {
            return ExitCode::FAILURE;
        };
        let release = release::check(&model, &published, &catalogs);
        for finding in &release.findings {
            eprintln!("{finding}");
        }
        let is_same = |diff: &octo_ck::diff::ModelDiff| diff.old == diff.new;
        if release.is_refused() && !self.force && !release.diff.as_ref().is_some_and(is_same) {
            return fail("Nothing is published: correct this, or use --force.");
        }
        match catalogs.publish(&name, &model, self.force) {
            Ok(()) => print(&format!("{name}: {}\n", model.model_id)),
            Err(problem) => fail(problem),
        }
    }
}
