//! `octo-mcp ck new`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use octo_ck::{CkModelId, compiler};

use super::{fail, print};

/// Arguments of `new`.
#[derive(Args)]
pub(super) struct New {
    /// The folder to create.
    folder: PathBuf,
    /// Name and version of the model, such as Demo-1.0.0.
    #[arg(long, value_name = "ID")]
    id: CkModelId,
}

impl New {
    pub(super) fn run(self) -> ExitCode {
        match compiler::scaffold(&self.folder, &self.id) {
            Ok(()) => print(&format!("{}: {}\n", self.folder.display(), self.id)),
            Err(problems) => fail(problems),
        }
    }
}
